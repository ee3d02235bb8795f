"""`govern schema`: the JSON Schema of every predicate, and of evidence and decisions."""

import json
from typing import Annotated

import typer

from govern.cli.session import Session, command
from govern.errors import UsageError

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "schema", workspace=False)(schema)


def schema(
    session: Session, *,
    kind: Annotated[str | None, typer.Argument(metavar="KIND", help="Such as model or evidence; else a list of all.")] = None,
) -> None:
    """Print a JSON Schema, or the names of all."""
    from govern.canonical.values import schema_of
    from govern.domain import facts
    from govern.domain.decision import Decision
    from govern.domain.evidence import Evidence

    known: dict[str, type] = {fact.KIND: fact for fact in vars(facts).values() if isinstance(fact, type) and hasattr(fact, "KIND")}
    known |= {"object/evidence": Evidence, "object/decision": Decision}
    if kind is None:
        if session.as_json:
            session.voice.document("govern/schemas/v1", {"kinds": sorted(known)})
            return
        session.voice.table([(name, (value.__doc__ or "").splitlines()[0]) for name, value in sorted(known.items())])
        return
    if kind not in known:
        raise UsageError(f"there is no schema “{kind}”", f"There are: {', '.join(sorted(known))}.")
    body = schema_of(known[kind])
    if not isinstance(body, dict):
        raise UsageError(f"“{kind}” has no schema", "`govern schema` lists them.")
    if session.as_json:
        session.voice.document("govern/schema/v1", {"kind": kind, "json_schema": body})
        return
    session.voice.lines(json.dumps({"$schema": DIALECT, **body}, indent=2, ensure_ascii=False).splitlines())
