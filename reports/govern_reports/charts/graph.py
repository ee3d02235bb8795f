"""The lineage picture: nodes in columns by kind, from data on the left to deployment on the right."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from govern_reports.charts.svg import ACCENT, BAD, GREY, INK, PALE, RULE, WARN, Canvas, fitted

ORDER: Final = (
    ("dataset", "run", "code"), ("system", "model"), ("policy", "binding", "evidence"), ("decision", "waiver"), ("review",),
    ("promotion",), ("deployment", "observation", "finding", "rollback", "retirement"),
)
HEADS: Final = ("Data, code, run", "System, model", "Policy, evidence", "Decision", "Review", "Promotion", "In service")
BOX_HEIGHT, GAP, TOP = 35.0, 7.0, 24.0
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


def lineage_picture(boxes: Sequence[Box], *, title: str) -> str:
    """Draw the columns that have nodes, joined left to right."""
    columns: list[tuple[str, list[Box]]] = []
    for head, kinds in zip(HEADS, ORDER, strict=True):
        inside = [box for box in boxes if box.kind in kinds]
        if inside:
            columns.append((head, inside))
    rows = max((min(len(inside), MOST + 1) for _, inside in columns), default=1)
    canvas = Canvas(title, TOP + rows * (BOX_HEIGHT + GAP) + 4)
    slot = canvas.width / max(len(columns), 1)
    wide = slot - 16
    middle = TOP + rows * (BOX_HEIGHT + GAP) / 2
    for number, (head, inside) in enumerate(columns):
        x = number * slot + 8
        canvas.text(x + wide / 2, 12, head, size=9, fill=GREY, anchor="middle", weight=600)
        shown_boxes = inside[:MOST]
        rest = len(inside) - len(shown_boxes)
        tall = (len(shown_boxes) + bool(rest)) * (BOX_HEIGHT + GAP) - GAP
        top = middle - tall / 2
        if number:
            canvas.line(x - 16, middle, x - 3, middle, stroke=GREY)
            canvas.path([(x - 7, middle - 3), (x - 3, middle), (x - 7, middle + 3)], stroke=GREY, width=1)
        canvas.rect(x - 3, top - 4, wide + 6, tall + 8, fill="none", stroke=RULE)
        for row, box in enumerate(shown_boxes):
            _box(canvas, box, x, top + row * (BOX_HEIGHT + GAP), wide)
        if rest:
            y = top + len(shown_boxes) * (BOX_HEIGHT + GAP)
            canvas.text(x + wide / 2, y + 16, f"and {rest} more", size=9, fill=GREY, anchor="middle")
    return canvas.done()


def _box(canvas: Canvas, box: Box, x: float, y: float, wide: float) -> None:
    """Draw one node; a thick left edge in dark or red says how it stands."""
    longest = max(6, int((wide - 9) / CHARACTER))
    canvas.rect(x, y, wide, BOX_HEIGHT, fill=PALE)
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
