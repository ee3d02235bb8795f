"""The command palette: every action of the registry by name, with those that can't be done now left out."""

from functools import partial
from typing import cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from govern_tui.actions import ACTIONS
from govern_tui.host import Host


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
        matcher = self.matcher(query)
        for action in ACTIONS:
            title = f"{action.title.rstrip('…')} ({action.menu})"
            score = matcher.match(title)
            if score > 0 and not self._desk_app.why_not(action):
                yield Hit(score, matcher.highlight(title), partial(self._desk_app.invoke_later, action.id), help=action.help)
