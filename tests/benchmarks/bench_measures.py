"""Measures against Fairlearn on the rows and alibi-detect called directly: ratios from one run, each part in a process of its own.

    python tests/benchmarks/bench_measures.py [--rows 100000,1000000] [--large 10000000,100000000] [--drift 100000,1000000]
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

METRICS = ("selection_rate", "true_positive_rate", "false_positive_rate", "true_negative_rate", "false_negative_rate", "accuracy_score")
REQUESTS = ("impact_ratio@1", "demographic_parity@1", "equal_opportunity@1", "equalized_odds@1", "predictive_parity@1", "error_rates@1")
COLUMNS = 20


def make_people(path: Path, rows: int) -> None:
    """Write a Parquet file of people with two attributes, by DuckDB, in constant memory."""
    import duckdb

    con = duckdb.connect()
    con.execute("SET memory_limit='400MB'")
    con.execute(f"""COPY (SELECT CASE WHEN hash(i) % 2 = 0 THEN 'f' ELSE 'm' END AS sex, 'r' || (hash(i * 7 + 1) % 5) AS race,
        (hash(i * 13 + 3) % 100 < 30 + 10 * (hash(i) % 2))::INT AS y, (hash(i * 17 + 5) % 100 < 35 + 8 * (hash(i) % 2))::INT AS p
        FROM range({rows}) t(i)) TO '{path}' (FORMAT parquet)""")


def make_columns(path: Path, rows: int, seed: int) -> None:
    """Write a Parquet file of numeric columns."""
    import numpy as np
    import pandas as pd

    generator = np.random.default_rng(seed)
    pd.DataFrame({f"c{i}": generator.normal(i, 1 + i / 10, rows) for i in range(COLUMNS)}).to_parquet(path)


def cells(path: Path) -> None:
    """Six measures of two attributes, as `govern measure` takes them."""
    from govern.domain.evidence import MeasureRequest
    from govern.measure import Inputs, measure

    requests = [MeasureRequest(measure=name) for name in REQUESTS]
    given = Inputs(data=path, target="y", prediction="p", protected=("sex", "race"))
    warm = path.parent / "warm.parquet"
    make_people(warm, 1000)
    measure(requests, Inputs(data=warm, target="y", prediction="p", protected=("sex", "race")))
    report(lambda: measure(requests, given))


def fairlearn_rows(path: Path) -> None:
    """Six metrics of two attributes by Fairlearn's frame on the rows."""
    import fairlearn.metrics as fairlearn
    import pandas as pd
    from sklearn.metrics import accuracy_score

    data = pd.read_parquet(path)
    functions = {name: accuracy_score if name == "accuracy_score" else getattr(fairlearn, name) for name in METRICS}

    def run() -> None:
        for attribute in ("sex", "race"):
            frame = fairlearn.MetricFrame(metrics=functions, y_true=data["y"], y_pred=data["p"], sensitive_features=data[attribute])
            frame.difference(), frame.ratio()

    report(run)


def drift(path: Path) -> None:
    """Drift of all columns, with the scipy detector."""
    import scipy.stats  # noqa: F401 - not to be timed

    from govern.domain.evidence import MeasureRequest
    from govern.measure import Inputs, measure

    report(lambda: measure([MeasureRequest(measure="covariate_drift@1")], Inputs(data=path, reference=path.with_name("reference.parquet"))))


def alibi_rows(path: Path) -> None:
    """Drift of all columns by alibi-detect on the rows."""
    import pandas as pd
    from alibi_detect.cd import KSDrift

    reference, window = (pd.read_parquet(one).to_numpy() for one in (path.with_name("reference.parquet"), path))
    report(lambda: KSDrift(reference).predict(window))


def bootstrap(path: Path) -> None:
    """10,000 replicates of a ratio of rates on cells: what a resampling interval would cost."""
    import numpy as np

    del path
    generator = np.random.default_rng(0)
    report(lambda: generator.multinomial(10**8, [0.2, 0.3, 0.35, 0.15], 10_000))


PARTS = {"cells": cells, "fairlearn": fairlearn_rows, "drift": drift, "alibi-detect": alibi_rows, "bootstrap": bootstrap}


def report(work) -> None:
    """Print the seconds of a piece of work and the process's peak memory."""
    start = perf_counter()
    work()
    print(json.dumps({"seconds": perf_counter() - start, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def in_process(part: str, path: Path) -> dict[str, float]:
    """Run a part alone, so that its memory is its own."""
    done = subprocess.run([sys.executable, __file__, "--part", part, "--path", str(path)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return {"seconds": float("nan"), "megabytes": float("nan")}
    return json.loads(done.stdout.splitlines()[-1])


def line(name: str, rows: int, found: dict[str, float], against: float | None = None) -> None:
    ratio = "" if against is None else f"   {against / found['seconds']:7.1f} times as fast"
    print(f"{name:<24}{rows:>12,} rows {found['seconds']:9.2f} s {found['megabytes']:7.0f} MB{ratio}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", default="100000,1000000")
    parser.add_argument("--large", default="10000000,100000000")
    parser.add_argument("--drift", default="100000,1000000")
    parser.add_argument("--part", choices=PARTS)
    parser.add_argument("--path", type=Path)
    asked = parser.parse_args()
    if asked.part:
        PARTS[asked.part](asked.path)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = folder / "data.parquet"
        for rows in numbers(asked.rows):
            make_people(data, rows)
            peer = in_process("fairlearn", data)
            line("fairlearn on rows", rows, peer)
            line("govern, cells", rows, in_process("cells", data), peer["seconds"])
        for rows in numbers(asked.large):
            make_people(data, rows)
            line("govern, cells", rows, in_process("cells", data))
        line("10,000 replicates", 10**8, in_process("bootstrap", data))
        for rows in numbers(asked.drift):
            make_columns(data, rows, 1)
            make_columns(folder / "reference.parquet", rows, 2)
            peer = in_process("alibi-detect", data)
            line("alibi-detect, 20 columns", rows, peer)
            line("govern drift, 20 columns", rows, in_process("drift", data), peer["seconds"])


def numbers(text: str) -> list[int]:
    return [int(one) for one in text.split(",") if one]


if __name__ == "__main__":
    main()
