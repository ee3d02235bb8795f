"""Starting the application: settings read, workspace wrapped, and one place where its end becomes an exit code."""

import asyncio
import os
import signal
from contextlib import suppress

from govern.errors import ExitCode
from govern.workflow.interface import PackRenderer
from govern.workflow.place.workspace import Workspace
from govern_tui.app import GovernApp
from govern_tui.late_desk import late_desk
from govern_tui.settings import read_settings


def start(workspace: Workspace, renderer: PackRenderer | None) -> int:
    """Run until the user leaves. Raises `DocumentError` where the settings file is not what it has to be."""
    desk, painted = late_desk(workspace, renderer)
    folder = desk.place()
    app = GovernApp(desk, read_settings(folder / "tui.toml"), state_file=folder / "tui-state.json", painted=painted)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    _end_when_told(app, loop)
    result = app.run(loop=loop)  # a loop of our own does not wait for threads when it ends
    code = int(app.return_code or (ExitCode.OK if result is None else result))
    if app.reading:
        # Somebody who leaves does not wait until a long ledger is folded. These threads only read; whoever writes is waited
        # for by the dialog or asked about at Quit, and an entry is in the ledger whole or not at all.
        os._exit(code)
    desk.close()
    loop.close()
    return code


def _end_when_told(app: GovernApp, loop: asyncio.AbstractEventLoop) -> None:
    """Keep where one was when a line drops or the machine goes down; the terminal is given back where it is still there."""

    def terminated() -> None:
        app.keep()
        app.jobs.stop()
        app.exit(int(ExitCode.INTERRUPTED))

    def hung_up() -> None:
        app.keep()
        loop.remove_signal_handler(signal.SIGHUP)
        signal.raise_signal(signal.SIGHUP)  # nobody is there to give a terminal back to

    with suppress(NotImplementedError):
        loop.add_signal_handler(signal.SIGTERM, terminated)
        loop.add_signal_handler(signal.SIGHUP, hung_up)
