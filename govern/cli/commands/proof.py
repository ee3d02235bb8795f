"""`govern proof`: the inclusion proof of one entry, for whoever verifies it elsewhere."""

from pathlib import Path
from typing import Annotated

import typer

from govern.cli.commands.show import entry_index
from govern.cli.files import write
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
) -> None:
    """Print an entry's inclusion proof (C2SP tlog-proof)."""
    from govern.workflow import reading

    with session.workspace() as workspace:
        index = entry_index(workspace, ref)
        detail = reading.entry(workspace, index)
        leaf = workspace.ledger.leaf(index)
    if out is not None:
        write(out.with_name(out.name + ".tlog-proof"), detail.proof)
        write(out.with_name(out.name + ".dsse.json"), leaf)
        session.voice.talk(f"wrote {out}.tlog-proof and {out}.dsse.json")
    if session.as_json:
        session.voice.document(
            "govern/proof/v1",
            {
                "index": index, "leaf_hash": detail.leaf_hash, "proof": detail.proof,
                "envelope": leaf.decode(),
            },
        )
        return
    if out is None:
        session.voice.raw(detail.proof.encode())
