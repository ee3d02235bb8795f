"""How the terminal application scales: our row table over key ranges beside Textual's DataTable, each in its own process.

Rows lie in SQLite, read by key range as the ledger page reads them. Latency is from a key to an idle screen, through
Textual's own pilot, for both widgets alike. The application itself runs under a pseudo-terminal, over ledgers whose every
entry is signed: there latency is from a key to the first byte of the answer.

A million signed entries take some eight minutes to make; GOVERN_BENCH_WORKSPACE names a folder that `large_ledger.py` made
before, which is only read. To fold them on a machine that never read them takes ten minutes more.
"""

import argparse
import asyncio
import json
import os
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[2]), str(HERE.parents[2] / "tui"), str(HERE.parents[1]), str(HERE.parents[2] / "policies")]
SIZES = (10_000, 1_000_000, 10_000_000)
PEER_SIZES = (10_000, 100_000)
PRESSES = 60
WORKSPACE = os.environ.get("GOVERN_BENCH_WORKSPACE", "")
RARE = 97
"""Every so many rows match the filter."""


def database(folder: Path, size: int) -> Path:
    """Rows of the shape that the ledger page shows."""
    path = folder / f"rows-{size}.db"
    if not path.exists():
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("CREATE TABLE entry (idx INTEGER PRIMARY KEY, kind TEXT, subject TEXT)")
            connection.execute(
                "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?) "
                f"INSERT INTO entry SELECT i, CASE WHEN i % {RARE} = 0 THEN 'review' ELSE 'evidence' END, 'model/credit@' || (i % 1000) FROM n",
                (size,),
            )
    return path


def memory() -> float:
    """Peak resident megabytes of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def quantile(values: list[float], share: float) -> float:
    """A quantile in milliseconds."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] * 1000


def row_of(idx: int, kind: str, subject: str) -> Any:
    """A row as the workflow gives it."""
    from datetime import UTC, datetime

    from govern.workflow.views import EntryRow

    return EntryRow(
        index=idx, time=datetime.fromtimestamp(1_760_000_000 + idx, UTC), kind=kind, subject=subject, holder="pipeline",
        summary="12 measures on credit-test@3", standing="bad" if kind == "review" else "ok",
    )


async def pressed(pilot: Any, key: str, count: int) -> list[float]:
    """Seconds from each key to an idle screen."""
    taken = []
    for _ in range(count):
        start = perf_counter()
        await pilot.press(key)
        taken.append(perf_counter() - start)
    return taken


