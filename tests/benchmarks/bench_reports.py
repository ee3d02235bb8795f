"""Evidence packs: pages a second and memory at 20, 200 and 1,000 pages, our share of the time, typst beside it.

Run by `make bench-reports`. Every figure is a ratio within this run or stands beside its peer; nothing asserts on seconds.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "reports"), str(ROOT / "tests")]

from reports.pack_builder import build  # noqa: E402 - the path comes first

from govern_reports import layout  # noqa: E402
from govern_reports.render import prepare  # noqa: E402

PAGES = (20, 200, 1000)
LINES_A_PAGE = 62


def pack_of(pages):
    """A pack of about so many pages: a whole model pack at 20, else an audit over a longer and longer ledger."""
    return build() if pages == PAGES[0] else build(number=(pages - 14) * LINES_A_PAGE, kind="ledger")


def measured(pages):
    """Render one pack; return pages, our seconds, the child's seconds."""
    pack = pack_of(pages)
    start = time.process_time()
    prepared = prepare(pack)
    ours = time.process_time() - start
    job = layout.Job(
        html=prepared.html, sheets=prepared.sheets, attachments=prepared.attachments, manifest=prepared.manifest, as_of=pack.as_of,
    )
    before = os.times()
    with layout.laid_out(job, lambda *_: None) as done:
        after = os.times()
        found = done.pages
    return found, ours, after.children_user + after.children_system - before.children_user - before.children_system


def in_a_process(pages):
    """Measure one size in a process of its own, since the children's peak only ever grows; the last number is in MiB."""
    import subprocess

    code = (
        "import resource, sys; sys.path[:0] = sys.argv[2:]; import bench_reports as bench;"
        "print(*bench.measured(int(sys.argv[1])), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(pages), str(Path(__file__).parent)], capture_output=True, text=True, check=True,
    )
    found, ours, theirs, peak = done.stdout.split()
    return int(found), float(ours), float(theirs), int(peak)


def typst_seconds(pages):
    """Return typst's seconds for a register of as many pages, or None where it is not installed."""
    try:
        import typst
    except ImportError:
        return None
    lines = [f"{place:>7}  2026-11-20 09:30  evidence     pipeline         evidence/credit-scoring@{place // 12}" for place in range(pages * LINES_A_PAGE)]
    rows = "\n".join("```\n" + "\n".join(lines[start:start + LINES_A_PAGE]) + "\n```\n#pagebreak()" for start in range(0, len(lines), LINES_A_PAGE))
    source = f'#set page(paper: "a4")\n#show raw: set text(size: 7pt)\n{rows}'
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "table.typ")
        path.write_text(source, encoding="utf-8")
        start = time.process_time()
        typst.compile(str(path), output=str(Path(folder, "table.pdf")))
        return time.process_time() - start


def main():
    """Print the figures."""
    print(f"{'pages':>6} {'pages/s':>8} {'ours %':>7} {'peak MiB':>9} {'typst s':>8} {'x typst':>8}")
    seconds = {}
    for pages in PAGES:
        found, ours, theirs, peak = in_a_process(pages)
        peer = typst_seconds(pages)
        seconds[pages] = (found, ours + theirs)
        beside = f"{peer:8.2f} {(ours + theirs) / peer:8.1f}" if peer else f"{'–':>8} {'–':>8}"
        print(f"{found:6d} {found / (ours + theirs):8.1f} {100 * ours / (ours + theirs):7.1f} {peak:9d} {beside}")
    (small, first), (large, last) = seconds[PAGES[1]], seconds[PAGES[2]]
    print(f"growth from {small} to {large} pages: {(last / first) / (large / small):.2f} of linear (limit 1.2); our share: limit 15 %")


if __name__ == "__main__":
    main()
