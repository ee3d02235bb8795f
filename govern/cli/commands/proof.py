"""`govern proof`: the inclusion proof of one entry, for whoever verifies it elsewhere."""

from pathlib import Path
from typing import Annotated

import typer

from govern.cli.commands.show import entry_index
from govern.cli.files import write
from govern.cli.options import When, when
from govern.cli.session import Session, command


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "proof")(proof)


def proof(
    session: Session, *,
    ref: Annotated[str, typer.Argument(metavar="INDEX", help="An entry's index, such as 12 or #12, or any reference.")],
    out: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write FILE.tlog-proof and FILE.dsse.json.")
    ] = None,
    as_of: When = None,
) -> None:
    """Print an entry's inclusion proof (C2SP tlog-proof).

    It is against the newest checkpoint; with --as-of, against that of an earlier time, as it could be given then.
    """
    from govern.workflow.place import moments
    from govern.workflow.read import logbook

    with session.workspace() as workspace:
        index = entry_index(workspace, ref)
        detail = logbook.entry(workspace, index)
        leaf = workspace.ledger.leaf(index)
        moment = when(as_of)
        text = detail.proof if moment is None else moments.proof_at(
            workspace.ledger, index, moments.moment_kept(workspace, moment)
        )
    if out is not None:
        write(out.with_name(out.name + ".tlog-proof"), text)
        write(out.with_name(out.name + ".dsse.json"), leaf)
        session.voice.talk(f"wrote {out}.tlog-proof and {out}.dsse.json")
    if session.as_json:
        session.voice.document(
            "govern/proof/v1",
            {
                "index": index, "leaf_hash": detail.leaf_hash, "proof": text,
                "envelope": leaf.decode(),
            },
        )
        return
    if out is None:
        session.voice.raw(text.encode())
