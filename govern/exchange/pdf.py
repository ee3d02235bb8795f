"""Reading evidence packs: attachments, revisions and byte ranges of a PDF that somebody hands in.

Everything here takes the file for hostile: sizes and counts are limited, nothing in it is run or followed, and each
refusal says what the file is instead. pikepdf is imported late.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from govern.errors import DocumentError, StorageError, UsageError, VerificationError

if TYPE_CHECKING:
    import pikepdf

MANIFEST_NAME: Final = "manifest.json"
MANIFEST_SCHEMA: Final = "govern/manifest/v1"

MAX_FILE: Final = 512 << 20
"""A pack of 10,000 entries and 200 models has some 30 MB; past this the file is somebody else's."""
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]*(/[A-Za-z0-9][A-Za-z0-9._@+-]*){0,3}")
MAX_NAME: Final = 120
_EOF: Final = re.compile(rb"%%EOF[ \t\r\n]*")
_TAIL: Final = 1024
"""ISO 32000 readers look for `%%EOF` in the last kilobyte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of a foreign file is read."""

    attachments: int = 20_000
    """200 models with twenty evidence objects each, and room."""
    one: int = 256 << 20
    """Bytes of one attachment, unpacked: a ledger of 100,000 entries."""
    total: int = 1 << 30
    """Bytes of all of them, unpacked."""
    pages: int = 20_000


DEFAULT: Final = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One saved state of the file: a signature or an edit adds another at the end."""

    end: int
    """Bytes from the start of the file to the end of this revision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRange:
    """What one signature field covers."""

    field: str
    holder: str
    """As the signature claims; whose it is only a certificate given from outside tells."""
    end: int
    """The last byte it covers."""
    covers: bool
    """Whether it starts at byte 0 and leaves out nothing but its own value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Which bytes are covered by what."""

    size: int
    revisions: tuple[Revision, ...]
    signatures: tuple[SignedRange, ...]


def check_name(name: str) -> str:
    """Return `name` if an attachment may bear it: ASCII, relative, no dots that climb. Raises `UsageError`."""
    if len(name) > MAX_NAME or not _NAME.fullmatch(name) or ".." in name:
        raise UsageError(
            f"“{name[:60]}” can't name an attachment.", "Use letters, digits, dots, dashes and at most three slashes.",
        )
    return name


@contextmanager
def opened(path: Path) -> Iterator["pikepdf.Pdf"]:
    """Open a PDF for reading.

    Raises `UsageError` where there is no file, `DocumentError` where it is no PDF, is truncated or needs a password.
    """
    import pikepdf

    _check_ends(path)
    try:
        with pikepdf.open(path, attempt_recovery=False, suppress_warnings=True) as pdf:
            if pdf.is_encrypted:
                raise DocumentError(
                    "The PDF is encrypted.", "An evidence pack is not; ask for the file as it was exported.", where=str(path),
                )
            yield pdf
    except pikepdf.PasswordError as error:
        raise DocumentError(
            "The PDF is protected with a password.", "An evidence pack is not; ask for the file as it was exported.",
            where=str(path),
        ) from error
    except pikepdf.PdfError as error:
        raise DocumentError(
            f"The PDF is damaged ({_first(error)}).", "Fetch it again and compare its SHA-256 with the ledger's export entry.",
            where=str(path),
        ) from error


def _first(error: Exception) -> str:
    """Return the telling part of a message of qpdf's, without the path it repeats."""
    return str(error).split(": ", 1)[-1].strip()[:160] or type(error).__name__


