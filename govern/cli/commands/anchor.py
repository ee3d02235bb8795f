"""`govern anchor`: keep checkpoints where the ledger's owner can't rewrite them."""

import typer


def add(app: typer.Typer) -> None:
    """Add the group: nothing until the ledger room's anchors are wired."""
    del app
