"""Layer 2, second half: each later revision of a pack adds a signature and changes nothing else.

A viewer may call a signature valid after an attachment was swapped in a later revision, so every object of every revision
is compared with the one before. (pyHanko's own comparison walks a tagged document's whole structure tree: 75 s for twenty
pages; this takes less than one.) A revision may:

1. add signature values, and cross-reference streams;
2. give an empty signature field its value;
3. say in metadata and document information when it was made, and with what;
4. if it is the first: add the form with its invisible fields, and hang them on one page.
"""

import io
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from govern.errors import DocumentError, VerificationError
from govern.exchange.pdf import coverage

if TYPE_CHECKING:
    import pikepdf

    Objects = Mapping[tuple[int, int], pikepdf.Object]

STEP: Final = 2
MAX_REVISIONS: Final = 16
"""Issuer, reviewer and auditor, each perhaps with a time stamp."""
INFORMATION: Final = frozenset({"/ModDate", "/Producer"})
FIRST_IN_CATALOG: Final = frozenset({"/AcroForm", "/Perms", "/Extensions", "/Version"})
ADDED_TYPES: Final = frozenset({"/Sig", "/DocTimeStamp", "/XRef", "/ObjStm"})


def check_revisions(path: Path) -> str:
    """Hold every revision against the one before; return a sentence. Raises `VerificationError` (step 2)."""
    import pikepdf

    ends = [revision.end for revision in coverage(path).revisions]
    if len(ends) > MAX_REVISIONS:
        raise _wrong(f"The PDF has {len(ends)} revisions.")
    data = path.read_bytes()
    try:
        with ExitStack() as stack:
            before: pikepdf.Pdf | None = None
            for number, end in enumerate(ends):
                after = stack.enter_context(pikepdf.open(io.BytesIO(data[:end]), suppress_warnings=True))
                if before is not None:
                    _check_step(before, after, number)
                before = after
    except pikepdf.PdfError as error:
        raise DocumentError("A revision of the PDF can't be read.", "Fetch the pack again.", where=str(path)) from error
    return "one revision" if len(ends) == 1 else f"{len(ends)} revisions; each later one adds a signature and nothing else"


def _check_step(before: "pikepdf.Pdf", after: "pikepdf.Pdf", number: int) -> None:
    """Compare two revisions, object by object."""
    old, new = _objects(before), _objects(after)
    if set(old) - set(new):
        raise _wrong(f"Revision {number} of the PDF takes something away.")
    if before.Root.objgen != after.Root.objgen:
        raise _wrong(f"Revision {number} of the PDF has another catalog.")
    for place, item in new.items():
        if place not in old:
            if not _may_be_added(item, first=number == 1):
                raise _wrong(f"Revision {number} of the PDF adds something that is no signature.")
        elif _bytes(item) != _bytes(old[place]) and not _may_change(old[place], item, after, first=number == 1):
            raise _wrong(f"Revision {number} of the PDF changes what was there.")


def _objects(pdf: "pikepdf.Pdf") -> "Objects":
    """Return a revision's objects by number and generation."""
    import pikepdf

    return {item.objgen: item for item in pdf.objects if isinstance(item, pikepdf.Object) and item.objgen[0]}


def _bytes(item: "pikepdf.Object") -> bytes:
    """Return an object's bytes, a stream's with its content."""
    import pikepdf

    if isinstance(item, pikepdf.Stream):
        return bytes(item.stream_dict.unparse(resolved=True)) + b"\0" + bytes(item.read_raw_bytes())
    return bytes(item.unparse(resolved=True))


def _keys(item: "pikepdf.Object") -> set[str]:
    """Return a dictionary's keys."""
    return {str(key) for key in item.keys()}  # noqa: SIM118 - a pikepdf object iterates over values of arrays


def _may_be_added(item: "pikepdf.Object", *, first: bool) -> bool:
    """Whether a new object belongs to a signature."""
    import pikepdf

    if not isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
        return False
    if str(item.get("/Type")) in ADDED_TYPES:
        return True
    return first and (_is_field(item) or _keys(item) == {"/Fields", "/SigFlags"})


def _is_field(item: "pikepdf.Object") -> bool:
    """Whether this is an invisible signature field."""
    if str(item.get("/FT")) != "/Sig" or str(item.get("/Subtype")) != "/Widget" or "/AP" in item or "/A" in item or "/AA" in item:
        return False
    return all(float(number) == 0 for number in item.get("/Rect", [1]))


def _may_change(old: "pikepdf.Object", new: "pikepdf.Object", pdf: "pikepdf.Pdf", *, first: bool) -> bool:
    """Whether an object changed in a way that signing changes it."""
    import pikepdf

    if isinstance(new, pikepdf.Stream):
        return "/Metadata" in pdf.Root and new.objgen == pdf.Root.Metadata.objgen
    if not isinstance(new, pikepdf.Dictionary) or not isinstance(old, pikepdf.Dictionary):
        return False
    changed = {key for key in _keys(old) | _keys(new) if _part(old, key) != _part(new, key)}
    if "/Info" in pdf.trailer and new.objgen == pdf.trailer["/Info"].objgen:
        return changed <= INFORMATION
    if new.objgen == pdf.Root.objgen:
        return first and changed <= FIRST_IN_CATALOG
    if _is_field(new):
        return changed == {"/V"} and "/V" not in old
    if str(new.get("/Type")) == "/Page":
        return first and changed == {"/Annots"} and all(_is_field(item) for item in new.Annots[len(old.get("/Annots", [])):])
    return False


def _part(item: "pikepdf.Object", key: str) -> bytes | None:
    """Return one value of a dictionary as it is written: a reference stays one."""
    import pikepdf

    value: object = item.get(key)
    if value is None:
        return None
    return bytes(value.unparse()) if isinstance(value, pikepdf.Object) else repr(value).encode()


def _wrong(message: str) -> VerificationError:
    """Make this layer's error."""
    return VerificationError(message, "Don't rely on this file; ask the signer for theirs.", step=STEP, kind="coverage")
