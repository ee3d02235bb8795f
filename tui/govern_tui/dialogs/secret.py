"""The passphrase field: what is typed there can't be copied, cut or selected, and is emptied after each try."""

from textual.widgets import Input


class SecretInput(Input):
    """A password input whose text never reaches a clipboard.

    Textual's own copies the plain text of a password and sends it to the terminal (OSC 52).
    """

    ALLOW_SELECT = False

    def __init__(self, *, id: str, placeholder: str = "passphrase") -> None:  # noqa: A002 - Textual's own name
        super().__init__(password=True, id=id, placeholder=placeholder, select_on_focus=False)

    def action_copy(self) -> None:
        """Copy nothing."""

    def action_cut(self) -> None:
        """Cut nothing."""

    def take(self) -> str:
        """Give what was typed and empty the field."""
        typed = self.value
        self.value = ""
        return typed
