"""Published tables: quotients of counts, rounded once, with unknown people counted."""

import csv
import io

import pytest
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
