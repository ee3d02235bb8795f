"""`govern sign`, `export --sign` and `verify --certificate`, by hand: issuer, reviewer, and those who must not pass."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from cli.runner import govern
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from reports.test_reports_signing import make


@pytest.fixture
def people(tmp_path: Path) -> dict[str, Path]:
    """Certificates: NAME.p12 that “open sesame” opens, and NAME.pem to hand over."""
    found = {}
    for name, key in (
        ("issuer", ec.generate_private_key(ec.SECP256R1())), ("reviewer", rsa.generate_private_key(65537, 2048)),
        ("stranger", ec.generate_private_key(ec.SECP256R1())),
    ):
        found[name], certificate = make(tmp_path, name, key)
        found[name].with_suffix(".pem").write_bytes(certificate)
    return found


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with a passphrase for each key and certificate."""
    known = Path(os.environ["GOVERN_PASSPHRASE_FILE"]).read_text().strip()
    path = tmp_path / "words"
    path.write_text("".join(f"{name}: {known}\n" for name in ("pipeline", "log")) + "".join(f"{name}.p12: open sesame\n" for name in ("issuer", "reviewer", "stranger")))
    path.chmod(0o600)
    monkeypatch.setenv("GOVERN_PASSPHRASE_FILE", str(path))
    return path


def test_a_pack_is_signed_as_it_is_exported_counter_signed_and_checked(line: Path, people: dict[str, Path], words: Path, tmp_path: Path):
    del line
    pack, both, root = tmp_path / "pack.pdf", tmp_path / "both.pdf", tmp_path / "root.json"
    said = govern("export", "credit@2", "-o", pack, "--sign", people["issuer"], "--trust-out", root).ended(0).out
    recorded = re.search(r"pack\s+(sha256:[0-9a-f]{64})", said)
    assert recorded
    assert recorded[1].removeprefix("sha256:") in govern("show", "#" + re.findall(r"#(\d+) export", said)[0], "--json").ended(0).out
    signed = govern("sign", pack, "--with", people["reviewer"], "--role", "reviewer", "--reason", "read", "-o", both, "--json").ended(0)
    assert signed.document["signed"]["field"] == "reviewer"
    certificates = [word for name in ("issuer", "reviewer") for word in ("--certificate", people[name].with_suffix(".pem"))]
    checked = govern("verify", both, "--trust", root, *certificates).ended(0).out
    assert re.search(r"\(9\).*OK.*issuer by .*issuer.*reviewer by .*reviewer", checked)
    assert "not checked" in govern("verify", both, "--trust", root).ended(0).out
    stranger = govern("verify", both, "--trust", root, "--certificate", people["stranger"].with_suffix(".pem")).ended(1)
    assert "did not give" in stranger.out + stranger.err
    if shutil.which("pdfsig"):
        shown = subprocess.run(["pdfsig", "-nocert", str(both)], capture_output=True, text=True, timeout=60, check=True).stdout
        assert shown.count("Signature is Valid") == 2
    # Another certificate than the one that the manifest names, over the same first revision.
    from govern.exchange.pdf import coverage

    bare, other = tmp_path / "bare.pdf", tmp_path / "other.pdf"
    bare.write_bytes(pack.read_bytes()[:coverage(pack).revisions[0].end])
    assert "made to be signed" in govern("verify", bare, "--trust", root).ended(0).out
    govern("sign", bare, "--with", people["stranger"], "-o", other).ended(0)
    refused = govern("verify", other, "--trust", root, "--certificate", people["stranger"].with_suffix(".pem")).ended(1)
    assert "another certificate than the one that the manifest names" in refused.out + refused.err


def test_mistakes_at_signing_leave_nothing_behind(line: Path, people: dict[str, Path], words: Path, tmp_path: Path):
    del line
    out = tmp_path / "out.pdf"
    assert "not there" in govern("sign", tmp_path / "none.pdf", "--with", people["issuer"], "-o", out).ended(2).err
    text = tmp_path / "text.pdf"
    text.write_text("no PDF")
    govern("sign", text, "--with", people["issuer"], "-o", out).ended(2)
    assert "one of" in govern("sign", text, "--with", people["issuer"], "--role", "king", "-o", out).ended(2).err.lower()
    words.write_text(words.read_text().replace("open sesame", "shut sesame"))
    size = govern("status", "--json").document
    wrong = govern("export", "credit@2", "-o", out, "--sign", people["issuer"])
    assert wrong.code == 1
    assert "does not open" in wrong.err
    assert not out.exists()
    assert govern("status", "--json").document.get("size") == size.get("size")
