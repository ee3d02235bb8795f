"""Small categories that are left out of ratios (6 RCNY 5-301(d)): named, justified, less than 2 %, still counted."""

import json
from typing import Any

import pyarrow as pa
import pytest

from govern.canonical.values import object_bytes
from govern.domain.evidence import Evidence, Measurement, MeasureRequest
from govern.errors import UsageError
from govern.measure import Inputs, measure, recompute

WHY = "one decision would move the ratio by a tenth"


def measured(c: int = 30, *, weights: tuple[float, float] | None = None, **parameters: Any) -> Evidence:
    """Two groups of 1,000 and 970, and one of `c` that does best; scores run through all of them alike."""
    rows = [("a", i % 5 < 2) for i in range(1000)] + [("b", i % 10 < 3) for i in range(970)] + [("c", i > 0) for i in range(c)]
    table = pa.table({
        "sex": [group for group, _ in rows], "race": ["x" if i % 3 else "y" for i in range(len(rows))],
        "hired": [int(chosen) for _, chosen in rows], "score": [float(i * 7919 % 1000) for i in range(len(rows))],
        "w": [1.0 if weights is None else weights[group == "c"] for group, _ in rows],
    })
    inputs = Inputs(
        data=table, target="hired", score="score", protected=("sex",), cross=("sex*race",), favourable="1", positive="1",
        weight="w" if weights else None,
    )
    asked = ("impact_ratio@1", "scoring_rate@1")
    return measure([MeasureRequest(measure=one, parameters={"min_reference": 1, **parameters}) for one in asked], inputs)


def of(evidence: Evidence, measure_id: str, attribute: str = "sex") -> Measurement:
    """The one measurement."""
    (found,) = [one for one in evidence.measures if (one.measure, one.attribute) == (measure_id, attribute)]
    return found


@pytest.mark.parametrize(("measure_id", "part"), [("impact_ratio@1", "selected"), ("scoring_rate@1", "above")])
def test_what_is_left_out_is_counted_and_compared_with_nobody(measure_id: str, part: str) -> None:
    whole, less = of(measured(), measure_id), of(measured(leave_out={"sex": {"c": WHY}}), measure_id)
    assert [row["group"] for row in less.groups] == ["a", "b"]
    assert less.values["reference_group"] in {"a", "b"}
    (left,) = less.values["left_out"]
    there = next(row for row in whole.groups if row["group"] == "c")
    assert {key: left[key] for key in ("n", part, "rate")} == {key: there[key] for key in ("n", part, "rate")}
    assert (left["share"], left["reason"]) == ("0.015", WHY)
    assert "ratio" not in left


def test_the_group_that_does_best_is_no_longer_what_others_are_compared_with() -> None:
    assert of(measured(), "impact_ratio@1").values["reference_group"] == "c"
    less = of(measured(leave_out={"sex": {"c": WHY}}), "impact_ratio@1")
    assert [row["ratio"] for row in less.groups] == ["1", "0.75"]
    two = measured(0)
    assert less.groups == of(two, "impact_ratio@1").groups, "as if the category were not there"


def test_a_replay_takes_the_same_out_from_the_evidence_alone() -> None:
    evidence = measured(leave_out={"sex": {"c": WHY}, "sex*race": {"c*x": WHY}})
    assert recompute(evidence) == evidence
    forged = [
        Measurement(**{**{name: getattr(one, name) for name in one.__dataclass_fields__}, "parameters": {
            key: value for key, value in one.parameters.items() if key != "leave_out"}})
        for one in evidence.measures
    ]
    assert recompute(Evidence(rows=evidence.rows, measures=tuple(forged))).measures != tuple(forged)


def test_a_crossings_cells_are_left_out_by_their_own_names() -> None:
    evidence = measured(leave_out={"sex*race": {"c*x": WHY, "c*y": WHY}})
    crossed = of(evidence, "impact_ratio@1", "sex*race")
    assert [row["group"] for row in crossed.values["left_out"]] == ["c*x", "c*y"]
    assert [row["group"] for row in crossed.groups] == ["a*x", "a*y", "b*x", "b*y"]
    assert len(of(evidence, "impact_ratio@1").groups) == 3, "the attribute itself keeps all its categories"


