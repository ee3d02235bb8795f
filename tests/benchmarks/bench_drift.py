"""Drift of 20 columns against alibi-detect, Evidently and NannyML called directly: ratios from one run, each in a process of its own.

    python tests/benchmarks/bench_drift.py [--rows 100000,1000000] [--large 10000000] [--peers PYTHON]

Everybody reads the same two Parquet files and compares all columns. `--peers` (or GOVERN_DRIFT_PYTHON) is the interpreter of
an environment in which Evidently and NannyML are installed: neither goes together with govern's pins. Without it they are
left out. 15 columns are normal numbers, 5 have 12 categories.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

NUMBERS, WORDS = 15, 5
BATCH = 1_000_000
AIMS = {1_000_000: "aim 4 s", 10_000_000: "aim 15 s, 1,024 MB"}


def make(path: Path, rows: int, seed: int) -> None:
    """Write a Parquet file of numbers and words, a batch at a time."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    generator, writer = np.random.default_rng(seed), None
    levels = pa.array([f"level {i}" for i in range(12)])
    for start in range(0, rows, BATCH):
        n = min(BATCH, rows - start)
        columns = {f"n{i}": generator.normal(i, 1 + i / 10, n) for i in range(NUMBERS)}
        columns |= {f"w{i}": levels.take(pa.array(generator.integers(0, 12, n))) for i in range(WORDS)}
        table = pa.table(columns)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def govern(folder: Path) -> None:
    """`covariate_drift@1` with the scipy detector against reference rows."""
    import scipy.stats  # noqa: F401 - imports are not timed, here or for the others

    from govern.domain.evidence import MeasureRequest
    from govern.measure import Inputs, measure

    asked = [MeasureRequest(measure="covariate_drift@1")]
    warm(folder, lambda small: measure(asked, Inputs(data=small, reference=small)))
    report(lambda: measure(asked, Inputs(data=folder / "window.parquet", reference=folder / "reference.parquet")))


def histograms(folder: Path) -> None:
    """The same against the reference's stored histograms: what each further window costs."""
    from govern.domain.evidence import MeasureRequest
    from govern.measure import Inputs, measure

    asked = [MeasureRequest(measure="covariate_drift@1")]
    small = folder / "small.parquet"
    make(small, 50_000, 3)
    stored = measure(asked, Inputs(data=small, reference=small))
    report(lambda: measure(asked, Inputs(data=folder / "window.parquet", baseline=stored)))


def alibi(folder: Path) -> None:
    """TabularDrift on the rows."""
    import numpy as np
    import pandas as pd
    from alibi_detect.cd import TabularDrift

    def coded(path: Path) -> "np.ndarray":
        frame = pd.read_parquet(path)
        return np.column_stack([frame[name].astype("category").cat.codes if name.startswith("w") else frame[name] for name in frame])

    categories = dict.fromkeys(range(NUMBERS, NUMBERS + WORDS))
    report(lambda: TabularDrift(coded(folder / "reference.parquet"), categories_per_feature=categories).predict(coded(folder / "window.parquet"), drift_type="feature"))


def evidently(folder: Path) -> None:
    """The preset for data drift."""
    import pandas as pd
    from evidently import Report
    from evidently.presets import DataDriftPreset

    report(lambda: Report([DataDriftPreset()]).run(pd.read_parquet(folder / "window.parquet"), pd.read_parquet(folder / "reference.parquet")).dict())


def nannyml(folder: Path) -> None:
    """The univariate calculator with Kolmogorov-Smirnov and chi-squared, one chunk."""
    import nannyml as library
    import pandas as pd

    def run() -> None:
        names = [f"n{i}" for i in range(NUMBERS)] + [f"w{i}" for i in range(WORDS)]
        calculator = library.UnivariateDriftCalculator(
            column_names=names, chunk_number=1, continuous_methods=["kolmogorov_smirnov"], categorical_methods=["chi2"],
        )
        calculator.fit(pd.read_parquet(folder / "reference.parquet"))
        calculator.calculate(pd.read_parquet(folder / "window.parquet"))

    report(run)


PARTS = {"govern": govern, "histograms": histograms, "alibi-detect": alibi, "evidently": evidently, "nannyml": nannyml}


def warm(folder: Path, work) -> None:
    """Import and compile on a small file, so that only the work is timed."""
    small = folder / "warm.parquet"
    make(small, 1000, 3)
    work(small)


def report(work) -> None:
    """Print the seconds of a piece of work and the process's peak memory."""
    start = perf_counter()
    work()
    print("\n" + json.dumps({"seconds": perf_counter() - start, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def in_process(part: str, folder: Path, python: str = sys.executable) -> dict[str, float] | None:
    """Run a part alone, so that its memory is its own; None where it fails."""
    command = [python, "-W", "ignore", __file__, "--part", part, "--folder", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(f"{part}: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else done.returncode}", flush=True)
        return None
    return json.loads(done.stdout.strip().splitlines()[-1])


def line(name: str, rows: int, found: dict[str, float] | None, own: dict[str, float] | None = None, note: str = "") -> None:
    if found is not None:
        ratio = "" if own is None else f"   govern is {found['seconds'] / own['seconds']:6.1f} times as fast"
        print(f"{name:<28}{rows:>12,} rows {found['seconds']:9.2f} s {found['megabytes']:7.0f} MB{ratio}   {note}".rstrip(), flush=True)


def main(arguments: list[str] | None = None) -> None:
    """Print a table of seconds, memory and ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", default="100000,1000000")
    parser.add_argument("--large", default="10000000")
    parser.add_argument("--peers", default=os.environ.get("GOVERN_DRIFT_PYTHON", ""))
    parser.add_argument("--part", choices=PARTS)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args(arguments)
    if asked.part:
        PARTS[asked.part](asked.folder)
        return
    compared, large = ([int(one) for one in text.split(",") if one] for text in (asked.rows, asked.large))
    for rows in (*compared, *large):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            make(folder / "reference.parquet", rows, 1)
            make(folder / "window.parquet", rows, 2)
            own = in_process("govern", folder)
            line("govern, rows", rows, own, note=AIMS.get(rows, ""))
            line("govern, stored histograms", rows, in_process("histograms", folder))
            if rows in large:
                continue
            line("alibi-detect TabularDrift", rows, in_process("alibi-detect", folder), own)
            for peer in ("nannyml", "evidently"):
                if asked.peers:
                    line(peer, rows, in_process(peer, folder, asked.peers), own)
                else:
                    print(f"{peer}: left out, for --peers names no environment that has it", flush=True)


if __name__ == "__main__":
    main()
