"""The register of printed numbers: each gets an id that the manifest maps to a place in the attached evidence."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from govern.domain.evidence import JsonValue
from govern.domain.text import Digest, short
from govern.exchange.pdf_figures import show
from govern.workflow.pack import Attachment
from govern_reports.view.blocks import Span, Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Where a printed number comes from."""

    source: str
    """Attachment name."""
    pointer: str
    """RFC 6901."""
    form: str
    """How it is printed; see `govern.exchange.pdf_figures.show`."""


_ID = re.compile(rb'<data id="n(\d+)"')


class Register:
    """Hands out figures; numbers whose source is not attached are printed without an id."""

    def __init__(self, attachments: Iterable[Attachment]) -> None:
        """Learn which sources travel with the pack."""
        self._names = {item.name for item in attachments}
        self._figures: list[Figure] = []

    def source(self, folder: str, digest: Digest) -> str:
        """Return the attachment of an object, or nothing where it does not travel."""
        whole = f"{folder}/{digest.removeprefix('sha256:')}.json"
        brief = f"{folder}/{short(digest)}.json"
        return next((name for name in (whole, brief) if name in self._names), "")

    def number(self, value: JsonValue, form: str, source: str, pointer: str, tone: Tone = "") -> Span:
        """Return a number as it is printed, registered where its source is attached."""
        text = show(value, form)
        if not source or value is None:
            return Span(text, tone)
        self._figures.append(Figure(source=source, pointer=pointer, form=form))
        return Span(text, tone, "", f"n{len(self._figures)}")

    def as_json(self, html: bytes) -> JsonValue:
        """Return the manifest's table, id to `[source, pointer, form]`, of the figures that a user's templates left in."""
        printed = set(_ID.findall(html))
        return {
            f"n{number}": [figure.source, figure.pointer, figure.form]
            for number, figure in enumerate(self._figures, start=1) if str(number).encode() in printed
        }
