"""`govern trust`: the ledger's trust root: who may sign what."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from govern.cli.files import read, write
from govern.cli.options import Proposed, Signer, given, pairs, whole
from govern.cli.session import Session, command, group
from govern.cli.text import when
from govern.cli.trusting import made, proposed
from govern.domain.text import moment
from govern.errors import UsageError

if TYPE_CHECKING:
    from govern.trust.proposal import Proposal


def add(app: typer.Typer) -> None:
    """Add the group."""
    trust = group(app, "trust", "Who may sign what: the ledger's trust root.")
    command(trust, "show")(show)
    command(trust, "update", secrets=True)(update)
    command(trust, "sign", signs=True)(sign)


def show(
    session: Session, *,
    proposal: Annotated[
        Path | None, typer.Argument(metavar="PROPOSAL", help="A proposed trust root; else the one in force.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write the file that `govern verify PACK.pdf --trust` takes."),
    ] = None,
) -> None:
    """Show the trust root in force, or write it as a file.

    Whoever verifies packs needs that file, on another way than the packs. Of a proposal, show what it would change.
    """
    if proposal is not None:
        from govern.workflow.custody import cosigning

        if out is not None:
            raise UsageError("a proposal is no trust root that anybody may believe", "Leave --output out.")
        proposed(session, cosigning.read(proposal), proposal)
        return
    from govern.workflow.packs import exporting

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
    proposals: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PROPOSAL", help="What enough root holders have signed, in one file or in copies."),
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option("--expires", metavar="TIME", callback=given, help="Until when it is to be believed, such as 2029-11-21."),
    ] = None,
    threshold: Annotated[
        list[str] | None,
        typer.Option("--threshold", metavar="ROLE=N", help="How many distinct holders a role takes; repeat for more."),
    ] = None,
    signer: Signer = None,
    out: Proposed = None,
) -> None:
    """Renew the trust root, or bring one into force that others signed.

    With --expires and --threshold, the change is made here (or with --output proposed to others); a PROPOSAL is what root
    holders have signed with `govern trust sign`, in one file or in copies. The new version is signed by the threshold of root keys, of this version and of the new one.
    """
    from govern.workflow.custody import cosigning, keys

    if bool(proposals) == bool(expires or threshold):
        raise UsageError(
            "give a proposal, or --expires and --threshold", "A file from `govern trust sign`, or what is to be changed here."
        )
    if proposals:
        if signer or out:
            raise UsageError("--signer and --output are for a change made here", "Sign a proposal with `govern trust sign`.")
        with session.workspace() as workspace:
            written = cosigning.submit_files(workspace, proposals, passphrases=session.passphrases)
            session.wrote(written, schema="govern/written/v1", done="in force")
        return
    thresholds = {role: whole(number, f"--threshold {role}") for role, number in pairs(threshold, "--threshold").items()}
    with session.workspace() as workspace:
        change = keys.renewing(workspace, expires=moment(expires) if expires else None, thresholds=thresholds)
        made(session, workspace, change, signers=signer, out=out, done="renewed")


def sign(
    session: Session, *,
    proposal: Annotated[Path, typer.Argument(metavar="PROPOSAL", help="As `--output` wrote it; the signature is added to it.")],
    trust: Annotated[
        Path | None,
        typer.Option("--trust", metavar="ROOT", help="The trust root in force, given to you on another way; else the workspace's."),
    ] = None,
) -> None:
    """Sign a proposed trust root with your own root key, on any machine.

    First it says what the proposal changes. It needs no workspace; with one of the same ledger, or with --trust, what the
    proposal says of the version in force is compared with what is known here.
    """
    from govern.trust.keyring import Keyring
    from govern.trust.proposal import changes_of
    from govern.workflow.custody import cosigning

    given = cosigning.read(proposal)
    whence = _compared(session, given, trust)
    if not session.as_json:
        for line in (*changes_of(given.root, given.proposed), f"the version in force is {whence}"):
            session.voice.talk(f"  {line}")
    signed = cosigning.sign(given, Keyring(session.home().keys), key=session.key, passphrases=session.passphrases)
    cosigning.write(proposal, signed)
    proposed(session, signed, proposal)


def _compared(session: Session, proposal: "Proposal", trust: Path | None) -> str:
    """Compare the version that a proposal follows with what is known here; say with what."""
    from govern.workflow.custody import cosigning

    if trust is not None:
        cosigning.compare(proposal, read(trust, "the trust root"))
        return f"that of {trust}"
    if session.found_folder() is not None:
        with session.workspace() as workspace:
            if workspace.config.origin == proposal.root.origin:
                cosigning.compare(proposal, workspace.ledger.root_leaves()[-1][1])
                return "that of this workspace"
    return "not known here: compare it with whoever has the ledger, or give --trust ROOT"
