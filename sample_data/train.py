"""Train the two candidate models of the sample and save them with skops, never as a pickle.

Candidate 1 takes every column that there is, as a first try does: the historical labels hold the strict booking practice of
areas P6 to P8 (README.md), and with `area` and `group` it learns the practice as if it were risk. Candidate 2 leaves out the
protected attributes and their proxies. Both are ordinary scikit-learn pipelines; `python sample_data/train.py --out FOLDER`
writes them beside the held-out rows with each model's score and prediction.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NUMBERS = ("income", "employment_years", "debt_ratio", "amount", "term_months", "previous_arrears")
TARGET = "repaid"
FAVOURABLE = "1"
PROTECTED = ("sex", "group")
CUT = "0.6"
"""A loan is offered at a score of at least this; part of a model version's identity."""
WORDS_OF = {"1": ("home", "area", "age_band", "sex", "group"), "2": ("home",)}
"""Candidate version to the columns with words that it takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One trained model and what there is to say about it."""

    version: str
    model: Path
    """The skops file."""
    scored: Path
    """The held-out rows (`test.csv`) with `score` and `prediction`."""
    features: tuple[str, ...]
    parameters: dict[str, str]
    """Of the training run, for the ledger."""
    metrics: dict[str, str]
    """On the held-out rows; decimal text."""


def read(path: Path) -> Any:
    """Read one of the sample's files as a pandas frame."""
    import pandas as pd

    return pd.read_csv(path)


def pipeline(version: str) -> Any:
    """The untrained pipeline of a candidate: scaled numbers, one-hot words, logistic regression."""
    from sklearn.compose import ColumnTransformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    columns = ColumnTransformer([
        ("numbers", StandardScaler(), list(NUMBERS)),
        ("words", OneHotEncoder(handle_unknown="ignore"), list(WORDS_OF[version])),
    ])
    return Pipeline([("columns", columns), ("classify", LogisticRegression(C=1.0, max_iter=500))])


def with_scores(model: Any, frame: Any, features: tuple[str, ...]) -> Any:
    """The frame with `score` (six decimals) and `prediction` (1 where the rounded score reaches the cut)."""
    scored = frame.copy()
    scored["score"] = model.predict_proba(frame[list(features)])[:, 1].round(6)
    scored["prediction"] = (scored["score"] >= float(CUT)).astype(int)
    return scored


def score_file(model: Path, data: Path, out: Path) -> Path:
    """Write the rows of `data` with the score and prediction of a saved model of this sample to `out`."""
    import skops.io

    loaded = skops.io.load(model, trusted=[])
    with_scores(loaded, read(data), tuple(loaded.feature_names_in_)).to_csv(out, index=False, lineterminator="\n")
    return out


def train(version: str, folder: Path, out: Path) -> Candidate:
    """Train one candidate on `folder/train.csv`; write its model and the scored held-out rows into `out`."""
    import skops.io
    from sklearn.metrics import accuracy_score, roc_auc_score

    rows, held_out = read(folder / "train.csv"), read(folder / "test.csv")
    features = NUMBERS + WORDS_OF[version]
    model = pipeline(version).fit(rows[list(features)], rows[TARGET])
    out.mkdir(parents=True, exist_ok=True)
    path, scored_path = out / f"credit-{version}.skops", out / f"credit-{version}-test.csv"
    skops.io.dump(model, path)
    scored = with_scores(model, held_out, features)
    scored.to_csv(scored_path, index=False, lineterminator="\n")
    return Candidate(
        version=version,
        model=path,
        scored=scored_path,
        features=features,
        parameters={"estimator": "LogisticRegression", "C": "1.0", "max_iter": "500", "cut": CUT, "features": " ".join(features)},
        metrics={
            "auc": f"{roc_auc_score(scored[TARGET], scored['score']):.6f}",
            "accuracy": f"{accuracy_score(scored[TARGET], scored['prediction']):.6f}",
        },
    )


def train_all(folder: Path, out: Path) -> tuple[Candidate, ...]:
    """Train both candidates (about a second); `folder` holds the sample's CSV files."""
    return tuple(train(version, folder, out) for version in WORDS_OF)


def main() -> int:
    """Train, write, and say what was written."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for the models and scored rows")
    asked = parser.parse_args()
    for candidate in train_all(Path(__file__).parent, asked.out):
        print(f"{candidate.model}  auc {candidate.metrics['auc']}  accuracy {candidate.metrics['accuracy']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
