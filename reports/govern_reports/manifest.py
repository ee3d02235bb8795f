"""The pack's manifest: every attachment by digest, every printed number by its place in the evidence."""

import json
from collections.abc import Iterable, Sequence
from typing import Final

from govern.canonical.jcs import canonical_bytes
from govern.domain.evidence import JsonValue
from govern.domain.text import digest_of, instant
from govern.errors import UsageError
from govern.exchange.pdf import MANIFEST_NAME, MANIFEST_SCHEMA, check_name
from govern.workflow.pack import Attachment, PackData
from govern_reports import environment
from govern_reports.view.figures import Register

RESERVED: Final = frozenset({"report.html", "report.css", MANIFEST_NAME})


def with_report(attachments: Sequence[Attachment], *, html: bytes, css: bytes) -> list[Attachment]:
    """Return the attachments with the HTML and CSS that the pages are made from. Raises `UsageError`."""
    seen: dict[bytes, str] = {}
    names: set[str] = set()
    for item in attachments:
        check_name(item.name)
        if item.name in RESERVED or item.name in names:
            raise UsageError(f"The attachment name {item.name} is taken.", "Each attachment needs a name of its own.")
        names.add(item.name)
        same = seen.setdefault(item.data, item.name)
        if same != item.name:
            # WeasyPrint finds an attachment's relationship by its checksum: two equal contents would share one.
            raise UsageError(
                f"The attachments {same} and {item.name} have the same content.", "Attach it once and refer to it.",
            )
    return [
        *attachments,
        Attachment(
            name="report.html", media_type="text/html", data=html, relationship="Source",
            description="The pages' text and structure; laid out again it gives the same file",
        ),
        Attachment(
            name="report.css", media_type="text/css", data=css, relationship="Source",
            description="The pages' style",
        ),
    ]


def write(pack: PackData, files: Iterable[Attachment], register: Register, html: bytes) -> bytes:
    """Return the manifest's canonical bytes."""
    return canonical_bytes({
        "schema": MANIFEST_SCHEMA,
        "pack": _about(pack),
        "as_of": instant(pack.as_of),
        "origin": pack.status.origin,
        "size": pack.size,
        "root": str(pack.root),
        "files": [
            {
                "name": item.name, "sha256": digest_of(item.data).removeprefix("sha256:"), "size": len(item.data),
                "media_type": item.media_type, "relationship": item.relationship,
            }
            for item in sorted(files, key=lambda item: item.name)
        ],
        "figures": register.as_json(html),
        "software": dict(pack.software),
        "layout": dict(environment.describe()),
    })


def _about(pack: PackData) -> dict[str, JsonValue]:
    """Say what the pack is; with the issuer's certificate, so that the export entry, which names the manifest, vouches for it."""
    said: dict[str, JsonValue] = {"kind": pack.kind, "title": pack.title}
    return said | {"issuer": str(pack.issuer)} if pack.issuer else said


def attachment(document: bytes) -> Attachment:
    """Return the manifest as an attachment."""
    json.loads(document)
    return Attachment(
        name=MANIFEST_NAME, media_type="application/json", data=document, relationship="Data",
        description="Digest of every attachment, and where each printed number comes from",
    )


def sort(attachments: Iterable[Attachment]) -> tuple[Attachment, ...]:
    """Return attachments in the order that a PDF name tree needs."""
    return tuple(sorted(attachments, key=lambda item: item.name.encode("ascii")))
