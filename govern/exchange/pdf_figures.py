"""Layer 5, second half: how a number is printed, and that each printed number is the one in the attached evidence."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Final

from govern.canonical.jcs import parse_json
from govern.domain.evidence import JsonValue
from govern.errors import DocumentError, VerificationError
from govern.exchange.pdf_html import Words, read_words
from govern.exchange.pdf_manifest import Manifest, Source

HTML_NAME: Final = "report.html"
MAX_PLACES: Final = 12


def show(value: JsonValue, form: str) -> str:
    """Print `value` in `form`: `count`, `fixed:N`, `percent:N`, `p:N` or `text`; `None` is a dash.

    Rounds once, half up, from the exact decimal text. Raises `VerificationError` for a form or value that does not fit.
    """
    if value is None:
        return "–"
    kind, _, places = form.partition(":")
    if kind == "text" and isinstance(value, str):
        return value
    if kind == "count" and isinstance(value, int):
        return f"{value:,}"
    if kind in {"fixed", "percent", "p"} and places.isdigit() and int(places) <= MAX_PLACES:
        try:
            number = Decimal(str(value))
        except ArithmeticError:
            number = Decimal("NaN")
        if number.is_finite():
            return _rounded(number, kind, int(places))
    raise VerificationError(f"“{value}” can't be printed as {form}.", "The manifest does not fit the evidence.", step=5)


def _rounded(number: Decimal, kind: str, places: int) -> str:
    """Round half up to `places`; a true minus sign, no minus before a zero, and no p-value of nought."""
    smallest = Decimal(1).scaleb(-places)
    if kind == "p" and 0 <= number < smallest:
        return f"< {smallest:f}"
    if kind == "percent":
        number *= 100
    text = f"{number.quantize(smallest, rounding=ROUND_HALF_UP):,f}"
    if text.startswith("-"):
        text = text[1:] if not text.strip("-0.,") else "−" + text[1:]
    return text + (" %" if kind == "percent" else "")


def check_figures(path: Path, attachments: Mapping[str, bytes], manifest: Manifest) -> str:
    """Check the pages against the attached HTML and its numbers against the evidence; return a sentence.

    Raises `VerificationError` (step 5).
    """
    from govern.exchange.pdf_pages import check_pages

    words = read_words(attachments[HTML_NAME])
    numbers = check_numbers(words, attachments, manifest)
    return f"{numbers}; {check_pages(path, words, manifest.digest)}"


def check_numbers(words: Words, attachments: Mapping[str, bytes], manifest: Manifest) -> str:
    """Print every number again from its source and compare; return a sentence. Raises `VerificationError` (step 5)."""
    printed = dict(words.figures)
    if len(printed) != len(words.figures) or set(printed) != set(manifest.figures):
        raise _wrong("The manifest lists other figures than the pages have.")
    documents: dict[str, JsonValue] = {}
    for name, source in manifest.figures.items():
        expected = show(_resolve(documents, attachments, source), source.form)
        if printed[name] != expected:
            raise _wrong(f"A printed number is “{printed[name][:40]}”; {source.attachment}{source.pointer} says “{expected}”.")
    return f"{len(printed):,} printed numbers are those of the attached evidence"


def _resolve(documents: dict[str, JsonValue], attachments: Mapping[str, bytes], source: Source) -> JsonValue:
    """Follow a pointer (RFC 6901) into an attachment."""
    if source.attachment not in documents:
        try:
            documents[source.attachment] = parse_json(attachments[source.attachment])
        except (KeyError, DocumentError) as error:
            raise _wrong(f"A figure's source {source.attachment[:80]} is not attached or can't be read.") from error
    value = documents[source.attachment]
    for part in source.pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        else:
            raise _wrong(f"{source.attachment} has nothing at {source.pointer[:80]}.")
    return value


def _wrong(message: str) -> VerificationError:
    """Make this layer's error."""
    return VerificationError(message, "Rely on the attachments, not on the print; ask the issuer.", step=5, kind="figures")
