"""Published tables: quotients of counts, rounded once, with unknown people counted."""

import csv
import io
from dataclasses import replace

import pytest
from measure.test_measure_leaving_out import measured
from policy.policy_worlds import ratio_evidence, whole_evidence

from govern.errors import DataError
from govern.exchange import ll144


def test_ratios_are_not_made_of_rounded_rates() -> None:
    """2/3 over 3/4 is 0.889; 0.67 over 0.75 would be 0.893."""
    groups = [
        {"group": "a", "n": 400, "selected": 300, "rate": "0.75", "ratio": "1"},
        {"group": "=b", "n": 300, "selected": 200, "rate": "0.666666666666667", "ratio": "0.888888888888889"},
    ]
    rows = list(csv.DictReader(io.StringIO(ll144.write(ratio_evidence(groups=groups, excluded=4)))))
    assert [row["impact_ratio"] for row in rows] == ["1.000", "0.889", ""]
    assert [row["rate"] for row in rows] == ["0.750", "0.667", ""]
    assert (rows[2]["category"], rows[2]["number"]) == ("unknown", "4")
    assert rows[1]["category"] == "'=b", "a spreadsheet must not run what a data file said"


def test_half_is_rounded_up() -> None:
    groups = [{"group": "a", "n": 2000, "selected": 1, "rate": "0.0005", "ratio": "0.0005"}]
    assert "0.001,0.001" in ll144.write(ratio_evidence(groups=groups))


def test_nothing_to_publish_is_said() -> None:
    with pytest.raises(DataError):
        ll144.write(whole_evidence(auc="0.9"))


def test_a_category_that_was_left_out_is_shown_with_its_reason_and_no_ratio() -> None:
    evidence = measured(leave_out={"sex": {"c": '=one decision, "one" third'}})
    rows = [row for row in csv.DictReader(io.StringIO(ll144.write(evidence))) if row["table"] == "selection by sex"]
    assert [row["category"] for row in rows] == ["a", "b", "c", "unknown"]
    assert (rows[2]["number"], rows[2]["rate"], rows[2]["impact_ratio"]) == ("30", "0.967", "")
    assert rows[2]["note"] == 'left out of the ratios (less than 2 % of the data): =one decision, "one" third'


def test_the_table_with_categories_left_out_is_the_one_that_is_published() -> None:
    whole, less = measured(), measured(leave_out={"sex": {"c": "few"}})
    both = replace(whole, measures=(*whole.measures, *less.measures))
    for order in (both.measures, both.measures[::-1]):
        rows = list(csv.DictReader(io.StringIO(ll144.write(replace(both, measures=order)))))
        shown = {row["category"]: row["impact_ratio"] for row in rows if row["table"] == "selection by sex"}
        assert shown == {"a": "1.000", "b": "0.750", "c": "", "unknown": ""}


def test_ratios_to_another_category_than_the_highest_are_not_the_laws() -> None:
    """With a least size for references, 29 of 30 stand above the reference and get a ratio above 1."""
    evidence = measured(min_reference=31)
    assert max(float(row["ratio"]) for row in evidence.measures[0].groups) > 1
    with pytest.raises(DataError, match="highest rate"):
        ll144.write(evidence)
