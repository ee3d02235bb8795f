"""The README's Python runs as it stands, and its gate answers."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SETTING = (
    ("-m", "govern", "init"),
    ("-m", "govern", "policy", "install", "baseline"),
    ("-m", "govern", "record", "system", "credit", "--purpose", "credit", "--owner", "model-risk", "--protected", "sex,group"),
    ("sample_data/train.py", "--out", "models"),
)


@pytest.mark.timeout(600)
def test_python_of_the_readme_runs(repository: Path, tmp_path: Path):
    shutil.copytree(repository / "sample_data", tmp_path / "sample_data", ignore=shutil.ignore_patterns("__pycache__"))
    secret = tmp_path / "passphrase"
    secret.write_text("correct horse battery staple\n")
    environment = {**os.environ, "GOVERN_HOME": str(tmp_path / "home"), "GOVERN_PASSPHRASE_FILE": str(secret)}
    code = re.search(r"```python\n(.*?)```", (repository / "README.md").read_text(), re.DOTALL)
    assert code is not None
    (tmp_path / "readme.py").write_text(code[1] + "\nprint(type(decision).__name__)\n")
    for words in (*SETTING, ("readme.py",)):
        done = subprocess.run([sys.executable, *words], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=200)
        assert done.returncode == 0, f"{words}: {done.stderr[-2000:]}"
