"""Domain values to JSON and back: one rule for every frozen dataclass of `govern.domain`."""

import dataclasses
from collections.abc import Hashable, Mapping
from datetime import datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any, Final, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from govern.canonical.jcs import canonical_bytes, parse_json
from govern.domain.evidence import JsonValue
from govern.domain.text import instant
from govern.errors import DocumentError

Value = TypeVar("Value")
_PLAIN: Final = frozenset({str, int, bool, type(None)})
_ZERO: Final = timedelta(0)


@cache
def _field_names(cls: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(cls))


def to_json(value: object) -> JsonValue:
    """Turn a domain value into JSON: moments as `instant`, tuples as arrays, absent values as null.

    Raises `DocumentError` for anything that has no place there, floating-point numbers above all.
    """
    return cast("JsonValue", _plain(value))


def _plain(value: Any) -> Any:  # noqa: PLR0911 - one branch a kind of value
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is tuple or kind is list:
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, Enum):
        return _plain(value.value)
    if dataclasses.is_dataclass(kind):
        return {name: _plain(getattr(value, name)) for name in _field_names(kind)}
    if isinstance(value, str | int):
        return value
    raise DocumentError(f"a {kind.__name__} has no place in what is recorded", "Write measured numbers as decimal text.")


def object_bytes(value: object) -> bytes:
    """Write a domain value as canonical JSON: the bytes whose digest names it."""
    return canonical_bytes(to_json(value))


def from_json(cls: type[Value], data: bytes | JsonValue, *, where: str = "") -> Value:
    """Read a domain value strictly: no unknown keys, no other types, moments in UTC only. Raises `DocumentError`."""
    if isinstance(data, bytes):
        parse_json(data, where=where)
    else:
        data = canonical_bytes(data)
    return read_checked(cls, data, where=where)


def read_checked(cls: type[Value], data: bytes, *, where: str = "") -> Value:
    """Read bytes that `parse_json` has already accepted. Raises `DocumentError`."""
    try:
        value = _adapter(cast("Hashable", cls)).validate_json(b'{"value":%b}' % data, strict=True).value
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"][1:]) or "the document"
        raise DocumentError(
            f"{place}: {first['msg']}", f"`govern schema` shows what a {cls.__name__} holds.", where=where
        ) from error
    for path in moment_paths(cast("Hashable", cls)):
        _check_moment(value, path, where)
    return cast("Value", value)


@cache
def _adapter(cls: Hashable) -> TypeAdapter[Any]:
    # Nested standard dataclasses inherit the configuration of the outermost one, which a TypeAdapter alone can't set.
    outer = dataclasses.make_dataclass("Outer", [("value", cast("type", cls))], namespace={"__pydantic_config__": {"extra": "forbid"}})
    return TypeAdapter(outer)


def schema_of(cls: type) -> JsonValue:
    """Return the JSON Schema (2020-12) of a domain value."""
    schema = TypeAdapter(cls).json_schema()
    return cast("JsonValue", {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


@cache
def moment_paths(cls: Hashable) -> tuple[tuple[str, ...], ...]:
    """Where in a dataclass moments stand; `*` steps into each item of a tuple."""
    paths: list[tuple[str, ...]] = []
    for field in dataclasses.fields(cast("Any", cls)):
        paths.extend((field.name, *rest) for rest in _moments_in(field.type))
    return tuple(paths)


def _moments_in(annotation: Any) -> list[tuple[str, ...]]:
    if annotation is datetime:
        return [()]
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        return list(moment_paths(annotation))
    arguments = getattr(annotation, "__args__", ())
    many = getattr(annotation, "__origin__", None) is tuple
    return [(("*", *path) if many else path) for argument in arguments for path in _moments_in(argument)]


def _check_moment(value: Any, path: tuple[str, ...], where: str) -> None:
    if value is None:
        return
    if not path:
        if value.utcoffset() != _ZERO or value.microsecond:
            raise DocumentError(
                f"{value.isoformat()} is not in UTC with whole seconds", "Write it as 2026-11-21T09:30:00Z.", where=where
            )
    elif path[0] == "*":
        for item in value:
            _check_moment(item, path[1:], where)
    else:
        _check_moment(getattr(value, path[0]), path[1:], where)


