"""The command palette: every action of the registry by name with its key; who looks for one that can't be done now is told why."""

from functools import partial
from typing import Final, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from govern_tui.actions import ACTIONS
from govern_tui.host import Host
from govern_tui.text import clean

NOT_NOW: Final = 0.5
"""What an action that can't be done now counts: below those that can."""


class ActionProvider(Provider):
    """Finds actions by title, menu and help."""

    @property
    def _desk_app(self) -> Host:
        return cast("Host", self.app)

    async def discover(self) -> Hits:
        """Everything that can be done now."""
        for action in ACTIONS:
            if not self._desk_app.why_not(action):
                yield DiscoveryHit(action.title.rstrip("…"), partial(self._desk_app.invoke_later, action.id), help=action.help)

    async def search(self, query: str) -> Hits:
        """What matches the typed letters."""
        matcher, app = self.matcher(query), self._desk_app
        for action in ACTIONS:
            title = f"{action.title.rstrip('…')} ({action.menu})"
            score = matcher.match(title)
            if score > 0:
                reason = app.why_not(action)
                shown = Content.assemble(matcher.highlight(title), (f"  {app.key_of(action)}", "$muted" if reason else "$text-accent"))
                yield Hit(
                    score * (NOT_NOW if reason else 1), shown, partial(app.invoke_later, action.id), text=title,
                    help=f"Not now: {clean(reason)}." if reason else action.help,
                )
