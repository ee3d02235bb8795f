"""Pictures of every page, popup, theme and size, compared with those that were looked at; the clock stands still.

`pytest tests/tui/test_tui_snapshots.py --snapshot-update` takes them anew: look at each before you commit it.
Hexadecimal digits are masked: digests depend on the versions of the packages that measured.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from tui.kit_tui import Bench, dialog, press, review, settled

from govern_tui.app import GovernApp
from govern_tui.chrome.popups import Reader
from govern_tui.dialogs.signing import SigningDialog
from govern_tui.picture import without_web
from govern_tui.settings import Settings
from govern_tui.workflow_desk import WorkflowDesk

Compare = Callable[..., bool]
Steps = Callable[[Pilot, Bench], Awaitable[None]]
_HEX = re.compile(r"(?<![\w#])(?=[0-9a-f]*\d)[0-9a-f]{8,}(?!\w)")
_CUT = re.compile(r"(?<![\w#])([DFW]-)?[0-9a-f]+(?=…)")
"""What is left of a digest, or of an id made from one, where a column ends."""
_TEXT = re.compile(r'(<text class="[^"]*" x="[0-9.]+" y="([0-9.]+)"[^>]*>)([^<]*)(?=</text>)')
_REST = re.compile(r"((?:&#160;|\s)*)([0-9a-f]{1,40})")
_LINE = 24.4
"""Pixels from one line of a picture to the next."""


def rest_masked(picture: str) -> str:
    """Mask what is left of a digest on the line under its beginning."""
    broken = {float(y) for _, y, words in _TEXT.findall(picture) if words.endswith("0" * 12)}

    def masked(found: re.Match[str]) -> str:
        head, y, words = found.groups()
        rest = _REST.fullmatch(words)
        under = any(0 < float(y) - line < 2 * _LINE for line in broken)
        return head + (rest[1] + "0" * len(rest[2]) if under and rest else words)

    return _TEXT.sub(masked, picture)


class StillApp(GovernApp):
    """The application whose pictures hold no digest, no identifier of this run and no reference to the web."""

    ENABLE_COMMAND_PALETTE = True

    def export_screenshot(self, **options: Any) -> str:
        """The screen with every long hexadecimal number masked."""
        picture = without_web(super().export_screenshot(**options))
        picture = re.sub(r"terminal-\d+-", "terminal-0-", picture)
        picture = _CUT.sub(lambda found: (found[1] or "") + "0" * (len(found.group()) - len(found[1] or "")), picture)
        picture = _HEX.sub(lambda found: "0" * len(found.group()), picture)
        return rest_masked(picture)


def keys(*pressed: str) -> Steps:
    async def steps(pilot: Pilot, _: Bench) -> None:
        await press(pilot, *pressed)

    return steps


async def deciding(pilot: Pilot, key: str) -> None:
    await press(pilot, "4", "enter", key)
    await dialog(pilot)


def tab(name: str) -> Steps:
    async def steps(pilot: Pilot, _: Bench) -> None:
        await press(pilot, "4", "enter")
        pilot.app.page.query_one("#tabs").active = f"tab-{name}"

    return steps


async def waiving(pilot: Pilot, bench: Bench) -> None:
    await review(pilot, bench, "credit@2")
    await press(pilot, "w")
    await dialog(pilot)


async def filtering(pilot: Pilot, _: Bench) -> None:
    await press(pilot, "9", "slash")
    pilot.app.screen.query_one("#prompt").value = "approver"
    await press(pilot, "enter")


def keyed(key: str) -> Steps:
    async def steps(pilot: Pilot, _: Bench) -> None:
        await press(pilot, "9", key)
        await dialog(pilot)

    return steps


async def verified(pilot: Pilot, _: Bench) -> None:
    await press(pilot, "8", "F")
    while pilot.app.jobs.running:
        await settled(pilot)
    pilot.app.page.query_one("#progress").update("Done.")
    text = pilot.app.page.query_one("#report-text")
    text.update(re.sub(r"took .*", "took –", str(text.visual)))


CASES: dict[str, tuple[Steps, tuple[int, int], dict[str, Any]]] = {
    "dashboard": (keys(), (120, 34), {}),
    "ledger": (keys("2"), (120, 34), {}),
    "ledger-entry": (keys("2", "end", "enter"), (120, 34), {}),
    "lineage": (keys("3"), (120, 34), {}),
    "lineage-tree": (keys("3", "T"), (120, 34), {}),
    "review": (keys("4"), (120, 34), {}),
    "review-summary": (tab("summary"), (120, 34), {}),
    "review-rules": (tab("rules"), (120, 34), {}),
    "review-groups": (tab("groups"), (120, 34), {}),
    "review-attempts": (tab("attempts"), (120, 34), {}),
    "review-history": (tab("history"), (120, 34), {}),
    "review-distributions": (tab("distributions"), (120, 34), {}),
    "review-running": (tab("running"), (120, 34), {}),
    "review-findings": (tab("findings"), (120, 34), {}),
    "conditions": (lambda pilot, _: deciding(pilot, "A"), (120, 34), {}),
    "approve": (lambda pilot, _: deciding(pilot, "a"), (120, 34), {}),
    "reject": (lambda pilot, _: deciding(pilot, "x"), (120, 34), {}),
    "waive": (waiving, (120, 34), {}),
    "filter": (filtering, (120, 34), {}),
    "enrol": (keyed("i"), (120, 34), {}),
    "ledger-80": (keys("2"), (80, 24), {}),
    "review-80": (keys("4", "enter"), (80, 24), {}),
    "policies": (keys("5"), (120, 34), {}),
    "monitoring": (keys("6"), (120, 34), {}),
    "monitoring-numbers": (keys("6", "t"), (120, 34), {}),
    "reports": (keys("7"), (120, 34), {}),
    "verify": (keys("8"), (120, 34), {}),
    "verified": (verified, (120, 34), {}),
    "keys": (keys("9"), (120, 34), {}),
    "menu": (keys("f10", "right", "right"), (120, 34), {}),
    "jump": (keys("semicolon"), (120, 34), {}),
    "help": (keys("question_mark"), (120, 34), {}),
    "light": (keys("4", "enter"), (120, 34), {"theme": "govern-light"}),
    "colour-blind": (keys("4", "enter"), (120, 34), {"theme": "govern-cvd"}),
    "mono": (keys("4", "enter"), (120, 34), {"theme": "govern-mono"}),
    "letters": (keys("4", "enter"), (120, 34), {"ascii": True}),
    "narrow": (keys("4"), (70, 24), {}),
    "low": (keys("2"), (60, 16), {}),
    "too-small": (keys(), (50, 12), {}),
    "huge": (keys("4", "enter"), (300, 80), {}),
}


ALWAYS = {"dashboard", "ledger", "lineage", "review-rules", "approve", "monitoring", "narrow"}
"""The others take as long again and run with `make slow`."""


@pytest.mark.parametrize("name", [name if name in ALWAYS else pytest.param(name, marks=pytest.mark.slow) for name in CASES])
def test_picture(name: str, bench: Bench, snap_compare: Compare) -> None:
    steps, size, settings = CASES[name]
    app = StillApp(WorkflowDesk(bench.ws), Settings(**settings))

    async def before(pilot: Pilot) -> None:
        await settled(pilot)
        await steps(pilot, bench)
        await pilot.pause(0.15)
        await settled(pilot)
        if isinstance(app.screen, (SigningDialog, Reader)):
            # Digests behind a dialog are cut by its edges into pieces that nobody could tell from words.
            app.screen.styles.background = "black"
            await settled(pilot)

    assert snap_compare(app, terminal_size=size, run_before=before)
