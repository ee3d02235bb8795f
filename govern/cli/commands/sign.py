"""`govern sign`: a PAdES signature on an evidence pack, for those whose viewers ask for one."""

from pathlib import Path
from typing import Annotated

import typer

from govern.cli.files import existing
from govern.cli.options import chosen, given
from govern.cli.rendering import loaded
from govern.cli.session import Session, command

FIELDS = ("issuer", "reviewer", "auditor")


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "sign", secrets=True, workspace=False)(sign)


def sign(
    session: Session, *,
    pack: Annotated[Path, typer.Argument(metavar="PACK.pdf", help="A pack; it stays as it is.")],
    key: Annotated[
        str, typer.Option("--with", metavar="CERT.p12", help="Certificate and key, ECDSA P-256 or RSA: a PKCS#12 file, or pkcs11:token=…")
    ],
    certificate: Annotated[
        Path | None, typer.Option("--certificate", metavar="FILE", help="Its certificate, where a token holds the key alone.")
    ] = None,
    out: Annotated[Path, typer.Option("-o", "--output", metavar="SIGNED.pdf", help="Must not be there yet.")],
    role: Annotated[
        str, typer.Option("--role", metavar="ROLE", help="issuer, who signs first; then reviewer and auditor.")
    ] = FIELDS[0],
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", callback=given, help="Stands in the signature.")] = None,
    timestamp: Annotated[
        str | None,
        typer.Option("--timestamp", metavar="URL", callback=given, help="An RFC 3161 service; without, no time is proved."),
    ] = None,
) -> None:
    """Sign a pack with a certificate, as PDF viewers expect.

    The ledger's proofs do not need it. Signing adds to the file, so its digest is no longer that of the export's entry: that
    one is of the first revision, which stays inside and is what `govern verify` holds against the ledger.
    """
    from govern_reports import signing

    field = chosen(role, FIELDS, "--role")
    credential = loaded(session, key, certificate)
    if field == "issuer":
        signed = signing.certify(
            existing(pack), out, credential, reason=reason or "Issued from the ledger", timestamp=timestamp or ""
        )
    else:
        signed = signing.countersign(
            existing(pack), out, credential, field=field, reason=reason or f"Read by the {field}",  # type: ignore[arg-type]
            timestamp=timestamp or "",
        )
    if session.as_json:
        session.voice.document("govern/signed/v1", {"signed": signed})
        return
    voice = session.voice
    voice.line(f"✓ {signed.path}: signed as {signed.field}", "green")
    voice.table([("file", signed.digest), ("certificate", signed.fingerprint)], indent="  ")
    voice.hint("Next: govern verify PACK.pdf --trust ROOT --certificate CERT.pem")
