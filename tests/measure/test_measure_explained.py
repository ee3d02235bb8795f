"""Explanations beyond one column at a time: clusters, SHAP values brought or computed, proxies, stable reasons."""

# ruff: noqa: PD011 - `values` is the evidence's, not a column's

import importlib.util
import json
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from measure.measuring import evidence, feature, one
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from govern.errors import DataError, UnsafeModelError, UsageError
from govern.measure.explain.association import clusters, cramers_v

SHAP = importlib.util.find_spec("shap") is not None
FEATURES = ["income", "debt", "job"]


def lending(n: int = 1200, seed: int = 0) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    sex = generator.choice(["f", "m"], n)
    job = np.where(generator.random(n) < 0.9, np.where(sex == "f", 1.0, 0.0), generator.integers(0, 2, n))
    income, debt = np.round(generator.normal(50, 10, n), 4), np.round(generator.normal(20, 5, n), 4)
    chance = 1 / (1 + np.exp(-(income - 50) / 5 + (debt - 20) / 5 + job))
    return pd.DataFrame({"sex": sex, "income": income, "debt": debt, "job": job, "y": (generator.random(n) < chance).astype(int)})


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = lending()
    path = tmp_path_factory.mktemp("m") / "m.skops"
    skops.io.dump(LogisticRegression(max_iter=2000).fit(data[FEATURES], data["y"]), path)
    return path


class TestClusters:
    def test_twins_that_stand_in_for_each_other_are_shuffled_together(self, tmp_path: Path):
        """The silent failure: each twin looks unimportant, for the other one tells the same."""
        generator = np.random.default_rng(0)
        n = 2000
        one_twin = generator.normal(size=n)
        data = pd.DataFrame({"twin_a": one_twin, "twin_b": one_twin + 0.05 * generator.normal(size=n), "other": generator.normal(size=n)})
        y = (data["twin_a"] + 0.6 * data["other"] + 0.3 * generator.normal(size=n) > 0).astype(int)
        path = tmp_path / "forest.skops"
        forest = RandomForestClassifier(n_estimators=40, min_samples_leaf=5, max_features=1, random_state=0)
        skops.io.dump(forest.fit(data, y), path)
        found = one("permutation_importance@1", data.assign(y=y), target="y", model=path, parameters={"repeats": 3}, allowed_types=("sklearn.tree._tree.Tree",))
        a, b, other = (feature(found, name) for name in ("twin_a", "twin_b", "other"))
        assert a["cluster"] == b["cluster"] == ["twin_a", "twin_b"]
        assert float(a["cluster_importance"]) > 1.5 * (float(a["importance"]) + float(b["importance"]))
        assert max(float(a["importance"]), float(b["importance"])) < float(other["importance"]) * 1.2 < float(a["cluster_importance"])
        assert (other["cluster"], other["cluster_importance"], other["cluster_std"]) == ([], other["importance"], other["std"])
        assert found.values["clusters"] == 1

    def test_columns_are_connected_by_way_of_others(self):
        generator = np.random.default_rng(1)
        a = generator.normal(size=900)
        rows = pd.DataFrame({"a": a, "b": a + 0.5 * generator.normal(size=900), "x": generator.normal(size=900)})
        rows["c"] = rows["b"] + 0.5 * generator.normal(size=900)
        least = (cramers_v(rows["a"], rows["b"]) + cramers_v(rows["a"], rows["c"])) / 2
        assert cramers_v(rows["a"], rows["c"]) < least
        assert clusters(rows, ["x", "c", "b", "a"], min(least, cramers_v(rows["b"], rows["c"]))) == [["a", "b", "c"]]


def values_of(model: Path, data: pd.DataFrame) -> pd.DataFrame:
    """The SHAP values of a linear model over the mean, in log odds: weight times distance from the mean."""
    fitted = skops.io.load(model)
    return pd.DataFrame((data[FEATURES] - data[FEATURES].mean()) * fitted.coef_[0], columns=FEATURES)


