"""A dialog with a few fields and passphrases, for everything that is written and is not a decision on a model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from textual.content import Content

from govern.workflow.interface import Passphrases
from govern_tui.dialogs.signing import Field, SigningDialog
from govern_tui.widgets.document import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A passphrase to ask for, under the name by which `do` will ask for it."""

    key: str
    label: str = "Passphrase"
    hint: str = ""
    needed: bool = True


class AskDialog(SigningDialog):
    """Fields, then Enter; `do(values, passphrases)` runs in a thread, and its result is the dialog's."""

    def __init__(
        self, title: str, what: str, fields: Sequence[Field], do: Callable[[dict[str, str], Passphrases], Any], *,
        secrets: Sequence[Secret | str] = (), sign: str,
    ) -> None:
        """A secret given as text is the passphrase of the key of that name."""
        asked = [one if isinstance(one, Secret) else Secret(key=one, hint=f"of the key {one}") for one in secrets]
        super().__init__(title, [
            *fields,
            *(Field(id=f"secret-{number}", label=one.label, kind="secret", key=one.key, hint=one.hint, needed=one.needed)
              for number, one in enumerate(asked)),
        ], sign=sign)
        self._what, self._do = what, do

    def what(self) -> Content:
        """What will be done."""
        made = Document()
        for line in self._what.split("\n"):
            made.line(line)
        return made.content()

    def write(self, values: dict[str, str], passphrases: Passphrases) -> Any:
        """Do it."""
        return self._do(values, passphrases)
