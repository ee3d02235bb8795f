"""Folding, keeping and asking the state: a ledger of 1,000 systems and 10,000 models, watched for long.

Run as a script; GOVERN_BENCH_ENTRIES sets how many entries (default: a million), GOVERN_BENCH_WORKSPACE a folder that
`large_ledger.py` made, on which whole commands are timed as well. Every figure stands beside the same at
a tenth of the size: a ratio near 1 means flat in the ledger's size.
"""

import gc
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[2])]

from lineage.book import START, Book, digest  # noqa: E402

from govern.domain.facts import DecisionFact, EvidenceFact, Input, ObservationFact  # noqa: E402
from govern.domain.statement import Entry, Header, Producer, SignedBy, Statement, Subject  # noqa: E402
from govern.domain.text import Digest  # noqa: E402
from govern.lineage.graph import Graph  # noqa: E402
from govern.lineage.layout import draw  # noqa: E402
from govern.lineage.nodes import node_of  # noqa: E402
from govern.lineage.permission import may_run  # noqa: E402
from govern.lineage.snapshot import latest, load, stored  # noqa: E402
from govern.lineage.stale import stale  # noqa: E402
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


FRESH = """
import sys, datetime
from pathlib import Path
from govern.store.read_tables import ReadTables
from govern.lineage.snapshot import latest, stored
from govern.lineage.permission import may_run
rows = ReadTables(Path(sys.argv[1]))
answer = may_run(stored(rows, latest(rows)), sys.argv[2], "production", datetime.datetime.fromisoformat(sys.argv[3]))
sys.exit(0 if answer.allowed else 1)
"""


def ask(path: Path, ledger: Watched) -> dict[str, float]:
    """Every question, on the kept state of the ledger as it is."""
    rows = ReadTables(path)
    now = ledger.entry(ledger.size - 1).time
    figures = {"open": seconds(lambda: load(rows, ledger))}

    def check() -> None:
        state = stored(rows, latest(rows))
        if not may_run(state, ledger.models[SYSTEMS // 2], "production", now).allowed:
            message = "the benchmark's own ledger refuses what it deployed"
            raise SystemExit(message)

    figures["check"] = seconds(check)
    words = [sys.executable, "-c", FRESH, str(path), ledger.models[1], now.isoformat()]
    figures["check in a fresh process"] = seconds(lambda: subprocess.run(words, check=True))
    at = [START + (now - START) * part / 7 for part in range(1, 7)]
    moments = iter(at)
    figures["as of a time"] = seconds(lambda: load(rows, ledger, as_of=next(moments)), runs=len(at))
    state = stored(rows, latest(rows))
    review = next(one for one in state.reviews_of(ledger.models[1]) if one.fact.action == "approve")
    figures["staleness of one approval"] = seconds(lambda: stale(stored(rows, latest(rows)), review, now))
    figures["blast radius of one dataset"] = seconds(lambda: impact(rows))
    return figures


def impact(rows: ReadTables) -> int:
    """How many models, approvals and deployments rest on one raw dataset."""
    state = stored(rows, latest(rows))
    return len(Graph(state).impact(node_of(state, digest("raw-1@1"))))


def commands(folder: Path) -> None:
    """Time whole commands, each in a process of its own, on a workspace that `large_ledger.py` made (it is only read)."""
    from govern.domain.text import instant
    from govern.trust.home import Home
    from govern.workflow.place.workspace import Workspace

    with Workspace.open(folder, home=Home.at(folder / "home")) as workspace:
        size = workspace.ledger.size
        begun = time.perf_counter()
        state = workspace.state()
        print(f"{size:,} entries in a workspace; the first that asks, folds what is not kept: {time.perf_counter() - begun:.1f} s")
        model = next(iter(state.deployments.values())).model
        moments = [instant(workspace.ledger.entry(size * part // 7).time) for part in range(1, 7)]
    start = [sys.executable, "-m", "govern", "--workspace", str(folder)]
    environment = {**os.environ, "GOVERN_HOME": str(folder / "home"), "PYTHONPATH": str(Path(__file__).resolve().parents[2])}

    def ask(*words: str) -> None:
        subprocess.run([*start, *words], env=environment, stdout=subprocess.DEVNULL, check=True)

    check = seconds(lambda: ask("deploy", model, "--to", "production", "--check"))
    print(f"{'deploy --check':32} {check * 1000:>9.1f} ms  {check / LIMIT:.2f} of {LIMIT} s")
    for name, words in {"lineage --as-of": ("lineage", model), "show --as-of": ("show", "#1"), "checkpoint --as-of": ("checkpoint",)}.items():
        when = iter(moments)
        took = seconds(lambda words=words, when=when: ask(*words, "--as-of", next(when)), runs=len(moments))
        print(f"{name:32} {took * 1000:>9.1f} ms  {took:.2f} of 1.0 s")


def main() -> int:
    """Build, ask at a tenth, build on, ask again, print."""
    start = time.perf_counter()
    ledger = Watched()
    print(f"{SYSTEMS:,} systems, {SYSTEMS * VERSIONS:,} models, set up by {len(ledger.setup):,} entries "
          f"in {time.perf_counter() - start:.0f} s (checked as they were written)")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.db"
        sizes = (max(ENTRIES // 10, len(ledger.setup) + 3), ENTRIES)
        found = []
        for size in sizes:
            before, ledger.size = ledger.size if found else 0, size
            begun = time.perf_counter()
            load(ReadTables(path), ledger)
            took = time.perf_counter() - begun
            made = seconds(lambda: sum(1 for _ in ledger.entries(0, 2000)), runs=1) / 2000
            print(f"folded and kept {size - before:,} entries: {(size - before) / took:,.0f} a second, of which making the "
                  f"entries {made * (size - before) / took:.0%}; {sum(one.stat().st_size for one in Path(folder).iterdir()) / size:,.0f} bytes an entry")
            gc.collect()
            found.append(ask(path, ledger))
        empty = seconds(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True))
        print(f"{'question':32} {sizes[0]:>12,} {sizes[1]:>12,}  ratio  limit")
        for name, small in found[0].items():
            large = found[1][name]
            limit = {"open": LIMIT, "check in a fresh process": LIMIT, "as of a time": 1.0}.get(name)
            beside = f"{large / limit:.2f} of {limit} s" if limit else ""
            print(f"{name:32} {small * 1000:>9.1f} ms {large * 1000:>9.1f} ms  {large / small:5.2f}  {beside}")
        print(f"{'an empty Python process':32} {'':>12} {empty * 1000:>9.1f} ms")
    near = {n: [m for m in (n + 1, n + 7) if m < 100_000] for n in range(100_000)}
    drawn = seconds(lambda: draw(range(100_000), near.__getitem__), runs=1)
    print(f"drawing 100,000 nodes: {drawn:.2f} s")
    if WORKSPACE:
        commands(Path(WORKSPACE))
    print(f"memory at its highest: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
