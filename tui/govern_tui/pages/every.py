"""Every page by name, in the order of the keys."""

from typing import Final

from govern_tui.pages.dashboard import Dashboard
from govern_tui.pages.keys import KeysPage
from govern_tui.pages.ledger import LedgerPage
from govern_tui.pages.lineage import LineagePage
from govern_tui.pages.monitoring import MonitoringPage
from govern_tui.pages.page import Page
from govern_tui.pages.policies import PoliciesPage
from govern_tui.pages.reports import ReportsPage
from govern_tui.pages.review import ReviewPage
from govern_tui.pages.verify import VerifyPage

PAGE_CLASSES: Final[dict[str, type[Page]]] = {
    page.NAME: page for page in (
        Dashboard, LedgerPage, LineagePage, ReviewPage, PoliciesPage, MonitoringPage, ReportsPage, VerifyPage, KeysPage,
    )
}
"""Name to class."""
