"""Protected attributes: columns, cuts of a numeric column (`age<=25`), and crossings (`sex*race`)."""

import re
from dataclasses import dataclass
from typing import Any

from govern.measure.columns import missing_column
from govern.measure.frames import Frame

_CUT = re.compile(r"(?P<column>.+?)(?P<op><=|>=|<|>)(?P<value>-?\d+(?:\.\d+)?)")
_OTHER_SIDE = {"<=": ">", "<": ">=", ">=": "<", ">": "<="}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One column that groups people, whole or cut in two."""

    text: str
    column: str
    op: str = ""
    value: str = ""

    def expression(self, frame: Frame) -> Any:
        """The value to group by; a truth value for a cut."""
        column = frame.table[self.column]
        if not self.op:
            return column
        bound = float(self.value)
        side = {"<=": column <= bound, "<": column < bound, ">=": column >= bound, ">": column > bound}[self.op]
        # Engines sort NaN above every number: an age that is not known would be an old one.
        return column.isnan().ifelse(None, side) if frame.kinds[self.column] == "float" else side

    def label(self, text: str | None) -> str | None:
        """The group's label: a cut has two, such as `<=25` and `>25`."""
        if not self.op or text is None:
            return text
        return f"{self.op if text == 'true' else _OTHER_SIDE[self.op]}{self.value}"


def parts(attribute: str, frame: Frame, role: str = "protected attribute") -> tuple[Part, ...]:
    """Read an attribute; a crossing has several parts. Raises `UsageError` for a column that is not there."""
    return tuple(_part(text, frame, role) for text in split(attribute, frame))


def split(attribute: str, frame: Frame) -> tuple[str, ...]:
    """Split a crossing at its `*`, unless a column has that very name."""
    if attribute in frame.kinds:
        return (attribute,)
    return tuple(piece.strip() for piece in attribute.split("*"))


def known(attribute: str, frame: Frame) -> bool:
    """Whether every column of the attribute is in the frame."""
    return all(_column(text, frame) in frame.kinds for text in split(attribute, frame))


def _column(text: str, frame: Frame) -> str:
    if text in frame.kinds:
        return text
    cut = _CUT.fullmatch(text)
    return cut["column"].strip() if cut else text


def _part(text: str, frame: Frame, role: str) -> Part:
    if text in frame.kinds:
        return Part(text=text, column=text)
    cut = _CUT.fullmatch(text)
    column = cut["column"].strip() if cut else text
    if column not in frame.kinds or (cut and not frame.numeric(column)):
        raise missing_column(text, frame.kinds, role=role, where=frame.name)
    assert cut is not None
    return Part(text=text, column=column, op=cut["op"], value=cut["value"])
