"""The same evidence, byte for byte, on a real standalone Spark of two workers as on the embedded engine."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cli.runner import govern
from measure.spark_cluster import JAVA, standalone

from govern.canonical.values import object_bytes
from govern.domain.evidence import MeasureRequest
from govern.errors import MissingExtraError, UsageError
from govern.measure import Inputs, measure
from govern.measure.engines import connect

NAMES = (
    "impact_ratio@1", "demographic_parity@1", "equalized_odds@1", "error_rates@1", "predictive_parity@1", "performance@1", "covariate_drift@1",
    "conditional_disparity@1", "scoring_rate@1", "calibration@1", "calibration_by_group@1", "data_quality@1", "representativeness@1", "train_test_overlap@1",
)
WEIGHTED = ("impact_ratio@1", "equalized_odds@1")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One cluster and one session for all that needs Spark."""
    kept = {name: os.environ.get(name) for name in JAVA}
    os.environ.update(JAVA)
    with standalone(tmp_path_factory.mktemp("spark")) as address:
        yield address
        from pyspark.sql import SparkSession

        SparkSession.builder.getOrCreate().stop()
    for name, value in kept.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})


def people(n: int, seed: int) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    frame = pd.DataFrame({
        "sex": generator.choice(["f", "m", "?"], n, p=[0.5, 0.45, 0.05]), "age": generator.integers(18, 80, n),
        "income": generator.lognormal(3, 0.6, n), "small": generator.normal(size=n).astype("float32"),
        "home": generator.choice(["own", "rent", "other"], n), "member": generator.random(n) < 0.3,
        "weight": generator.integers(1, 9, n) / 4,
    })
    chance = 1 / (1 + np.exp(-(frame["income"] - 22) / 6))
    gone = generator.random(n) < 0.02
    return frame.assign(score=chance, y=(generator.random(n) < chance).astype(int), income=frame["income"].mask(gone), sex=frame["sex"].mask(gone))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A window and a reference in three Parquet files each, and the window as CSV; with nulls and groups nobody knows."""
    folder = tmp_path_factory.mktemp("data")
    for name, seed in (("window", 1), ("reference", 2)):
        whole = people(3000, seed)
        (folder / name).mkdir()
        for part in range(3):
            whole[part::3].to_parquet(folder / name / f"{part}.parquet")
    people(3000, 1).drop(columns="small").to_csv(folder / "window.csv", index=False)
    return folder


def given(folder: Path, **more: object) -> dict[str, object]:
    return {"data": folder / "window", "reference": folder / "reference", "target": "y", "score": "score", "threshold": "0.5",
            "protected": ("sex", "age<=30"), "cross": ("sex*home",), "control": ("home",), "features": ("age", "income", "small", "home", "member"), **more}


@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("ignore")
def test_spark_gives_the_bytes_of_duckdb(cluster: str, folder: Path):
    requests = [MeasureRequest(measure=name) for name in NAMES]
    here, there = (measure(requests, Inputs(**given(folder, engine=engine))) for engine in (None, cluster))  # type: ignore[arg-type]
    for one, other in zip(here.measures, there.measures, strict=True):
        assert one == other
    assert object_bytes(here) == object_bytes(there)
    assert {one.availability for one in here.measures} == {"measured"}


@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("ignore")
def test_weighted_rows_in_csv(cluster: str, folder: Path):
    requests = [MeasureRequest(measure=name) for name in WEIGHTED]
    more = {"data": folder / "window.csv", "weight": "weight", "reference": None, "features": ()}
    here, there = (measure(requests, Inputs(**given(folder, engine=engine, **more))) for engine in (None, cluster))  # type: ignore[arg-type]
    assert object_bytes(here) == object_bytes(there)
    quantities = [MeasureRequest(measure="residuals_by_group@1"), MeasureRequest(measure="performance@1")]
    here, there = (
        measure(quantities, Inputs(data=folder / "window.csv", target="score", prediction="weight", protected=("sex",), engine=engine))
        for engine in (None, cluster)
    )
    assert object_bytes(here) == object_bytes(there)
    assert {one.availability for one in here.measures} == {"measured"}


@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("ignore")
def test_the_command_on_spark(cluster: str, folder: Path):
    words = ["measure", "--data", str(folder / "window"), "--target", "y", "--protected", "sex", "--json"]
    here, there = govern(*words).ended(0), govern(*words, "--engine", cluster).ended(0)
    assert here.document["measures"]
    assert here.out == there.out


def test_an_address_of_no_engine():
    with pytest.raises(UsageError, match="not the address of an engine"):
        connect("http://example.org")


def test_a_missing_package_names_its_extra(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(MissingExtraError, match="pyspark") as refused:
        connect("spark://127.0.0.1:1")
    assert "govern[spark]" in refused.value.hint
