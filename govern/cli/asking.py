"""`deploy --check`: what it says, and the answer before Typer is loaded, where the question is put plainly.

A container's entry point starts a process for this one question and waits for it; Typer and what it brings along take
longer than the answer. Whatever is not plain, or not certain from the kept state, is left to the long way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from govern.cli.place import found_folder, named_folder
from govern.cli.speak import Voice
from govern.errors import ExitCode, GovernError
from govern.lineage.permission import Permission
from govern.workflow.release.quick import quick_check

VALUES = ("--to", "--workspace")
SWITCHES = ("--check", "--json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """May this model run there?"""

    model: str
    to: str
    workspace: Path | None
    as_json: bool


def plainly(words: Sequence[str]) -> Question | None:
    """Read `[--workspace DIR] deploy MODEL --to ENVIRONMENT --check [--json]`; None for any other words."""
    named: dict[str, str] = {}
    switches: set[str] = set()
    said: list[str] = []
    rest = iter(words)
    for word in rest:
        option, is_, value = word.partition("=")
        if option in VALUES and (said or option == "--workspace"):
            named[option] = value if is_ else next(rest, "")
            if not named[option] or named[option].startswith("-"):
                return None
        elif word in SWITCHES and said:
            switches.add(word)
        elif word.startswith("-"):
            return None
        else:
            said.append(word)
    if said[:1] != ["deploy"] or len(said) != 2 or "--check" not in switches or "--to" not in named:  # noqa: PLR2004
        return None
    place = named.get("--workspace")
    return Question(
        model=said[1], to=named["--to"], workspace=None if place is None else Path(place), as_json="--json" in switches,
    )


def answered(words: Sequence[str]) -> ExitCode | None:
    """Say whether the model may run, and return the exit code; None where the long way has to be gone."""
    question = plainly(words)
    folder = None if question is None else found_folder(named_folder(question.workspace))
    if question is None or folder is None:
        return None
    try:
        permission = quick_check(folder, reference(question.model), to=question.to)
    except (GovernError, OSError):
        return None  # the long way meets it again, and says what to do
    if permission is None:
        return None
    voice = Voice(as_json=question.as_json)
    try:
        code = say(voice, permission, question.model, question.to)
        voice.flush()
    except Exception as error:  # noqa: BLE001 - such as a full disk: it ends as it does in any command
        from govern.cli import failing

        return failing.answer(error, voice)
    return code


def say(voice: Voice, permission: Permission, model: str, to: str) -> ExitCode:
    """Say what a permission is, and return its exit code."""
    code = ExitCode.OK if permission.allowed else ExitCode.REFUSED
    if voice.as_json:
        voice.document(
            "govern/permission/v1", {"model": model, "environment": to, "exit_code": int(code), "permission": permission},
        )
        return code
    voice.line(f"{voice.state('allow' if permission.allowed else 'deny')}  {model} in {to}")
    voice.table(
        [
            (f"#{r.index}" if r.index is not None else "", f"{r.reason}: {r.way}" if r.way else r.reason)
            for r in permission.refusals
        ],
        indent="  ",
    )
    for note in permission.notes:
        voice.paragraph(f"! {note}", indent="  ")
    if permission.next:
        voice.hint(f"Next: {permission.next}")
    return code


def reference(model: str) -> str:
    """Return a reference as it is, and of a file its digest: what counts is the very bytes that would run."""
    named = "@" in model or model.startswith(("sha256:", "#"))
    if named or not Path(model).is_file():
        return model
    from govern.workflow.place.places import file_digest

    return file_digest(Path(model))
