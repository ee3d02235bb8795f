"""What lies outside the ledger: anchors, copies, recovery after a loss, and details that can be erased."""

import shutil
import subprocess
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from ledger.kit_ledger import ROLES, root_of, signer

from govern.canonical.values import object_bytes
from govern.domain.facts import AnchorFact, RecoveryFact, RedactionFact
from govern.domain.statement import Draft, Subject
from govern.errors import (
    CorruptStoreError,
    GovernError,
    NotFoundError,
    Refused,
    StorageError,
    UnverifiableError,
    UsageError,
    VerificationError,
)
from govern.store.ledger import Ledger
from govern.store.side import SideStore, commitment_of
from govern.trust import timestamps
from govern.trust.home import Home
from govern.workflow.custody import anchors, erasing, keys, recovering
from govern.workflow.custody.anchors import Outside
from govern.workflow.place.workspace import Workspace
from govern.workflow.prove import copying, verifying
from govern.workflow.read import reading

SECRET = "a long enough passphrase"
CONFIG = """
[tsa]
default_tsa = one
[one]
dir = {folder}
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
[ext_root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[ext_tsa]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


def passphrases(name):
    return SECRET


@pytest.fixture
def ws(tmp_path):
    made = Workspace.create(
        tmp_path, passphrases=passphrases, origin="ledger.example/outside", home=Home.at(tmp_path / "home")
    )
    keys.new(made.home, "second", holder="second", passphrases=passphrases)
    yield made
    made.close()


def shut(ws):
    """Close the ledger, so that its file can be swapped."""
    ws.close()
    for name in ("ledger", "unguarded"):
        ws.__dict__.pop(name, None)


def grow(ws, count=1):
    """Write something: any entry will do."""
    for _ in range(count):
        keys.renew(ws, expires=ws.now() + timedelta(days=500), passphrases=passphrases)


def authority(folder):
    """Make a time-stamp authority of our own with openssl: a root, and a certificate under it."""
    folder.mkdir()
    (folder / "conf").write_text(CONFIG.format(folder=folder))
    (folder / "serial").write_text("01\n")

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "root.key", "-out", "root.pem", "-subj", "/CN=root",
            "-days", "30", "-config", "/etc/ssl/openssl.cnf", "-addext", "keyUsage=critical,keyCertSign")
    openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=tsa",
            "-config", "/etc/ssl/openssl.cnf")
    openssl("x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-out", "tsa.pem",
            "-days", "30", "-extfile", "conf", "-extensions", "ext_tsa")
    return folder


@pytest.fixture(scope="session")
def tsa(tmp_path_factory):
    """A real time-stamp authority behind HTTP on a free loopback port."""
    folder = authority(tmp_path_factory.mktemp("tsa") / "one")

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self):
            (folder / "query").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            subprocess.run(
                ["openssl", "ts", "-reply", "-queryfile", "query", "-out", "reply", "-config", "conf", "-section", "one"],
                cwd=folder, check=True, capture_output=True,
            )
            data = (folder / "reply").read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", (folder / "root.pem").read_bytes()
    server.shutdown()
    server.server_close()
    thread.join()


def test_time_stamps_are_verified_against_pinned_roots_only(ws, tsa, tmp_path):
    address, root = tsa
    written = anchors.add(ws, "rfc3161", where=address, authorities=root, passphrases=passphrases)
    row = anchors.listed(ws)[0]
    assert (row.index, row.size, row.method) == (written.index, 1, "rfc3161")
    assert abs(row.attested - datetime.now(UTC)) < timedelta(minutes=5)
    one = anchors.check(ws, Outside(authorities=root))[0]
    assert (one.state, one.head.size) == ("ok", 1)
    assert anchors.check(ws, Outside())[0].state == "unchecked"
    other = (authority(tmp_path / "other") / "root.pem").read_bytes()
    assert anchors.check(ws, Outside(authorities=other))[0].state == "wrong"
    with pytest.raises(VerificationError):
        anchors.anchored(ws, Outside(authorities=other))
    with pytest.raises(UnverifiableError):
        anchors.add(ws, "rfc3161", where=address, passphrases=passphrases)
    with pytest.raises(VerificationError):
        anchors.add(ws, "rfc3161", where=address, authorities=other, passphrases=passphrases)
    assert len(anchors.listed(ws)) == 1
    result = ws.ledger.verify(anchors=anchors.anchored(ws, Outside(authorities=root))).check()
    assert result.steps[8].state == "ok"
    assert verifying.verify(ws, outside=Outside(authorities=root)).outcome == "verified"
    ws.objects.path_of(ws.ledger.entry(written.index).fact.token).unlink()
    with pytest.raises(UnverifiableError, match="not in"):
        verifying.verify(ws, outside=Outside(authorities=root))


def test_a_token_fits_one_note_only(tsa):
    address, root = tsa
    response = timestamps.fetch(address, timestamps.new_request(b"one"))
    roots = timestamps.pinned(root)
    assert timestamps.verify_token(response, b"one", roots).tzinfo is UTC
    for data, token in ((b"two", response), (b"one", response[:-1]), (b"one", b""), (b"one", response[:200] + b"\0" + response[201:])):
        with pytest.raises(VerificationError):
            timestamps.verify_token(token, data, roots)
    with pytest.raises(UsageError):
        timestamps.pinned(b"x")
    with pytest.raises(UsageError):
        timestamps.fetch("file:///etc/passwd", b"")
    with pytest.raises(StorageError):
        timestamps.fetch("http://127.0.0.1:1", b"x")


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "repository"
    for arguments in (
        ["init", "-q", folder], ["-C", folder, "config", "user.email", "a@example.org"],
        ["-C", folder, "config", "user.name", "a"], ["-C", folder, "commit", "-q", "--allow-empty", "-m", "first"],
    ):
        subprocess.run(["git", *map(str, arguments)], check=True, capture_output=True)
    return folder


def test_the_unanchored_tail_counts_every_anchor_and_no_boast(ws, tmp_path):
    assert reading.status(ws).unanchored == ws.ledger.size
    for number in range(2):
        (tmp_path / str(number)).mkdir()
        grow(ws)
        anchors.add(ws, "folder", where=str(tmp_path / str(number)), passphrases=passphrases)
    before = reading.status(ws)
    assert (before.unanchored, before.unanchored_minutes) == (1, 0)
    # Whoever holds the auditor's key may say that more is anchored than there was: nobody could have.
    boast = AnchorFact(method="printed", size=10**9, root=ws.ledger.checkpoint().root, where="nowhere")
    subject = Subject(name="checkpoint/1000000000", digest=ws.ledger.checkpoint().root)
    ws.write([Draft(subjects=(subject,), fact=boast)], key="pipeline", passphrases=passphrases)
    assert reading.status(ws).unanchored == 2


def test_git_tags_and_folders_find_a_ledger_that_was_put_back(ws, repository, tmp_path):
    folder = tmp_path / "worm"
    folder.mkdir()
    outside = Outside(repositories=(repository,), folders=(folder,))
    grow(ws, 2)
    ws.ledger.close()
    shutil.copy(tmp_path / ".govern/ledger.db", tmp_path / "old.db")
    ws.__dict__.pop("ledger")
    grow(ws, 1)
    anchors.add(ws, "git-tag", where=str(repository), passphrases=passphrases)
    anchors.add(ws, "folder", where=str(folder), passphrases=passphrases)
    assert {one.state for one in anchors.check(ws, outside)} == {"ok"}
    assert [row.size for row in anchors.listed(ws)] == [4, 5]
    assert anchors.unanchored(((row.index, row.size) for row in anchors.listed(ws)), ws.ledger.size) == 1
    assert reading.status(ws).unanchored == 1
    assert ws.ledger.verify(anchors=anchors.anchored(ws, outside)).check()
    shut(ws)
    shutil.copy(tmp_path / "old.db", tmp_path / ".govern/ledger.db")
    # The entries that recorded the anchors are gone, and nothing trusted is asked: what lies outside still tells.
    assert anchors.listed(ws) == ()
    assert {one.state for one in anchors.check(ws, outside)} == {"wrong"}
    failure = ws.unguarded.verify(anchors=anchors.anchored(ws, outside)).failure
    assert (failure.step, failure.kind) == (9, "anchor")


def test_anchors_are_written_once(ws, repository, tmp_path):
    folder = tmp_path / "worm"
    folder.mkdir()
    for method, where in (("git-tag", repository), ("folder", folder)):
        size = ws.ledger.size
        anchors.add(ws, method, where=str(where), passphrases=passphrases)
        assert anchors.listed(ws)[-1].size == size
    note = next(iter(folder.glob("*.note")))
    assert note.stat().st_mode & 0o222 == 0
    with pytest.raises(GovernError):
        anchors.add(ws, "folder", where=str(tmp_path / "nothing"), passphrases=passphrases)
    with pytest.raises(GovernError):
        anchors.add(ws, "git-tag", where=str(tmp_path), passphrases=passphrases)
    with pytest.raises(UsageError):
        anchors.add(ws, "stone", where="x", passphrases=passphrases)
    note.chmod(0o644)
    note.write_text(note.read_text().replace("\n2\n", "\n3\n"))
    assert anchors.check(ws, Outside(folders=(folder,)))[0].state == "wrong"
    assert anchors.check(ws, Outside(repositories=(repository,)))[0].state == "ok"


def test_a_printed_checkpoint(ws):
    grow(ws, 2)
    head = ws.ledger.root_at(2)
    digits = head.root.removeprefix("sha256:")
    grouped = " ".join(digits[at : at + 4].upper() for at in range(0, 64, 4))
    anchors.add(ws, "printed", where="page 1 of the pack", passphrases=passphrases)
    assert anchors.check(ws, Outside(printed=(f"2 {grouped}",)))[0].state == "ok"
    assert anchors.check(ws, Outside(printed=(f"1 {grouped}",)))[0].state == "wrong"
    assert anchors.check(ws, Outside(printed=(f"99 {grouped}",)))[0].state == "wrong"
    for text in ("two " + grouped, "2 abcd", ""):
        with pytest.raises(UsageError):
            anchors.check(ws, Outside(printed=(text,)))


def put_back(ws, tmp_path):
    """Verify and grow, then put an old copy in place."""
    grow(ws, 1)
    shut(ws)
    shutil.copy(tmp_path / ".govern/ledger.db", tmp_path / "old.db")
    grow(ws, 2)
    shut(ws)
    shutil.copy(tmp_path / "old.db", tmp_path / ".govern/ledger.db")


def test_recovery_goes_on_with_both_notes_in_the_ledger(ws, tmp_path):
    with pytest.raises(Refused, match="nothing was lost"):
        recovering.recover(ws, reason="x", passphrases=passphrases)
    put_back(ws, tmp_path)
    lost = ws.home.checkpoints(ws.config.origin).read()
    with pytest.raises(VerificationError, match="put back"):
        grow(ws)
    with pytest.raises(UsageError):
        recovering.recover(ws, reason="", passphrases=passphrases)
    other = Home.at(tmp_path / "colleague")
    other.checkpoints(ws.config.origin).reset(lost.head, lost.note)
    written = recovering.recover(ws, reason="the disk failed", passphrases=passphrases)
    fact = ws.ledger.entry(written.index).fact
    assert fact.lost_note == lost.note
    assert "\n2\n" in fact.found_note
    grow(ws)
    assert ws.ledger.verify(trusted=ws.home.checkpoints(ws.config.origin)).check()
    colleague = Workspace(ws.folder, other)
    assert colleague.unguarded.verify(trusted=other.checkpoints(ws.config.origin)).failure.kind in {"rollback", "fork"}
    with pytest.raises(UsageError, match="not remembered"):
        recovering.accept(colleague)  # what was trusted here was written before this was remembered
    assert recovering.accept(colleague, trust=ws.ledger.leaf(0)) == written.index
    assert other.checkpoints(ws.config.origin).read().first == ws.ledger.entry(0).leaf_hash
    assert colleague.ledger.verify(trusted=other.checkpoints(ws.config.origin)).check()
    colleague.close()


def test_nobody_recovers_onto_a_ledger_of_another_beginning(ws, tmp_path):
    """Somebody makes one of the same name with keys of their own, in which the root of the true one and its log stand too.

    Their root key signs that the true one was lost: only what is remembered of its beginning tells.
    """
    true, lost = ws.ledger.trust_root(), ws.home.checkpoints(ws.config.origin).read()
    mine = {name: signer(name) for name in ROLES}
    theirs = root_of(mine, origin=ws.config.origin)
    roles = {
        name: replace(role, keyids=tuple(sorted({*role.keyids, *true.roles[name].keyids})) if name in true.roles else role.keyids)
        for name, role in theirs.roles.items()
    }
    theirs = replace(theirs, keys={**theirs.keys, **true.keys}, roles=roles, expires=true.expires)
    made = Ledger.create(
        f"sqlite:///{tmp_path}/theirs.db", origin=ws.config.origin, root=theirs, root_signers=[mine["root"]],
        log_signer=mine["log"], now=ws.now(),
    )
    fact = RecoveryFact(lost_note=lost.note, found_note=made.checkpoint().note, reason="the disk failed")
    draft = Draft(subjects=(Subject(name="checkpoint/1", digest=lost.root),), fact=fact)
    made.append([draft], signers=[mine["root"]], log_signer=mine["log"], now=ws.now())
    made.close()
    shut(ws)
    shutil.copy(tmp_path / "theirs.db", tmp_path / ".govern/ledger.db")
    with pytest.raises(VerificationError, match="another trust root"):
        recovering.accept(ws)
    with pytest.raises(VerificationError, match="another trust root"):
        recovering.recover(ws, reason="the disk failed", passphrases=passphrases)
    with pytest.raises(VerificationError, match="not the one given"):
        recovering.accept(ws, trust=object_bytes(true))
    assert ws.home.checkpoints(ws.config.origin).read() == lost
    fresh = Workspace(ws.folder, Home.at(tmp_path / "fresh"))
    assert verifying.verify(fresh).outcome == "verified", "who knows nothing of it has nothing to hold it against"
    fresh.home.checkpoints(ws.config.origin).path.unlink()
    assert verifying.verify(fresh, trust=object_bytes(true)).outcome == "wrong"
    fresh.close()


def test_a_recovery_that_names_something_else_is_not_accepted(ws, tmp_path):
    put_back(ws, tmp_path)
    with pytest.raises(Refused, match="no recovery names"):
        recovering.accept(ws)
    recovering.recover(ws, reason="the disk failed", passphrases=passphrases)
    shut(ws)


def test_details_are_erased_and_proofs_stay_valid(ws):
    commitment = erasing.keep(ws, b"a name and an address")
    again = erasing.keep(ws, b"a name and an address")
    assert commitment != again, "the same detail twice can't be seen to be the same"
    assert erasing.side_store(ws).get(commitment) == b"a name and an address"
    proof = ws.ledger.proof(0)
    path = erasing.side_store(ws).folder / commitment.removeprefix("sha256:")
    written = erasing.erase(ws, commitment, reason="asked for", legal_basis="GDPR Art. 17", passphrases=passphrases)
    assert isinstance(ws.ledger.entry(written.index).fact, RedactionFact)
    assert not path.exists()
    assert not any(b"address" in leaf for leaf in ws.ledger.leaves())
    with pytest.raises(NotFoundError):
        erasing.erase(ws, commitment, reason="again", passphrases=passphrases)
    with pytest.raises(UsageError):
        erasing.erase(ws, again, reason="", passphrases=passphrases)
    assert erasing.side_store(ws).get(again)
    assert proof
    assert ws.ledger.verify().check().size == 2


def test_a_commitment_binds(tmp_path):
    store = SideStore(tmp_path / "details")
    commitment = store.put(b"one")
    path = store.folder / commitment.removeprefix("sha256:")
    assert path.stat().st_mode & 0o077 == 0
    kept = path.read_bytes()
    assert commitment_of(kept[:32], kept[32:]) == commitment
    path.chmod(0o600)
    path.write_bytes(kept + b"x")
    with pytest.raises(CorruptStoreError):
        store.get(commitment)
    with pytest.raises(StorageError):
        store.put(b"x" * (2 << 20))
    with pytest.raises(NotFoundError):
        store.erase(commitment_of(b"a", b"b"))


def test_erasing_overwrites_nothing_that_a_link_leads_to(tmp_path):
    store = SideStore(tmp_path / "details")
    mine = tmp_path / "mine.txt"
    for make in (Path.symlink_to, Path.hardlink_to):
        mine.write_text("not to be lost")
        commitment = store.put(b"a name")
        path = store.folder / commitment.removeprefix("sha256:")
        path.unlink()
        make(path, mine)
        with pytest.raises(StorageError, match=r"is a link|is not the detail"):
            store.erase(commitment)
        assert mine.read_text() == "not to be lost"
        path.unlink()
    commitment = store.put(b"a name")
    path = store.folder / commitment.removeprefix("sha256:")
    (tmp_path / "second name").hardlink_to(path)
    store.erase(commitment)
    assert set((tmp_path / "second name").read_bytes()) == {0}, "a second name of the detail itself is erased with it"


def test_a_ledger_moves_between_databases(ws, tmp_path, postgres_url):
    grow(ws, 3)
    before = ws.ledger.checkpoint()
    source = f"sqlite:///{tmp_path}/.govern/ledger.db"
    view = copying.copy(source, postgres_url, home=ws.home)
    assert (view.outcome, view.root, view.size) == ("verified", before.root, before.size)
    back = f"sqlite:///{tmp_path}/back.db"
    assert copying.copy(postgres_url, back, home=ws.home).root == before.root
    with Ledger.open(postgres_url) as one, Ledger.open(back) as two:
        assert list(one.leaves()) == list(two.leaves()) == list(ws.ledger.leaves())
        assert list(one.stored_nodes()) == list(two.stored_nodes()) == list(ws.ledger.stored_nodes())
        assert list(one.checkpoints()) == list(two.checkpoints())
        for table in ("submission", "producer", "key", "root", "meta"):
            rows = []
            for ledger in (one, two, ws.ledger):
                with ledger.database.reading() as reading:
                    rows.append(sorted(reading.all(f"SELECT * FROM {table}")))
            assert rows[0] == rows[1] == rows[2], table
    with pytest.raises(StorageError, match="already"):
        copying.copy(source, back, home=ws.home)
    with pytest.raises(UsageError):
        copying.copy(source, source, home=ws.home)
