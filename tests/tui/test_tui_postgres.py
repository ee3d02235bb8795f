"""A PostgreSQL server that goes away while the application is open, and comes back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from postgresql import Server, binaries
from tui.kit_tui import Clock, asks, fixed_keys, press, settled

from govern.domain.facts import SystemFact
from govern.trust.home import Home
from govern.workflow.place.workspace import Workspace
from govern.workflow.record import recording
from govern_tui.app import GovernApp
from govern_tui.widgets.rowtable import RowTable
from govern_tui.workflow_desk import WorkflowDesk

SIZE = (120, 34)


@pytest.fixture
def server() -> Iterator[Server]:
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    made = Server("max_connections=40")
    try:
        yield made.start()
    finally:
        made.remove()


async def test_a_server_that_goes_away_is_said_and_found_again(server: Server, tmp_path: Path) -> None:
    with server.admin() as admin:
        admin.execute("CREATE DATABASE governed")
    home = Home.at(tmp_path / "home")
    fixed_keys(home)
    url = f"{server.url}/governed"
    ws = Workspace.create(tmp_path, passphrases=asks, home=home, origin="govern/test", database=url, clock=Clock())
    fact = SystemFact(name="credit", purpose="credit", task="binary-classification", tier="high", owner="model-risk")
    recording.record_system(ws, fact, passphrases=asks)
    desk = WorkflowDesk(ws)
    app = GovernApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        for page in ("dashboard", "ledger", "keys"):
            await app.go(page)
            await settled(pilot)
            server.kill()
            await press(pilot, "f11")
            assert "DATABASE LOST" in str(app.query_one("#banner").visual), page
            assert any("database" in note.message for note in app._notifications)
            assert app.can_write
            server.start()
            await press(pilot, "f11")
            assert "READ-WRITE" in str(app.query_one("#banner").visual), page
            assert not [line for table in app.page.query(RowTable) if "Not read" in (line := table.render_line(1).text)]
    desk.close()
    ws.close()
