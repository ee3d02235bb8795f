"""Measures by group against Fairlearn, Aequitas and AIF360 on the rows, and Spark against DuckDB: ratios from one run.

    python tests/benchmarks/bench_measures.py [--only fairlearn,peers,large,spark,replicates,drift] [--folder DIR]

Every part runs in a process of its own, and its memory is that process's largest resident set. Aequitas and AIF360 want
other versions of packages than govern: they are measured where GOVERN_BIAS_PYTHON names the interpreter of an
environment that has them (`pip install aequitas aif360 pyarrow`), and left out with a word where it does not.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

METRICS = ("selection_rate", "true_positive_rate", "false_positive_rate", "true_negative_rate", "false_negative_rate", "accuracy_score")
REQUESTS = ("impact_ratio@1", "demographic_parity@1", "equal_opportunity@1", "equalized_odds@1", "predictive_parity@1", "error_rates@1")
ROLES = {"target": "y", "prediction": "p", "protected": ("sex", "race")}
AIMS = {10_000_000: (1.0, 400), 100_000_000: (3.0, 512)}
"""Rows to seconds and megabytes, as the specification wants them on two cores."""
SECTIONS = ("fairlearn", "peers", "large", "spark", "replicates", "drift")


def make_people(path: Path, rows: int) -> Path:
    """Write a Parquet file of people with two attributes, by DuckDB, in constant memory; one that is there stays."""
    import duckdb

    if not path.exists():
        con = duckdb.connect()
        con.execute("SET memory_limit='400MB'")
        con.execute(f"""COPY (SELECT CASE WHEN hash(i) % 2 = 0 THEN 'f' ELSE 'm' END AS sex, 'r' || (hash(i * 7 + 1) % 5) AS race,
            (hash(i * 13 + 3) % 100 < 30 + 10 * (hash(i) % 2))::INT AS y, (hash(i * 17 + 5) % 100 < 35 + 8 * (hash(i) % 2))::INT AS p
            FROM range({rows}) t(i)) TO '{path}' (FORMAT parquet)""")
    return path


# Parts: each is timed in a process of its own ----------------------------------------------------------------------------


def cells(path: Path) -> None:
    """Six measures of two attributes, as `govern measure` takes them."""
    _measured(path, None)


def spark(path: Path) -> None:
    """The same on a standalone Spark of two workers."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from measure.spark_cluster import standalone

    with tempfile.TemporaryDirectory() as folder, standalone(Path(folder)) as address:
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        _measured(path, address)
        from pyspark.sql import SparkSession

        SparkSession.builder.getOrCreate().stop()


def _measured(path: Path, engine: str | None) -> None:
    from govern.domain.evidence import MeasureRequest
    from govern.measure import Inputs, measure

    requests = [MeasureRequest(measure=name) for name in REQUESTS]
    warm = make_people(path.parent / "warm.parquet", 1000)
    measure(requests, Inputs(data=warm, engine=engine, **ROLES))  # type: ignore[arg-type]
    report(lambda: measure(requests, Inputs(data=path, engine=engine, **ROLES)))  # type: ignore[arg-type]


def fairlearn(path: Path) -> None:
    """Six metrics of two attributes by Fairlearn's frame on the rows."""
    import fairlearn.metrics as peer
    import pandas as pd
    from sklearn.metrics import accuracy_score

    data = pd.read_parquet(path)
    functions = {name: accuracy_score if name == "accuracy_score" else getattr(peer, name) for name in METRICS}

    def run() -> None:
        for attribute in ("sex", "race"):
            frame = peer.MetricFrame(metrics=functions, y_true=data["y"], y_pred=data["p"], sensitive_features=data[attribute])
            frame.difference(), frame.ratio()

    report(run)


def aequitas(path: Path) -> None:
    """The crosstabs of Aequitas over both attributes."""
    import pandas as pd
    from aequitas.group import Group

    data = pd.read_parquet(path).rename(columns={"y": "label_value", "p": "score"})
    report(lambda: Group().get_crosstabs(data, attr_cols=["sex", "race"]))


def aif360(path: Path) -> None:
    """AIF360's metrics, one attribute after another, each group against the rest."""
    import pandas as pd
    from aif360.datasets import BinaryLabelDataset
    from aif360.metrics import ClassificationMetric

    data = pd.read_parquet(path)
    data = data.assign(sex=(data["sex"] == "m").astype(float), race=data["race"].str[1:].astype(float))

    def run() -> None:
        for attribute, places in (("sex", [1.0]), ("race", [0.0, 1.0, 2.0, 3.0, 4.0])):
            truth, said = (
                BinaryLabelDataset(df=data[[attribute, column]].rename(columns={column: "label"}), label_names=["label"], protected_attribute_names=[attribute])
                for column in ("y", "p")
            )
            for place in places:
                metric = ClassificationMetric(truth, said, unprivileged_groups=[{attribute: v} for v in {0.0, 1.0, *places} - {place}], privileged_groups=[{attribute: place}])
                for name in ("disparate_impact", "statistical_parity_difference", "equal_opportunity_difference", "average_odds_difference", "error_rate_difference"):
                    getattr(metric, name)()

    report(run)


