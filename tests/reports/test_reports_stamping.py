"""Time stamps in a pack's signature, from an authority run with openssl; and services that hang, refuse or answer rubbish."""

import shutil
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from reports.signers import opened

from govern.errors import GovernError, UsageError, VerificationError
from govern.exchange.pdf_signatures import check_signatures
from govern_reports import signing, stamping

TSA = """
[tsa]
default_tsa = desk
[desk]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
certs = {folder}/ca.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = {digests}
ess_cert_id_alg = sha256
"""


@dataclass(frozen=True, slots=True)
class Authority:
    """A time stamp authority of openssl's, and the certificates that it rests on."""

    folder: Path
    ca: bytes
    own: bytes

    def reply(self, asked: bytes, name: str = "tsa.cnf") -> bytes:
        (self.folder / "asked").write_bytes(asked)
        openssl("ts", "-reply", "-config", name, "-queryfile", "asked", "-out", "reply", folder=self.folder, codes=(0, 1))
        return (self.folder / "reply").read_bytes()


def openssl(*arguments: str, folder: Path, codes: tuple[int, ...] = (0,)) -> str:
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode in codes, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("authority")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=authority", folder=folder)
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=desk", folder=folder)
    (folder / "ext").write_text("basicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n")
    openssl(
        "x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "ext", "-out", "tsa.pem", folder=folder,
    )
    (folder / "serial").write_text("01")
    (folder / "tsa.cnf").write_text(TSA.format(folder=folder, digests="sha256, sha512"))
    (folder / "picky.cnf").write_text(TSA.format(folder=folder, digests="sha512"))
    return Authority(folder, (folder / "ca.pem").read_bytes(), (folder / "tsa.pem").read_bytes())


