"""The lineage picture: nodes in columns by kind, joined to what they came from, data on the left and service on the right."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from govern_reports.charts.svg import ACCENT, BAD, GREY, INK, PALE, WARN, Canvas, fitted

ORDER: Final = (
    ("dataset", "run", "code"), ("system", "model"), ("policy", "binding", "evidence"), ("decision", "waiver"), ("review",),
    ("promotion",), ("deployment", "observation", "finding", "rollback", "retirement"),
)
HEADS: Final = ("Data, code, run", "System, model", "Policy, evidence", "Decision", "Review", "Promotion", "In service")
DRAWN: Final = frozenset(kind for kinds in ORDER for kind in kinds)
BOX_HEIGHT, GAP, TOP = 35.0, 7.0, 24.0
BETWEEN = 18.0
"""Units between two columns, for the lines."""
MOST = 9
"""Boxes in a column; the rest are counted in a last one."""
CHARACTER: Final = 4.1
"""Units that a letter of a name takes, about."""
_STROKES: Final = {"bad": BAD, "warn": WARN, "ok": ACCENT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One node."""

    kind: str
    name: str
    detail: str
    """Entry index and short digest."""
    standing: str
    parents: tuple[int, ...] = ()
    """Places, among all boxes, of what it came from."""


def lineage_picture(boxes: Sequence[Box], *, title: str) -> str:
    """Draw the columns that have nodes, and a line from each node to what came of it."""
    columns: list[tuple[str, list[int]]] = []
    for head, kinds in zip(HEADS, ORDER, strict=True):
        inside = [number for number, box in enumerate(boxes) if box.kind in kinds]
        if inside:
            columns.append((head, inside))
    rows = max((min(len(inside), MOST + 1) for _, inside in columns), default=1)
    canvas = Canvas(title, TOP + rows * (BOX_HEIGHT + GAP) + 4)
    wide = (canvas.width - BETWEEN * max(len(columns), 1)) / max(len(columns), 1)
    places = _placed(columns, wide, rows)
    for child, parent in _lines_between(boxes):
        if child in places and parent in places:
            _join(canvas, places[parent], places[child], wide)
    for number, (x, y) in places.items():
        _box(canvas, boxes[number], x, y, wide)
    for number, (head, inside) in enumerate(columns):
        x = _left(number, wide)
        canvas.text(x + wide / 2, 12, head, size=9, fill=GREY, anchor="middle", weight=600)
        if len(inside) > MOST:
            _, y = places[inside[MOST - 1]]
            canvas.text(x + wide / 2, y + BOX_HEIGHT + 16, f"and {len(inside) - MOST} more", size=9, fill=GREY, anchor="middle")
    return canvas.done()


def _left(column: int, wide: float) -> float:
    """Return the left edge of a column."""
    return BETWEEN / 2 + column * (wide + BETWEEN)


def _placed(columns: Sequence[tuple[str, list[int]]], wide: float, rows: int) -> dict[int, tuple[float, float]]:
    """Return the upper left corner of each box that is drawn; columns are centred."""
    middle = TOP + rows * (BOX_HEIGHT + GAP) / 2
    places = {}
    for number, (_, inside) in enumerate(columns):
        tall = min(len(inside), MOST + 1) * (BOX_HEIGHT + GAP) - GAP
        for row, box in enumerate(inside[:MOST]):
            places[box] = (_left(number, wide), middle - tall / 2 + row * (BOX_HEIGHT + GAP))
    return places


def _lines_between(boxes: Sequence[Box]) -> list[tuple[int, int]]:
    """Return (child, parent) without the pairs that a way through a third node says already (transitive reduction)."""
    above: dict[int, set[int]] = {}
    # Children stand before parents, so from the last row on every parent's own ancestors are known.
    for number in range(len(boxes) - 1, -1, -1):
        direct = {parent for parent in boxes[number].parents if parent > number}
        above[number] = direct.union(*(above[parent] for parent in direct)) if direct else set()
    return [
        (number, parent) for number, box in enumerate(boxes) for parent in box.parents
        if parent > number and not any(parent in above[other] for other in box.parents if other > number and other != parent)
    ]


def _join(canvas: Canvas, parent: tuple[float, float], child: tuple[float, float], wide: float) -> None:
    """Draw a line from a box to what came of it, with a small head at the child."""
    (x1, y1), (x2, y2) = parent, child
    y1, y2 = y1 + BOX_HEIGHT / 2, y2 + BOX_HEIGHT / 2
    if x1 == x2:  # the same column: around its left edge
        canvas.path([(x1, y1), (x1 - 5, y1), (x1 - 5, y2), (x2 - 1, y2)], stroke=GREY, width=0.8)
    else:
        start = x1 + wide if x1 < x2 else x1
        end = x2 - 1 if x1 < x2 else x2 + wide + 1
        canvas.path([(start, y1), (start + (4 if x1 < x2 else -4), y1), (end - (5 if x1 < x2 else -5), y2), (end, y2)], stroke=GREY, width=0.8)
    if x1 <= x2:
        canvas.path([(x2 - 4, y2 - 2.5), (x2 - 1, y2), (x2 - 4, y2 + 2.5)], stroke=GREY, width=0.8)


def _box(canvas: Canvas, box: Box, x: float, y: float, wide: float) -> None:
    """Draw one node; a thick left edge says how it stands, and a frame that it does not hold, for prints without colour."""
    longest = max(6, int((wide - 9) / CHARACTER))
    canvas.rect(x, y, wide, BOX_HEIGHT, fill=PALE, stroke=BAD if box.standing == "bad" else "none")
    canvas.rect(x, y, 2.5, BOX_HEIGHT, fill=_STROKES.get(box.standing, GREY))
    first, second = _lines(box.name, longest)
    canvas.text(x + 6, y + 10, first, size=8, fill=INK, weight=600)
    canvas.text(x + 6, y + 19.5, second, size=8, fill=INK, weight=600)
    canvas.text(x + 6, y + 30, fitted(box.detail, longest + 2), size=7, fill=GREY)


def _lines(name: str, longest: int) -> tuple[str, str]:
    """Break a name in two where it has a joint, else where it must."""
    if len(name) <= longest:
        return name, ""
    joints = [place + 1 for place, letter in enumerate(name[:longest]) if letter in "-_:/@ ."]
    at = joints[-1] if joints and joints[-1] > longest // 3 else longest
    return name[:at], fitted(name[at:], longest)