async def ours(path: Path, size: int) -> dict[str, float]:
    """The row table over key ranges: open, page down from both ends and the middle, filter."""
    from textual.app import App

    from govern_tui.pages.ledger import COLUMNS
    from govern_tui.themes import DEFAULTS
    from govern_tui.widgets.rowtable import RowTable
    from govern_tui.widgets.source import PAGE, AnchoredSource, RangeSource

    connection = sqlite3.connect(path, check_same_thread=False)

    def read(start: int, limit: int) -> list[Any]:
        return [row_of(*row) for row in connection.execute("SELECT idx, kind, subject FROM entry WHERE idx >= ? ORDER BY idx LIMIT ?", (start, limit))]

    def matching(start: int, limit: int) -> list[Any]:
        query = "SELECT idx, kind, subject FROM entry WHERE idx >= ? AND kind = 'review' ORDER BY idx LIMIT ?"
        return [row_of(*row) for row in connection.execute(query, (start, limit))]

    class Table(App[None]):
        def get_theme_variable_defaults(self) -> dict[str, str]:
            return dict(DEFAULTS)

        def compose(self) -> Any:
            yield RowTable(COLUMNS)

        def on_mount(self) -> None:
            table = self.query_one(RowTable)
            table.show(RangeSource(read, size))
            table.focus()

    start = perf_counter()
    app = Table()
    async with app.run_test(size=(120, 34)) as pilot:
        figures = {"ready": perf_counter() - start}
        table = app.query_one(RowTable)
        taken = await pressed(pilot, "pagedown", PRESSES)
        for place in [random.Random(1).randrange(size) for _ in range(4)]:
            table.move_to(place)
            taken += await pressed(pilot, "pagedown", PRESSES // 4)
        figures |= {"p50": quantile(taken, 0.5), "p95": quantile(taken, 0.95)}
        before = perf_counter()
        source: AnchoredSource[Any] = AnchoredSource(matching, lambda row: row.index)
        source.scan(lambda: False, source.extend)
        figures["filter"] = perf_counter() - before
        middle = len(source) // 2 // PAGE * PAGE
        figures["filtered_page"] = best(lambda: AnchoredSource.row(source, middle)) * 1000
        figures["offset_page"] = best(lambda: connection.execute(
            "SELECT idx FROM entry WHERE kind = 'review' ORDER BY idx LIMIT 256 OFFSET ?", (middle,)).fetchall()) * 1000
    return figures


def best(work: Callable[[], object]) -> float:
    """Seconds of one cold call: a page that is not kept."""
    start = perf_counter()
    work()
    return perf_counter() - start


async def peer(path: Path, size: int) -> dict[str, float]:
    """Textual's DataTable on the same rows, all of which it has to be given first."""
    from textual.app import App
    from textual.widgets import DataTable

    rows = [row_of(*row) for row in sqlite3.connect(path).execute("SELECT idx, kind, subject FROM entry ORDER BY idx")]

    class Table(App[None]):
        def compose(self) -> Any:
            yield DataTable(cursor_type="row")

        def on_mount(self) -> None:
            table: DataTable[str] = self.query_one(DataTable)
            table.add_columns("seq", "time", "kind", "subject", "actor", "what")
            table.add_rows([(str(r.index), r.time.isoformat(), r.kind, r.subject, r.holder, r.summary) for r in rows])
            table.focus()

    start = perf_counter()
    app = Table()
    async with app.run_test(size=(120, 34)) as pilot:
        figures = {"ready": perf_counter() - start}
        taken = await pressed(pilot, "pagedown", PRESSES)
        figures |= {"p50": quantile(taken, 0.5), "p95": quantile(taken, 0.95)}
    return figures


async def desktop(folder: Path) -> dict[str, float]:
    """The application on a real workspace: first paint and switching between pages that are open."""
    from tui.kit_tui import Bench, Clock, build, settled

    from govern.trust.home import Home
    from govern.workflow.place.workspace import Workspace

    place = folder / "workspace"
    if not place.exists():
        place.mkdir()
        build(place)
    home = folder / "home"
    shutil.rmtree(home, ignore_errors=True)
    bench = Bench(Workspace.open(place, home=Home.at(place / "home"), clock=Clock()), Clock(), place)
    start = perf_counter()
    app = bench.app()
    async with app.run_test(size=(120, 34)) as pilot:
        figures = {"first_paint": perf_counter() - start}
        await settled(pilot)
        pages = ("ledger", "lineage", "review", "verify", "dashboard")
        for page in pages:
            await app.go(page)
            await settled(pilot)
        taken = []
        for page in pages * 4:
            before = perf_counter()
            await app.go(page)
            await pilot.pause()
            taken.append(perf_counter() - before)
        figures["switch_p50"] = quantile(taken, 0.5)
        figures["switch_p95"] = quantile(taken, 0.95)
    return figures


STARTS = 5
"""Of which the median is said: the first finds nothing in the system's cache."""
SAID = "pipeline"
"""Stands in every screenful of the ledger: its appearance is the answer to a key."""


def signed(folder: Path, home: Path) -> dict[str, float]:
    """`govern tui` over the signed ledger in a folder: first paint, PageDown alone and while another process folds."""
    from benchmarks.large_ledger import ORIGIN
    from tui.terminal import CLI, Terminal

    def opened(page: str) -> tuple[Any, float]:
        (home / "tui-state.json").write_text(json.dumps({ORIGIN: {"page": page}}), encoding="utf-8")
        start = perf_counter()
        window = Terminal(CLI, "tui", environment={"GOVERN_HOME": str(home), "GOVERN_WORKSPACE": str(folder)})
        window.until("Systems" if page == "dashboard" else "newest first")
        return window, perf_counter() - start

    def paged(window: Any, count: int, key: str = "\x1b[6~") -> list[float]:
        taken = []
        for _ in range(count):
            window.send(key)
            taken.append(window.until(SAID))
            window.quiet(0.05)
        return taken

    window, seconds = opened("ledger")
    figures = {"rows": seconds}
    window.quiet()
    figures["p95"] = quantile(paged(window, PRESSES), 0.95)
    figures["peak"] = window.peak() / 1024
    before = perf_counter()
    window.send("1")
    window.until("Systems")
    window.send("2")
    window.until("newest first")
    figures["folding_p95"] = quantile(paged(window, PRESSES // 2, "\x1b[5~"), 0.95)  # back up: a short ledger ends
    window.send("1")
    window.until("not anchored", 3600)
    figures["folded"] = perf_counter() - before
    window.send("q")
    window.ends()
    painted = []
    for _ in range(STARTS):
        window, seconds = opened("dashboard")
        start = perf_counter()
        window.until("not anchored", 3600)
        painted.append(seconds)
        figures["complete"] = seconds + perf_counter() - start
        figures["dashboard_peak"] = window.peak() / 1024
        window.send("q")
        window.ends()
    figures["painted"] = sorted(painted)[STARTS // 2]
    return figures


def signed_report(folder: Path, sizes: tuple[int, ...]) -> None:
    """Make the ledgers, and print what the application takes over each."""
    from benchmarks.large_ledger import lent, make

    found: dict[int, dict[str, float]] = {}
    for wanted in sizes:
        place, how = folder / f"signed-{wanted}", "made before"
        if wanted == sizes[-1] and WORKSPACE:
            place = Path(WORKSPACE)
        else:
            ledger, took = make(place, wanted)
            ledger.close()
            how = f"made in {took:.0f} s"
        size = entries_in(place)
        found[size] = one = signed(place, lent(place, folder / f"home-{size}"))
        print(
            f"{size:>12,} signed entries ({how}): first paint {one['painted']:.2f} s, rows of the ledger {one['rows']:.2f} s, complete dashboard "
            f"{one['complete']:.2f} s, on a machine that never read it {one['folded']:.1f} s; PageDown p95 {one['p95']:.0f} ms, while that goes "
            f"on {one['folding_p95']:.0f} ms; {one['peak']:.0f} MB, with its state {one['dashboard_peak']:.0f} MB", flush=True,
        )
    short, long = min(found), max(found)
    small, large = found[short], found[long]
    for name, word in (("painted", "first paint"), ("p95", "PageDown p95"), ("peak", "memory")):
        print(f"{word} at {long:,} over {short:,} signed entries: {large[name] / small[name]:.2f}")
    print(f"PageDown p95 while another process folds over alone at {long:,}: {large['folding_p95'] / large['p95']:.2f}")


def entries_in(folder: Path) -> int:
    """How many entries a workspace has."""
    from govern.trust.home import Home
    from govern.workflow.place.workspace import Workspace

    with Workspace.open(folder, home=Home.at(folder / "home")) as ws:
        return ws.ledger.size


def case(name: str, size: int, folder: Path) -> dict[str, float]:
    """Run one case in a process of its own, so that memory is its own too."""
    done = subprocess.run(
        [sys.executable, str(HERE), "--case", name, "--size", str(size), "--folder", str(folder)], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def report(folder: Path, sizes: tuple[int, ...]) -> None:
    """Print everything, ratios last."""
    print(f"{'rows':>12} {'widget':<10} {'ready s':>8} {'p50 ms':>8} {'p95 ms':>8} {'MB':>6} {'filter s':>9} {'filtered page ms':>17} {'same by OFFSET ms':>18}")
    found = {}
    for name, all_sizes in (("ours", sizes), ("peer", PEER_SIZES)):
        for size in all_sizes:
            database(folder, size)
            found[name, size] = one = case(name, size, folder)
            extra = f"{one['filter']:>9.2f} {one['filtered_page']:>17.2f} {one['offset_page']:>18.2f}" if name == "ours" else ""
            word = "RowTable" if name == "ours" else "DataTable"
            print(f"{size:>12,} {word:<10} {one['ready']:>8.2f} {one['p50']:>8.1f} {one['p95']:>8.1f} {one['mb']:>6.0f} {extra}", flush=True)
    app = case("desktop", 0, folder)
    print(f"application: first paint {app['first_paint']:.2f} s, page switch p50 {app['switch_p50']:.0f} ms, p95 {app['switch_p95']:.0f} ms, {app['mb']:.0f} MB")
    small, large = found["ours", sizes[0]], found["ours", sizes[-1]]
    print(f"PageDown p95 at {sizes[-1]:,} over {sizes[0]:,}: {large['p95'] / small['p95']:.2f} (aim: at most 1.5)")
    print(f"memory at {sizes[-1]:,} over {sizes[0]:,}: {large['mb'] / small['mb']:.2f}")
    for size in PEER_SIZES:
        if ("ours", size) in found:
            print(f"DataTable over RowTable at {size:,}: ready {found['peer', size]['ready'] / found['ours', size]['ready']:.1f}, memory {found['peer', size]['mb'] / found['ours', size]['mb']:.1f}")


def main() -> None:
    """Run all cases, or the one that was asked for."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--case", choices=("ours", "peer", "desktop"))
    arguments.add_argument("--size", type=int, default=0)
    arguments.add_argument("--folder", type=Path)
    arguments.add_argument("--quick", action="store_true", help="without the ten million, and with a tenth of the signed entries")
    given = arguments.parse_args()
    if given.case:
        import govern_tui

        govern_tui.forget_recording()
        path = given.folder / f"rows-{given.size}.db"
        work = {"ours": lambda: ours(path, given.size), "peer": lambda: peer(path, given.size), "desktop": lambda: desktop(given.folder)}
        figures = asyncio.run(work[given.case]())
        print(json.dumps({**figures, "mb": memory()}))
        return
    with tempfile.TemporaryDirectory() as folder:
        report(Path(folder), (10_000, 100_000, 1_000_000) if given.quick else (10_000, 100_000, *SIZES[1:]))
        signed_report(Path(folder), (2_000, 20_000) if given.quick else (10_000, 1_000_000))


if __name__ == "__main__":
    main()