@pytest.fixture
def served():
    """Serve what a function makes of each request; gives the address."""
    servers = []

    def serve(answer):
        class Service(BaseHTTPRequestHandler):
            def do_POST(self):
                answer(self, self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def send(service, data, code=200):
    service.send_response(code)
    service.send_header("Content-Type", "application/timestamp-reply")
    service.send_header("Content-Length", str(len(data)))
    service.end_headers()
    service.wfile.write(data)


@pytest.fixture
def stamped(rendered, people, tmp_path, authority, served):
    address = served(lambda service, asked: send(service, authority.reply(asked)))
    return signing.certify(rendered.path, tmp_path / "stamped.pdf", opened(people, "issuer"), timestamp=address)


def test_openssl_and_poppler_agree_that_the_signature_is_stamped(stamped, authority, tool):
    said = tool("pdfsig", "-nocert", str(stamped.path))
    assert ("Signature is Valid" in said, "Total document signed" in said) == (True, True)
    with stamped.path.open("rb") as file:
        (signer,) = PdfFileReader(file).embedded_regular_signatures[0].signed_data["signer_infos"]
        (token,) = next(one["values"] for one in signer["unsigned_attrs"] if one["type"].native == "signature_time_stamp_token")
        (authority.folder / "token").write_bytes(token.dump())
        digest = sha256(signer["signature"].native).hexdigest()
    said = openssl("ts", "-verify", "-token_in", "-in", "token", "-digest", digest, "-CAfile", "ca.pem", folder=authority.folder)
    assert "Verification: OK" in said


def test_we_say_whose_word_the_time_is(stamped, people, authority, rendered, tmp_path):
    own = people["issuer"][1]
    for given in (authority.ca, authority.own):
        (proof,) = check_signatures(stamped.path, [own, given])
        assert (proof.timestamped, proof.when.startswith("time stamped 20")) == (True, True)
    (proof,) = check_signatures(stamped.path, [own])
    assert (proof.timestamped, proof.when.endswith("by a time stamp whose authority you did not name")) == (False, True)
    plain = signing.certify(rendered.path, tmp_path / "plain.pdf", opened(people, "issuer"))
    (proof,) = check_signatures(plain.path, [own, authority.ca])
    assert (proof.timestamped, proof.when.endswith("by the signer's own word")) == (False, True)


def test_a_time_stamp_over_something_else_is_found_by_whoever_verifies(rendered, people, tmp_path, authority, monkeypatch):
    """Such as one that was cut out of another document."""
    from asn1crypto import tsp
    from pyhanko.sign.timestamps import TimeStamper

    class Careless(TimeStamper):
        async def async_timestamp(self, message_digest, md_algorithm):
            _, asked = self.request_cms(sha256(b"another document").digest(), md_algorithm)
            return tsp.TimeStampResp.load(authority.reply(asked.dump()))["time_stamp_token"]

    monkeypatch.setattr(signing, "timestamper", lambda _: Careless())
    done = signing.certify(rendered.path, tmp_path / "stamped.pdf", opened(people, "issuer"), timestamp="http://desk/")
    with pytest.raises(VerificationError, match="time stamp of the issuer's signature is broken"):
        check_signatures(done.path, [people["issuer"][1], authority.ca])


def bad(authority):
    """What a service can do, and what is said of it."""

    def other(service, _):
        from pyhanko.sign.timestamps import TimeStamper

        send(service, authority.reply(TimeStamper().request_cms(sha256(b"other").digest(), "sha256")[1].dump()))

    def drip(service, _):
        service.send_response(200)
        service.end_headers()
        for _ in range(60):
            service.wfile.write(b"0")
            time.sleep(0.1)

    def endless(service, _):
        service.send_response(200)
        service.end_headers()
        with suppress(OSError):  # the asker hangs up
            while True:
                service.wfile.write(b"0" * 65536)

    return {
        "hangs": (lambda *_: time.sleep(6), "did not answer: no whole answer in 1 seconds"),
        "drips": (drip, "did not answer: no whole answer in 1 seconds"),
        "floods": (endless, "more than a time stamp can hold"),
        "rubbish": (lambda service, _: send(service, b"<html>sorry</html>"), "is no time stamp"),
        "empty": (lambda service, _: send(service, b""), "is no time stamp"),
        "cut": (lambda service, asked: send(service, authority.reply(asked)[:-9]), "is no time stamp"),
        "fails": (lambda service, _: send(service, b"", 503), "answers with HTTP status 503"),
        "refuses": (lambda service, asked: send(service, authority.reply(asked, "picky.cnf")), "refuses: .*bad_alg"),
        "stamps something else": (other, "for something else than was asked"),
    }


@pytest.mark.parametrize("how", list(bad(None)))
def test_a_service_that_does_not_do_its_work_is_named_and_nothing_is_written(rendered, people, tmp_path, authority, served, monkeypatch, how):
    answer, said = bad(authority)[how]
    monkeypatch.setattr(stamping, "SECONDS", 1 if "1 seconds" in said else 30)
    with pytest.raises(GovernError, match=said) as raised:
        signing.certify(rendered.path, tmp_path / "stamped.pdf", opened(people, "issuer"), timestamp=served(answer))
    assert "Nothing was signed" in raised.value.hint
    assert list(tmp_path.iterdir()) == []


def test_an_address_that_is_none_and_a_service_that_is_not_there(rendered, people, tmp_path):
    with pytest.raises(UsageError, match="not the address of a time stamp service"):
        signing.certify(rendered.path, tmp_path / "stamped.pdf", opened(people, "issuer"), timestamp="file:///etc/passwd")
    with pytest.raises(GovernError, match=r"did not answer: .*refused"):
        signing.certify(rendered.path, tmp_path / "stamped.pdf", opened(people, "issuer"), timestamp="http://127.0.0.1:9/")
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_ends_the_wait_for_a_service(rendered, people, tmp_path, served, repository):
    address = served(lambda *_: time.sleep(20))
    code = (
        "import sys; from pathlib import Path; from govern_reports import credentials, signing;"
        "pack, key, out, at = sys.argv[1:]; print('asking', flush=True);"
        "signing.certify(Path(pack), Path(out), credentials.load(Path(key), lambda _: 'open sesame'), timestamp=at)"
    )
    out = tmp_path / "stamped.pdf"
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(rendered.path), str(people["issuer"][0]), str(out), address],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(str(repository / part) for part in (".", "reports"))},
    )
    assert child.stdout is not None
    child.stdout.readline()
    time.sleep(3)
    child.send_signal(2)
    said = child.communicate(timeout=10)[1]
    assert said.rstrip().endswith("KeyboardInterrupt")
    assert not out.exists()
