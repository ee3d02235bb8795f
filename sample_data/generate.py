"""Make the sample: a seeded credit portfolio over several months, with known faults (README.md lists them).

Standard library only, and one stream of `random.random()` a file (the part of `random` that Python promises to keep), so that
the same seed gives the same bytes on every machine. Run `python sample_data/generate.py` to write the files anew, or with
`--check` to compare them with what is there.
"""

import argparse
import csv
import io
import math
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import NormalDist

SEED = 20250101
COLUMNS = (
    "income", "employment_years", "debt_ratio", "amount", "term_months", "previous_arrears", "home", "area", "age_band", "sex",
    "group", "repaid",
)
AREAS = ("P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8")
AREA_OF_GROUP = {  # the proxy: areas P6 to P8 are mostly group C, P1 to P3 mostly group A
    "A": (0.24, 0.22, 0.20, 0.12, 0.10, 0.06, 0.03, 0.03),
    "B": (0.10, 0.10, 0.12, 0.22, 0.22, 0.12, 0.06, 0.06),
    "C": (0.02, 0.03, 0.04, 0.06, 0.07, 0.22, 0.28, 0.28),
}
GROUPS = {"A": 0.52, "B": 0.26, "C": 0.22}
SEXES = {"female": 0.48, "male": 0.52}
AGE_BANDS = {"18-24": 0.12, "25-34": 0.27, "35-49": 0.33, "50-64": 0.20, "65+": 0.08}
TYPICAL_YEARS = {"18-24": 1.5, "25-34": 4.0, "35-49": 8.0, "50-64": 13.0, "65+": 16.0}
HOMES = {"rent": 0.50, "mortgage": 0.34, "own": 0.16}
TERMS = {"12": 0.20, "24": 0.28, "36": 0.30, "48": 0.14, "60": 0.08}
STRICT_AREAS = frozenset({"P6", "P7", "P8"})

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One file: how many applications, and what was true of its months."""

    name: str
    months: str
    rows: int
    strict_share: float = 0.0
    """Share of loans repaid late in the strict areas that were nevertheless booked as default (the historical bias)."""
    income_factor: float = 1.0
    debt_shift: float = 0.0


PERIODS = (
    Period(name="train", months="2025-01 to 2025-04", rows=6000, strict_share=0.38),
    Period(name="test", months="2025-05 to 2025-06", rows=4000),
    Period(name="window_stable", months="2025-07", rows=2000),
    Period(name="window_drifted", months="2025-09", rows=2000, income_factor=0.74, debt_shift=0.11),
)


class Draws:
    """A stream of random values built on `random.random()` alone."""

    def __init__(self, seed: str) -> None:
        self._uniform = random.Random(seed).random  # noqa: S311 - a sample, not a secret

    def uniform(self) -> float:
        """A number in (0, 1)."""
        return min(max(self._uniform(), 1e-12), 1 - 1e-12)

    def normal(self) -> float:
        """A standard normal number, by inversion."""
        return _NORMAL.inv_cdf(self.uniform())

    def one_of(self, shares: dict[str, float]) -> str:
        """A key, with its share as probability."""
        left = self.uniform()
        for value, share in shares.items():
            left -= share
            if left < 0:
                return value
        return next(reversed(shares))


def logistic(x: float) -> float:
    """The logistic function."""
    return 1 / (1 + math.exp(-x))


def application(draw: Draws, period: Period) -> dict[str, str]:
    """Draw one application and what became of the loan."""
    group, sex, age_band = draw.one_of(GROUPS), draw.one_of(SEXES), draw.one_of(AGE_BANDS)
    area = draw.one_of(dict(zip(AREAS, AREA_OF_GROUP[group], strict=True)))
    years = max(0.0, TYPICAL_YEARS[age_band] * math.exp(0.55 * draw.normal()) - 0.8)
    level = 7.72 + 0.018 * min(years, 20) - 0.05 * (sex == "female") - 0.03 * (group == "C") + 0.33 * draw.normal()
    income = round(math.exp(level) * period.income_factor, -1)
    debt_ratio = min(0.95, max(0.01, 0.31 + 0.13 * draw.normal() - 0.02 * (years > 10) + period.debt_shift))  # noqa: PLR2004
    home = draw.one_of(HOMES)
    term = draw.one_of(TERMS)
    amount = round(math.exp(8.9 + 0.45 * draw.normal() + 0.35 * (level - 7.8)), -2)
    arrears = sum(draw.uniform() < chance for chance in (0.17, 0.07))
    ability = (
        1.75
        + 2.3 * (math.log(max(income, 1)) - 7.85)
        + 0.06 * (min(years, 15) - 6)
        - 7.5 * (debt_ratio - 0.31)
        - 0.8 * (math.log(amount) - 8.9)
        - 1.6 * arrears
        + 0.4 * (home != "rent")
    )
    repaid = draw.uniform() < logistic(ability)
    late = draw.uniform() < period.strict_share
    if late and area in STRICT_AREAS:
        repaid = False
    values = (
        f"{income:.0f}", f"{years:.1f}", f"{debt_ratio:.3f}", f"{amount:.0f}", term, str(arrears), home, area, age_band, sex, group,
        str(int(repaid)),
    )
    return dict(zip(COLUMNS, values, strict=True))


def applications(period: Period, seed: int = SEED) -> Iterator[dict[str, str]]:
    """All applications of one period, in order of arrival."""
    draw = Draws(f"{seed} {period.name}")
    for _ in range(period.rows):
        yield application(draw, period)


def csv_bytes(period: Period, seed: int = SEED) -> bytes:
    """One period as CSV: UTF-8, line feeds."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(applications(period, seed))
    return text.getvalue().encode()


def main() -> int:
    """Write the files, or compare them with what is there."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder to write to")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--scale", type=int, default=1, help="times as many rows, for load runs")
    parser.add_argument("--check", action="store_true", help="compare instead of writing; exit code 1 on a difference")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    differs = False
    for period in PERIODS:
        path = asked.out / f"{period.name}.csv"
        data = csv_bytes(replace(period, rows=period.rows * asked.scale), asked.seed)
        if asked.check:
            same = path.is_file() and path.read_bytes() == data
            differs = differs or not same
            print(f"{path.name}: {'as generated' if same else 'DIFFERS from what the generator makes'}")
        else:
            path.write_bytes(data)
            print(f"wrote {path} ({period.months}, {len(data):,} bytes)", file=sys.stderr)
    return int(differs)


if __name__ == "__main__":
    sys.exit(main())
