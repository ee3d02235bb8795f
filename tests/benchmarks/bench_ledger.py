"""The ledger's figures and what limits them, measured in one run: `python tests/benchmarks/bench_ledger.py [--million]`.

Prints ratios against a limit or a peer of the same run; nothing here asserts on seconds.
"""

import os
import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent)]

import resource  # noqa: E402
import sqlite3  # noqa: E402

from ledger.kit_ledger import NOW, Kit, model  # noqa: E402
from sqlalchemy import insert  # noqa: E402

from govern.ledger import tree  # noqa: E402
from govern.ledger.chunks import default_processes  # noqa: E402
from govern.ledger.mark import MarkStore  # noqa: E402
from govern.store import tables  # noqa: E402
from govern.store.database import Database  # noqa: E402
from govern.trust.keys import load_public, signature_is_by  # noqa: E402


def rate(work, seconds=1.0):
    """Return how often a second `work` runs."""
    count, start = 0, time.perf_counter()
    while (taken := time.perf_counter() - start) < seconds:
        work()
        count += 1
    return count / taken


def p(values, share):
    """Return a percentile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def timed(work):
    """Return the seconds that `work` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def line(what, figure, ratio=""):
    """Print one figure."""
    print(f"{what:<58} {figure:>22} {ratio:>34}")


def limits(folder, kit):
    """Measure what nothing of ours can beat: the disk's fdatasync, and bare Ed25519."""
    path = folder / "sync"
    with path.open("wb") as file:
        def once():
            file.write(b"x" * 4096)
            file.flush()
            os.fdatasync(file.fileno())

        sync = statistics.median(timed(once) for _ in range(200))
    signer = kit.signers["pipeline"]
    message = b"x" * 900
    sign = rate(lambda: signer.sign(message))
    key, signature = load_public(signer.public.scheme, signer.public.public), signer.sign(message)
    verify = rate(lambda: signature_is_by(key, signature, message))
    line("fdatasync of one page, p50", f"{sync * 1e6:.0f} µs")
    line("bare Ed25519 sign, one core", f"{sign:.0f} /s")
    line("bare Ed25519 verify, one core", f"{verify:.0f} /s")
    return sync, sign, verify


def appends(kit, sync, sign):
    """Append one at a time and in batches."""
    singles = [timed(lambda number=number: kit.append(model(number), trusted=False)) for number in range(300)]
    p50 = statistics.median(singles)
    line("durable append of one entry, p50", f"{p50 * 1e3:.2f} ms", f"{p50 / sync:.1f} x fdatasync (aim 1.3)")
    guarded = statistics.median(timed(lambda number=number: kit.append(model(number))) for number in range(200))
    line("... with the trusted checkpoint beside it, p50", f"{guarded * 1e3:.2f} ms", f"{guarded / sync:.1f} x fdatasync")
    for batch in (10, 100, 1000):
        drafts = [model(number) for number in range(batch)]
        runs = max(3, 3000 // batch)
        seconds = timed(lambda drafts=drafts, runs=runs: [kit.append(*drafts) for _ in range(runs)])
        speed = batch * runs / seconds
        aim = " (aim 0.6)" if batch > 10 else ""
        line(f"signed append, batches of {batch}", f"{speed:.0f} /s", f"{speed / sign:.2f} of bare signing{aim}")


def peer(folder, count=300):
    """Record as many runs to an unsigned SQLite table of the same shape, one durable commit each: the floor."""
    connection = sqlite3.connect(folder / "peer.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE run (id INTEGER PRIMARY KEY, body BLOB)")
    body = b"x" * 1200
    taken = [timed(lambda: connection.execute("INSERT INTO run (body) VALUES (?)", (body,))) for _ in range(count)]
    connection.close()
    line("peer: bare SQLite, one unsigned row a commit, p50", f"{statistics.median(taken) * 1e3:.2f} ms")


def verification(kit, verify):
    """Verify everything, by one process and by all, and only what is new."""
    size = kit.ledger.size
    for processes in sorted({1, default_processes()}):
        seconds = timed(lambda processes=processes: kit.ledger.verify(processes=processes).check())
        share = size / seconds / (verify * processes)
        line(f"full verification of {size} entries, {processes} process(es)", f"{size / seconds:.0f} /s",
             f"{share:.2f} of bare verifying (aim 0.8)")
    mark = MarkStore(kit.folder / "marks", kit.origin)
    kit.ledger.verify(mark=mark).check()
    kit.append(*(model(number) for number in range(100)))
    seconds = timed(lambda: kit.ledger.verify(full=False, mark=mark).check())
    line("incremental verification of 100 new entries", f"{seconds * 1e3:.0f} ms")


def storage(kit):
    """Count what an entry takes beside its leaf."""
    size = kit.ledger.size
    leaves = sum(len(leaf) for leaf in kit.ledger.leaves())
    with kit.ledger.database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar() * connection.exec_driver_sql("PRAGMA page_size").scalar()
        beside = {}
        for table in ("node", "submission", "checkpoint", "producer"):
            used = connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()
            beside[table] = used
    line("storage beside the leaf, whole file", f"{(pages - leaves) / size:.0f} bytes", "(aim 110)")
    line("rows an entry: node, submission", f"{beside['node'] / size:.2f}, {beside['submission'] / size:.2f}")


def proofs(folder, sizes):
    """Prove inclusion in trees of growing size; only the tree's rows are made, by the code that appends."""
    first = None
    for size in sizes:
        database = Database.create(f"sqlite:///{folder}/tree-{size}.db")
        frontier = tree.Frontier()
        start = time.perf_counter()
        audit = 0.0
        with database.writing() as connection:
            rows, number = [], 0
            for index in range(size):
                leaf = tree.leaf_hash(index.to_bytes(8, "big"))
                for node in frontier.add(leaf):
                    rows.append({"id": number, "hash": node})
                    number += 1
                if len(rows) > 20_000:
                    begin = time.perf_counter()
                    connection.execute(insert(tables.node), rows)
                    audit += time.perf_counter() - begin
                    rows = []
            connection.execute(insert(tables.node), rows) if rows else None
        built = time.perf_counter() - start - audit
        root = frontier.root()
        taken = []
        for step in range(400):
            index = step * 7919 % size
            begin = time.perf_counter()
            with database.reading() as connection:
                read = partial(database.nodes, connection)
                proof = tree.inclusion(index, size, read)
            taken.append(time.perf_counter() - begin)
            tree.verify_inclusion(index, size, tree.leaf_hash(index.to_bytes(8, "big")), proof, root)
        p99 = p(taken, 0.99)
        first = first or p99
        line(f"inclusion proof among {size:,} entries, p50 / p99", f"{p(taken, 0.5) * 1e3:.2f} / {p99 * 1e3:.2f} ms",
             f"{p99 / first:.1f} x the smallest")
        line(f"Merkle audit of {size:,} leaves (hash and fold)", f"{size / built:,.0f} leaves/s", "(aim 300,000)")
        database.close()


def main():
    """Print the table."""
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, SQLite {sqlite3.sqlite_version}, times as of {NOW:%Y}\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kit = Kit.make(folder / "kit")
        sync, sign, verify = limits(folder, kit)
        peer(folder)
        appends(kit, sync, sign)
        verification(kit, verify)
        storage(kit)
        kit.ledger.close()
        proofs(folder, [10_000, 100_000, 1_000_000] if "--million" in sys.argv else [10_000, 100_000])
        line("memory at the end, peak", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
