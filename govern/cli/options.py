"""Options that several commands share, so that a word means the same everywhere."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from govern.domain.text import moment
from govern.errors import UsageError

MOST_DAYS = 36_600
"""A hundred years; more is a slip of the finger."""


def given(value: str | None) -> str | None:
    """Refuse an option that is there and empty: an empty flag is a mistake, never “everything”."""
    if value is not None and not value.strip():
        raise typer.BadParameter("it is empty: leave the option out, or give it a value")
    return value


def _word(option: str, metavar: str, help_: str) -> object:
    return typer.Option(option, metavar=metavar, help=help_, callback=given)


Data = Annotated[Path, typer.Option("--data", metavar="FILE", help="Rows to measure: CSV or Parquet.")]
Windows = Annotated[
    list[Path], typer.Option("--data", metavar="FILE", help="Rows to measure: CSV or Parquet. Repeat it for several windows, in order."),
]
MaybeWindows = Annotated[
    list[Path] | None,
    typer.Option("--data", metavar="FILE", help="Rows to measure: CSV or Parquet. Repeat it for several windows, in order."),
]
WindowColumn = Annotated[
    str | None, _word("--window-column", "COL", "Part one file into windows by the values of this column.")
]
Every = Annotated[
    str, typer.Option("--every", metavar="LENGTH", help="With a column of times: a window each day, week, month, quarter or year.")
]
Baseline = Annotated[
    Path | None, typer.Option("--baseline", metavar="EVIDENCE", help="Evidence of -o whose histograms stand in for --reference.")
]
Measures = Annotated[str | None, _word("--measures", "ID,ID", "Such as impact_ratio,performance; else all that apply.")]
With = Annotated[
    list[str] | None,
    typer.Option("--with", metavar="KEY=VALUE", help="A parameter of the measures, as in a rule's `with:`; MEASURE.KEY=VALUE for one."),
]
Reasons = Annotated[
    Path | None,
    typer.Option("--reasons", metavar="FILE", help="Write each row's reason codes there, as CSV; of single people, so never recorded."),
]
Shap = Annotated[
    Path | None,
    typer.Option("--shap", metavar="FILE", help="SHAP values of the rows: CSV or Parquet with a column a feature, or .npz; never a pickle."),
]
MaybeData = Annotated[Path | None, typer.Option("--data", metavar="FILE", help="Rows to measure: CSV or Parquet.")]
Reference = Annotated[
    Path | None, typer.Option("--reference", metavar="FILE", help="Rows that drift is measured against.")
]
ModelFile = Annotated[
    Path | None, typer.Option("--model", metavar="FILE", help="The model's skops file, where predictions are to be made.")
]
Target = Annotated[str | None, _word("--target", "COL", "The column with the true outcome.")]
Prediction = Annotated[str | None, _word("--prediction", "COL", "The column with the model's decision.")]
Score = Annotated[str | None, _word("--score", "COL", "The column with the model's score.")]
Threshold = Annotated[str | None, _word("--threshold", "X", "Scores from here on are decided positively.")]
Weight = Annotated[str | None, _word("--weight", "COL", "The column with each row's weight.")]
Protected = Annotated[
    str | None, _word("--protected", "COL,COL", "Columns with protected attributes; else those of the system.")
]
Cross = Annotated[str | None, _word("--cross", "COL*COL,…", "Crossings of attributes, such as sex*race.")]
Control = Annotated[str | None, _word("--control", "COL,COL", "Columns within whose values groups are compared once more.")]
BaselinePrediction = Annotated[
    str | None, _word("--baseline-prediction", "COL", "The column with the decision of the model that is to be replaced.")
]
BaselineScore = Annotated[str | None, _word("--baseline-score", "COL", "The column with that model's score.")]
Favourable = Annotated[
    str | None, _word("--favourable", "VALUE", "The outcome that is good for the person; several as in “good|fair”.")
]
Positive = Annotated[str | None, _word("--positive", "VALUE", "The value of the target that counts as positive.")]
Engine = Annotated[
    str | None,
    _word("--engine", "ADDRESS", "What reads the rows: spark://HOST:PORT, or postgresql://USER@HOST/NAME, where --data is a table."),
]
Seed = Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Seed of everything that is sampled.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, in one sentence; it is signed.", callback=given)]
Stage = Annotated[str | None, _word("--to", "STAGE", "The stage that is asked for, such as production.")]
Gate = Annotated[str | None, _word("--gate", "GATE", "The gate by its full name, such as promote:production.")]
AsOf = Annotated[str | None, _word("--as-of", "TIME", "As it stood at this time: 2026-11-21, or 2026-11-21T09:30:00Z.")]
When = Annotated[
    str | None, _word("--as-of", "TIME|INDEX", "Under the checkpoint of this time (2026-11-21), or the one that covers entry #12.")
]

Prometheus = Annotated[
    Path | None, typer.Option("--prometheus", metavar="FILE", help="Also write the figures there, for a textfile collector.")
]
Signer = Annotated[
    list[str] | None, typer.Option("--signer", metavar="KEY", help="A root key that signs; repeat where it takes several.")
]

Proposed = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", metavar="FILE",
        help="Write the change for others to sign (`govern trust sign FILE`), instead of making it.",
    ),
]


def chosen(value: str, allowed: tuple[str, ...], option: str) -> str:
    """Check a word against those that it may be. Raises `UsageError`."""
    if value not in allowed:
        raise UsageError(f"{option} can't be “{value}”", f"It is one of: {', '.join(allowed)}.")
    return value


def listed(text: str | None) -> tuple[str, ...]:
    """Split `a,b,c`; an empty part is refused. Raises `UsageError`."""
    if text is None:
        return ()
    parts = tuple(part.strip() for part in text.split(","))
    if not all(parts):
        raise UsageError(f"“{text}” has an empty part", "Separate names by single commas: sex,race")
    return parts


def pairs(texts: list[str] | None, option: str) -> dict[str, str]:
    """Read repeated `NAME=VALUE`. Raises `UsageError`."""
    found: dict[str, str] = {}
    for text in texts or []:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise UsageError(f"{option} “{text}” is not NAME=VALUE", f"Write it as in: {option} learning_rate=0.1")
        if name.strip() in found:
            raise UsageError(f"{option} gives “{name.strip()}” twice", "Give each name once.")
        found[name.strip()] = value.strip()
    return found


def whole(text: str, option: str) -> int:
    """Read a whole number. Raises `UsageError`."""
    if not text.removeprefix("-").isdecimal():
        raise UsageError(f"{option} “{text}” is not a whole number", "Write digits only.")
    return int(text)


def days(text: str, option: str) -> timedelta:
    """Read a number of days: `90d`, `P90D` or `90`. Raises `UsageError`."""
    digits = text.strip().upper().removeprefix("P").removesuffix("D")
    if not digits.isascii() or not digits.isdecimal() or not 0 < int(digits) <= MOST_DAYS:
        raise UsageError(f"{option} “{text}” is not a number of days", "Write it as 90d.")
    return timedelta(days=int(digits))


def as_of(text: str | None) -> datetime | None:
    """Read the time of `--as-of`. Raises `UsageError`."""
    return moment(text) if text else None


def when(text: str | None) -> datetime | int | None:
    """Read the time or the index of `--as-of`. Raises `UsageError`."""
    if text is None:
        return None
    index = text.strip().removeprefix("#")
    return int(index) if index.isascii() and index.isdecimal() else moment(text)
