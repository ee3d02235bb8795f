"""JSON Schemas of what is signed: every predicate with its header, and the objects that entries name by digest."""

from typing import Any, cast

from govern.canonical.values import schema_of
from govern.domain import facts
from govern.domain.decision import Decision
from govern.domain.evidence import Evidence, JsonValue
from govern.domain.statement import Header


def described() -> dict[str, tuple[str, JsonValue]]:
    """Return each kind's first line and its JSON Schema (2020-12), by the name that `govern schema` has for it."""
    classes = {fact.KIND: fact for fact in vars(facts).values() if isinstance(fact, type) and hasattr(fact, "KIND")}
    found = {name: (_first_line(cls), _predicate(cls)) for name, cls in sorted(classes.items())}
    objects: dict[str, type] = {"object/decision": Decision, "object/evidence": Evidence}
    return found | {name: (_first_line(cls), schema_of(cls)) for name, cls in objects.items()}


def _first_line(cls: type) -> str:
    return (cls.__doc__ or "").partition("\n")[0]


def _predicate(cls: type) -> JsonValue:
    """Return the schema of a fact as it is signed: with log, producer, time and seen beside its own fields."""
    fact, header = cast("dict[str, Any]", schema_of(cls)), cast("dict[str, Any]", schema_of(Header))
    both = {part: {**header.get(part, {}), **fact.get(part, {})} for part in ("$defs", "properties")}
    return cast("JsonValue", {**fact, **both, "required": sorted({*header["required"], *fact.get("required", ())})})
