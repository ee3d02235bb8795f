"""Count what every measure has to find in the sample, in plain Python and exact fractions, into `expected.json`.

It shares no code with the generator nor with `govern`: it reads the CSV files, counts, and divides once. Run
`python sample_data/expected.py` after `generate.py`.
"""

import csv
import json
import math
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path

FILES = ("train", "test", "window_stable", "window_drifted")
ATTRIBUTES = (("sex",), ("group",), ("sex", "group"))
NUMBERS = ("income", "employment_years", "debt_ratio", "amount")
BINS = 10
Row = dict[str, str]


def text(value: Fraction | float) -> str:
    """Decimal text with twelve significant digits."""
    return format(float(value), ".12g")


def rows_of(folder: Path, name: str) -> list[Row]:
    """All rows of one file."""
    with (folder / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def impact(rows: list[Row], attribute: tuple[str, ...]) -> dict[str, object]:
    """Counts, rates and ratios to the highest rate of the label `repaid = 1`, group by group."""
    total = Counter("*".join(row[name] for name in attribute) for row in rows)
    selected = Counter("*".join(row[name] for name in attribute) for row in rows if row["repaid"] == "1")
    rates = {group: Fraction(selected[group], total[group]) for group in sorted(total)}
    highest = max(rates.values())
    return {
        group: {
            "n": total[group], "selected": selected[group], "rate": text(rate),
            "ratio": text(rate / highest), "ratio_exact": str(rate / highest),
        }
        for group, rate in rates.items()
    }


def population_stability(reference: list[float], window: list[float]) -> float:
    """PSI over ten bins with the reference's deciles as edges (a value on an edge goes up), shares floored at 1e-6."""
    ordered = sorted(reference)
    edges = [ordered[len(ordered) * i // BINS] for i in range(1, BINS)]

    def shares(values: list[float]) -> list[float]:
        counts = Counter(sum(value >= edge for edge in edges) for value in values)
        return [max(counts[i] / len(values), 1e-6) for i in range(BINS)]

    return sum((w - r) * math.log(w / r) for r, w in zip(shares(reference), shares(window), strict=True))


def expected(folder: Path) -> dict[str, object]:
    """Everything that is expected of the files in `folder`."""
    frames = {name: rows_of(folder, name) for name in FILES}
    numbers = {name: {column: [float(row[column]) for row in rows] for column in NUMBERS} for name, rows in frames.items()}
    return {
        "rows": {name: len(rows) for name, rows in frames.items()},
        "labels": {name: {"*".join(a): impact(rows, a) for a in ATTRIBUTES} for name, rows in frames.items()},
        "means": {
            name: {column: text(sum(map(Fraction, values)) / len(values)) for column, values in columns.items()}
            for name, columns in numbers.items()
        },
        "psi_against_test": {
            name: {column: format(population_stability(numbers["test"][column], numbers[name][column]), ".6g") for column in NUMBERS}
            for name in ("window_stable", "window_drifted")
        },
        "share_of_group_c_by_area": {
            area: text(Fraction(sum(r["group"] == "C" for r in there), len(there)))
            for area in sorted({row["area"] for row in frames["test"]})
            if (there := [row for row in frames["test"] if row["area"] == area])
        },
    }


def main() -> int:
    """Write `expected.json` beside this file."""
    folder = Path(__file__).parent
    (folder / "expected.json").write_text(json.dumps(expected(folder), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"wrote {folder / 'expected.json'}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
