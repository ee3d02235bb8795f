"""The same evidence from the same data in every frame, in any order of rows; and detectors and models against others."""

# ruff: noqa: PD011 - `values` is the evidence's, not a column's

import subprocess
import sys
from pathlib import Path
from threading import Timer

import ibis
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import skops.io
from measure.measuring import evidence, feature, one
from scipy import stats
from sklearn import metrics
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from govern.domain.evidence import Evidence
from govern.measure import Inputs, default_requests, describe, digest_of_source, measure
from govern.measure.frames import arrow


def applicants(n: int = 3000, seed: int = 1) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    sex = generator.choice(["f", "m"], n)
    income = np.round(generator.lognormal(3, 0.5, n) + 3 * (sex == "m"), 3)
    home = np.where(generator.random(n) < 0.8, np.where(sex == "m", "own", "rent"), "other")
    y = (generator.random(n) < 1 / (1 + np.exp(-(income - 22) / 5))).astype(int)
    score = np.round(1 / (1 + np.exp(-(income - 22) / 6)), 6)
    return pd.DataFrame({"sex": sex, "income": income, "home": home, "y": y, "score": score})


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = applicants()
    fitted = make_pipeline(make_column_transformer((OneHotEncoder(), ["home"]), remainder="passthrough"), LogisticRegression(max_iter=2000))
    path = tmp_path_factory.mktemp("model") / "m.skops"
    skops.io.dump(fitted.fit(data[["income", "home"]], data["y"]), path)
    return path


def everything(source: object, reference: object, model: Path) -> Evidence:
    inputs = Inputs(data=source, reference=reference, target="y", score="score", threshold="0.5", protected=("sex",), cross=("sex*home",),
                    model=model, features=("income", "home"))
    return measure(default_requests(inputs), inputs)


def test_every_frame_gives_the_same_evidence(tmp_path: Path, model: Path):
    data, before = applicants(), applicants(seed=2)
    expected = everything(data, before, model)
    data.to_csv(tmp_path / "d.csv", index=False)
    data.to_parquet(tmp_path / "d.parquet")
    shuffled = data.sample(frac=1, random_state=4).assign(home=lambda d: d["home"].astype("category"))
    for source in (tmp_path / "d.csv", tmp_path / "d.parquet", pl.from_pandas(data), pa.Table.from_pandas(data), shuffled):
        assert everything(source, before, model) == expected
    assert {one.availability for one in expected.measures} == {"measured"}


def test_no_row_reaches_the_evidence(model: Path):
    data = applicants().assign(income=lambda d: d["income"] + 0.0001234)
    text = str(everything(data, applicants(seed=2), model))
    assert not [value for value in data["income"] if str(value) in text]


def test_digests_do_not_depend_on_the_library():
    data = applicants(50)
    digests = {digest_of_source(data), digest_of_source(pl.from_pandas(data)), digest_of_source(pa.Table.from_pandas(data))}
    assert len(digests) == 1
    assert digest_of_source(data.assign(y=1 - data["y"])) not in digests


def test_a_dataset_is_described_without_a_value():
    shape = describe(applicants(50))
    assert (shape.rows, [(column.name, column.type) for column in shape.columns][:2]) == (50, [("sex", "text"), ("income", "float")])


def test_importing_the_room_is_light():
    code = "import sys, govern.measure; print([m for m in ('numpy','pandas','ibis','duckdb','scipy','sklearn','fairlearn') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