class TestBroughtValues:
    @pytest.mark.parametrize("kind", ["csv", "parquet", "npz", "pandas"])
    def test_every_form_gives_the_same_numbers(self, model: Path, tmp_path: Path, kind: str):
        data = lending(600)
        values = values_of(model, data)
        path = tmp_path / f"shap.{kind}"
        if kind == "csv":
            values.to_csv(path, index=False)
        elif kind == "parquet":
            values.to_parquet(path)
        elif kind == "npz":
            np.savez(path, values=values.to_numpy(), features=np.array(FEATURES))
        found = one("reason_codes@1", data, attributions=values if kind == "pandas" else path, protected=("sex",))
        share = {row["feature"]: row["share"] for row in found.features}
        assert share == {row["feature"]: row["share"] for row in one("reason_codes@1", data, attributions=values, protected=("sex",)).features}
        assert found.parameters["method"] == "shap"
        assert found.parameters["shap"]["decisions"] == 600  # type: ignore[index,call-overload]

    def test_reasons_are_what_took_the_score_down(self, model: Path):
        data = lending(600)
        values = values_of(model, data)
        worst = values.sum(axis=1).nsmallest(200).index
        found = one("reason_codes@1", data, attributions=values, parameters={"top": 1})
        expected = values.loc[worst].idxmin(axis=1).value_counts()
        assert {row["feature"]: row["n"] for row in found.features} == {name: int(expected.get(name, 0)) for name in FEATURES}
        assert found.values["stability"] is None
        assert "one background" in str(found.values["stability_reason"])

    def test_no_protected_attribute_is_a_reason(self, model: Path):
        data = lending(600)
        found = one("reason_codes@1", data, attributions=values_of(model, data), protected=("job",))
        assert feature(found, "job")["n"] == 0

    def test_unfavourable_where_the_score_is_high(self, model: Path):
        data = lending(600)
        values = values_of(model, data)
        found = one("reason_codes@1", data, attributions=values, positive="1", favourable="0", parameters={"top": 1})
        worst = values.sum(axis=1).nlargest(200).index
        assert feature(found, "income")["n"] == int((values.loc[worst].idxmax(axis=1) == "income").sum())

    def test_reliance_adds_up_the_values_of_a_cluster(self, model: Path):
        data = lending(600)
        values = values_of(model, data)
        found = one("protected_reliance@1", data, attributions=values, protected=("sex",))
        sex = feature(found, "sex")
        assert [proxy["feature"] for proxy in sex["proxies"]] == ["job"]
        size = values.abs().mean()
        assert float(sex["share_with_proxies"]) == pytest.approx(size["job"] / size.sum(), rel=0.05)
        assert found.values["share"] == "0"

    def test_ranks(self, model: Path):
        data = lending(600)
        found = one("rank_stability@1", data, attributions=values_of(model, data), parameters={"resamples": 5})
        assert found.values["stability"] == "1"
        assert feature(found, "income")["rank_median"] == "1"

    @pytest.mark.parametrize(("change", "words"), [
        (lambda v: v.drop(columns="job"), "differ in job"), (lambda v: v.head(100), "SHAP values of 100 decisions and 300 rows"),
    ])
    def test_values_of_another_model_or_other_rows(self, model: Path, change, words: str):
        data = lending(300)
        with pytest.raises(UsageError, match=words):
            evidence("reason_codes@1", data, attributions=change(values_of(model, data)), model=model)

    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_values_that_are_no_numbers(self, model: Path, bad: float):
        data = lending(300)
        values = values_of(model, data)
        values.loc[5, "job"] = bad
        with pytest.raises(DataError, match="not finite"):
            evidence("reason_codes@1", data, attributions=values)
        with pytest.raises(DataError, match="are no numbers"):
            evidence("reason_codes@1", data, attributions=values.assign(job="high"))

    def test_a_pickle_is_never_loaded(self, tmp_path: Path):
        np.savez(tmp_path / "objects.npz", values=np.array([[object()]], dtype=object), features=np.array(["a"]))
        (tmp_path / "values.csv").write_bytes(pickle.dumps([1, 2]))
        for name in ("objects.npz", "values.csv"):
            with pytest.raises(UnsafeModelError, match="was not loaded"):
                evidence("reason_codes@1", lending(300), attributions=tmp_path / name)

    def test_an_unknown_method(self, model: Path):
        with pytest.raises(UsageError, match="method can't be"):
            evidence("reason_codes@1", lending(300), model=model, parameters={"method": "lime"})