def replicates(path: Path) -> None:
    """10,000 resamples of the cells of 100 million rows, and a ratio of rates from each: what a bootstrap would cost."""
    import numpy as np

    del path
    generator = np.random.default_rng(0)

    def run() -> None:
        drawn = generator.multinomial(10**8, [0.2, 0.3, 0.35, 0.15], 10_000)
        ratio = (drawn[:, 0] / drawn[:, :2].sum(axis=1)) / (drawn[:, 2] / drawn[:, 2:].sum(axis=1))
        np.quantile(ratio, [0.025, 0.975])

    report(run)


PARTS: dict[str, Callable[[Path], None]] = {
    "cells": cells, "spark": spark, "fairlearn": fairlearn, "aequitas": aequitas, "aif360": aif360, "replicates": replicates,
}


def report(work: Callable[[], object]) -> None:
    """Print the seconds of a piece of work and the process's peak memory."""
    start = perf_counter()
    work()
    print(json.dumps({"seconds": perf_counter() - start, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}), flush=True)


def in_process(part: str, path: Path, python: str = sys.executable) -> dict[str, float]:
    """Run a part alone, so that its memory is its own; what it could not do is not a number."""
    done = subprocess.run([python, __file__, "--part", part, "--path", str(path)], capture_output=True, text=True, check=False)
    found = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not found:
        print(f"  {part} did not end well: {(done.stderr.strip().splitlines() or ['no word'])[-1][:160]}")
        return {"seconds": float("nan"), "megabytes": float("nan")}
    return dict(json.loads(found[-1]))


def line(name: str, rows: int, found: dict[str, float], against: float | None = None, note: str = "") -> None:
    """Print one figure, and how many times as fast it is as its peer."""
    ratio = "" if against is None else f"   {against / found['seconds']:7.1f} times as fast"
    print(f"{name:<24}{rows:>12,} rows {found['seconds']:9.2f} s {found['megabytes']:7.0f} MB{ratio}{note}", flush=True)


# Sections ----------------------------------------------------------------------------------------------------------------


def on_rows(peers: tuple[str, ...], python: str, folder: Path, sizes: list[int]) -> None:
    """Peers that go through rows, against cells."""
    if not python:
        print(f"{', '.join(peers)}: left out (GOVERN_BIAS_PYTHON names no interpreter that has them)")
        return
    for rows in sizes:
        data = people(folder, rows)
        ours = in_process("cells", data)
        for peer in peers:
            theirs = in_process(peer, data, python)
            line(f"{peer} on rows", rows, theirs)
            line("govern, cells", rows, ours, theirs["seconds"])


def large(folder: Path, sizes: list[int]) -> None:
    """More rows than fit in memory, against the aims."""
    for rows in sizes:
        aim = AIMS.get(rows)
        note = "" if aim is None else f"   (aim: {aim[0]:g} s, {aim[1]} MB)"
        line("govern, cells", rows, in_process("cells", people(folder, rows)), note=note)


def on_spark(folder: Path, sizes: list[int]) -> None:
    """Spark against DuckDB on the same file."""
    for rows in sizes:
        data = people(folder, rows)
        theirs, ours = in_process("spark", data), in_process("cells", data)
        line("Spark, two workers", rows, theirs)
        line("DuckDB", rows, ours, theirs["seconds"])


def people(folder: Path, rows: int) -> Path:
    """The file of so many rows."""
    return make_people(folder / f"people-{rows}.parquet", rows)


def main() -> None:
    """Read what is asked for, and run it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default=",".join(SECTIONS))
    parser.add_argument("--folder", type=Path, help="where to keep the files of rows; else made anew each time")
    for section, rows in (("fairlearn", "100000,1000000"), ("peers", "1000000,10000000"), ("large", "10000000,100000000"), ("spark", "1000000,10000000")):
        parser.add_argument(f"--{section}", default=rows, metavar="ROWS,ROWS")
    parser.add_argument("--part", choices=PARTS)
    parser.add_argument("--path", type=Path)
    asked = parser.parse_args()
    if asked.part:
        PARTS[asked.part](asked.path)
        return
    sizes = {section: [int(one) for one in getattr(asked, section).split(",") if one] for section in ("fairlearn", "peers", "large", "spark")}
    with tempfile.TemporaryDirectory() as made:
        folder = asked.folder or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        drift = Path(__file__).with_name("bench_drift.py")
        run: dict[str, Callable[[], object]] = {
            "fairlearn": lambda: on_rows(("fairlearn",), sys.executable, folder, sizes["fairlearn"]),
            "peers": lambda: on_rows(("aequitas", "aif360"), os.environ.get("GOVERN_BIAS_PYTHON", ""), folder, sizes["peers"]),
            "large": lambda: large(folder, sizes["large"]), "spark": lambda: on_spark(folder, sizes["spark"]),
            "replicates": lambda: line("10,000 replicates", 10**8, in_process("replicates", folder), note="   (aim: 0.5 s)"),
            "drift": lambda: subprocess.run([sys.executable, str(drift)], check=False),
        }
        for section in asked.only.split(","):
            run[section]()


if __name__ == "__main__":
    main()
