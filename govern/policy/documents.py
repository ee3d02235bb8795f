"""From bytes to a Policy, a Binding or a Waiver, with line and column in every complaint."""

import difflib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from govern.domain.evidence import JsonValue
from govern.errors import DocumentError
from govern.policy.consistency import Complaint, binding_complaints, policy_complaints
from govern.policy.model import Binding, Policy, Rule, Waiver
from govern.policy.yaml import Located, Step, read_yaml

Document = TypeVar("Document")

_ADAPTERS: Final[dict[str, TypeAdapter[Any]]] = {}
_WORDS: Final[dict[str, str]] = {
    "missing": "“{key}” is missing",
    "missing_argument": "“{key}” is missing",
    "missing_keyword_only_argument": "“{key}” is missing",
    "extra_forbidden": "unknown key “{key}”",
    "unexpected_keyword_argument": "unknown key “{key}”",
}


def parse_policy(data: bytes, *, where: str) -> Policy:
    """Read a policy. Raises `DocumentError` for anything that is not exactly a policy."""
    located = read_yaml(data, where=where)
    policy = validated(Policy, "Policy", located)
    _complain(policy_complaints(policy), located)
    object.__setattr__(policy, "lines", dict(_rule_lines(policy.rules, located)))
    return policy


def parse_binding(data: bytes, *, where: str) -> Binding:
    """Read a binding. Raises `DocumentError`; what only the policy can tell is checked by `check_bound`."""
    located = read_yaml(data, where=where)
    binding = validated(Binding, "Binding", located)
    _complain(binding_complaints(binding), located)
    return binding


def parse_waiver(data: bytes, *, where: str) -> Waiver:
    """Read a waiver. Raises `DocumentError`."""
    return validated(Waiver, "Waiver", read_yaml(data, where=where))


def schema_for(kind: str) -> JsonValue:
    """Return the JSON Schema of `Policy`, `Binding` or `Waiver`, for editors. Raises `DocumentError`."""
    kinds: dict[str, Any] = {"Policy": Policy, "Binding": Binding, "Waiver": Waiver}
    if kind not in kinds:
        raise DocumentError(f"“{kind}” is no kind of document", f"The kinds are {', '.join(kinds)}.")
    schema: dict[str, JsonValue] = _adapter(kinds[kind]).json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _rule_lines(rules: tuple[Rule, ...], located: Located) -> Iterator[tuple[str, int]]:
    for number, rule in enumerate(rules):
        yield rule.id, located.place(("rules", number))[0]


def _adapter(cls: type[Document]) -> TypeAdapter[Document]:
    """Built once: pydantic compiles a validator, which takes longer than reading a document."""
    if cls.__name__ not in _ADAPTERS:
        _ADAPTERS[cls.__name__] = TypeAdapter(cls)
    return _ADAPTERS[cls.__name__]


def validated(cls: type[Document], name: str, located: Located) -> Document:
    """Turn a read document of the kind `name` into its value. Raises `DocumentError`."""
    if not isinstance(located.value, dict):
        raise DocumentError(
            f"a {name} is a mapping", "Begin with apiVersion and kind.", where=located.at(())
        )
    kind = located.value.get("kind")
    if kind != name:
        raise DocumentError(
            f"this is not a {name}: kind is “{kind}”", f"Write kind: {name}.",
            where=located.at(("kind",) if "kind" in located.value else ()),
        )
    try:
        found = _adapter(cls).validate_python(located.value)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False)
        raise _document_error(problems, located) from error
    return found


def _document_error(problems: list[Any], located: Located) -> DocumentError:
    # The deepest problem is the most telling one: an outer one is often only its consequence.
    def weight(problem: Any) -> tuple[bool, int, tuple[int, int]]:
        path = _path(problem, located)
        return problem["type"] not in _WORDS, -len(path), located.place(path)

    first = min(problems, key=weight)
    path = _path(first, located)
    key = str(first["loc"][-1])
    message = _WORDS.get(first["type"], "").format(key=key) or f"{_name(path)}: {_plain(first)}"
    more = len(problems) - 1
    hint = _hint(first["type"], key, path, located)
    return DocumentError(
        message, hint + (f" ({more} more in this document.)" if more else ""), where=located.at(path)
    )


def _path(problem: Mapping[str, Any], located: Located) -> tuple[Step, ...]:
    """Drop what pydantic adds to a location (names of unions, `[key]`) and keep what the document holds."""
    path: tuple[Step, ...] = ()
    for step in problem["loc"]:
        if (*path, step) in located.places:
            path = (*path, step)
    return path


def _name(path: tuple[Step, ...]) -> str:
    return ".".join(str(step) for step in path) or "document"


def _plain(problem: Any) -> str:
    message, given = str(problem["msg"]), problem.get("input")
    if problem["type"] == "string_pattern_mismatch":
        return f"“{str(given)[:60]}” is not written as it has to be"
    if message.startswith("Input should be "):
        return f"“{str(given)[:60]}” is given; it has to be {message.removeprefix('Input should be ')}"
    return message.removeprefix("Value error, ")


def _hint(kind: str, key: str, path: tuple[Step, ...], located: Located) -> str:
    if _WORDS.get(kind, "").startswith("unknown"):
        known = [*_keys_at(path[:-1], located), *_all_keys()]
        near = difflib.get_close_matches(key, [word for word in known if word != key], n=1, cutoff=0.7)
        return f"Did you mean “{near[0]}”?" if near else "Take it out: a key that is not read would not be enforced."
    if kind in _WORDS:
        return f"Add “{key}”."
    return "See `govern schema` for what each key takes."


def _keys_at(path: tuple[Step, ...], located: Located) -> list[str]:
    depth = len(path) + 1
    return [str(p[-1]) for p in located.places if len(p) == depth and p[:-1] == path and isinstance(p[-1], str)]


@cache
def _all_keys() -> tuple[str, ...]:
    """Every key that any of our documents knows."""
    found: set[str] = set()

    def walk(schema: object) -> None:
        if isinstance(schema, dict):
            properties = schema.get("properties")
            if isinstance(properties, dict):
                found.update(properties)
            for part in schema.values():
                walk(part)
        elif isinstance(schema, list):
            for part in schema:
                walk(part)

    for kind in ("Policy", "Binding", "Waiver"):
        walk(schema_for(kind))
    return tuple(sorted(found))


def _complain(complaints: Iterator[Complaint], located: Located) -> None:
    for complaint in complaints:
        raise DocumentError(complaint.message, complaint.hint, where=located.at(complaint.path))


__all__ = ["Binding", "Policy", "Rule", "Waiver", "parse_binding", "parse_policy", "parse_waiver", "schema_for"]