class TestComputedValues:
    @pytest.mark.skipif(SHAP, reason="shap is installed")
    def test_without_the_package_the_extra_is_named(self, model: Path):
        for name in ("reason_codes@1", "rank_stability@1", "protected_reliance@1"):
            found = one(name, lending(), model=model, protected=("sex",), parameters={"method": "shap"})
            assert found.availability == "missing"
            assert "govern[shap]" in found.reason

    @pytest.mark.skipif(not SHAP, reason="shap is not installed")
    def test_the_package_explains_and_the_background_is_recorded(self, model: Path):
        data = lending(700).assign(word=lambda d: np.where(d["sex"] == "f", "x", None))
        asked = {"method": "shap", "background": 20, "decisions": 20}
        found = one("reason_codes@1", data, model=model, protected=("job",), parameters=asked)
        assert found == one("reason_codes@1", data.sample(frac=1, random_state=3), model=model, protected=("job",), parameters=asked)
        said = found.parameters["shap"]
        assert str(said["package"]).startswith("shap ")  # type: ignore[index,call-overload]
        assert said["background_rows"] == 20  # type: ignore[index,call-overload]
        assert feature(found, "job")["n"] == 0
        assert 0.5 < float(str(found.values["stability"])) <= 1
        ranks = one("rank_stability@1", data, model=model, parameters={"method": "shap", "background": 20})
        assert float(str(ranks.values["stability"])) > 0.9

    @pytest.mark.skipif(not SHAP, reason="shap is not installed")
    def test_a_model_of_words_and_gaps_is_explained(self, tmp_path: Path):
        from sklearn.compose import make_column_transformer
        from sklearn.impute import SimpleImputer
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder

        data = lending(400)
        data.loc[::7, "debt"] = np.nan
        columns = ["sex", "debt", "income"]
        made = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["sex"]), (SimpleImputer(), ["debt", "income"]))
        path = tmp_path / "words.skops"
        skops.io.dump(make_pipeline(made, LogisticRegression(max_iter=2000)).fit(data[columns], data["y"]), path)
        found = one("protected_reliance@1", data, model=path, protected=("sex",), parameters={"method": "shap", "background": 20}, allowed_types=("numpy.dtype",))
        assert feature(found, "sex")["in_model"] is True
        assert 0 < float(str(found.values["share"])) < 0.5


class TestReasons:
    def test_the_background_is_fixed_and_recorded(self, model: Path):
        found = one("reason_codes@1", lending(), model=model)
        background = found.parameters["background"]
        assert set(background) == set(FEATURES)  # type: ignore[arg-type]
        assert 49 < float(background["income"]) < 51  # type: ignore[index,call-overload,arg-type]

    def test_an_ordinary_proxy_is_a_proxy(self, tmp_path: Path):
        """An area that tells most of a group of three (V of 0.45): leaving the group out must not look like not relying on it."""
        generator = np.random.default_rng(0)
        group = generator.choice(["a", "b", "c"], 3000, p=[0.4, 0.35, 0.25])
        area = np.where(group == "c", generator.choice(8, 3000, p=[0.04] * 5 + [0.8 / 3] * 3), generator.choice(8, 3000, p=[0.17] * 5 + [0.05] * 3)).astype(float)
        income = generator.normal(size=3000)
        y = (income - (area >= 5) + 0.5 * generator.normal(size=3000) > 0).astype(int)
        data = pd.DataFrame({"group": group, "area": area, "income": income, "y": y})
        path = tmp_path / "m.skops"
        skops.io.dump(LogisticRegression().fit(data[["area", "income"]], y), path)
        found = one("protected_reliance@1", data, model=path, protected=("group",))
        assert found.values["share"] == "0"
        assert float(str(found.values["share_with_proxies"])) > 0.15

    def test_each_row_has_its_reasons_in_a_file_and_in_no_evidence(self, model: Path, tmp_path: Path, capsysbinary):
        from govern.cli import main

        data = lending(300)
        data.to_csv(tmp_path / "d.csv", index=False)
        asked = ["measure", "--data", str(tmp_path / "d.csv"), "--target", "y", "--protected", "job", "--model", str(model), "--measures", "reason_codes", "--json"]
        assert main([*asked, "--reasons", str(tmp_path / "r.csv")]) == 0
        said = capsysbinary.readouterr().out
        found = pd.read_csv(tmp_path / "r.csv")
        assert list(found["row"]) == list(range(300))
        assert not (found == "job").any().any()
        fitted = skops.io.load(model)
        before = fitted.predict_proba(data[FEATURES])[:, 1]
        row = int(found.index[found["reason_1"] == "income"][0])
        changed = data[FEATURES].copy()
        changed["income"] = float(json.loads(said)["measures"][0]["parameters"]["background"]["income"])
        rise = fitted.predict_proba(changed)[row, 1] - before[row]
        assert float(found.loc[row, "contribution_1"]) == pytest.approx(rise, abs=1e-9)
        assert main(["measure", "--data", str(tmp_path / "d.csv"), "--target", "y", "--measures", "data_quality", "--reasons", str(tmp_path / "s.csv")]) == 2
