"""The ledger's figures and what limits them, measured in one run: `make bench-ledger`.

Prints ratios against a limit or a peer of the same run; nothing here asserts on seconds. Two things it takes from outside:

    GOVERN_BENCH_LEDGER   a folder that large_ledger.py made, for the growth from 10^4 entries to its size; `--million`
                          makes one of a million entries first (some minutes), `--whole` verifies all of it too
    GOVERN_BENCH_MLFLOW   the Python of an environment that has mlflow or mlflow-skinny, sqlalchemy and alembic
"""

import json
import os
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent), str(HERE)]

from large_ledger import ORIGIN, make  # noqa: E402
from ledger.kit_ledger import NOW, Kit, model  # noqa: E402

from govern.domain.facts import Input, RunFact  # noqa: E402
from govern.domain.statement import Draft, Subject  # noqa: E402
from govern.domain.text import digest_of  # noqa: E402
from govern.ledger import tree  # noqa: E402
from govern.ledger.chunks import default_processes  # noqa: E402
from govern.ledger.mark import MarkStore  # noqa: E402
from govern.store.database import Database  # noqa: E402
from govern.store.ledger import Ledger  # noqa: E402
from govern.store.rows import Rows  # noqa: E402
from govern.trust.home import Home  # noqa: E402
from govern.trust.keyring import Keyring  # noqa: E402
from govern.trust.keys import load_public, signature_is_by  # noqa: E402


def rate(work, seconds=1.0):
    """Return how often a second `work` runs."""
    count, start = 0, time.perf_counter()
    while (taken := time.perf_counter() - start) < seconds:
        work()
        count += 1
    return count / taken


def quantile(values, share):
    """Return a quantile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def timed(work):
    """Return the seconds that `work` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def line(what, figure, ratio=""):
    """Print one figure."""
    print(f"{what:<62} {figure:>24} {ratio:>36}", flush=True)


def limits(folder, kit):
    """Measure what nothing of ours can beat: the disk's fdatasync, and bare Ed25519."""
    with (folder / "sync").open("wb") as file:
        def once():
            file.write(b"x" * 4096)
            file.flush()
            os.fdatasync(file.fileno())

        sync = statistics.median(timed(once) for _ in range(200))
    signer = kit.signers["pipeline"]
    message = b"x" * 700
    sign = rate(lambda: signer.sign(message))
    key, signature = load_public(signer.public.scheme, signer.public.public), signer.sign(message)
    verify = rate(lambda: signature_is_by(key, signature, message))
    line("fdatasync of one page, p50", f"{sync * 1e6:.0f} µs")
    line("bare Ed25519 sign, one core", f"{sign:.0f} /s")
    line("bare Ed25519 verify, one core", f"{verify:.0f} /s")
    return sync, sign, verify


