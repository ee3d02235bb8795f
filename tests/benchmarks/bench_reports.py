"""Evidence packs: pages a second and memory from 20 to 1,000 pages, our share of the time, typst on the same tables beside it.

Run by `make bench-reports`. Every figure is a ratio within this run or stands beside its peer; nothing asserts on seconds.
"""

import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "reports"), str(ROOT / "tests")]

from reports.pack_builder import build, many  # noqa: E402 - the path comes first

from govern_reports import layout  # noqa: E402
from govern_reports.render import prepare  # noqa: E402
from govern_reports.view.build import build as build_view  # noqa: E402
from govern_reports.view.figures import Register  # noqa: E402

LINES_A_PAGE = 62
PACKS = {
    "one model": build,
    "12 models": lambda: many(12),
    "ledger 200": lambda: build(number=186 * LINES_A_PAGE, kind="ledger"),
    "ledger 1000": lambda: build(number=986 * LINES_A_PAGE, kind="ledger"),
}
"""What is laid out: tables and charts of about 20 and 100 pages, which is all that a pack prints of them, and an audit's register."""


def measured(name):
    """Render one pack; return pages, our seconds, the child's seconds."""
    pack = PACKS[name]()
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


def in_a_process(name):
    """Measure one size in a process of its own, since the children's peak only ever grows; the last number is in MiB."""
    code = (
        "import resource, sys; sys.path[:0] = sys.argv[2:]; import bench_reports as bench;"
        "print(*bench.measured(sys.argv[1]), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, name, str(Path(__file__).parent)], capture_output=True, text=True, check=True,
    )
    found, ours, theirs, peak = done.stdout.split()
    return int(found), float(ours), float(theirs), int(peak)


TYPST = """
import sys, time, typst
start = time.process_time()
typst.compile(sys.argv[1], output=sys.argv[1] + ".pdf")
print(time.process_time() - start)
"""


def typst_python(folder):
    """Install typst into an environment of its own that is removed again; None where it can't be had."""
    venv.create(folder, with_pip=True)
    python = Path(folder, "bin", "python")
    made = subprocess.run([python, "-m", "pip", "install", "-q", "typst"], capture_output=True, text=True, check=False)
    return python if made.returncode == 0 else None


def typst_seconds(name, python):
    """Return typst's seconds for the same words in the same tables; it draws no charts and attaches nothing."""
    pack = PACKS[name]()
    source = typst_source(build_view(pack, Register(pack.attachments)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "pack.typ")
        path.write_text(source, encoding="utf-8")
        return float(subprocess.run([python, "-c", TYPST, path], capture_output=True, text=True, check=True).stdout)


def typst_source(view):
    """Write a view's headings, paragraphs, tables and registers as typst."""
    parts = ['#set page(paper: "a4", margin: (x: 18mm, y: 23mm))\n#set text(size: 8pt)\n#show raw: set text(size: 7pt)']
    for section in view.sections:
        parts.append(f"= #{quoted(section.title)}")
        for block in section.blocks:
            match block.kind:
                case "heading":
                    parts.append(f"== #{quoted(block.text)}")
                case "paragraph":
                    parts.append(f"#{quoted(words(block.text))}\n")
                case "pre":
                    parts.append(f"#raw({quoted(block.text)}, block: true)")
                case "facts":
                    cells = ", ".join(f"[#{quoted(label)}], [#{quoted(words(text))}]" for label, text in block.rows)
                    parts.append(f"#table(columns: 2, {cells})")
                case "table" if block.rows:
                    heads = ", ".join(f"[#{quoted(column.title)}]" for column in block.columns)
                    cells = ", ".join(f"[#{quoted(words(cell))}]" for row in block.rows for cell in row)
                    parts.append(f"#table(columns: (1fr,) * {len(block.columns)}, table.header({heads}), {cells})")
    return "\n".join(parts)


def words(spans):
    """Return a line's text."""
    return "".join(span.text for span in spans)


def quoted(text):
    """Return text as a typst string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def main():
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        python = typst_python(folder)
        if python is None:
            print("typst can't be installed here (it comes from PyPI): its columns stay empty")
        figures(python)


def figures(python):
    """Print a line a pack, typst's seconds beside it, and what grows how."""
    print(f"{'pack':>12} {'pages':>6} {'pages/s':>8} {'ours %':>7} {'peak MiB':>9} {'typst s':>8} {'x typst':>8}")
    seconds = {}
    for name in PACKS:
        found, ours, theirs, peak = in_a_process(name)
        peer = typst_seconds(name, python) if python else None
        seconds[name] = (found, ours + theirs)
        beside = f"{peer:8.2f} {(ours + theirs) / peer:8.1f}" if peer else f"{'–':>8} {'–':>8}"
        print(f"{name:>12} {found:6d} {found / (ours + theirs):8.1f} {100 * ours / (ours + theirs):7.1f} {peak:9d} {beside}", flush=True)
    for one, other in (("one model", "12 models"), ("ledger 200", "ledger 1000")):
        (small, first), (large, last) = seconds[one], seconds[other]
        print(f"growth from {small} to {large} pages: {(last / first) / (large / small):.2f} of linear (limit 1.2)")
    print("our share: limit 15 %")


if __name__ == "__main__":
    main()
