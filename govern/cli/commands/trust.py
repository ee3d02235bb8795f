"""`govern trust`: the ledger's trust root: who may sign what."""

from pathlib import Path
from typing import Annotated

import typer

from govern.cli.files import write
from govern.cli.options import Signer, given, pairs, whole
from govern.cli.session import Session, command, group
from govern.cli.text import when
from govern.domain.text import moment


def add(app: typer.Typer) -> None:
    """Add the group."""
    trust = group(app, "trust", "Who may sign what: the ledger's trust root.")
    command(trust, "show")(show)
    command(trust, "update", secrets=True)(update)


def show(
    session: Session, *,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write the file that `govern verify PACK.pdf --trust` takes."),
    ] = None,
) -> None:
    """Show the trust root in force, or write it as a file.

    Whoever verifies packs needs that file, on another way than the packs.
    """
    from govern.workflow import exporting

    with session.workspace() as workspace:
        root = workspace.ledger.trust_root()
        if out is not None:
            write(out, exporting.trust_root_file(workspace))
    if session.as_json:
        session.voice.document("govern/trust-root/v1", {"trust_root": root, "file": out})
        return
    voice = session.voice
    voice.line(f"trust root version {root.version} of {root.origin}, until {when(root.expires)}", "bold")
    voice.table(
        [
            (role, f"{who.threshold} of {len(who.keyids)}", ", ".join(root.keys[keyid].holder for keyid in who.keyids) or "nobody")
            for role, who in sorted(root.roles.items())
        ],
        ("ROLE", "THRESHOLD", "HOLDERS"), indent="  ",
    )
    if out is not None:
        voice.line(f"✓ wrote {out}", "green")


def update(
    session: Session, *,
    expires: Annotated[
        str, typer.Option("--expires", metavar="TIME", callback=given, help="Until when it is to be believed, such as 2029-11-21.")
    ],
    threshold: Annotated[
        list[str] | None,
        typer.Option("--threshold", metavar="ROLE=N", help="How many distinct holders a role takes; repeat for more."),
    ] = None,
    signer: Signer = None,
) -> None:
    """Renew the trust root: a later expiry, other thresholds.

    The new version is signed by the threshold of root keys, of this version and of the new one.
    """
    from govern.workflow import keys

    thresholds = {role: whole(number, f"--threshold {role}") for role, number in pairs(threshold, "--threshold").items()}
    with session.workspace() as workspace:
        written = keys.renew(
            workspace, expires=moment(expires), thresholds=thresholds, passphrases=session.passphrases,
            signers=tuple(signer or ()),
        )
        session.wrote(written, schema="govern/written/v1", done="renewed")
