"""The words on a pack's pages, taken out of the content streams without a viewer.

Only what packs are made of is understood: Identity-H fonts with a ToUnicode map, text shown by `Tj` and `TJ`. Text that
is drawn in another way is not invisible to a reader, so `page_runs` refuses it rather than skip it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from govern.errors import VerificationError

if TYPE_CHECKING:
    import pikepdf

_HEX: Final = re.compile(rb"<([0-9A-Fa-f]+)>")
_BLOCK: Final = re.compile(rb"begin(bfchar|bfrange)(.*?)end\1", re.DOTALL)
MAX_DEPTH: Final = 8
"""Forms inside forms; WeasyPrint nests two."""

REFUSED: Final = frozenset({"'", '"', "T*", "INLINE IMAGE"})
"""Operators that show text, or pictures of it, and that WeasyPrint never writes."""

Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Final[Matrix] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Run:
    """Text shown by one operator."""

    x: float
    y: float
    """Points from the page's lower left corner."""
    text: str


def page_runs(page: "pikepdf.Page") -> list[Run]:
    """Return a page's text in the order it is drawn. Raises `VerificationError` for text that can't be read back."""
    import pikepdf

    reader = _Reader()
    try:
        reader.read(page.obj, page.obj.get("/Resources"), IDENTITY, 0)
    except (pikepdf.PdfError, TypeError, ValueError, IndexError, KeyError, AttributeError) as error:
        raise VerificationError(
            "A page's content can't be read.", "The file was not written by `govern export`.", step=5, kind="pages",
        ) from error
    return reader.runs


@dataclass(slots=True)
class _State:
    """The graphics state that text needs."""

    matrix: Matrix
    font: dict[int, str]
    text: Matrix = IDENTITY
    stack: list[tuple[Matrix, dict[int, str]]] = field(default_factory=list)

    def move(self, operator: str, operands: "Sequence[pikepdf.Object]") -> None:
        """Follow an operator that saves, restores or moves."""
        if operator == "q":
            self.stack.append((self.matrix, self.font))
        elif operator == "Q" and self.stack:
            self.matrix, self.font = self.stack.pop()
        elif operator == "cm":
            self.matrix = _times(_matrix(operands), self.matrix)
        elif operator == "BT":
            self.text = IDENTITY
        elif operator == "Tm":
            self.text = _matrix(operands)
        elif operator in {"Td", "TD"}:
            self.text = _times((1.0, 0.0, 0.0, 1.0, _number(operands[0]), _number(operands[1])), self.text)


class _Reader:
    """Walks content streams and collects what they show."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self._fonts: dict[tuple[int, int], dict[int, str]] = {}

    def read(self, content: "pikepdf.Object", resources: "pikepdf.Object | None", base: Matrix, depth: int) -> None:
        """Read one content stream and the forms it draws."""
        import pikepdf

        if depth > MAX_DEPTH:
            message = "forms are nested too deep"
            raise ValueError(message)
        state = _State(base, {})
        for instruction in pikepdf.parse_content_stream(content):
            operator, operands = str(instruction.operator), instruction.operands
            if operator == "Tf":
                state.font = self._font(resources, str(operands[0]))
            elif operator in {"Tj", "TJ"}:
                place = _times(state.text, state.matrix)
                shown = list(operands[0]) if operator == "TJ" else [operands[0]]
                self.runs.append(Run(place[4], place[5], "".join(_decoded(shown, state.font))))
            elif operator == "Do":
                self._form(resources, str(operands[0]), state.matrix, depth)
            elif operator in REFUSED:
                message = "text is shown by an operator that packs don't use"
                raise ValueError(message)
            else:
                state.move(operator, list(operands))

    def _form(self, resources: "pikepdf.Object | None", name: str, matrix: Matrix, depth: int) -> None:
        """Read a form that the stream draws."""
        found = _inside(resources, "/XObject", name)
        if found is None or str(found.get("/Subtype")) != "/Form":
            return
        inner = _matrix(found["/Matrix"]) if "/Matrix" in found else IDENTITY
        self.read(found, found.get("/Resources", resources), _times(inner, matrix), depth + 1)

    def _font(self, resources: "pikepdf.Object | None", name: str) -> dict[int, str]:
        """Return a font's map from code to text."""
        font = _inside(resources, "/Font", name)
        if font is None or str(font.get("/Encoding")) != "/Identity-H" or "/ToUnicode" not in font:
            message = f"the font {name} is not one of a pack"
            raise ValueError(message)
        key = font.objgen
        if key not in self._fonts:
            self._fonts[key] = _to_unicode(bytes(font["/ToUnicode"].read_bytes()))
        return self._fonts[key]


def _decoded(shown: "Sequence[pikepdf.Object]", font: dict[int, str]) -> Iterator[str]:
    """Yield the text of the strings among `shown`."""
    import pikepdf

    for part in shown:
        if isinstance(part, pikepdf.String):
            codes = bytes(part)
            for place in range(0, len(codes) - 1, 2):
                yield font.get(codes[place] << 8 | codes[place + 1], "\ufffd")


def _inside(resources: "pikepdf.Object | None", kind: str, name: str) -> "pikepdf.Object | None":
    """Return a named resource."""
    if resources is None or kind not in resources:
        return None
    return resources[kind].get(name)


def _number(operand: object) -> float:
    """Return a numeric operand."""
    return float(operand)  # type: ignore[arg-type] # pikepdf's numbers are int, Decimal or float


def _matrix(operands: object) -> Matrix:
    """Return six operands as a matrix."""
    a, b, c, d, e, f = (_number(number) for number in operands)  # type: ignore[attr-defined]
    return a, b, c, d, e, f


def _times(first: Matrix, second: Matrix) -> Matrix:
    """Return `first` followed by `second` (ISO 32000-1, 8.3.4)."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = second
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m


def _to_unicode(data: bytes) -> dict[int, str]:
    """Read a ToUnicode CMap's `bfchar` and `bfrange` blocks (ISO 32000-1, 9.10.3)."""
    found: dict[int, str] = {}
    for kind, block in _BLOCK.findall(data):
        codes = [bytes.fromhex(code.decode("ascii")) for code in _HEX.findall(block)]
        step = 2 if kind == b"bfchar" else 3
        for place in range(0, len(codes) - step + 1, step):
            low = int.from_bytes(codes[place])
            text = codes[place + step - 1].decode("utf-16-be", "replace")
            if kind == b"bfchar":
                found[low] = text
                continue
            high = min(int.from_bytes(codes[place + 1]), low + 0xFFFF)
            for code in range(low, high + 1):
                found[code] = text[:-1] + chr(ord(text[-1]) + code - low)
    return found
