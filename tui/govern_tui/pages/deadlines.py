"""Deadlines as rows: revalidation, waivers, findings, the trust root; what is over stands out by glyph, word and colour."""

from datetime import datetime, timedelta

from govern.workflow.views import DeadlineRow
from govern_tui.pages.page import Page
from govern_tui.text import LOOK, Piece, until
from govern_tui.widgets.rowtable import Column

SOON = timedelta(days=7)


def left_of(due: datetime | None, now: datetime) -> Piece:
    """How long is left, louder as it gets less."""
    text = until(due, now)
    if due is None:
        return (text, "dim")
    return (text, "bad" if due <= now else "warn" if due <= now + SOON else "")


def _glyph(row: DeadlineRow, now: datetime) -> Piece:
    state = "overdue" if row.overdue else "warn" if row.due <= now + SOON else "none"
    return LOOK.glyph(state)


def deadline_columns(page: Page) -> tuple[Column, ...]:
    """Glyph, what ends, how long is left."""
    return (
        Column(title="", width=2, cell=lambda row: _glyph(row, page.desk.now())),
        Column(title="kind", width=12, cell=lambda row: (row.kind, "dim"), above=58),
        Column(title="model", width=12, cell=lambda row: (row.model or row.system, "strong"), above=44),
        Column(title="what falls due", width=0, cell=lambda row: (row.what, "")),
        Column(title="left", width=9, cell=lambda row: left_of(row.due, page.desk.now()), right=True),
    )
