"""Every page by name. What one is made of is loaded when it is first opened: all of them would keep the first from the screen."""

from govern_tui.pages.page import Page


def page_class(name: str) -> type[Page]:
    """The class of a page."""
    match name:
        case "ledger":
            from govern_tui.pages import ledger

            return ledger.LedgerPage
        case "lineage":
            from govern_tui.pages import lineage

            return lineage.LineagePage
        case "review":
            from govern_tui.pages import review

            return review.ReviewPage
        case "policies":
            from govern_tui.pages import policies

            return policies.PoliciesPage
        case "monitoring":
            from govern_tui.pages import monitoring

            return monitoring.MonitoringPage
        case "reports":
            from govern_tui.pages import reports

            return reports.ReportsPage
        case "verify":
            from govern_tui.pages import verify

            return verify.VerifyPage
        case "keys":
            from govern_tui.pages import keys

            return keys.KeysPage
        case _:
            from govern_tui.pages import dashboard

            return dashboard.Dashboard
