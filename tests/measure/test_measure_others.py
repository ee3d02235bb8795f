"""Other people's measures: found by their entry points, loaded when asked for, recorded with their distribution."""

# ruff: noqa: PD011 - `values` is the evidence's, not a column's

import sys
from pathlib import Path

import pandas as pd
import pytest

from govern.domain.evidence import MeasureRequest
from govern.errors import DataError, UsageError
from govern.measure import ALL_MEASURES, Inputs, environment, measure, recompute, registry

CODE = '''"""A measure of somebody else: how many rows there are."""

from dataclasses import replace

from govern.domain.evidence import Measurement


class Churn:
    """Counts rows."""

    id = "churn@1"
    per_attribute = False

    def collect(self, study, attribute, parameters):
        return Measurement(measure=self.id, parameters=dict(parameters), statistics={"rows": study.rows})

    def evaluate(self, bare):
        return replace(bare, values={"rows": bare.statistics["rows"]})


class Liar(Churn):
    id = "other@1"


class Half:
    id = "half@1"
'''
POINTS = """[govern.measures]
churn@1 = their_churn:Churn
liar@1 = their_churn:Liar
half@1 = their_churn:Half
broken@1 = no_such_module:Broken
impact_ratio@1 = their_churn:Churn
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A package as an installer leaves it, on the path for one test."""
    (tmp_path / "their_churn.py").write_text(CODE)
    info = tmp_path / "their_churn-2.5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-churn\nVersion: 2.5\n")
    (info / "entry_points.txt").write_text(POINTS)
    monkeypatch.syspath_prepend(str(tmp_path))
    for cached in (registry._theirs, registry._loaded):
        cached.cache_clear()
    yield
    for cached in (registry._theirs, registry._loaded):
        cached.cache_clear()
    sys.modules.pop("their_churn", None)


FRAME = pd.DataFrame({"y": [1, 0, 1]})


def ask(name: str):
    return measure([MeasureRequest(measure=name)], Inputs(data=FRAME, target="y"))


@pytest.mark.usefixtures("installed")
class TestInstalled:
    def test_it_measures_and_is_recorded_with_its_distribution(self):
        found = ask("churn")
        assert found.measures[0].values == {"rows": 3}
        assert recompute(found) == found
        assert environment(["churn@1", "impact_ratio@1"])["measure churn@1"] == "their-churn 2.5"
        assert not [key for key in environment(["impact_ratio@1"]) if key.startswith("measure")]

    def test_a_broken_package_breaks_nothing_but_itself(self):
        assert "broken@1" in ALL_MEASURES
        assert ask("data_quality").measures[0].availability == "measured"
        with pytest.raises(DataError, match=r"broken@1 of their-churn 2\.5 can't be loaded"):
            ask("broken")

    @pytest.mark.parametrize(("name", "words"), [("liar", "calls itself other@1"), ("half", "lacks collect")])
    def test_what_is_not_what_its_name_says_is_refused(self, name: str, words: str):
        with pytest.raises(DataError, match=words):
            ask(name)

    def test_ours_are_not_replaced(self):
        assert type(ALL_MEASURES["impact_ratio@1"]).__module__.startswith("govern.")
        assert len(ALL_MEASURES) == len(list(ALL_MEASURES))


def test_where_it_is_not_installed_its_evidence_says_so():
    from dataclasses import replace

    found = ask("data_quality")
    theirs = replace(found, measures=(replace(found.measures[0], measure="churn@1"),))
    with pytest.raises(UsageError, match="there is no measure “churn@1”"):
        recompute(theirs)
