"""The dossier's distributions: each feature in the reference and in what was gated, and the scores with what came of them."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from textual.content import Content

from govern.domain.evidence import JsonValue, Measurement
from govern.domain.text import short
from govern.workflow.views import Dossier
from govern_tui.text import bar, clean, decimal, fit, grouped, number, sparkline, when
from govern_tui.widgets.document import Document

CELLS: Final = 40
"""Columns of a histogram."""
BAR: Final = 18
LABEL: Final = 18
SHOWN: Final = 8
"""Categories of a feature that are drawn; the rest is counted."""


def distributions_text(dossier: Dossier) -> Content:
    """Every feature whose histogram is in the evidence, reference above window, on one scale."""
    made = Document()
    for view in dossier.evidence:
        for item in view.evidence.measures:
            origin = f"evidence {short(view.digest)}, entry #{view.index}, measured {when(view.collected)} on {view.data_name}"
            if item.measure.startswith(("covariate_drift", "prediction_drift", "label_drift")):
                _features(made, item, origin)
            if item.measure.startswith("performance"):
                _scores(made, item, origin)
    content = made.content()
    if content.plain:
        return content
    return Document().line("No histogram is in the evidence: give a reference to `govern gate --reference`.", "dim").content()


def _features(made: Document, item: Measurement, origin: str) -> None:
    rows = item.statistics.get("features")
    if not isinstance(rows, list) or not rows:
        return
    made.heading(f"{item.measure}: reference and window").hang(2).line(origin, "dim")
    for row in rows:
        if isinstance(row, dict):
            made.line()
            (_numeric if row.get("kind") == "numeric" else _categorical)(made, row)


def _counts(value: JsonValue) -> list[int]:
    return [count if isinstance(count, int) else 0 for count in value] if isinstance(value, list) else []


def _texts(value: JsonValue) -> list[str]:
    return [str(text) for text in value] if isinstance(value, list) else []


def _numeric(made: Document, row: Mapping[str, JsonValue]) -> None:
    edges = [number(text) or 0.0 for text in _texts(row.get("edges"))]
    reference, window = _counts(row.get("reference")), _counts(row.get("window"))
    if len(edges) < 2 or len(reference) != len(edges) + 1 or len(window) != len(edges) + 1:  # noqa: PLR2004 - an interval has two ends
        return
    low, high = decimal(str(edges[0])), decimal(str(edges[-1]))
    made.add(f"{clean(str(row.get('feature', '')))} ", "strong").line(f"from {low} to {high}", "dim")
    shares = [_spread(edges, counts) for counts in (reference, window)]
    top = max((share for one in shares for share in one), default=0.0)
    for word, counts, share in (("reference", reference, shares[0]), ("window", window, shares[1])):
        made.add(f"  {word:<10} ", "dim").add(sparkline(share, top=top), "accent").line(f"  n {grouped(sum(counts))}", "dim")
    nulls = [row.get("nulls_reference"), row.get("nulls_window")]
    if any(isinstance(count, int) and count for count in nulls):
        made.line(f"  missing: {nulls[0]} in the reference, {nulls[1]} in the window", "warn")


def _spread(edges: Sequence[float], counts: Sequence[int]) -> list[float]:
    """Shares over columns of equal width; what lies between two edges is spread evenly, what lies outside goes to the ends."""
    low, width = edges[0], (edges[-1] - edges[0]) / CELLS
    cells = [0.0] * CELLS
    total = sum(counts) or 1
    cells[0] += counts[0] / total
    cells[-1] += counts[-1] / total
    if width <= 0:
        return cells
    borders = [low + width * place for place in range(CELLS + 1)]
    for place, count in enumerate(counts[1:-1]):
        start, end = edges[place], edges[place + 1]
        if end <= start:
            cells[min(CELLS - 1, max(0, bisect_right(borders, start) - 1))] += count / total
            continue
        first = max(0, bisect_right(borders, start) - 1)
        for cell in range(first, CELLS):
            overlap = min(end, borders[cell + 1]) - max(start, borders[cell])
            if overlap <= 0:
                break
            cells[cell] += count / total * overlap / (end - start)
    return cells


def _categorical(made: Document, row: Mapping[str, JsonValue]) -> None:
    names = [*_texts(row.get("categories")), "(rarer)", "(new)"]
    reference, window = _counts(row.get("reference")), _counts(row.get("window"))
    totals = sum(reference) or 1, sum(window) or 1
    made.add(f"{clean(str(row.get('feature', '')))} ", "strong").line(f"n {grouped(sum(reference))} and {grouped(sum(window))}", "dim")
    pairs = [(name, before / totals[0], now / totals[1]) for name, before, now in zip(names, reference, window, strict=False) if before or now]
    pairs.sort(key=lambda pair: -max(pair[1:]))
    for name, before, now in pairs[:SHOWN]:
        made.add(f"  {fit(clean(name), LABEL)} ").add(f"{before:>6.1%} ", "dim").add(bar(before, top=1.0, width=BAR), "dim")
        made.add(f"  {now:>6.1%} ", "strong").line(bar(now, top=1.0, width=BAR), "accent")
    if len(pairs) > SHOWN:
        made.line(f"  and {len(pairs) - SHOWN} more categories", "dim")


def _scores(made: Document, item: Measurement, origin: str) -> None:
    scored = item.statistics.get("scored")
    bins = scored.get("calibration") if isinstance(scored, dict) else None
    rows = [cast("dict[str, Any]", row) for row in bins if isinstance(row, dict)] if isinstance(bins, list) else []
    total = sum(int(row.get("n", 0)) for row in rows)
    if not total:
        return
    made.heading("Scores, and how many of them came true").hang(2).line(origin, "dim")
    made.line(f"  {'score':<12} {'share':>6} {'':<{BAR}}  {'true':>6}", "dim")
    for row in rows:
        place, n = int(row.get("bin", 0)), int(row.get("n", 0))
        share, true = n / total, int(row.get("positives", 0)) / n if n else 0.0
        made.add(f"  {place / len(rows):.1f} to {(place + 1) / len(rows):.1f}   ").add(f"{share:>6.1%} ").add(bar(share, top=0.5, width=BAR), "dim")
        made.add(f"  {true:>6.1%} ", "strong").line(bar(true, top=1.0, width=BAR), "accent")
