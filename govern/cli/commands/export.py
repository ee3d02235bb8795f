"""`govern export`: the evidence pack of a model, a PDF that brings its proofs along."""

from pathlib import Path
from typing import Annotated

import typer

from govern.cli import options
from govern.cli.files import write
from govern.cli.session import Session, command

KINDS = ("model", "system", "decision", "control", "ledger")


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "export", signs=True)(export)


def export(
    session: Session, *,
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Such as credit@2.")],
    out: Annotated[Path, typer.Option("-o", "--output", metavar="PACK.pdf", help="The pack; must not be there yet.")],
    gate: options.Gate = None,
    trust_out: Annotated[
        Path | None,
        typer.Option("--trust-out", metavar="FILE", help="Also write the trust root, to hand over on another way."),
    ] = None,
) -> None:
    """Write the evidence pack of a model, a PDF with its proofs.

    PDF/A-3, with the machine-readable proofs attached. That it left the house is an entry of its own.
    """
    from govern.cli.rendering import renderer
    from govern.workflow import exporting

    with session.workspace() as workspace:
        with session.progress() as progress:
            pack = exporting.export(
                workspace, model, out, renderer=renderer(), gate=gate, key=session.key, passphrases=session.passphrases,
                progress=progress,
            )
        if trust_out is not None:
            write(trust_out, exporting.trust_root_file(workspace))
        size = workspace.ledger.size
    if session.as_json:
        session.voice.document("govern/export/v1", {"pack": pack, "entry": size - 1, "trust_root": trust_out})
        return
    voice = session.voice
    voice.line(f"✓ {pack.path}: {pack.pages} pages", "green")
    voice.table(
        [("pack", pack.digest), ("manifest", pack.manifest), ("recorded", f"#{size - 1} export")], indent="  "
    )
    root = trust_out or "TRUST-ROOT.json"
    voice.hint(f"Next: whoever gets it runs: govern verify {pack.path} --trust {root}")
    if trust_out is None:
        voice.hint("They need the trust root on another way than the pack: govern trust show --output trust-root.json")