class TestDetectors:
    def test_scipy_and_alibi_have_one_statistic(self):
        reference, window = applicants(), applicants(seed=3).assign(income=lambda d: d["income"] * 1.02)
        found = {name: one("covariate_drift@1", window, reference=reference, detector=name) for name in ("scipy", "alibi-detect")}
        for mine, theirs in zip(found["scipy"].features, found["alibi-detect"].features, strict=True):
            assert mine["feature"] == theirs["feature"]
            for number in ("statistic", "p_value"):
                assert float(str(theirs[number])) == pytest.approx(float(str(mine[number])), rel=2e-6, abs=1e-7)
                assert theirs["effect"] == mine["effect"]

    def test_p_values_are_those_of_scipy_on_the_rows(self):
        reference, window = applicants(), applicants(seed=3).assign(income=lambda d: d["income"] * 1.02)
        found = one("covariate_drift@1", window, reference=reference)
        ks = stats.ks_2samp(reference["income"], window["income"], method="asymp")
        assert float(feature(found, "income")["statistic"]) == pytest.approx(ks.statistic, rel=1e-12)
        assert float(feature(found, "income")["p_value"]) == pytest.approx(ks.pvalue, rel=1e-9)
        table = [side["home"].value_counts().sort_index().tolist() for side in (reference, window)]
        assert float(feature(found, "home")["p_value"]) == pytest.approx(stats.chi2_contingency(table).pvalue, rel=1e-9)

    def test_effects_are_those_of_scipy(self):
        reference, window = applicants(20_000), applicants(20_000, seed=3).assign(income=lambda d: d["income"] + 2)
        found = feature(one("covariate_drift@1", window, reference=reference), "income")
        moved = stats.wasserstein_distance(reference["income"], window["income"]) / reference["income"].std(ddof=0)
        assert float(found["wasserstein"]) == pytest.approx(moved, rel=0.08)

    def test_a_window_is_judged_without_reference_rows(self):
        reference, window = applicants(), applicants(seed=3).assign(income=lambda d: d["income"] * 1.1)
        stored = evidence("covariate_drift@1", applicants(seed=5), reference=reference)
        found = one("covariate_drift@1", window, baseline=stored)
        rows = one("covariate_drift@1", window, reference=reference)
        assert feature(found, "income")["effect"] == feature(rows, "income")["effect"]
        largest_bin = 1 / 100
        assert float(feature(found, "income")["statistic"]) == pytest.approx(float(feature(rows, "income")["statistic"]), abs=largest_bin)

    def test_counting_in_the_engine_is_counting_in_the_sample(self):
        reference, window = applicants(), applicants(seed=3)
        whole = one("covariate_drift@1", window, reference=reference)
        small = one("covariate_drift@1", window, reference=reference, parameters={"sample": 2999})
        assert [row["window"] for row in small.statistics["features"] if row["kind"] == "categorical"] == [  # type: ignore[union-attr,index,call-overload]
            row["window"] for row in whole.statistics["features"] if row["kind"] == "categorical"  # type: ignore[union-attr,index,call-overload]
        ]
        income = next(row for row in small.statistics["features"] if row["feature"] == "income")  # type: ignore[union-attr,index,call-overload]
        edges = [float(edge) for edge in income["edges"]]
        assert income["window"] == np.bincount(np.searchsorted(edges, window["income"], side="right"), minlength=len(edges) + 1).tolist()


class TestPerformance:
    def test_against_scikit_learn(self):
        data = applicants()
        found = one("performance@1", data, target="y", score="score", threshold="0.5").values
        expected = {
            "auc": metrics.roc_auc_score(data["y"], data["score"]), "brier": metrics.brier_score_loss(data["y"], data["score"]),
            "log_loss": metrics.log_loss(data["y"], data["score"]), "accuracy": metrics.accuracy_score(data["y"], data["score"] >= 0.5),
        }
        assert {name: float(str(found[name])) for name in expected} == pytest.approx(expected, rel=1e-12)

    def test_quantities_against_scikit_learn(self):
        generator = np.random.default_rng(0)
        data = pd.DataFrame({"y": np.round(generator.normal(5, 2, 4000), 6)}).assign(p=lambda d: np.round(d["y"] + generator.normal(0, 1, 4000), 6))
        found = one("performance@1", data, target="y", prediction="p").values
        expected = {"mae": metrics.mean_absolute_error(data["y"], data["p"]), "r2": metrics.r2_score(data["y"], data["p"]),
                    "rmse": metrics.root_mean_squared_error(data["y"], data["p"])}
        assert {name: float(str(found[name])) for name in expected} == pytest.approx(expected, rel=1e-8)

    def test_the_models_own_predictions(self, model: Path):
        data = applicants()
        fitted = skops.io.load(model)
        found = one("performance@1", data.drop(columns="score"), target="y", model=model).values
        assert float(str(found["auc"])) == pytest.approx(metrics.roc_auc_score(data["y"], fitted.predict_proba(data[["income", "home"]])[:, 1]), rel=1e-12)
        assert float(str(found["accuracy"])) == pytest.approx(fitted.score(data[["income", "home"]], data["y"]), rel=1e-12)


class TestExplanation:
    def test_importance_names_what_the_model_uses(self, model: Path):
        found = one("permutation_importance@1", applicants(), target="y", model=model)
        assert [row["feature"] for row in found.features if row["rank"] == 1] == ["income"]

    def test_a_proxy_counts_with_what_it_stands_for(self, model: Path):
        found = one("protected_reliance@1", applicants(), protected=("sex",), model=model)
        sex = feature(found, "sex")
        assert (sex["in_model"], sex["share"]) == (False, "0")
        assert [proxy["feature"] for proxy in sex["proxies"]] == ["home"]
        assert float(sex["share_with_proxies"]) > 0

    def test_a_model_on_the_attribute_relies_on_it(self, tmp_path: Path):
        data = applicants().assign(male=lambda d: (d["sex"] == "m").astype(int))
        skops.io.dump(LinearRegression().fit(data[["male"]], data["y"]), tmp_path / "m.skops")
        found = one("protected_reliance@1", data, protected=("male",), model=tmp_path / "m.skops")
        assert found.values["share"] == "1"


def test_a_query_that_ctrl_c_ended_was_stopped_and_is_no_fault_of_the_data():
    """DuckDB takes the signal itself, and raises what any mistake in a query raises."""
    engine = ibis.duckdb.connect()
    engine.raw_sql("create view long as select a.range * b.range as product from range(1000000) a, range(1000000) b")
    long = engine.table("long").product.sum().name("total").as_table()
    timer = Timer(0.2, engine.con.interrupt)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        arrow(long)
    timer.join()
