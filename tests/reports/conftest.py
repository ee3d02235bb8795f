"""One rendered pack for all tests of the reports room: layout is what takes time."""

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from reports.pack_builder import build
from reports.signers import make

from govern.workflow.interface import RenderedPack


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> RenderedPack:
    """A pack of one model, on disk; not to be written to."""
    from govern_reports import render_pack

    return render_pack(build(), tmp_path_factory.mktemp("pack") / "pack.pdf")


@pytest.fixture
def copy(rendered: RenderedPack, tmp_path: Path) -> Path:
    """A copy of the pack that a test may damage."""
    return Path(shutil.copy(rendered.path, tmp_path / "copy.pdf"))


@pytest.fixture(scope="session")
def tool():
    """Run a program that others wrote and return what it printed; skip where it is not installed."""

    def run(name: str, *arguments: str) -> str:
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed (see .ci/run)")
        done = subprocess.run([name, *arguments], capture_output=True, text=True, timeout=120, env={"PATH": "/usr/bin:/bin:/usr/local/bin", "LC_ALL": "C.UTF-8"})
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="session")
def people(tmp_path_factory):
    """Who signs packs: a file with certificate and key, and the certificate alone."""
    folder = tmp_path_factory.mktemp("certificates")
    return {
        "issuer": make(folder, "issuer", ec.generate_private_key(ec.SECP256R1())),
        "reviewer": make(folder, "reviewer", rsa.generate_private_key(65537, 2048)),
        "auditor": make(folder, "auditor", ec.generate_private_key(ec.SECP256R1())),
    }
