"""`govern show`: one entry, or the entry that made a thing, with its statement, signatures and proof."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from govern.cli import dossier, options, past
from govern.cli.session import Session, command
from govern.cli.text import brief, state, when

if TYPE_CHECKING:
    from govern.workflow.place.workspace import Workspace
    from govern.workflow.views import AttemptView


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "show")(show)


def show(
    session: Session, *,
    ref: Annotated[str, typer.Argument(metavar="REF", help="system/name, name@version, sha256:…, or #123.")],
    as_of: options.AsOf = None,
    proof: Annotated[bool, typer.Option("--proof", help="Also its inclusion proof.")] = False,
) -> None:
    """Show one entry: what was signed, by whom, where it stands."""
    from govern.workflow.read import logbook

    moment = options.as_of(as_of)
    proved, standing = None, ""
    with session.workspace() as workspace:
        if moment is None:
            detail = logbook.entry(workspace, entry_index(workspace, ref))
        else:
            from govern.workflow.read.asof import shown_at

            then = shown_at(workspace, ref, moment)
            detail, proved, standing = then.entry, then.past, then.standing
        attempts = attempts_around(workspace, detail.row.index) if detail.row.kind == "decision" else ()
    if session.as_json:
        session.voice.document("govern/entry/v1", {
            "entry": detail, **({"attempts": attempts} if attempts else {}),
            **({"past": proved, "standing": standing} if proved is not None else {}),
        })
        return
    voice, row = session.voice, detail.row
    voice.line(f"#{row.index} {row.kind}: {row.subject}", "bold")
    voice.table(
        [
            ("says", row.summary),
            ("state", state(row.standing)),
            ("time", f"{when(row.time)} (claimed by the signer)"),
            *(("signed by", f"{holder or 'unknown key'}, key {brief(keyid)}") for keyid, holder in detail.signatures),
            ("leaf hash", detail.leaf_hash),
            ("size", f"{detail.size} bytes"),
            *([("stood then", standing)] if standing else []),
        ],
        indent="  ",
    )
    if attempts:
        dossier.attempts(voice, attempts)
    voice.line()
    for line in json.dumps(detail.statement, indent=2, ensure_ascii=True).splitlines():
        voice.line(line)
    if proof:
        voice.line()
        voice.lines(detail.proof.splitlines())
    if proved is not None:
        past.show(voice, proved)


def attempts_around(workspace: "Workspace", index: int) -> "tuple[AttemptView, ...]":
    """Return every attempt of the model line and gate that a decision's entry is about, where its objects are at hand."""
    from govern.errors import StorageError
    from govern.workflow.gate.attempts import attempts_of

    state = workspace.state()
    decision = state.decisions.get(index)
    if decision is None:
        return ()
    try:
        return attempts_of(workspace, state, state.models[decision.model].fact.name, decision.fact.gate)
    except StorageError:
        # What was signed is shown whatever became of the objects; `govern verify` says what is missing.
        return ()


def entry_index(workspace: "Workspace", ref: str) -> int:
    """Return the index that `#12` or `12` says, or that of the entry which made what `ref` names. Raises `NotFoundError`."""
    digits = ref.removeprefix("#")
    if digits.isdecimal() and digits.isascii():
        return int(digits)
    from govern.workflow.read import reading

    return reading.resolve(workspace, ref).index
