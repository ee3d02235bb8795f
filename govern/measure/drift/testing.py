"""Tests of single columns: on samples by a detector, and on histograms where there are no reference rows."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from govern.domain.evidence import JsonValue
from govern.measure.base import Parameters
from govern.measure.detectors.cramer_von_mises import rank_sums_of_bins
from govern.measure.detectors.interface import Column, Detector, Shift, TestCounts, TestName
from govern.measure.detectors.scipy_ import counted, from_counts
from govern.measure.drift.profile import Bins, Counted
from govern.measure.labels import label


@dataclass(frozen=True, slots=True)
class Undecided:
    """No counts, and why."""

    reason: str


def tested(every: Sequence[tuple[Bins, Any, Any]], own: Parameters, tester: Detector) -> dict[str, dict[str, JsonValue] | Undecided]:
    """Ask the detector about samples (pandas columns), and keep the counts that give its answers again."""
    columns: dict[str, Column] = {}
    found: dict[str, dict[str, JsonValue] | Undecided] = {}
    for bins, before, after in every:
        one, other = coded(bins, before), coded(bins, after)
        if len(one) == 0 or len(other) == 0:
            found[bins.feature] = {"name": _test(bins, own, 0), "reference": [0, 0], "window": [0, 0]}
            continue
        codes = 0 if bins.kind == "numeric" else len({*one.tolist(), *other.tolist()})
        columns[bins.feature] = Column(test=_test(bins, own, codes), reference=one, window=other)
    answers = tester.columns(list(columns.values()))
    for (name, column), asked in zip(columns.items(), answers, strict=True):
        counts = counted(column)
        again = rounded(from_counts(counts), tester, column.test)
        found[name] = written(counts) if _same(asked, again) else Undecided(f"{tester.name} and the counts disagree: {asked} against {again}")
    return found


def binned(bins: Bins, reference: Counted, window: Counted, own: Parameters) -> dict[str, JsonValue]:
    """The counts of the same tests from two histograms over the same bins."""
    if bins.kind != "numeric":
        one, other = ((*side.counts[:-2], sum(side.counts[-2:])) for side in (reference, window))
        pairs = [(a, b) for a, b in zip(one, other, strict=True) if a or b]
        test = _test(bins, own, len(pairs))
        return {"name": test, "reference": [a for a, _ in pairs], "window": [b for _, b in pairs]}
    if own["numeric"] == "cramer-von-mises":
        before, after = rank_sums_of_bins(reference.counts, window.counts)
        return written(TestCounts(test="cramer-von-mises", reference=(reference.n, before), window=(window.n, after)))
    n1, n2 = max(1, reference.n), max(1, window.n)
    sums = [(sum(reference.counts[: place + 1]), sum(window.counts[: place + 1])) for place in range(len(bins.edges))]
    a, b = max(sums, key=lambda pair: abs(pair[0] / n1 - pair[1] / n2), default=(0, 0))
    return {"name": "ks", "reference": [a, reference.n - a], "window": [b, window.n - b]}


def written(counts: TestCounts) -> dict[str, JsonValue]:
    """Counts as evidence holds them; sums of ranks as text, for JSON's numbers end at 2^53."""
    if counts.test == "cramer-von-mises":
        return {"name": counts.test, **{side: [n, str(total)] for side, (n, total) in (("reference", counts.reference), ("window", counts.window))}}
    return {"name": counts.test, "reference": list(counts.reference), "window": list(counts.window)}


def read(test: Mapping[str, Any]) -> TestCounts:
    """Read what `written` wrote."""
    return TestCounts(
        test=test["name"], reference=tuple(int(one) for one in test["reference"]), window=tuple(int(one) for one in test["window"]),
    )


def rounded(shift: Shift, precise: Detector | None, test: TestName) -> Shift:
    """Numbers as precise as the detector gives them."""
    if precise is None:
        return shift
    return Shift(statistic=precise.rounded(shift.statistic, test), p_value=precise.rounded(shift.p_value, test))


def coded(bins: Bins, values: Any) -> Any:
    """A sample as finite numbers, or as codes of its categories."""
    import numpy as np

    if bins.kind == "numeric":
        numbers = values.to_numpy(dtype=float)
        return numbers[np.isfinite(numbers)]
    places = {name: place for place, name in enumerate(bins.categories)}
    codes = {value: places.get(label(value) or "", len(places)) for value in values.dropna().unique() if label(value)}
    return values.map(codes).dropna().to_numpy(dtype=np.int64)


def _test(bins: Bins, own: Parameters, codes: int) -> TestName:
    """The test that a column gets; Fisher's is for two values, and more of them go to chi-squared."""
    if bins.kind == "numeric":
        return cast("TestName", own["numeric"])
    return "fisher" if own["categorical"] == "fisher" and codes <= 2 else "chi-squared"  # noqa: PLR2004 - a table of four


def _same(asked: Shift, again: Shift) -> bool:
    return math.isclose(asked.statistic, again.statistic, rel_tol=1e-5, abs_tol=1e-6) and math.isclose(
        asked.p_value, again.p_value, rel_tol=1e-4, abs_tol=1e-7
    )
