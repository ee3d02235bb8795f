"""Folding, keeping and asking the state: a ledger of 1,000 systems and 10,000 models, watched for long.

Run as a script; GOVERN_BENCH_ENTRIES sets how many entries (default: a million). Every figure is printed as soon as it is
known, beside the same at a tenth of the size: a ratio near 1 means flat in the ledger's size. GOVERN_BENCH_WORKSPACE names a copy of a
workspace that `large_ledger.py` made: then that is asked, as signed and kept there, instead of entries made up here, and
whole commands are timed on it; what is not folded yet is folded first.
"""

import gc
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1]), str(HERE.parents[2])]

from lineage.book import START, Book, digest  # noqa: E402
from lineage_stale import scaling  # noqa: E402

from govern.domain.facts import DecisionFact, EvidenceFact, Input, ObservationFact  # noqa: E402
from govern.domain.statement import Entry, Header, Producer, SignedBy, Statement, Subject  # noqa: E402
from govern.domain.text import Digest  # noqa: E402
from govern.lineage.graph import Graph  # noqa: E402
from govern.lineage.layout import draw  # noqa: E402
from govern.lineage.nodes import node_of  # noqa: E402
from govern.lineage.permission import may_run  # noqa: E402
from govern.lineage.snapshot import Source, latest, load, stored  # noqa: E402
from govern.lineage.stale import stale  # noqa: E402
from govern.lineage.state import State  # noqa: E402
from govern.store.read_tables import ReadTables  # noqa: E402

