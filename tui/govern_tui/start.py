"""Starting the application: settings read, workspace wrapped, and one place where its end becomes an exit code."""

from govern.errors import ExitCode
from govern.workflow.interface import PackRenderer
from govern.workflow.workspace import Workspace
from govern_tui.app import GovernApp
from govern_tui.settings import read_settings
from govern_tui.workflow_desk import WorkflowDesk


def start(workspace: Workspace, renderer: PackRenderer | None) -> int:
    """Run until the user leaves. Raises `DocumentError` where the settings file is not what it has to be."""
    desk = WorkflowDesk(workspace, renderer)
    folder = desk.place()
    app = GovernApp(desk, read_settings(folder / "tui.toml"), state_file=folder / "tui-state.json")
    result = app.run()
    if app.return_code:
        return int(app.return_code)
    return int(ExitCode.OK if result is None else result)
