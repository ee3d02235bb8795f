"""The same evidence on a real standalone Spark of two workers as on the embedded engine."""

import contextlib
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from govern.domain.evidence import MeasureRequest
from govern.errors import MissingExtraError, UsageError
from govern.measure import Inputs, measure
from govern.measure.engines import connect

NAMES = (
    "impact_ratio@1", "demographic_parity@1", "equalized_odds@1", "error_rates@1", "performance@1", "covariate_drift@1",
    "scoring_rate@1", "calibration@1", "calibration_by_group@1", "data_quality@1", "representativeness@1", "train_test_overlap@1",
)


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A master and two workers, each a Java process of its own, ended with the test."""
    pyspark = pytest.importorskip("pyspark", reason="Spark is an extra: pip install govern[spark]")
    folder = tmp_path_factory.mktemp("spark")
    home = Path(pyspark.__file__).parent
    port, page = free_port(), free_port()
    environment = {**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_WORKER_DIR": str(folder),
                   "PYSPARK_PYTHON": sys.executable, "SPARK_NO_DAEMONIZE": "1"}
    launch = [str(home / "bin" / "spark-class")]
    master = [*launch, "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", str(page)]
    worker = [*launch, "org.apache.spark.deploy.worker.Worker", "--cores", "1", "--memory", "1g", "--host", "127.0.0.1",
              "--webui-port", "0", f"spark://127.0.0.1:{port}"]
    with contextlib.ExitStack() as running:
        for place, command in enumerate((master, worker, worker)):
            log = running.enter_context((folder / f"{place}.log").open("wb"))
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
            running.callback(process.wait, 30)
            running.callback(process.terminate)
        deadline = 120
        for _ in range(deadline):
            with contextlib.suppress(OSError):
                state = urllib.request.urlopen(f"http://127.0.0.1:{page}/json/", timeout=2).read().decode()
                if '"aliveworkers" : 2' in state:
                    break
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(1)
        else:
            pytest.fail("the workers did not come up")
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        yield f"spark://127.0.0.1:{port}"
        from pyspark.sql import SparkSession

        SparkSession.builder.getOrCreate().stop()


def people(n: int, seed: int) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    frame = pd.DataFrame({
        "sex": generator.choice(["f", "m", "?"], n, p=[0.5, 0.45, 0.05]), "age": generator.integers(18, 80, n),
        "income": generator.lognormal(3, 0.6, n), "small": generator.normal(size=n).astype("float32"),
        "home": generator.choice(["own", "rent", "other"], n), "member": generator.random(n) < 0.3,
        "weight": generator.integers(1, 9, n) / 4,
    })
    chance = 1 / (1 + np.exp(-(frame["income"] - 22) / 6))
    return frame.assign(score=chance, y=(generator.random(n) < chance).astype(int), income=frame["income"].mask(generator.random(n) < 0.02))


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("weight", [None, "weight"])
def test_spark_gives_the_evidence_of_duckdb(cluster: str, tmp_path: Path, weight: str | None):
    for name, seed in (("window", 1), ("reference", 2)):
        whole = people(6000, seed)
        (tmp_path / name).mkdir()
        for part in range(3):
            whole[part::3].to_parquet(tmp_path / name / f"{part}.parquet")
    given = {"data": tmp_path / "window", "reference": tmp_path / "reference", "target": "y", "score": "score", "threshold": "0.5",
             "protected": ("sex", "age<=30"), "cross": ("sex*home",), "weight": weight, "features": ("age", "income", "small", "home", "member")}
    requests = [MeasureRequest(measure=name) for name in NAMES]
    requests.append(MeasureRequest(measure="covariate_drift@1", parameters={"sample": 2000}))
    here, there = measure(requests, Inputs(**given)), measure(requests, Inputs(**given, engine=cluster))
    for one, other in zip(here.measures, there.measures, strict=True):
        assert one == other
    assert here == there
    assert {one.availability for one in here.measures} == {"measured"}


def test_an_address_of_no_engine():
    with pytest.raises(UsageError, match="not the address of an engine"):
        connect("http://example.org")


def test_a_missing_package_names_its_extra(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(MissingExtraError, match="pyspark") as refused:
        connect("spark://127.0.0.1:1")
    assert "govern[spark]" in refused.value.hint
