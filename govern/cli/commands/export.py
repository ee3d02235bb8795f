"""`govern export`: the evidence pack of a model, a PDF that brings its proofs along; or a copy to read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from govern.cli import options
from govern.cli.commands.verify import CODES
from govern.cli.files import write
from govern.cli.rendering import PackWriter, loaded
from govern.cli.session import Session, command
from govern.domain.text import moment
from govern.errors import ExitCode, UsageError
from govern.workflow.interface import Kind
from govern.workflow.printed import PagePart, Printed

if TYPE_CHECKING:
    from govern.workflow.interface import RenderedPack
    from govern.workflow.place.workspace import Workspace

READING = (".html", ".md")
"""Endings of copies to read: they prove nothing, so they are not recorded."""

KINDS: tuple[str, ...] = get_args(Kind)
PARTS: tuple[str, ...] = get_args(PagePart)


@dataclass(frozen=True, slots=True, kw_only=True)
class What:
    """What a pack is to be about."""

    ref: str
    kind: Kind
    gate: str | None
    period: "tuple[datetime, datetime] | None"
    printed: Printed


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "export", signs=True)(export)


Ref = Annotated[
    str, typer.Argument(metavar="REF", help="credit@2; for other kinds a system, decision, or framework; none for ledger.")
]
Out = Annotated[Path, typer.Option("-o", "--output", metavar="PACK.pdf", help="Must not be there yet; .html and .md give a copy to read.")]
KindName = Annotated[str, typer.Option("--kind", metavar="KIND", help=f"One of: {', '.join(KINDS)}.")]
Begin = Annotated[
    str | None, typer.Option("--from", metavar="TIME", callback=options.given, help="Only what happened from here on.")
]
End = Annotated[str | None, typer.Option("--to", metavar="TIME", callback=options.given, help="Only what happened until then.")]
Without = Annotated[
    list[str] | None,
    typer.Option("--without", metavar="PART", help=f"Not on the pages, though attached: {', '.join(PARTS)}. Repeat it for several."),
]
FullLedger = Annotated[bool, typer.Option("--full-ledger", help="Print every entry, a line each, and not only the newest.")]
Templates = Annotated[
    Path | None, typer.Option("--templates", metavar="DIR", help="Your own templates: letterhead, logo, sections.")
]
Sign = Annotated[
    str | None,
    typer.Option(
        "--sign", metavar="CERT.p12", callback=options.given,
        help="Sign the PDF as its issuer: a PKCS#12 file or pkcs11:token=…; others add theirs with `govern sign`.",
    ),
]
Certificate = Annotated[
    Path | None, typer.Option("--certificate", metavar="FILE", help="Its certificate, where a token holds the key alone.")
]
Timestamp = Annotated[
    str | None, typer.Option("--timestamp", metavar="URL", callback=options.given, help="An RFC 3161 service, for --sign.")
]
TrustOut = Annotated[
    Path | None, typer.Option("--trust-out", metavar="FILE", help="Also write the trust root, to hand over on another way.")
]


def export(
    session: Session, *, ref: Ref = "", out: Out, kind: KindName = KINDS[0], begin: Begin = None, end: End = None,
    gate: options.Gate = None, without: Without = None, full_ledger: FullLedger = False, templates: Templates = None, sign: Sign = None, certificate: Certificate = None,
    timestamp: Timestamp = None, trust_out: TrustOut = None,
) -> ExitCode:
    """Write an evidence pack, a PDF with its proofs.

    PDF/A-3, with the machine-readable proofs attached. That it left the house is an entry of its own. Exit 1 where the
    ledger does not verify: the pack says so on its cover.
    """
    from govern.workflow.packs import exporting

    if out.suffix.lower() not in {".pdf", *READING}:
        raise UsageError(f"{out} has no ending that says what it is to be", "Call it PACK.pdf, or .html or .md for a copy to read.")
    asked = What(
        ref=ref, kind=options.chosen(kind, KINDS, "--kind"), gate=gate,  # type: ignore[arg-type] # chosen from the kinds
        period=_period(begin, end), printed=_printed(without or (), full_ledger=full_ledger),
    )
    if not ref and kind != "ledger":
        raise UsageError(f"a pack of the kind {kind} is about something", "Name it, such as credit@2.")
    with session.workspace() as workspace:
        if out.suffix.lower() in READING:
            return _copy(session, workspace, asked, out, templates)
        issuer = loaded(session, sign, certificate) if sign else None
        writer = PackWriter(templates, issuer=issuer, timestamp=timestamp or "")
        with session.progress() as progress:
            pack = exporting.export(
                workspace, asked.ref, out, renderer=writer, kind=asked.kind, gate=asked.gate, period=asked.period, printed=asked.printed,
                key=session.key, passphrases=session.passphrases, progress=progress,
            )
        if trust_out is not None:
            write(trust_out, exporting.trust_root_file(workspace))
    return _report(session, pack, outcome=writer.outcome or "unchecked", trust_out=trust_out)


def _report(
    session: Session, pack: "RenderedPack", *, outcome: str, trust_out: Path | None
) -> ExitCode:
    """Say what was written and recorded, and how the ledger stood."""
    code = CODES[outcome]
    entry = pack.recorded
    if session.as_json:
        shown = {"index": entry.index, "digest": entry.digest} if entry else None
        session.voice.document(
            "govern/export/v1",
            {"pack": pack, "entry": shown, "trust_root": trust_out, "ledger": outcome, "exit_code": int(code)},
        )
        return code
    voice = session.voice
    recorded = f"#{entry.index} export, entry {entry.digest}" if entry else "no: this ledger takes no entry until it is mended"
    voice.line(f"✓ {pack.path}: {pack.pages} pages", "green")
    voice.table([("pack", pack.digest), ("manifest", pack.manifest), ("recorded", recorded)], indent="  ")
    if code is not ExitCode.OK:
        voice.line(f"{voice.state(outcome)}  the ledger: the pack says so on its cover; see govern verify")
    voice.hint(f"Next: whoever gets it runs: govern verify {pack.path} --trust {trust_out or 'TRUST-ROOT.json'}")
    if trust_out is None:
        voice.hint("They need the trust root on another way than the pack: govern trust show --output TRUST-ROOT.json")
    return code


def _period(begin: str | None, end: str | None) -> "tuple[datetime, datetime] | None":
    """Read --from and --to, which go together. Raises `UsageError`."""
    if begin is None and end is None:
        return None
    if begin is None or end is None:
        raise UsageError("--from and --to go together", "Give both ends of the period.")
    first, last = moment(begin), moment(end)
    if last <= first:
        raise UsageError("--to is not after --from", "Give the ends in the order in which they were.")
    return first, last


def _printed(without: Iterable[str], *, full_ledger: bool) -> Printed:
    """Read what is to be on the pages. Raises `UsageError`."""
    parts = [options.chosen(part, PARTS, "--without") for part in without]
    return Printed(without=tuple(dict.fromkeys(parts)), full_ledger=full_ledger)  # type: ignore[arg-type] # chosen from the parts


def _copy(
    session: Session, workspace: "Workspace", asked: "What", out: Path, templates: Path | None
) -> ExitCode:
    """Write what a pack would say, without proofs."""
    from govern.workflow.packs import packing
    from govern_reports import render_html, render_markdown

    with session.progress() as progress:
        pack = packing.pack_data(
            workspace, asked.ref, kind=asked.kind, gate=asked.gate, period=asked.period, printed=asked.printed, progress=progress
        )
    render = render_html if out.suffix.lower() == ".html" else render_markdown
    render(pack, out, templates=templates)
    code = CODES[pack.verification.outcome]
    if session.as_json:
        session.voice.document(
            "govern/export/v1", {"copy": out, "ledger": pack.verification.outcome, "exit_code": int(code)}
        )
        return code
    session.voice.line(f"✓ {out}: a copy to read; it brings no proofs and was not recorded", "green")
    return code
