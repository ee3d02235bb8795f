"""Published numbers, each with its source."""

# ruff: noqa: PD011 - `values` is the evidence's, not a column's

from fractions import Fraction
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from measure.measuring import group, one

from govern.measure.attributes import parts
from govern.measure.bias.scoring_rate import published_ratio
from govern.measure.cells import Keys, count, merge
from govern.measure.frames import Frames
from govern.measure.numbers import text

Y_TRUE = [0, 1, 1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1]
Y_PRED = [0, 0, 1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 0]
WHO = list("bbabbcccaacabccbcc")
SECOND = [8, 6, 8, 8, 8, 8, 6, 6, 6, 8, 6, 6, 6, 6, 8, 6, 6, 6]


def rounded(value: object) -> float:
    return round(float(str(value)), 6)


class TestFairlearnsGuide:
    """Fairlearn's user guide, “Performing a Fairness Assessment” and “Intersecting Groups”, as its doctests print them."""

    def test_by_group(self):
        data = pd.DataFrame({"y": Y_TRUE, "p": Y_PRED, "who": WHO})
        selected = one("demographic_parity@1", data, target="y", prediction="p", protected=("who",))
        errors = one("error_rates@1", data, target="y", prediction="p", protected=("who",))
        assert [(row["group"], row["n"], rounded(row["rate"])) for row in selected.groups] == [("a", 4, 0.75), ("b", 6, 0.5), ("c", 8, 0.5)]
        assert [rounded(row["true_positive_rate"]) for row in errors.groups] == [0.5, 0.6, 0.4]
        assert [rounded(row["false_positive_rate"]) for row in errors.groups] == [1.0, 0.0, 0.666667]
        assert (rounded(selected.values["difference"]), rounded(selected.values["ratio"])) == (0.25, 0.666667)
        assert rounded(errors.values["false_positive_rate_difference"]) == 1.0
        assert rounded(one("equal_opportunity@1", data, target="y", prediction="p", protected=("who",)).values["ratio"]) == 0.666667

    def test_two_sensitive_features(self):
        data = pd.DataFrame({"y": Y_TRUE, "p": Y_PRED, "who": WHO, "second": SECOND})
        found = one("class_rates@1", data, target="y", prediction="p", cross=("who*second",))
        shown = {row["group"]: (row["n"], *(rounded(row["classes"][1][rate]) if row["classes"][1][rate] else None for rate in  # type: ignore[index,call-overload]
                                            ("positive_predictive_value", "true_positive_rate"))) for row in found.groups}
        assert shown == {"a*6": (2, 0.0, 0.0), "a*8": (2, 0.5, 1.0), "b*6": (3, 1.0, 0.666667), "b*8": (3, 1.0, 0.5),
                         "c*6": (6, 0.666667, 0.5), "c*8": (2, 0.0, 0.0)}

    def test_control_features(self):
        decision = [int(one) for one in "000110110101010101010110111110"]
        prediction = [int(one) for one in "110110101010101110001110011001"]
        control, who = list("HLHLHLLHHLLHHLLHLLHHLHLLHHLLHL"), list("ABBCCBAABACBCACCBBCABBCABABBAA")
        data = pd.DataFrame({"y": decision, "p": prediction, "control": control, "who": who})
        found = one("class_rates@1", data, target="y", prediction="p", cross=("control*who",))
        assert [(row["group"], round(float(str(row["accuracy"])), 4)) for row in found.groups] == [
            ("H*A", 0.2), ("H*B", 0.4), ("H*C", 0.75), ("L*A", 0.4), ("L*B", 0.2857), ("L*C", 0.5)]


class TestAif360:
    """AIF360, examples/tutorial_credit_scoring.ipynb: 70 % of German credit by NumPy's seed 0, age from 25 against below."""

    @pytest.fixture
    def train(self, shared_folder: Path) -> pd.DataFrame:
        data = pd.read_csv(shared_folder / "data/german.csv")
        return data.iloc[np.random.RandomState(0).permutation(1000)[:700]]

    def test_mean_difference(self, train: pd.DataFrame):
        found = one("demographic_parity@1", train, target="credit", favourable="1", protected=("age<25",))
        assert (found.values["highest"], f"{float(str(found.values['difference'])):.6f}") == (">=25", "0.169905")

    def test_reweighing_makes_it_nought(self, train: pd.DataFrame):
        """Kamiran and Calders 2012: a row weighs P(group) P(outcome) / P(group, outcome)."""
        young, n = train["age"] < 25, len(train)
        sizes, outcomes = young.groupby(young).transform("size"), train.groupby("credit")["credit"].transform("size")
        both = train.groupby([young, "credit"])["credit"].transform("size")
        found = one("demographic_parity@1", train.assign(w=sizes * outcomes / (n * both)), target="credit", favourable="1", weight="w", protected=("age<25",))
        assert f"{float(str(found.values['difference'])):.6f}" == "0.000000"


class TestRuleText:
    """6 RCNY 5-301: rates by category over the rate of the category that is highest, of exact counts, rounded at the end."""

    RACES: ClassVar = {"Hispanic": (408, 204, "0.97"), "White": (797, 412, "1.00"), "Black": (390, 170, "0.84"), "Islander": (119, 52, "0.85"),
                       "Asian": (616, 302, "0.95"), "Native": (41, 18, "0.85"), "Two or more": (213, 96, "0.87")}

    def test_a_table_of_selections(self):
        rows = [(name, int(i < chosen)) for name, (n, chosen, _) in self.RACES.items() for i in range(n)]
        found = one("impact_ratio@1", pd.DataFrame(rows, columns=["race", "y"]), target="y", protected=("race",))
        for name, (n, chosen, ratio) in self.RACES.items():
            shown = group(found, name)
            assert (shown["n"], shown["selected"]) == (n, chosen)
            assert shown["ratio"] == text(Fraction(chosen * 797, n * 412))
            assert published_ratio((chosen, n), (412, 797)) == ratio

    def test_a_table_of_scores(self):
        """Sixteen people; the median lies between 40 and 60, five of eight men and three of eight women score above it."""
        men, women = [90, 85, 80, 75, 60, 40, 30, 20], [95, 70, 65, 35, 25, 15, 10, 5]
        data = pd.DataFrame({"sex": ["m"] * 8 + ["f"] * 8, "s": men + women})
        found = one("scoring_rate@1", data, score="s", protected=("sex",))
        assert (found.values["median"], found.values["ties"]) == ("50", 0)
        assert [(row["group"], row["above"], row["rate"], row["ratio"]) for row in found.groups] == [("f", 3, "0.375", "0.6"), ("m", 5, "0.625", "1")]


people = st.lists(st.tuples(st.sampled_from(["a", "b", "?"]), st.integers(0, 1), st.integers(0, 1), st.sampled_from([0.1, 1 / 3, 2.5, 7.0])), min_size=2, max_size=30)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(people, st.data())
def test_cells_of_two_halves_merge_to_the_whole(rows: list[tuple[str, int, int, float]], drawn: st.DataObject):
    cut = drawn.draw(st.integers(1, len(rows) - 1))
    whole = pd.DataFrame(rows, columns=["g", "y", "p", "w"])
    with Frames() as frames:
        counted = []
        for part in (whole, whole.head(cut), whole.tail(len(rows) - cut)):
            frame = frames.open(part)
            keys = Keys(parts=parts("g", frame), target="y", outcome=frame.table["p"], weight="w", scale=1)
            counted.append(count(frame, keys) or [])
    assert merge(counted[1], counted[2]) == counted[0]
