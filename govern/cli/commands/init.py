"""`govern init`: a workspace, its trust root and its first keys."""

from pathlib import Path
from typing import Annotated

import typer

from govern.cli.options import given
from govern.cli.session import Session, command
from govern.cli.text import brief


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "init", secrets=True)(init)


def init(
    session: Session, *,
    database: Annotated[
        str | None,
        typer.Option(
            "--database", metavar="URL", callback=given,
            help="Such as postgresql+psycopg://host/database; else SQLite in the workspace.",
        ),
    ] = None,
    origin: Annotated[
        str | None,
        typer.Option(
            "--origin", metavar="NAME", callback=given, help="The ledger's name, signed into every entry; else a random one."
        ),
    ] = None,
) -> None:
    """Make a workspace here: ledger, trust root and first keys.

    The keys are root, log, pipeline and policy-owner. Private keys go to your own configuration folder (GOVERN_HOME), never into the workspace; keys that are there already
    are used as they are.
    """
    from govern.trust.keyring import Keyring
    from govern.workflow.place.workspace import FOLDER, Workspace, written

    home = session.home()
    before = Keyring(home.keys).names()
    folder = session.named_folder() or Path.cwd()
    folder = folder.parent if folder.name == FOLDER else folder
    made = Workspace.create(
        folder, passphrases=session.new_passphrases(before), origin=origin, database=database, home=home
    )
    with made as workspace:
        checkpoint = workspace.ledger.checkpoint()
        entry = workspace.ledger.entry(0)
        names = [name for name in workspace.keyring.names() if name not in before]
        roles = {name: workspace.roles_of(name) for name in workspace.keyring.names()}
        if session.as_json:
            session.voice.document(
                "govern/init/v1",
                {
                    "folder": workspace.folder, "origin": workspace.config.origin, "size": checkpoint.size,
                    "entries": [written(entry)], "root": checkpoint.root, "new_keys": names, "keys_folder": home.keys, "roles": roles,
                },
            )
            return
        voice = session.voice
        voice.line(f"✓ workspace {workspace.folder}", "green")
        voice.table(
            [
                ("ledger", workspace.config.origin),
                ("entry #0", f"trust-root@1, entry {brief(entry.leaf_hash)}, tree root {brief(checkpoint.root)}"),
                ("new keys", ", ".join(names) or "none: those in the keyring are used"),
                ("kept in", home.keys),
            ],
            indent="  ",
        )
        voice.hint("Next: govern policy install baseline   then: govern record system NAME --purpose … --task … --tier …")
        voice.hint("People who review make their own key: govern key new NAME, and root lets them: govern key enrol NAME --role approver")