def _check_ends(path: Path) -> None:
    """Look at size, first and last bytes before any parser does."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(_TAIL)
            file.seek(max(0, size - _TAIL))
            tail = file.read()
    except FileNotFoundError as error:
        raise UsageError(f"There is no file {path}.", "Name the pack that you were given.") from error
    except OSError as error:
        raise StorageError(f"{path} could not be read: {error.strerror}.", "See that it is a file you may read.") from error
    if size > MAX_FILE:
        raise DocumentError(
            f"The file has {size} bytes; packs have at most {MAX_FILE}.", "This is no evidence pack.", where=str(path),
        )
    if not head.startswith(b"%PDF-"):
        raise DocumentError("This is not a PDF.", "Name the pack that `govern export` wrote.", where=str(path))
    if b"%%EOF" not in tail:
        raise DocumentError("The PDF is cut short: its end is missing.", "Fetch it again.", where=str(path))


def read_attachments(path: Path, limits: Limits = DEFAULT) -> Mapping[str, bytes]:
    """Return a pack's attachments by name, in name order.

    Raises `DocumentError` for a file that is no pack (nothing attached, no manifest, names that climb, past `limits`),
    and what `opened` raises. Whether the contents are what the manifest says is `govern.exchange.pdf_manifest`'s.
    """
    with opened(path) as pdf:
        return attachments_of(pdf, limits, where=str(path))


def attachments_of(pdf: "pikepdf.Pdf", limits: Limits = DEFAULT, *, where: str = "") -> Mapping[str, bytes]:
    """Return the attachments of an open PDF; see `read_attachments`."""
    files = pdf.attachments
    if len(files) > limits.attachments:
        raise DocumentError(f"The PDF has {len(files)} attachments.", "This is no evidence pack.", where=where)
    found: dict[str, bytes] = {}
    total = 0
    for name in sorted(files):
        try:
            check_name(name)
        except UsageError as error:
            raise DocumentError(error.message, "This PDF was not written by `govern export`.", where=where) from error
        stream = files[name].get_file()
        if stream.size > limits.one:
            raise DocumentError(f"The attachment {name} says it has {stream.size} bytes.", "This is no evidence pack.", where=where)
        data = _unpacked(stream, limits.one, name, where)
        total += len(data)
        if total > limits.total:
            raise DocumentError(f"The attachments have more than {limits.total} bytes.", "This is no evidence pack.", where=where)
        found[name] = data
    if MANIFEST_NAME not in found:
        what = f"It has other attachments ({', '.join(sorted(found)[:3])})." if found else "Nothing is attached to it."
        raise DocumentError(
            f"The PDF is not an evidence pack: {MANIFEST_NAME} is missing. {what}",
            "Name the pack that `govern export` wrote; a printed and scanned pack can't be checked.", where=where,
        )
    return found


def _unpacked(stream: "pikepdf.AttachedFile", limit: int, name: str, where: str) -> bytes:
    """Inflate one attachment, stopping at `limit` bytes whatever its dictionary claims."""
    import zlib

    raw = bytes(stream.obj.read_raw_bytes())
    names = _filters(stream.obj)
    if not names:
        return raw
    if names != ["/FlateDecode"] or "/DecodeParms" in stream.obj:
        raise DocumentError(f"The attachment {name} is packed in a way that packs are not.", "This is no evidence pack.", where=where)
    inflater = zlib.decompressobj()
    try:
        data = inflater.decompress(raw, limit + 1)
    except zlib.error as error:
        raise DocumentError(f"The attachment {name} is damaged.", "Fetch the pack again.", where=where) from error
    if len(data) > limit or (len(data) == limit and inflater.unconsumed_tail):
        raise DocumentError(f"The attachment {name} unpacks to more than {limit} bytes.", "This is no evidence pack.", where=where)
    return data


def _filters(stream: "pikepdf.Object") -> list[str]:
    """Return the names of a stream's filters."""
    import pikepdf

    found = stream.get("/Filter")
    if found is None:
        return []
    return [str(item) for item in found] if isinstance(found, pikepdf.Array) else [str(found)]


def page_count(path: Path) -> int:
    """Return the number of pages."""
    with opened(path) as pdf:
        return len(pdf.pages)


def coverage(path: Path) -> Coverage:
    """Return revisions and signed byte ranges.

    Raises `VerificationError` where bytes follow the last revision or a signature leaves out more than its own value.
    A later revision that no signature covers is reported by `check_coverage`, not here.
    """
    data = path.read_bytes()
    ends = tuple(Revision(end=match.end()) for match in _EOF.finditer(data) if _starts_revision(data, match.start()))
    with opened(path) as pdf:
        signatures = tuple(_signatures(pdf, data))
    return Coverage(size=len(data), revisions=ends, signatures=signatures)


def _starts_revision(data: bytes, eof: int) -> bool:
    """Whether this `%%EOF` follows a `startxref` line, as a revision's end does (and text inside a stream does not)."""
    return re.search(rb"startxref\s+\d+\s+\Z", data[max(0, eof - 40):eof]) is not None


def _signatures(pdf: "pikepdf.Pdf", data: bytes) -> Iterator[SignedRange]:
    """Yield the signed ranges of the file's signature fields."""
    form = pdf.Root.get("/AcroForm")
    if form is None:
        return
    for field in form.get("/Fields", []):
        value = field.get("/V")
        if field.get("/FT") != "/Sig" or value is None:
            continue
        numbers = [int(number) for number in value.get("/ByteRange", [])]
        if len(numbers) != 4:  # noqa: PLR2004 - two ranges, each a start and a length
            raise VerificationError(
                "A signature's byte range is malformed.", "Don't rely on this file; fetch it again.", step=2, kind="coverage",
            )
        start, first, second, rest = numbers
        hole = data[start + first:second]
        # The hole may hold the signature's own hexadecimal value and nothing else, or text could hide in it.
        exact = start == 0 and re.fullmatch(rb"<[0-9A-Fa-f]*>", hole) is not None
        yield SignedRange(
            field=str(field.get("/T", "")), holder=str(value.get("/Name", "")), end=second + rest, covers=exact,
        )


def check_coverage(found: Coverage, *, signed: bool) -> str:
    """Say what covers the file, in one sentence. Raises `VerificationError` for bytes that nothing accounts for.

    With `signed`, the last signature has to end where the file ends; a pack without signatures has one revision.
    """
    if not found.revisions or found.revisions[-1].end != found.size:
        raise VerificationError(
            "Bytes follow the end of the PDF.", "Somebody appended to it: fetch the pack again.", step=2, kind="coverage",
        )
    for signature in found.signatures:
        if not signature.covers:
            raise VerificationError(
                f"The signature {signature.field} leaves out part of the file.", "Don't rely on this file.",
                step=2, kind="coverage",
            )
    if not found.signatures:
        if signed:
            raise VerificationError("The pack is not signed.", "Ask for the signed pack.", step=2, kind="coverage")
        if len(found.revisions) > 1:
            raise VerificationError(
                "The PDF was changed after it was written: it has a second revision and no signature.",
                "Fetch the pack again; its SHA-256 is in the ledger's export entry.", step=2, kind="coverage",
            )
        return "one revision, not signed"
    last = max(signature.end for signature in found.signatures)
    if last != found.size:
        raise VerificationError(
            "The PDF was changed after its last signature.", "Don't rely on this file; ask the signer for theirs.",
            step=2, kind="coverage",
        )
    return f"{len(found.signatures)} signature(s); the last one covers the whole file"
