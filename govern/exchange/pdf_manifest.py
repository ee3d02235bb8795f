"""The manifest of an evidence pack: what is attached, by digest, and where each printed number comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from govern.canonical.jcs import parse_json
from govern.domain.evidence import JsonValue
from govern.domain.text import Digest, digest_of
from govern.errors import DocumentError, VerificationError
from govern.exchange.pdf import MANIFEST_NAME, MANIFEST_SCHEMA, opened

STEP: Final = 3
REPORT: Final = frozenset({"report.html", "report.css"})
FIELDS: Final = frozenset({
    "schema", "pack", "as_of", "origin", "size", "root", "files", "figures", "software", "layout",
})


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a printed number comes from and how it is printed."""

    attachment: str
    pointer: str
    """RFC 6901, into the attachment's JSON."""
    form: str
    """See `govern.exchange.pdf_figures.show`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A manifest whose every line was compared with the attachments."""

    digest: Digest
    """Printed on each page's foot; the PDF's identifier begins with it."""
    kind: str
    title: str
    as_of: str
    """RFC 3339."""
    origin: str
    size: int
    root: str
    files: Mapping[str, Digest]
    """Every attachment beside the manifest."""
    figures: Mapping[str, Source]
    issuer: str
    """SHA-256 of the certificate that the issuer signs with; empty where the pack was made to go unsigned."""
    layout: Mapping[str, str]
    """What the layout rested on; see `govern_reports.environment`."""


def check_manifest(attachments: Mapping[str, bytes]) -> Manifest:
    """Compare every attachment with the manifest. Raises `VerificationError` (step 3) for the first that differs."""
    data = attachments[MANIFEST_NAME]
    try:
        document = parse_json(data)
    except DocumentError as error:
        raise _wrong(f"{MANIFEST_NAME} can't be read: {error.message}") from error
    if not isinstance(document, dict) or document.get("schema") != MANIFEST_SCHEMA or set(document) != FIELDS:
        raise _wrong(f"{MANIFEST_NAME} is not a {MANIFEST_SCHEMA}.")
    listed = _files(document["files"])
    missing, extra = sorted(set(listed) - set(attachments)), sorted(set(attachments) - set(listed) - {MANIFEST_NAME})
    if missing:
        raise _wrong(f"The attachment {missing[0]} is listed in the manifest and is not there.")
    if extra:
        raise _wrong(f"The attachment {extra[0]} is not in the manifest.")
    for name, (digits, size) in listed.items():
        if len(attachments[name]) != size or digest_of(attachments[name]) != f"sha256:{digits}":
            raise _wrong(f"The attachment {name} is not what the manifest says.")
    if REPORT - set(listed):
        raise _wrong("The pack lacks the HTML or the CSS of its own pages.")
    pack = _mapping(document["pack"])
    return Manifest(
        digest=digest_of(data), kind=str(pack.get("kind", "")), title=str(pack.get("title", "")), as_of=str(document["as_of"]),
        origin=str(document["origin"]), size=_whole(document["size"]), root=str(document["root"]),
        files={name: Digest(f"sha256:{digits}") for name, (digits, _) in listed.items()},
        figures={name: _source(name, value) for name, value in _mapping(document["figures"]).items()},
        issuer=str(pack.get("issuer", "")),
        layout={name: str(value) for name, value in _mapping(document["layout"]).items()},
    )


def check_relations(path: Path, attachments: Mapping[str, bytes], manifest: Manifest) -> str:
    """Compare the PDF's own lists with the manifest: media types, relationships, identifier. Returns a sentence.

    Raises `VerificationError` (step 3).
    """
    document = _mapping(parse_json(attachments[MANIFEST_NAME]))
    wanted = {
        str(_mapping(item)["name"]): (str(_mapping(item)["media_type"]), str(_mapping(item)["relationship"]))
        for item in _listed(document["files"])
    }
    with opened(path) as pdf:
        identifier = bytes(pdf.trailer["/ID"][0]) if "/ID" in pdf.trailer else b""
        associated = [
            (str(item.get("/UF", "")), str(item["/EF"]["/F"].get("/Subtype", ""))[1:], str(item.get("/AFRelationship", ""))[1:])
            for item in pdf.Root.get("/AF", [])
        ]
    if identifier != bytes.fromhex(manifest.digest.removeprefix("sha256:"))[:16]:
        raise _wrong("The PDF's identifier is not the manifest's digest.")
    if sorted(name for name, _, _ in associated) != sorted(attachments):
        raise _wrong("The PDF associates other files than it has attached.")
    for name, media_type, relationship in associated:
        if name != MANIFEST_NAME and wanted[name] != (media_type, relationship):
            raise _wrong(f"The attachment {name} has another type or relationship than the manifest says.")
    return f"{len(attachments) - 1} attachments as listed, manifest {manifest.digest[7:23]}…"


def _wrong(message: str) -> VerificationError:
    """Make this layer's error."""
    return VerificationError(message, "Fetch the pack again from whoever issued it.", step=STEP, kind="manifest")


def _mapping(value: JsonValue) -> dict[str, JsonValue]:
    """Return an object of the manifest."""
    if not isinstance(value, dict):
        raise _wrong("The manifest is malformed.")
    return value


def _listed(value: JsonValue) -> list[JsonValue]:
    """Return an array of the manifest."""
    if not isinstance(value, list):
        raise _wrong("The manifest is malformed.")
    return value


def _whole(value: JsonValue) -> int:
    """Return a whole number of the manifest."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong("The manifest is malformed.")
    return value


def _files(value: JsonValue) -> dict[str, tuple[str, int]]:
    """Return name to digest and size, each name once."""
    found: dict[str, tuple[str, int]] = {}
    for item in _listed(value):
        entry = _mapping(item)
        name = str(entry.get("name", ""))
        if set(entry) != {"name", "sha256", "size", "media_type", "relationship"} or name in found:
            raise _wrong("The manifest lists a file twice or in part.")
        found[name] = (str(entry["sha256"]), _whole(entry["size"]))
    return found


def _source(name: str, value: JsonValue) -> Source:
    """Return where a figure comes from."""
    parts = [part for part in _listed(value) if isinstance(part, str)]
    if len(parts) != 3 or not isinstance(value, list) or len(value) != len(parts):  # noqa: PLR2004 - as Source
        raise _wrong(f"The manifest's figure {name} is malformed.")
    return Source(attachment=parts[0], pointer=parts[1], form=parts[2])
