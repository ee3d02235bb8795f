"""Signing with keys that never leave a token (PKCS#11): SoftHSM stands in for the hardware, pdfsig for the reader."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12
from reports.signers import make

from govern.errors import UsageError
from govern.exchange.pdf_signatures import check_signatures
from govern.workflow.interface import RenderedPack
from govern_reports import credentials

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm.so")
PIN = "493817"
CERTIFICATES = """
import sys, pathlib, pkcs11
from pkcs11.util.x509 import decode_x509_certificate
token = pkcs11.lib(sys.argv[1]).get_token(token_label="desk")
with token.open(user_pin=sys.argv[2], rw=True) as session:
    found = decode_x509_certificate(pathlib.Path(sys.argv[3]).read_bytes())
    session.create_object(found | {pkcs11.Attribute.LABEL: "issuer", pkcs11.Attribute.ID: b"\\xa1", pkcs11.Attribute.TOKEN: True})
"""
"""In a process of its own: the module is initialised once a process, with the folder of tokens of that moment."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, dict[str, bytes]]:
    """A folder with a token: an ECDSA key with its certificate, an RSA key without. (folder, module, certificates in PEM)"""
    module = next((path for path in MODULES if Path(path).exists()), "")
    if not module or shutil.which("softhsm2-util") is None:
        pytest.skip("SoftHSM is not installed (see .ci/run)")
    pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed")
    folder = tmp_path_factory.mktemp("desk")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
    environment = os.environ | {"SOFTHSM2_CONF": str(folder / "softhsm2.conf")}

    def run(*words: str) -> None:
        done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr

    run("softhsm2-util", "--init-token", "--free", "--label", "desk", "--pin", PIN, "--so-pin", "87654321")
    certificates = {}
    for name, identifier, key in (("issuer", "A1", ec.generate_private_key(ec.SECP256R1())), ("reviewer", "B2", rsa.generate_private_key(65537, 2048))):
        certificates[name] = make(folder, name, key)[1]
        (folder / f"{name}.pem").write_bytes(certificates[name])
        (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        run("softhsm2-util", "--import", str(folder / "key.pem"), "--token", "desk", "--label", name, "--id", identifier, "--pin", PIN)
        (folder / "key.pem").unlink()
    _, held, _ = pkcs12.load_key_and_certificates((folder / "issuer.p12").read_bytes(), b"open sesame")
    assert held is not None
    (folder / "issuer.der").write_bytes(held.public_bytes(Encoding.DER))
    run(sys.executable, "-c", CERTIFICATES, module, PIN, str(folder / "issuer.der"))
    return folder, module, certificates


def sign(desk: tuple[Path, str, dict[str, bytes]], repository: Path, *words: str | Path, pin: str = PIN) -> subprocess.CompletedProcess[str]:
    """Run `govern sign` with the PIN on a descriptor, as a pipeline does."""
    reading, writing = os.pipe()
    os.write(writing, f"desk: {pin}\n".encode())
    os.close(writing)
    path = os.pathsep.join(str(repository / part) for part in ("", "tui", "reports", "policies"))
    try:
        return subprocess.run(
            [sys.executable, "-m", "govern", "sign", *map(str, words), "--passphrase-fd", str(reading)], capture_output=True, text=True,
            timeout=120, pass_fds=(reading,),
            env=os.environ | {"SOFTHSM2_CONF": str(desk[0] / "softhsm2.conf"), "PYTHONPATH": path},
        )
    finally:
        os.close(reading)


def uri(desk: tuple[Path, str, dict[str, bytes]], name: str) -> str:
    return f"pkcs11:token=desk;object={name}?module-path={desk[1]}"


def test_both_kinds_of_key_on_a_token_sign_and_poppler_calls_both_valid(
    desk: tuple[Path, str, dict[str, bytes]], rendered: RenderedPack, repository: Path, tmp_path: Path, tool: Callable[..., str],
):
    one, two = tmp_path / "one.pdf", tmp_path / "two.pdf"
    done = sign(desk, repository, rendered.path, "--with", uri(desk, "issuer"), "-o", one)
    assert done.returncode == 0, done.stderr
    assert PIN not in done.stdout + done.stderr
    bare = sign(desk, repository, one, "--with", uri(desk, "reviewer"), "--role", "reviewer", "-o", two)
    assert (bare.returncode, two.exists()) == (4, False)
    assert "certificate" in bare.stderr
    done = sign(desk, repository, one, "--with", uri(desk, "reviewer"), "--certificate", desk[0] / "reviewer.pem", "--role", "reviewer", "-o", two)
    assert done.returncode == 0, done.stderr
    assert tool("pdfsig", "-nocert", str(two)).count("Signature is Valid") == 2
    assert [proof.field for proof in check_signatures(two, list(desk[2].values()))] == ["issuer", "reviewer"]


def test_a_wrong_pin_an_unknown_token_and_a_module_that_is_none_say_so(
    desk: tuple[Path, str, dict[str, bytes]], rendered: RenderedPack, repository: Path, tmp_path: Path,
):
    out = tmp_path / "out.pdf"
    wrong = sign(desk, repository, rendered.path, "--with", uri(desk, "issuer"), "-o", out, pin="111111")
    assert (wrong.returncode, out.exists()) == (1, False)
    assert "PIN does not open" in wrong.stderr
    absent = sign(desk, repository, rendered.path, "--with", uri(desk, "issuer").replace("issuer", "nobody"), "-o", out)
    assert (absent.returncode, out.exists()) == (4, False)
    module = sign(desk, repository, rendered.path, "--with", f"pkcs11:token=desk;object=issuer?module-path={tmp_path}/none.so", "-o", out)
    assert (module.returncode, out.exists()) == (4, False)
    assert "Traceback" not in wrong.stderr + absent.stderr + module.stderr


@pytest.mark.parametrize(("text", "word"), [
    ("pkcs11:token=desk;object=a?module-path=/m.so&pin-value=1234", "PIN"), ("pkcs11:token=desk?module-path=/m.so", "lacks"),
    ("pkcs11:token=desk;object=a", "lacks"), ("pkcs11:token=desk;object=a;colour=red?module-path=/m.so", "colour"),
    ("pkcs11:token=desk;id=xyz?module-path=/m.so", "hexadecimal"),
])
def test_a_uri_that_is_off_is_refused_before_anything_is_asked(text: str, word: str):
    def never(name: str) -> str:
        raise AssertionError(name)

    with pytest.raises(UsageError, match=word):
        credentials.load(text, never)
