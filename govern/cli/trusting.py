"""A change of the trust root as commands make it: at once with the keys at hand, or as a file for others to sign."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from govern.cli.session import Session
from govern.cli.text import Cell, when

if TYPE_CHECKING:
    from govern.trust.proposal import Proposal
    from govern.workflow.custody.cosigning import Change
    from govern.workflow.place.workspace import Workspace


def made(
    session: Session, workspace: "Workspace", change: "Change", *, signers: Sequence[str] | None, out: Path | None, done: str,
    touches: Sequence[object] = (),
) -> None:
    """Make a change, or write it as a proposal where a file is named; `touches` is what it ends, for those who read JSON."""
    from govern.workflow.custody import cosigning

    names = tuple(signers or ())
    if out is None:
        written = cosigning.change_now(workspace, change, signers=names, passphrases=session.passphrases)
        session.wrote(written, schema="govern/written/v1", done=done, touches=touches)
        return
    proposal = cosigning.propose(workspace, change, signers=names, passphrases=session.passphrases)
    cosigning.write(out, proposal)
    proposed(session, proposal, out)


def proposed(session: Session, proposal: "Proposal", file: Path) -> None:
    """Say what a proposal changes, who has signed it, and what it still lacks."""
    from govern.trust.proposal import changes_of

    lines = tuple(changes_of(proposal.root, proposal.proposed))
    if session.as_json:
        session.voice.document(
            "govern/trust-proposal-shown/v1",
            {
                "file": file, "origin": proposal.proposed.origin, "version": proposal.proposed.version, "changes": lines,
                "signed_by": [
                    {"keyid": keyid, "holder": holder} for keyid, holder in zip(proposal.signers, proposal.holders, strict=True)
                ],
                "lacking": proposal.lacking, "complete": not proposal.lacking,
            },
        )
        return
    voice = session.voice
    voice.line(f"{file}: a proposed trust root of {when(proposal.statement.header.time)}", "bold")
    for line in lines:
        voice.paragraph(line, indent="  ")
    voice.table(
        [(Cell("✓ signed", "green"), holder, keyid[:16]) for keyid, holder in zip(proposal.signers, proposal.holders, strict=True)],
        indent="  ",
    )
    for line in proposal.lacking:
        voice.line(f"  · {line}")
    if proposal.lacking:
        voice.hint(f"Next: send it to the other root holders: govern trust sign {file}")
    else:
        voice.hint(f"Next: whoever has the ledger: govern trust update {file}")
