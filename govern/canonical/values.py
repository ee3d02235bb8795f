"""Domain values to JSON and back: one rule for every frozen dataclass of `govern.domain`."""

import dataclasses
import re
from collections.abc import Hashable, Mapping
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, Final, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from govern.canonical.jcs import canonical_bytes, parse_json
from govern.domain.evidence import JsonValue
from govern.domain.text import Digest, instant
from govern.errors import DocumentError

Value = TypeVar("Value")
_PLAIN: Final = frozenset({str, int, bool, type(None)})
_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


@cache
def _field_names(cls: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(cls))


def to_json(value: object) -> JsonValue:
    """Turn a domain value into JSON: moments as `instant`, tuples as arrays, absent values as null.

    Raises `DocumentError` for anything that has no place there, floating-point numbers above all.
    """
    return cast("JsonValue", _plain(value))


def _plain(value: Any) -> Any:
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
        return read_checked(cls, data, parse_json(data, where=where), where=where)
    return read_checked(cls, canonical_bytes(data), data, where=where)


def read_checked(cls: type[Value], data: bytes, parsed: JsonValue, *, where: str = "") -> Value:
    """Read bytes that `parse_json` has already turned into `parsed`. Raises `DocumentError`."""
    try:
        value = read_shape(cls, data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"][1:]) or "the document"
        raise DocumentError(
            f"{place}: {first['msg']}", f"`govern schema` shows what a {cls.__name__} holds.", where=where
        ) from error
    for path, pattern, hint in text_paths(cast("Hashable", cls)):
        _check_text(parsed, path, pattern, hint, where)
    return value


def read_shape(cls: type[Value], data: bytes) -> Value:
    """Read bytes by their shape alone; spellings and doubled keys are the caller's to refuse. Raises `ValidationError`."""
    value: Value = _adapter(cast("Hashable", cls)).validate_json(b'{"value":%b}' % data, strict=True).value
    return value


@cache
def _adapter(cls: Hashable) -> TypeAdapter[Any]:
    # Nested standard dataclasses inherit the configuration of the outermost one, which a TypeAdapter alone can't set.
    outer = dataclasses.make_dataclass("Outer", [("value", cast("type", cls))], namespace={"__pydantic_config__": {"extra": "forbid"}})
    return TypeAdapter(outer)


def schema_of(cls: type) -> JsonValue:
    """Return the JSON Schema (2020-12) of a domain value."""
    schema = TypeAdapter(cls).json_schema()
    return cast("JsonValue", {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


_Spelling = tuple[tuple[str, ...], re.Pattern[str], str]


@cache
def text_paths(cls: Hashable) -> tuple[_Spelling, ...]:
    """Where in a dataclass moments and digests stand, and how they are spelled; `*` steps into each item."""
    paths: list[_Spelling] = []
    for field in dataclasses.fields(cast("Any", cls)):
        paths.extend(((field.name, *rest), pattern, hint) for rest, pattern, hint in _texts_in(field.type))
    return tuple(paths)


@cache
def has_moments(cls: Hashable) -> bool:
    """Say whether a dataclass holds moments anywhere."""
    return any(pattern is _MOMENT for _, pattern, _ in text_paths(cls))


def _texts_in(annotation: Any) -> list[_Spelling]:
    # One value, one spelling: what is read and written again has to keep its digest.
    if annotation is datetime:
        return [((), _MOMENT, "a moment is written as 2026-11-21T09:30:00Z")]
    if annotation is Digest:
        return [((), DIGEST, "a digest is written sha256: and 64 hexadecimal digits")]
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        return list(text_paths(annotation))
    origin, arguments = getattr(annotation, "__origin__", None), getattr(annotation, "__args__", ())
    if origin is not None and origin in {dict, Mapping}:
        arguments = arguments[1:]
    many = origin is not None and origin in {tuple, dict, Mapping}
    return [
        (("*", *path) if many else path, pattern, hint)
        for argument in arguments for path, pattern, hint in _texts_in(argument)
    ]


def _check_text(value: Any, path: tuple[str, ...], pattern: re.Pattern[str], hint: str, where: str) -> None:
    if value is None:
        return
    if not path:
        if not pattern.fullmatch(value):
            raise DocumentError(f"“{value[:80]}” is not spelled right", f"Correct it: {hint}.", where=where)
    elif path[0] == "*":
        for item in value.values() if isinstance(value, dict) else value:
            _check_text(item, path[1:], pattern, hint, where)
    else:
        _check_text(value.get(path[0]), path[1:], pattern, hint, where)