def appends(kit, sync, sign, *, size=""):
    """Append one at a time and in batches."""
    singles = [timed(lambda number=number: kit.append(model(number), trusted=False)) for number in range(300)]
    p50 = statistics.median(singles)
    line(f"durable append of one entry{size}, p50", f"{p50 * 1e3:.2f} ms", f"{p50 / sync:.1f} x fdatasync (aim 1.3)")
    guarded = statistics.median(timed(lambda number=number: kit.append(model(number))) for number in range(200))
    line("... and the trusted checkpoint outside, p50", f"{guarded * 1e3:.2f} ms", f"{guarded / sync:.1f} x fdatasync")
    for batch in (10, 100, 1000):
        drafts = [model(number) for number in range(batch)]
        seconds = statistics.median(timed(lambda drafts=drafts: kit.append(*drafts)) for _ in range(max(5, 2000 // batch)))
        speed = batch / seconds
        aim = " (aim 0.6)" if batch > 10 else ""
        line(f"signed append, batches of {batch}{size}", f"{speed:.0f} /s", f"{speed / sign:.2f} of bare signing{aim}")


def run_draft(number):
    """Draft a run as people record them: ten parameters, five metrics."""
    nothing = digest_of(b"")
    fact = RunFact(
        name=f"fit-{number}", system="credit", inputs=(Input(name="in", digest=nothing),), seeds={}, platform={},
        parameters={f"parameter_{one}": str(number * one) for one in range(10)},
        metrics={f"metric_{one}": str(0.5 + number / 1000) for one in range(5)}, code=Input(name="train.py", digest=nothing),
        started=NOW, finished=NOW, environment=Input(name="requirements.lock", digest=nothing),
    )
    return Draft(subjects=(Subject(name=f"run/fit-{number}", digest=digest_of(b"%d" % number)),), fact=fact)


def peers(folder, kit, count=150):
    """Record the same runs: signed here, unsigned in MLflow's tracking store, and as bare rows."""
    ours = statistics.median(timed(lambda number=number: kit.append(run_draft(number))) for number in range(count))
    line("one run recorded: signed, guarded, p50", f"{ours * 1e3:.2f} ms")
    python = os.environ.get("GOVERN_BENCH_MLFLOW", "")
    if python:
        done = subprocess.run(
            [python, HERE / "peer_mlflow.py", folder / "mlflow.db", str(count)], capture_output=True, text=True, check=True
        )
        said = json.loads(done.stdout.splitlines()[-1])
        theirs = statistics.median(said["seconds"])
        line(f"peer: the same run in MLflow {said['version']} on SQLite, unsigned, p50", f"{theirs * 1e3:.2f} ms",
             f"{theirs / ours:.1f} x ours")
    else:
        line("peer: MLflow is not here", "not measured", "GOVERN_BENCH_MLFLOW names its Python")
    connection = sqlite3.connect(folder / "peer.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE run (id INTEGER PRIMARY KEY, body BLOB)")
    body = b"x" * 1200
    taken = [timed(lambda: connection.execute("INSERT INTO run (body) VALUES (?)", (body,))) for _ in range(count)]
    connection.close()
    line("the floor: bare SQLite, one unsigned row a commit, p50", f"{statistics.median(taken) * 1e3:.2f} ms")


def full(ledger, verify, processes):
    """Verify everything."""
    size = ledger.size
    seconds = timed(lambda: ledger.verify(processes=processes).check())
    line(f"full verification of {size:,} entries, {processes} process(es)", f"{size / seconds:.0f} /s",
         f"{size / seconds / (verify * processes):.2f} of bare verifying (aim 0.8)")


def incremental(kit, verify):
    """Verify only what is new, from a mark."""
    mark = MarkStore(kit.folder / "marks", kit.origin)
    if mark.read() is None:
        kit.ledger.verify(mark=mark, processes=default_processes()).check()
    for new in (100, 1000):
        kit.append(*(model(number) for number in range(new)))
        seconds = timed(lambda: kit.ledger.verify(full=False, mark=mark).check())
        line(f"incremental verification of {new} new among {kit.ledger.size:,}", f"{seconds * 1e3:.0f} ms",
             f"{new / seconds / verify:.2f} of bare verifying")


def storage(kit):
    """Count what an entry takes beside its leaf, by table."""
    size = kit.ledger.size
    kit.reopen()
    with kit.ledger.database.reading() as rows:
        found = rows.all("SELECT name, sum(pgsize), sum(payload) FROM dbstat GROUP BY 1 ORDER BY 2 DESC")
        [[leaves]] = rows.all("SELECT sum(length(leaf)) FROM entry")
    used = {name: pages / size for name, pages, _ in found}
    beside = sum(used.values()) - used["entry"]
    line(f"a leaf, among {size:,}", f"{leaves / size:.0f} bytes")
    line("tables beside the leaves", f"{beside:.0f} bytes an entry", "(aim 110)")
    line("... " + ", ".join(f"{name} {part:.0f}" for name, part in used.items() if name != "entry" and part >= 1), "")
    line("room left in the leaves’ own pages", f"{used['entry'] - leaves / size:.0f} bytes an entry")


def proofs(folder, sizes):
    """Prove inclusion in trees of growing size; only the tree's rows are made, by the code that appends."""
    first = None
    for size in sizes:
        database, frontier, hashing = Database.create(f"sqlite:///{folder}/tree-{size}.db"), tree.Frontier(), 0.0
        with database.writing() as connection:
            rows = Rows.inside(connection)
            for start in range(0, size, 10_000):
                leaves = [number.to_bytes(8, "big") for number in range(start, min(start + 10_000, size))]
                begin = time.perf_counter()
                nodes = frontier.extend([tree.leaf_hash(leaf) for leaf in leaves])
                hashing += time.perf_counter() - begin
                rows.add("node", enumerate(nodes, tree.stored_count(start)))
        root, taken = frontier.root(), []
        for step in range(1000):
            index = step * 7919 % size
            begin = time.perf_counter()
            with database.reading() as connection:
                proof = tree.inclusion(index, size, partial(database.nodes, connection))
            taken.append(time.perf_counter() - begin)
            tree.verify_inclusion(index, size, tree.leaf_hash(index.to_bytes(8, "big")), proof, root)
        p99 = quantile(taken, 0.99)
        first = first or p99
        line(f"inclusion proof among {size:,} entries, p50 / p99", f"{quantile(taken, 0.5) * 1e3:.2f} / {p99 * 1e3:.2f} ms",
             f"{p99 / first:.1f} x the smallest (aim 1 ms)")
        line(f"Merkle audit of {size:,} leaves, {len(frontier.peaks)} hashes in memory", f"{size / hashing:,.0f} leaves/s", "(aim 300,000)")
        database.close()


class Large:
    """A copy of a large ledger, with the kit's ways."""

    def __init__(self, source, folder):
        home = Home.at(source / "home")
        keyring = Keyring(home.keys)
        self.signers = {name: keyring.signer(name, lambda _: "") for name in keyring.names()}
        self.folder, self.origin = folder, ORIGIN
        shutil.copy(source / ".govern" / "ledger.db", folder / "large.db")
        self.url = f"sqlite:///{folder}/large.db"
        self.ledger = Ledger.open(self.url)
        self.trusted = Home.at(folder / "large-home").checkpoints(ORIGIN)
        found = self.ledger.checkpoint()
        self.trusted.reset(found.head, found.note)

    append, reopen = Kit.append, Kit.reopen


def growth(folder, source, figures, *, whole):
    """The same figures on a large ledger."""
    kit, (sync, sign, verify) = Large(source, folder), figures
    size = kit.ledger.size
    line(f"--- a ledger of {size:,} entries", f"{(folder / 'large.db').stat().st_size / 2**20:,.0f} MB")
    taken = [timed(lambda number=number: kit.ledger.inclusion(number * 7919 % size, size)) for number in range(1000)]
    line(f"inclusion proof from it ({size:,}), p50 / p99", f"{quantile(taken, 0.5) * 1e3:.2f} / {quantile(taken, 0.99) * 1e3:.2f} ms")
    begun = time.perf_counter()
    count = sum(1 for _ in kit.ledger.stored_nodes())
    line("its stored tree, read row by row", f"{count / (time.perf_counter() - begun):,.0f} nodes/s")
    appends(kit, sync, sign, size=f" to {size:,}")
    if whole:
        full(kit.ledger, verify, default_processes())
        incremental(kit, verify)
    storage(kit)
    kit.ledger.close()


def main():
    """Print the table."""
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, SQLite {sqlite3.sqlite_version}\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kit = Kit.make(folder / "kit")
        figures = limits(folder, kit)
        peers(folder, kit)
        appends(kit, *figures[:2])
        for processes in sorted({1, default_processes()}):
            full(kit.ledger, figures[2], processes)
        incremental(kit, figures[2])
        storage(kit)
        kit.ledger.close()
        proofs(folder, [10_000, 100_000, 1_000_000])
        source = Path(os.environ["GOVERN_BENCH_LEDGER"]) if "GOVERN_BENCH_LEDGER" in os.environ else None
        if source is None and "--million" in sys.argv:
            source = folder / "million"
            ledger, took = make(source, 1_000_000)
            line("a million entries, appended in batches", f"{ledger.size / took:,.0f} /s")
            ledger.close()
        if source is not None:
            growth(folder, source, figures, whole="--whole" in sys.argv)
        line("memory at the end, peak", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
