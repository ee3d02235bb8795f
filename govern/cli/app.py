"""The application: every command in the order in which one meets them, and what Typer itself refuses."""

import importlib
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from govern.cli import failing
from govern.cli.speak import Voice
from govern.cli.text import clean
from govern.errors import ExitCode
from govern.version import VERSION

COMMANDS = (
    "demo", "init", "key", "trust", "record", "measure", "policy", "gate", "review", "finding", "promote", "deploy", "rollback",
    "retire", "dataset", "model", "run", "monitor", "status", "lineage", "log", "show", "verify", "proof", "checkpoint", "anchor",
    "ledger", "replay", "export", "sign", "schema", "doctor", "tui",
)
"""Modules of `govern.cli.commands`; each has `add(app)`."""

EXIT_CODES = """Exit codes: 0 allowed, verified, done; 1 denied, refused or wrong; 2 usage; 3 denied because evidence is
missing or too thin; 4 could not be carried out or checked; 130 stopped."""


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"govern {VERSION}")
        raise typer.Exit


class _Ordered(TyperGroup):
    """Lists commands and groups in the order of COMMANDS; Typer would put all groups last."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override] # of Typer's own context
        """Return the commands' names."""
        del ctx
        return sorted(self.commands, key=COMMANDS.index)


def build(names: Sequence[str] = COMMANDS) -> typer.Typer:
    """Put the application together, or so much of it as has some commands.

    The command modules are light: what is heavy they import when they run. But all of them take as long to load and to
    put together as most answers take to find.
    """
    app = typer.Typer(
        name="govern", cls=_Ordered, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    )

    @app.callback(epilog=" ".join(EXIT_CODES.split()))
    def root(
        context: typer.Context,
        workspace: Annotated[
            Path | None,
            typer.Option("--workspace", metavar="DIR", help="The workspace; else GOVERN_WORKSPACE, else found upward."),
        ] = None,
        version: Annotated[
            bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version and end.")
        ] = False,
    ) -> None:
        """Evidence is measured, verdicts follow from it, people sign, and all of it can be proved offline."""
        del version
        context.obj = workspace

    for name in names:
        importlib.import_module(f"govern.cli.commands.{name}").add(app)
    return app


def named(arguments: Sequence[str]) -> tuple[str, ...]:
    """Say which commands have to be there for some arguments: the one that they name, or all for help and for what is none."""
    words = iter(arguments)
    for word in words:
        if word == "--workspace":
            next(words, None)
        elif not word.startswith("-"):
            return (word,) if word in COMMANDS else COMMANDS
        elif not word.startswith("--workspace="):
            return COMMANDS
    return COMMANDS


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    if not sys.warnoptions:
        # Warnings of libraries are for developers (`python -W default`); what matters to a user, a measure says itself.
        warnings.simplefilter("ignore")
    voice = Voice(as_json="--json" in arguments)
    try:
        code = build(named(arguments))(args=list(arguments), prog_name="govern", standalone_mode=False)
    except typer.TyperException as error:
        return _usage(error, voice)
    except (typer.Abort, KeyboardInterrupt):
        return int(failing.answer(KeyboardInterrupt(), voice))
    except Exception as error:  # noqa: BLE001 - a fault outside any command still ends in sentences
        return int(failing.answer(error, voice))
    if code == ExitCode.INTERRUPTED and not isinstance(code, ExitCode):
        # Typer's own code: it was stopped outside any command, which would have said so and returned ours.
        return int(failing.answer(KeyboardInterrupt(), voice))
    return int(code) if isinstance(code, int) else int(ExitCode.OK)


def _usage(error: typer.TyperException, voice: Voice) -> int:
    """Say what is wrong with the command's words, as every other error is said."""
    context = getattr(error, "ctx", None)
    path = getattr(context, "command_path", "govern")
    message = " ".join(clean(error.format_message()).split())
    if type(error).__name__ == "NoArgsIsHelpError":
        voice.talk(error.format_message())
        return int(ExitCode.USAGE)
    voice.talk(f"govern: {message}", "red")
    voice.talk(f"  `{path} --help` says what it takes.")
    if voice.as_json:
        voice.document(
            failing.ERROR_SCHEMA,
            {"error": "UsageError", "message": message, "hint": f"`{path} --help`", "exit_code": int(ExitCode.USAGE)},
        )
        voice.flush()
    return int(ExitCode.USAGE)