def test_evidence_without_exclusions_is_the_same_bytes() -> None:
    plain = measured()
    assert object_bytes(measured(leave_out={})) == object_bytes(plain)
    other = measured(leave_out={"sex*race": {"c*x": WHY}})
    assert of(other, "impact_ratio@1") == of(plain, "impact_ratio@1")
    assert "left_out" not in json.dumps(dict(of(plain, "impact_ratio@1").values))


@pytest.mark.parametrize(("c", "small"), [(40, True), (41, False)])
def test_the_bound_is_strict(c: int, small: bool) -> None:
    """40 of 2,010 is less than 2 %; 41 of 2,011 is more. Exactly 2 % is not less."""
    found = of(measured(c, leave_out={"sex": {"c": WHY}}), "impact_ratio@1")
    assert (found.availability == "measured") is small
    if not small:
        assert "may not be left out" in found.reason
        assert "41 of 2011 rows" in found.reason
        assert [row["group"] for row in found.groups] == ["a", "b", "c"], "the counts are shown"
        assert all("ratio" not in row for row in found.groups)


def test_exactly_two_per_cent_is_not_less() -> None:
    rows = ["a"] * 500 + ["b"] * 480 + ["c"] * 20
    table = pa.table({"g": rows, "y": [i % 2 for i in range(1000)]})
    request = MeasureRequest(measure="impact_ratio@1", parameters={"leave_out": {"g": {"c": WHY}}})
    found = measure([request], Inputs(data=table, target="y", protected=("g",), favourable="1")).measures[0]
    assert (found.availability, "20 of 1000 rows" in found.reason) == ("undefined", True)


def test_people_of_unknown_category_make_no_share_smaller() -> None:
    rows = ["a"] * 500 + ["b"] * 480 + ["c"] * 20 + [""] * 9000
    table = pa.table({"g": rows, "y": [i % 2 for i in range(10000)]})
    request = MeasureRequest(measure="impact_ratio@1", parameters={"leave_out": {"g": {"c": WHY}}})
    found = measure([request], Inputs(data=table, target="y", protected=("g",), favourable="1")).measures[0]
    assert found.availability == "undefined"


def test_few_rows_of_great_weight_are_not_small() -> None:
    assert of(measured(weights=(1.0, 1.0), leave_out={"sex": {"c": WHY}}), "impact_ratio@1").availability == "measured"
    heavy = of(measured(weights=(1.0, 50.0), leave_out={"sex": {"c": WHY}}), "impact_ratio@1")
    assert heavy.availability == "undefined"


def test_a_category_that_does_not_occur_leaves_no_ratio() -> None:
    found = of(measured(leave_out={"sex": {"C": WHY}}), "impact_ratio@1")
    assert (found.availability, found.reason) == ("undefined", "“C” is to be left out of “sex” and is no category of it")


def test_the_reference_can_not_be_left_out() -> None:
    found = of(measured(leave_out={"sex": {"c": WHY}}, reference="c"), "impact_ratio@1")
    assert (found.availability, found.values["left_out"][0]["group"]) == ("undefined", "c")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"sexx": {"c": WHY}}, "not compared"), ({"sex": {"c": "  "}}, "no reason"), ({"sex": {"c": 3}}, "no reason"),
        ({"sex": {" ": WHY}}, "empty category"), ({"sex": {}}, "no category"), ({"sex": "c"}, "no category"),
        (["c"], "no mapping"), ("c", "no mapping"),
    ],
)
def test_what_names_nothing_or_gives_no_reason_is_refused(given: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        measured(leave_out=given)


def test_a_measure_that_can_not_refuses() -> None:
    table = pa.table({"g": ["a", "b"] * 50, "y": [0, 1, 1, 0] * 25})
    request = MeasureRequest(measure="demographic_parity@1", parameters={"leave_out": {"g": {"b": WHY}}})
    with pytest.raises(UsageError, match="can't leave categories out"):
        measure([request], Inputs(data=table, target="y", protected=("g",), favourable="1"))