ENTRIES = int(os.environ.get("GOVERN_BENCH_ENTRIES", "1000000"))
WORKSPACE = os.environ.get("GOVERN_BENCH_WORKSPACE", "")
SYSTEMS = max(2, min(1000, ENTRIES // 200))
VERSIONS = 10
LIMIT = 0.3
"""Seconds that opening and a check may take."""


class Watched:
    """A ledger: what was set up by hand, then windows of monitoring without end."""

    def __init__(self, book: Book | None = None, step: timedelta = timedelta(minutes=1)) -> None:
        self.step = step
        book = book or Book()
        book.binding(book.policy())
        self.models: list[Digest] = []
        for number in range(SYSTEMS):
            name = f"system-{number}"
            book.system(name)
            raw = f"raw-{number}@1"
            book.dataset(raw)
            train = book.dataset(f"train-{number}@1", sources=(raw,))
            for version in range(VERSIONS):
                run = book.run(f"fit-{number}-{version}", (train,), system=name)
                model = book.model(f"scorer-{number}@{version}", run=run, system=name)
                book.decide(model)
                approval = book.review(model)
            book.promote(model, approvals=(approval,))
            book.deploy(model, name=f"D-{number}")
            self.models.append(model)
        self.setup = book.entries
        self.policies = tuple(record.digest for record in book.state.policies.values())
        self.bindings = tuple(record.digest for record in book.state.bindings.values())
        self.size = len(self.setup)

    def entry(self, index: int) -> Entry:
        """One entry; the windows are made when asked for."""
        if index < len(self.setup):
            return self.setup[index]
        number, part = divmod(index - len(self.setup), 3)
        window, system = divmod(number, SYSTEMS)
        model, name = self.models[system], f"system-{system}"
        moment = self.setup[-1].time + self.step * (index - len(self.setup))
        evidence, decision = digest(f"e {number}"), digest(f"d {number}")
        data = Input(name=f"window-{window}", digest=digest(f"w {number}"))
        fact: EvidenceFact | DecisionFact | ObservationFact
        if part == 0:
            fact = EvidenceFact(
                evidence=evidence, system=name, data=data, measures=("covariate_drift@1", "performance@1"), collected=moment,
                purpose="monitor", environment={"python": "3.11", "scipy": "1.13"}, command={"target": "repaid"},
            )
        elif part == 1:
            fact = DecisionFact(
                gate="monitor", system=name, outcome="allow", as_of=moment, decision=decision, evidence=(evidence,),
                policies=self.policies, bindings=self.bindings, waivers=(), statuses={"DRIFT-001": "pass"}, approvals=(),
            )
        else:
            fact = ObservationFact(
                deployment=f"D-{system}", system=name, environment="production", window=data, evidence=evidence,
                decision=decision, outcome="allow", observed=moment,
            )
        return Entry(
            index=index, leaf_hash=digest(f"leaf {index}"), signed_by=(SignedBy(keyid="pipeline", holder="pipeline"),),
            statement=Statement(
                subjects=(Subject(name="model", digest=model),), fact=fact,
                header=Header(log="bench", producer=Producer(seq=index, prev=None), time=moment, seen=None),
            ),
        )

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """Entries in order."""
        return (self.entry(index) for index in range(start, self.size if stop is None else stop))

    def root(self, size: int) -> Digest:
        """Some digest of so many entries."""
        return digest(f"root {size}")


def seconds(work: Callable[[], object], runs: int = 5) -> float:
    """Median wall time."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return median(times)


def say(*words: str) -> None:
    """Print a line at once, though somebody may have piped it elsewhere."""
    print(*words, flush=True)


FRESH = """
import sys, datetime
from pathlib import Path
from govern.store.read_tables import ReadTables
from govern.lineage.snapshot import latest, stored
from govern.lineage.permission import may_run
rows = ReadTables(Path(sys.argv[1]))
kept = latest(rows, most=int(sys.argv[4]))
answer = may_run(stored(rows, kept), sys.argv[2], "production", datetime.datetime.fromisoformat(sys.argv[3]))
sys.exit(0 if answer.allowed else 1)
"""


def ask(path: Path, ledger: Source, model: Digest, raw: Digest, size: int) -> Iterator[tuple[str, float]]:
    """Every question, on the state of the first `size` entries of a ledger that is kept in `path`."""
    rows = ReadTables(path)

    def state() -> State:
        kept = latest(rows, most=size)
        if kept is None:
            message = "nothing is kept of this ledger"
            raise SystemExit(message)
        return stored(rows, kept)

    clock = state().clock
    assert clock is not None
    now = clock

    def check() -> None:
        if not may_run(state(), model, "production", now).allowed:
            message = "the benchmark's own ledger refuses what it deployed"
            raise SystemExit(message)

    yield "open", seconds(lambda: load(rows, ledger, stop=size))
    yield "check", seconds(check, runs=15)
    words = [sys.executable, "-c", FRESH, str(path), model, now.isoformat(), str(size)]
    yield "check in a fresh process", seconds(lambda: subprocess.run(words, check=True))
    at = [START + (now - START) * part / 7 for part in range(1, 7)]
    moments = iter(at)
    yield "as of a time", seconds(lambda: load(rows, ledger, as_of=next(moments)), runs=len(at))
    review = next(one for one in state().reviews_of(model) if one.fact.action == "approve")
    yield "staleness of one approval", seconds(lambda: stale(state(), review, now), runs=15)
    yield "blast radius of one dataset", seconds(lambda: Graph(asked := state()).impact(node_of(asked, raw)))


def compared(smaller: dict[str, float], size: int, larger: Iterator[tuple[str, float]], large: int) -> None:
    """Print each figure of the larger ledger when it is known, beside that of the smaller one."""
    say(f"{'question':32} {size:>12,} {large:>12,}  ratio  limit")
    for name, took in larger:
        limit = {"open": LIMIT, "check in a fresh process": LIMIT, "as of a time": 1.0}.get(name)
        beside = f"{took / limit:.2f} of {limit} s" if limit else ""
        say(f"{name:32} {smaller[name] * 1000:>9.1f} ms {took * 1000:>9.1f} ms  {took / smaller[name]:5.2f}  {beside}")


def told(figures: Iterator[tuple[str, float]], size: int) -> dict[str, float]:
    """Print figures when they are known, and return them."""
    found = {}
    for name, took in figures:
        found[name] = took
        say(f"  of {size:,} entries: {name} {took * 1000:.1f} ms")
    return found


def made_up() -> None:
    """Build, ask at a tenth, build on, ask again."""
    start = time.perf_counter()
    ledger = Watched()
    say(f"{SYSTEMS:,} systems, {SYSTEMS * VERSIONS:,} models, set up by {len(ledger.setup):,} entries "
        f"in {time.perf_counter() - start:.0f} s (checked as they were written)")
    model, raw = ledger.models[SYSTEMS // 2], digest("raw-1@1")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.db"
        small = max(ENTRIES // 10, len(ledger.setup) + 3)
        folded(ledger, path, small)
        found = told(ask(path, ledger, model, raw, small), small)
        folded(ledger, path, ENTRIES)
        compared(found, small, ask(path, ledger, model, raw, ENTRIES), ENTRIES)


def folded(ledger: Watched, path: Path, size: int) -> None:
    """Let the ledger grow to a size, and fold and keep what is new."""
    kept = latest(ReadTables(path))
    before, ledger.size = 0 if kept is None else kept.size, size
    begun = time.perf_counter()
    load(ReadTables(path), ledger)
    took = time.perf_counter() - begun
    last = max(before, size - 2000)
    made = seconds(lambda: sum(1 for _ in ledger.entries(last, size)), runs=1) / (size - last)
    gc.collect()
    say(f"folded and kept {size - before:,} entries: {(size - before) / took:,.0f} a second, of which making the "
        f"entries {made * (size - before) / took:.0%}; {sum(one.stat().st_size for one in path.parent.iterdir()) / size:,.0f} bytes an entry")


def workspace(folder: Path) -> None:
    """Ask a workspace that `large_ledger.py` made, and time whole commands on it, each in a process of its own."""
    from govern.domain.text import instant
    from govern.trust.home import Home
    from govern.workflow.place.folded import LedgerSource, rows_path
    from govern.workflow.place.workspace import Workspace

    with Workspace.open(folder, home=Home.at(folder / "home")) as opened:
        size = opened.ledger.size
        begun = time.perf_counter()
        kept = latest(ReadTables(rows_path(opened.home, opened.config.origin)))
        state = opened.state()
        say(f"{size:,} entries in a workspace; those that were not kept, {size - (kept.size if kept else 0):,}, folded in {time.perf_counter() - begun:.1f} s")
        running = next(iter(state.deployments.values()))
        path, source = rows_path(opened.home, opened.config.origin), LedgerSource(opened.ledger, opened.trusted.head())
        raw, small = digest("raw-0@1"), max(size // 10, running.last + 1)
        found = told(ask(path, source, running.model, raw, small), small)
        compared(found, small, ask(path, source, running.model, raw, size), size)
        moments = [instant(opened.ledger.entry(size * part // 7).time) for part in range(1, 7)]
    commands(folder, running.model, running.fact.system, moments)


def commands(folder: Path, model: Digest, system: str, moments: Sequence[str]) -> None:
    """Time whole commands, by the clock and by what they take of a processor."""
    start = [sys.executable, "-m", "govern", "--workspace", str(folder)]
    environment = {**os.environ, "GOVERN_HOME": str(folder / "home"), "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    asked = (
        ("deploy --check", ("deploy", model, "--to", "production", "--check"), LIMIT),
        ("checkpoint --as-of", ("checkpoint", "--as-of", ""), 1.0), ("show --as-of", ("show", "#1", "--as-of", ""), 1.0),
        ("lineage --as-of", ("lineage", model, "--as-of", ""), 1.0), ("status SYSTEM --as-of", ("status", system, "--as-of", ""), 1.0),
        ("status SYSTEM", ("status", system), None), ("status of all systems", ("status",), None),
    )
    for name, words, limit in asked:
        runs = moments if words[-1] == "" else moments[:3] if limit is None else moments[:5]
        before, times = os.times(), []
        for moment in runs:
            begun = time.perf_counter()
            subprocess.run([*start, *(word or moment for word in words)], env=environment, stdout=subprocess.DEVNULL, check=True)
            times.append(time.perf_counter() - begun)
        spent = os.times()
        each = (spent.children_user + spent.children_system - before.children_user - before.children_system) / len(runs)
        beside = "" if limit is None else f"  {median(times):.2f} of {limit} s"
        say(f"{name:32} {median(times) * 1000:>9.1f} ms, {each * 1000:>7.1f} ms of a processor{beside}")


def main() -> int:
    """Time everything."""
    empty = seconds(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True))
    say(f"an empty Python process: {empty * 1000:.1f} ms")
    if WORKSPACE:
        workspace(Path(WORKSPACE))
    else:
        made_up()
    scaling(max(10, min(10_000, ENTRIES // 100)))
    near = {n: [m for m in (n + 1, n + 7) if m < 100_000] for n in range(100_000)}
    drawn = seconds(lambda: draw(range(100_000), near.__getitem__), runs=1)
    say(f"drawing 100,000 nodes: {drawn:.2f} s")
    say(f"memory at its highest: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
