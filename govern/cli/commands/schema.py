"""`govern schema`: the JSON Schema of every predicate, of evidence and decisions, and of policy documents."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from govern.cli.session import Session, command
from govern.errors import UsageError

if TYPE_CHECKING:
    from govern.domain.evidence import JsonValue

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "schema", workspace=False)(schema)


def schema(
    session: Session, *,
    kind: Annotated[str | None, typer.Argument(metavar="KIND", help="Such as model or evidence; else a list of all.")] = None,
) -> None:
    """Print a JSON Schema, or the names of all.

    Of every predicate, of the objects evidence and decision, and of the documents Policy, Binding and Waiver, for editors.
    """
    known = _known()
    if kind is None:
        if session.as_json:
            session.voice.document("govern/schemas/v1", {"kinds": list(known)})
            return
        session.voice.table([(name, says) for name, (says, _) in known.items()])
        return
    if kind not in known:
        raise UsageError(f"there is no schema “{kind}”", f"There are: {', '.join(known)}.")
    body = known[kind][1]()
    if session.as_json:
        session.voice.document("govern/schema/v1", {"kind": kind, "json_schema": body})
        return
    whole = {"$schema": DIALECT, **body} if isinstance(body, dict) else body
    session.voice.lines(json.dumps(whole, indent=2, ensure_ascii=False).splitlines())


def _known() -> "dict[str, tuple[str, Callable[[], JsonValue]]]":
    """Name every schema, with what it is of and how to make it."""
    from govern.canonical.schemas import described
    from govern.policy.documents import schema_for

    found: dict[str, tuple[str, Callable[[], JsonValue]]] = {
        name: (says, lambda body=body: body) for name, (says, body) in described().items()  # type: ignore[misc]
    }
    for name in ("Policy", "Binding", "Waiver"):
        found[f"document/{name}"] = (f"A {name.lower()} in YAML.", lambda name=name: schema_for(name))  # type: ignore[misc]
    return found
