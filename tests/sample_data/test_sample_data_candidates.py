"""The candidate models are safe to load, and one is biased where the other is not, counted here in plain Python."""

import csv
import importlib.util
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def trainer(repository: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("sample_data_train", repository / "sample_data" / "train.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def candidates(trainer: ModuleType, repository: Path, tmp_path_factory: pytest.TempPathFactory) -> dict:
    made = trainer.train_all(repository / "sample_data", tmp_path_factory.mktemp("candidates"))
    return {candidate.version: candidate for candidate in made}


def ratios(path: Path, *attribute: str) -> dict[str, Fraction]:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    total = Counter("*".join(row[name] for name in attribute) for row in rows)
    offered = Counter("*".join(row[name] for name in attribute) for row in rows if row["prediction"] == "1")
    rates = {group: Fraction(offered[group], n) for group, n in total.items()}
    return {group: rate / max(rates.values()) for group, rate in rates.items()}


def test_models_need_no_type_beyond_those_skops_trusts(candidates: dict):
    import skops.io

    for candidate in candidates.values():
        assert skops.io.get_untrusted_types(file=candidate.model) == []
        loaded = skops.io.load(candidate.model, trusted=[])
        assert tuple(sorted(loaded.feature_names_in_)) == tuple(sorted(candidate.features))


def test_first_candidate_is_far_below_four_fifths_for_group_c_alone(candidates: dict):
    found = ratios(candidates["1"].scored, "group")
    assert found["C"] < Fraction(6, 10)
    assert found["B"] > Fraction(8, 10)


@pytest.mark.parametrize("attribute", [("sex",), ("group",), ("sex", "group")])
def test_second_candidate_is_comfortably_above(candidates: dict, attribute: tuple[str, ...]):
    assert min(ratios(candidates["2"].scored, *attribute).values()) > Fraction(9, 10)


def test_second_candidate_is_also_the_better_one(candidates: dict):
    assert float(candidates["2"].metrics["auc"]) > 0.8
    assert float(candidates["2"].metrics["auc"]) > float(candidates["1"].metrics["auc"])


def test_predictions_follow_from_the_scores_as_written(candidates: dict, trainer: ModuleType):
    for candidate in candidates.values():
        with candidate.scored.open(newline="") as file:
            assert all((float(row["score"]) >= float(trainer.CUT)) == (row["prediction"] == "1") for row in csv.DictReader(file))


def test_saved_model_scores_a_window_as_the_trained_one_did(candidates: dict, trainer: ModuleType, repository: Path, tmp_path: Path):
    again = trainer.score_file(candidates["2"].model, repository / "sample_data" / "test.csv", tmp_path / "again.csv")
    assert again.read_bytes() == candidates["2"].scored.read_bytes()
