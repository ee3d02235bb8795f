"""What chrome, pages and dialogs know of the application: what it holds, what it can be told, and where it can be sent.

The application stands above all of them and imports them; this file imports none, so that no two import each other.
"""

import re
from collections.abc import Callable
from pathlib import Path
from shlex import quote
from time import monotonic
from typing import Any, Final, cast

from textual.app import App
from textual.binding import Binding
from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.widget import Widget
from textual.widgets import ContentSwitcher

from govern.errors import GovernError, StorageError, UsageError
from govern_tui.actions import BY_ID, Action
from govern_tui.desk import Desk
from govern_tui.jobs import Jobs
from govern_tui.settings import Remembered, Settings, read_state, write_state
from govern_tui.text import LOOK, Tone, clean, grouped

WRITE_WIDTH: Final = 80
WRITE_HEIGHT: Final = 24
"""Below this and `WRITE_WIDTH` a dossier can't be read as a whole, so nothing can be signed on it."""
SHOWN_FOR: Final = 10
"""Seconds that an error stays on the screen."""
MOST_COMMANDS: Final = 500
"""Lines of the command log."""


class Host(App[int]):
    """The application as its parts see it."""

    def __init__(self, desk: Desk, settings: Settings | None = None, *, state_file: Path | None = None) -> None:
        """Everything shown and written goes through `desk`; `state_file` remembers between starts."""
        super().__init__()
        self.desk = desk
        self.settings = settings or Settings()
        self.state_file = state_file
        self.remembered = read_state(state_file, desk.title) if state_file else Remembered()
        self.jobs = Jobs(self)
        self.history: list[tuple[str, str]] = []
        self.commands: list[str] = []
        self.chain: tuple[str, Tone] = ("chain not verified", "dim")
        self.due: int | None = None
        """Items for review; None until they were read."""
        self.changes = 0
        """What was written from here; a page that was read before that is read again when it is shown."""
        self.reading: set[object] = set()
        """What reads now, one a thread."""
        self.lost = False
        self._said = ("", 0.0)
        """The last trouble, and when it was said."""
        self.signer = self.settings.key or self.remembered.key

    # Where it can be sent: the application says how

    async def go(self, name: str, target: str = "", *, remember: bool = True) -> None:
        """Show a page, opened for `target` if that says anything; `remember` where one came from."""
        raise NotImplementedError

    async def open_deadline(self, row: object) -> None:
        """Open what a deadline is about."""
        raise NotImplementedError

    def reload(self) -> None:
        """Read again what is shown."""
        raise NotImplementedError

    def current_panes(self) -> list[Widget]:
        """The panes of the page that is shown."""
        raise NotImplementedError

    def why_not(self, action: Action) -> str:
        """Why an action can't be done now; empty where it can."""
        raise NotImplementedError

    def invoke_later(self, action_id: str) -> None:
        """Do an action once the popup it was chosen in is gone."""
        raise NotImplementedError

    def action_open_menu(self, menu: str) -> None:
        """Open a menu under its title."""
        raise NotImplementedError

    def tell(self) -> None:
        """Draw banner and keys again."""
        raise NotImplementedError

    def keep_focus(self) -> None:
        """Give the keys back to the page when nothing has them."""
        raise NotImplementedError

    # What is shown

    @property
    def page_name(self) -> str:
        """Name of the page that is shown; empty before the first."""
        try:
            current = self.screen_stack[0].query_one("#pages", ContentSwitcher).current
        except (NoMatches, IndexError):
            return ""
        return (current or "").removeprefix("page-")

    @property
    def page(self) -> Widget | None:
        """The page that is shown."""
        name = self.page_name
        return self.screen_stack[0].query_one(f"#page-{name}") if name else None

    @property
    def can_write(self) -> str:
        """Why nothing can be written now; empty where it can."""
        if not self.desk.writable:
            return "the workspace can only be read"
        if self.lost:
            return "the database is not there"
        if self.size.width < WRITE_WIDTH or self.size.height < WRITE_HEIGHT:
            return f"below {WRITE_WIDTH}x{WRITE_HEIGHT} nothing can be signed"
        return ""

    def key_of(self, action: Action) -> str:
        """The key as shown, after the key map."""
        keys = self.settings.keys.get(action.id, action.key)
        shown = self.get_key_display(Binding(keys.split(",")[0].strip(), ""))
        return shown.upper() if re.fullmatch(r"f\d{1,2}", shown) else shown

    # What it can be told

    def logged(self, action: Action, **words: object) -> None:
        """Note the same on the command line, for the command log; what goes into it is quoted as a shell needs it."""
        if action.cli:
            filled = action.cli
            for name, value in words.items():
                filled = filled.replace("{" + name + "}", quote(clean(str(value))))
            self.say(filled)

    def say(self, command: str) -> None:
        """Note a command in the command log."""
        self.commands.append(clean(command))
        del self.commands[:-MOST_COMMANDS]

    def told(self, entries: int, due: int) -> None:
        """Take note of what the dashboard or the queue has just read."""
        self.due = due
        if self.chain[1] == "dim":
            self.chain = (f"{grouped(entries)} entries, not verified yet", "dim")
        self.tell()

    def trouble(self, error: GovernError) -> None:
        """Show an error where it can't be overlooked; a lost database also turns the banner."""
        if isinstance(error, StorageError) and not self.lost:
            self.lost = True
            self.tell()
        text = clean(error.message) + (f"\n{clean(error.hint)}" if error.hint else "")
        now = monotonic()
        if self._said[0] != text or now - self._said[1] > SHOWN_FOR:  # several readings of a page fail for one reason
            self._said = (text, now)
            self.notify(text, title="It could not be done", severity="error", markup=False, timeout=SHOWN_FOR)

    def explain(self, error: GovernError) -> str:
        """Both sentences of an error, cleaned."""
        return clean(error.message) + (f" {clean(error.hint)}" if error.hint else "")

    def found_again(self) -> None:
        """The database answers again."""
        if self.lost:
            self.lost = False
            self.tell()

    def start_job(self, title: str, work: Callable[[Any], Any], then: Callable[[Any], None] | None = None) -> None:
        """Start a long job, or say which one is in the way."""
        if not self.jobs.start(title, work, then):
            self.notify(f"Wait: {self.jobs.title} runs. Esc on its page, or {self.key_of(BY_ID['tools.stop'])}, stops it.", severity="warning", markup=False)
        self.tell()

    def keep(self) -> None:
        """Write down where we are, for the next start."""
        if self.state_file is None:
            return
        self.remembered.page = self.page_name or "dashboard"
        self.remembered.theme = self.theme
        self.remembered.ascii = LOOK.ascii
        self.remembered.key = self.signer
        write_state(self.state_file, self.desk.title, self.remembered)

    def save_text(self, name: str, text: str) -> None:
        """Write a file into the folder for exports, never over another, and say where it is."""
        folder = self.desk.exports()
        path = free_path(folder, name)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            self.trouble(UsageError(f"{path} can't be written: {error.strerror}", "Make room, or give the folder back its permissions."))
            return
        self.notify(f"Saved {path}", markup=False)


def free_path(folder: Path, name: str) -> Path:
    """Where a file of that name can be written without being written over another: `rows.jsonl`, else `rows-2.jsonl`."""
    path, number = folder / name, 2
    while path.exists():
        path, number = folder / f"{Path(name).stem}-{number}{Path(name).suffix}", number + 1
    return path


def host_of(node: DOMNode) -> Host:
    """The application that a widget is in."""
    return cast("Host", node.app)
