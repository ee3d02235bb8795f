"""What every command gets: the options that all share, the workspace, passphrases, progress; and how it ends.

`command` registers a function as a command. The function's first parameter is the `Session`; the options of the
session (`--workspace`, `--json`, and for commands that sign `--as` and `--passphrase-fd`) are added to its own here, so
that they are the same everywhere. Whatever the function raises becomes sentences and an exit code in `failing`.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, ParamSpec

import typer

from govern.cli import failing, passphrases, place, progress
from govern.cli.speak import Voice
from govern.cli.text import Cell, brief
from govern.errors import ExitCode, GovernError

if TYPE_CHECKING:
    from govern.trust.home import Home
    from govern.workflow.interface import Passphrases, Progress
    from govern.workflow.place.workspace import Workspace
    from govern.workflow.views import Written

Options = ParamSpec("Options")

WorkspaceOption = Annotated[
    Path | None, typer.Option("--workspace", metavar="DIR", help="The workspace; else GOVERN_WORKSPACE, else found upward.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, with a `schema` field.")]
KeyOption = Annotated[str | None, typer.Option("--as", metavar="KEY", help="The key that signs (`govern key list`).")]
DescriptorOption = Annotated[
    int | None,
    typer.Option("--passphrase-fd", metavar="N", min=0, help="Read passphrases from this file descriptor."),
]


class Session:
    """One run of one command."""

    def __init__(
        self, *, workspace: Path | None, as_json: bool, key: str | None = None, descriptor: int | None = None
    ) -> None:
        """Keep the shared options; nothing is opened yet."""
        self.folder = workspace
        self.key = key
        self.voice = Voice(as_json=as_json)
        self._descriptor = descriptor
        self._shown = progress.Hidden()
        self._ask = passphrases.source(descriptor)

    @property
    def as_json(self) -> bool:
        """Whether stdout gets one JSON document."""
        return self.voice.as_json

    def passphrases(self, name: str) -> str:
        """Return the passphrase of a key, which is what use cases call; progress waits while a person is asked."""
        with self._shown.paused():
            return self._ask(name)

    def new_passphrases(self, existing: tuple[str, ...]) -> "Passphrases":
        """Return passphrases for a command that makes keys: asked twice, unless the key is among `existing`."""
        return passphrases.source(self._descriptor, creating=lambda name: name not in existing)

    def named_folder(self) -> Path | None:
        """Return the folder that the caller names as the workspace, by option or by GOVERN_WORKSPACE."""
        return place.named_folder(self.folder)

    def found_folder(self) -> Path | None:
        """Return the `.govern` folder that `workspace` would open, without loading what opens it; None if there is none."""
        return place.found_folder(self.named_folder())

    @contextmanager
    def workspace(self) -> Iterator["Workspace"]:
        """Open the workspace. Raises `UsageError` where there is none."""
        from govern.workflow.place.workspace import Workspace

        workspace = Workspace.open(self.folder)
        try:
            yield workspace
        except GovernError:
            # Such as the decision of the gate `deploy` before a deployment that it denies: it stays, so it is said.
            for entry in workspace.wrote:
                self.voice.talk(f"recorded before that: #{entry.index} {entry.kind} {entry.subject}")
            raise
        finally:
            workspace.close()

    def home(self) -> "Home":
        """Return where this user's keys and trusted checkpoints lie."""
        from govern.trust.home import Home

        return Home.default()

    @contextmanager
    def progress(self) -> Iterator["Progress"]:
        """Give a progress callback: bars on a terminal, nothing elsewhere."""
        with progress.bars() as self._shown:
            yield self._shown
        self._shown = progress.Hidden()

    def wrote(
        self, *entries: "Written", schema: str, done: str = "recorded", within: "Workspace | None" = None, **more: object
    ) -> None:
        """Say what was written, with each entry's index and digest; as JSON, `more` stands beside the entries.

        `within` is where `entries` were written: what else this command wrote there is said after them.
        """
        beside = [one for one in (within.wrote if within else ()) if one not in entries]
        if self.as_json:
            self.voice.document(schema, {"entries": (*entries, *beside), **more})
            return
        self.voice.table(
            [
                (
                    Cell(f"✓ {'recorded' if entry in beside else done}", "green"), Cell(f"#{entry.index}", "bold"), entry.kind, entry.subject,
                    entry.subject_digest, f"entry {brief(entry.digest)}",
                )
                for entry in (*entries, *beside)
            ]
        )


def group(app: typer.Typer, name: str, summary: str) -> typer.Typer:
    """Add a group of commands to `app`."""
    made = typer.Typer(no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False, help=summary)
    app.add_typer(made, name=name)
    return made


def command(
    app: typer.Typer, name: str, *, signs: bool = False, secrets: bool = False, workspace: bool = True, json: bool = True
) -> Callable[[Callable[Concatenate[Session, Options], ExitCode | None]], Callable[Concatenate[Session, Options], ExitCode | None]]:
    """Register a function as the command `name` of `app`.

    `signs` adds `--as` and `--passphrase-fd`, `secrets` only the second. The function returns its exit code, or None
    for 0.
    """
    shared: dict[str, tuple[Any, object]] = {}
    if signs:
        shared["key"] = (KeyOption, None)
    if signs or secrets:
        shared["descriptor"] = (DescriptorOption, None)
    if workspace:
        shared["workspace"] = (WorkspaceOption, None)
    if json:
        shared["as_json"] = (JsonOption, False)

    def register(
        function: Callable[Concatenate[Session, Options], ExitCode | None],
    ) -> Callable[Concatenate[Session, Options], ExitCode | None]:
        def run(context: typer.Context, **given: Any) -> None:
            settings = {word: given.pop(word) for word in shared}
            session = Session(
                workspace=settings.get("workspace") or context.find_root().obj, as_json=settings.get("as_json", False),
                key=settings.get("key"), descriptor=settings.get("descriptor"),
            )
            try:
                code = function(session, **given)  # type: ignore[call-arg] # Typer gives what the signature below asks for
                session.voice.flush()
            except BaseException as error:
                if isinstance(error, typer.Exit | SystemExit):
                    raise
                code = failing.answer(error, session.voice)
            raise typer.Exit(code or ExitCode.OK)

        own = [p for p in inspect.signature(function).parameters.values() if p.annotation is not Session]
        added = [
            inspect.Parameter(word, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
            for word, (annotation, default) in shared.items()
        ]
        context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
        parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]
        run.__signature__ = inspect.Signature([context, *parameters, *added])  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in [context, *parameters, *added]}
        app.command(name, help=inspect.getdoc(function))(run)
        return function

    return register
