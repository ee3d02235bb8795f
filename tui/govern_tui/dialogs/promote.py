"""The dialog that moves a system's stage pointer to a model."""

from shlex import quote

from govern.workflow.views import Dossier
from govern_tui.desk import Desk
from govern_tui.dialogs.asking import AskDialog
from govern_tui.dialogs.signing import Field


class PromoteDialog(AskDialog):
    """Promote the dossier's model; the ledger's state alone allows or refuses it."""

    def __init__(self, desk: Desk, dossier: Dossier) -> None:
        stage = dossier.gate.removeprefix("promote:")
        super().__init__(
            f"PROMOTE · {dossier.name}",
            f"The stage will point to {dossier.name} ({dossier.model}).\nIt is refused unless decision, quorum and closure allow it. "
            "The key pipeline signs.",
            [Field(id="stage", label="Stage", value=stage, choices=tuple((one, one) for one in desk.stages))],
            lambda values, passphrases: (
                desk.promote(dossier.model, values["stage"], passphrases), f"govern promote {quote(dossier.name)} --to {quote(values['stage'])}",
            ),
            secrets=("pipeline",), sign="Promote",
        )
