"""A standalone Spark for tests: a master and two workers, each a Java process of its own."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

JAVA = {
    "SPARK_LOCAL_IP": "127.0.0.1",
    # Short jobs on a cold machine: compiling much costs more than it saves.
    "JDK_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@contextlib.contextmanager
def standalone(folder: Path, *, workers: int = 2) -> Iterator[str]:
    """Start a cluster and give its address; the processes end with the context."""
    import pyspark

    if shutil.which("java") is None:
        pytest.skip("Spark needs Java (Debian: apt-get install default-jre-headless)")
    home = Path(pyspark.__file__).parent
    port, page = free_port(), free_port()
    environment = {**os.environ, **JAVA, "SPARK_HOME": str(home), "SPARK_WORKER_DIR": str(folder), "PYSPARK_PYTHON": sys.executable}
    launch = [str(home / "bin" / "spark-class"), "org.apache.spark.deploy."]
    master = [launch[0], f"{launch[1]}master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", str(page)]
    worker = [launch[0], f"{launch[1]}worker.Worker", "--cores", "1", "--memory", "1g", "--host", "127.0.0.1", "--webui-port", "0", f"spark://127.0.0.1:{port}"]
    with contextlib.ExitStack() as running:
        for place, command in enumerate([master] + [worker] * workers):
            log = running.enter_context((folder / f"{place}.log").open("wb"))
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
            running.callback(process.wait, 30)
            running.callback(process.terminate)
        _wait(page, workers)
        yield f"spark://127.0.0.1:{port}"


def _wait(page: int, workers: int) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            state = urllib.request.urlopen(f"http://127.0.0.1:{page}/json/", timeout=2).read().decode()
            if f'"aliveworkers" : {workers}' in state:
                return
        time.sleep(0.3)
    raise AssertionError("the workers did not come up")
