"""Several windows of one table, each judged against stored histograms, in order."""

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest
from measure.measuring import evidence, feature

from govern.cli import main
from govern.domain.evidence import MeasureRequest
from govern.errors import DataError, UsageError
from govern.measure import Inputs, digest_of_source, measure
from govern.measure.windows import MAX_WINDOWS, windows_of


def months(shift: float = 0.0) -> pd.DataFrame:
    generator = np.random.default_rng(0)
    when = [date(2026, month, 1 + i % 28) for month in (3, 1, 2) for i in range(120)]
    a = generator.normal(size=360)
    a[:120] += shift
    return pd.DataFrame({"when": when, "a": a, "b": generator.choice(["x", "y"], 360)})


def test_a_window_each_month_in_order_and_without_the_column():
    parts = windows_of(months(), "when", "month")
    assert [(one.name, one.data.num_rows, one.data.column_names) for one in parts] == [
        (name, 120, ["a", "b"]) for name in ("2026-01", "2026-02", "2026-03")]
    assert [one.name for one in windows_of(months(), "when", "quarter")] == ["2026-Q1"]
    assert [one.name for one in windows_of(months(), "when", "year")] == ["2026"]
    assert len(windows_of(months(), "when")) == 84
    assert windows_of(months(), "when", "week")[0].name == "2025-12-29"


def test_a_windows_digest_is_that_of_its_rows_alone():
    whole, other = months(), months().assign(a=lambda d: np.where(d["when"] < date(2026, 3, 1), d["a"], 0.0))
    first, again = (windows_of(frame, "when", "month") for frame in (whole, other))
    assert digest_of_source(first[0].data) == digest_of_source(again[0].data)
    assert digest_of_source(first[2].data) != digest_of_source(again[2].data)


@pytest.mark.parametrize(("change", "column", "every", "words"), [
    (lambda d: d, "weeks", "", "no column “weeks”"), (lambda d: d, "a", "", "can't tell windows apart"),
    (lambda d: d, "b", "month", "is text and has no month"), (lambda d: d.assign(b=range(360)).pipe(lambda d: pd.concat([d, d.assign(b=d["b"] + 360)])), "b", "", f"more than {MAX_WINDOWS}"),
])
def test_a_column_that_tells_no_windows(change, column: str, every, words: str):
    with pytest.raises(UsageError, match=words):
        windows_of(change(months()), column, every)


def test_rows_of_no_known_window():
    frame = months()
    frame.loc[:4, "b"] = None
    with pytest.raises(DataError, match=r"5 rows of .* have no value"):
        windows_of(frame, "b")


def test_the_column_is_no_feature_although_the_reference_has_it():
    stored = windows_of(months(), "when", "month")[0]
    found = measure([MeasureRequest(measure="covariate_drift@1")], Inputs(data=stored.data, reference=months(), window="when")).measures[0]
    assert [row["feature"] for row in found.features] == ["a", "b"]


class TestByCommand:
    @pytest.fixture
    def folder(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        months(3.0).to_csv("months.csv", index=False)
        months().drop(columns="when").to_csv("reference.csv", index=False)
        return tmp_path

    @pytest.fixture
    def ask(self, folder, capsysbinary):
        def asked(*words: str, code: int = 0) -> str:
            ended = main(["measure", *words])
            said = capsysbinary.readouterr()
            assert ended == code, said.err.decode()
            return said.out.decode()

        return asked

    def test_many_windows_against_stored_histograms(self, folder, ask):
        """Neither the reference's rows nor a workspace are needed, and each window's evidence is what it is alone."""
        ask("--data", "reference.csv", "--reference", "reference.csv", "--measures", "covariate_drift", "-o", "base.json")
        (folder / "reference.csv").unlink()
        document = json.loads(ask("--data", "months.csv", "--window-column", "when", "--every", "month", "--baseline", "base.json", "--measures", "covariate_drift", "--json"))
        assert document["schema"] == "govern/windows/v1"
        assert [one["window"] for one in document["windows"]] == ["2026-01", "2026-02", "2026-03"]
        effects = [float(one["evidence"]["measures"][0]["values"]["largest_effect"]) for one in document["windows"]]
        assert max(effects[:2]) < 0.5 < effects[2]
        months(3.0).query("when < @limit", local_dict={"limit": date(2026, 2, 1)}).drop(columns="when").to_csv("january.csv", index=False)
        alone = json.loads(ask("--data", "january.csv", "--baseline", "base.json", "--measures", "covariate_drift", "--json"))
        assert alone["measures"] == document["windows"][0]["evidence"]["measures"]

    def test_several_files_in_the_order_named(self, folder, ask):
        months().drop(columns="when").head(100).to_csv("later.csv", index=False)
        ask("--data", "later.csv", "--data", "reference.csv", "--reference", "reference.csv", "--measures", "covariate_drift", "-o", "all.json")
        document = json.loads((folder / "all.json").read_bytes())
        assert [(one["window"], one["evidence"]["rows"]) for one in document["windows"]] == [("later.csv", 100), ("reference.csv", 360)]

    def test_parameters_are_handed_on_and_slips_are_told(self, folder, ask):
        asked = ("--data", "reference.csv", "--reference", "reference.csv", "--measures", "covariate_drift,data_quality")
        document = json.loads(ask(*asked, "--with", "covariate_drift.joint=classifier,mmd", "--with", "covariate_drift.permutations=19", "--json"))
        found = next(one for one in document["measures"] if one["measure"] == "covariate_drift@1")
        assert found["values"]["mmd_permutations"] == 19
        assert "classifier_auc" in found["values"]
        for words in (("--with", "numeric"), ("--with", "proxy.repeats=3"), ("--with", "covariate_drift.numerc=ks")):
            ask(*asked, *words, code=2)
        ask("--data", "reference.csv", "--data", "reference.csv", "--measures", "data_quality", code=2)
        ask("--data", "reference.csv", "--every", "month", "--data", "months.csv", "--measures", "data_quality", code=2)


def test_a_million_categories_and_all_equal_values_have_reasons():
    n = 20_000
    window = pd.DataFrame({"who": [f"p{i}" for i in range(n)], "same": 1.0, "x": np.arange(n) / n})
    found = evidence("covariate_drift@1", window, reference=window.assign(same=1.0)).measures[0]
    assert "identifier" in feature(found, "who")["reason"]
    assert (feature(found, "same")["p_value"], feature(found, "same")["effect"]) == ("1", "0")
