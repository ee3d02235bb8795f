"""The same bytes of evidence from the same rows: in any frame, any order, on any number of threads."""

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from measure.test_measure_bad_input import OF_ROWS

from govern.canonical.values import object_bytes
from govern.domain.evidence import MeasureRequest
from govern.measure import Inputs, measure
from govern.measure.frames import Frames
from govern.measure.inputs import silent
from govern.measure.run import run_all

REQUESTS = [MeasureRequest(measure=name) for name in OF_ROWS if name != "proxy@1"]
"""A proxy's sample is drawn as that of an importance is (`test_measure_frames`), and its trees take seconds."""


def people(n: int, seed: int = 1) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    score = np.round(generator.random(n), 5)
    return pd.DataFrame({
        "sex": generator.choice(["f", "m", "?"], n, p=[0.5, 0.45, 0.05]), "job": generator.choice(["x", "y", "z"], n),
        "age": generator.integers(18, 80, n), "income": np.round(generator.lognormal(3, 0.6, n), 4), "weight": generator.random(n).round(6),
        "score": score, "old": np.round(1 - score**2, 5), "y": (generator.random(n) < score).astype(int),
    })


def given(data: object, reference: object) -> Inputs:
    return Inputs(data=data, reference=reference, target="y", score="score", threshold="0.5", baseline_score="old", weight="weight",
                  protected=("sex", "age<=30"), cross=("sex*job",), control=("job",), features=("age", "income"), seed=7)


def test_any_frame_in_any_order(tmp_path: Path):
    data, before = people(1500), people(1500, 2)
    data.to_csv(tmp_path / "d.csv", index=False)
    data.to_parquet(tmp_path / "d.parquet")
    expected = object_bytes(measure(REQUESTS, given(data, before)))
    for source in (tmp_path / "d.csv", tmp_path / "d.parquet", pl.from_pandas(data), pa.Table.from_pandas(data), data.sample(frac=1, random_state=3)):
        assert object_bytes(measure(REQUESTS, given(source, before))) == expected
    assert b'"seed":7' in expected


def test_any_number_of_threads(tmp_path: Path):
    """More rows than one of DuckDB's row groups, so that threads share them."""
    people(300_000).to_parquet(tmp_path / "d.parquet", row_group_size=60_000)
    requests = [one for one in REQUESTS if one.measure != "train_test_overlap@1"]
    found = []
    for threads in (1, 4):
        with Frames() as frames:
            frames.engine.raw_sql(f"SET threads = {threads}")
            found.append(object_bytes(run_all(requests, given(tmp_path / "d.parquet", None), frames, silent)))
    assert found[0] == found[1]


def test_requests_in_any_order_and_twice():
    data, some = people(600), REQUESTS[-6:]
    assert measure([*some[::-1], some[0]], given(data, data)) == measure(some, given(data, data))
