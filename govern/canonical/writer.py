"""The fast writer of statements: one function a type, made once, that checks while it writes.

It gives the bytes that `canonical_bytes(to_json(value))` gives, in a quarter of the time, and refuses every value that
`read_statement` would refuse: what is recorded can be read again. A property test holds both promises.
"""

import dataclasses
import re
from collections.abc import Callable, Hashable, Mapping
from datetime import UTC, datetime
from enum import Enum
from functools import cache, lru_cache
from json.encoder import encode_basestring
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, cast, get_args, get_origin

from govern.canonical.jcs import MAX_INTEGER, canonical_bytes
from govern.domain.text import Digest, instant
from govern.errors import DocumentError

Write = Callable[[Any], str]
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


def _wrong(value: object, expected: str) -> DocumentError:
    return DocumentError(f"{str(value)[:80]!r} stands where {expected} belongs", "`govern schema` shows what is recorded.")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong(value, "a text")
    return encode_basestring(value)


def _digest(value: Any) -> str:
    if not isinstance(value, str) or not _DIGEST.fullmatch(value):
        raise _wrong(value, "a digest")
    return f'"{value}"'


def _whole(value: Any) -> str:
    if type(value) is not int or not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise _wrong(value, "a whole number")
    return str(value)


def _truth(value: Any) -> str:
    if type(value) is not bool:
        raise _wrong(value, "true or false")
    return "true" if value else "false"


@lru_cache(maxsize=256)
def _instant(value: datetime) -> str:
    return f'"{instant(value)}"'


def _moment(value: Any) -> str:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise _wrong(value, "a moment with a time zone")
    return _instant(value.astimezone(UTC))


def _anything(value: Any) -> str:
    return canonical_bytes(value).decode()


_SIMPLE: Final[dict[Any, Write]] = {
    str: _text, Digest: _digest, int: _whole, bool: _truth, datetime: _moment, NoneType: lambda _: "null", Any: _anything,
}


@cache
def writer_of(annotation: Hashable) -> Write:
    """Return the writer for a type; only the types that facts are made of are known."""
    if annotation in _SIMPLE:
        return _SIMPLE[annotation]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return _one_of({value: encode_basestring(value) for value in arguments})
    if origin in {UnionType, Union} and NoneType in arguments:
        inner = writer_of(next(one for one in arguments if one is not NoneType))
        return lambda value: "null" if value is None else inner(value)
    if origin is tuple:
        return _list_of(writer_of(arguments[0]))
    if origin in {dict, Mapping}:
        return _mapping_of(writer_of(arguments[1]))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return _one_of({one: encode_basestring(one.value) for one in annotation})
    if dataclasses.is_dataclass(annotation):
        return object_of(cast("type", annotation))
    raise TypeError(annotation)


def _one_of(texts: dict[Any, str]) -> Write:
    def write(value: Any) -> str:
        try:
            return texts[value]
        except (KeyError, TypeError):
            raise _wrong(value, f"one of {', '.join(map(str, texts))}") from None

    return write


def _list_of(inner: Write) -> Write:
    def write(value: Any) -> str:
        if not isinstance(value, tuple | list):
            raise _wrong(value, "a list")
        return f"[{','.join([inner(one) for one in value])}]" if value else "[]"

    return write


def _mapping_of(inner: Write) -> Write:
    def write(value: Any) -> str:
        if not isinstance(value, Mapping):
            raise _wrong(value, "a mapping")
        # RFC 8785 sorts by UTF-16 unit, which is code point order as long as nothing lies beyond U+D7FF.
        try:
            keys = sorted(value, key=None if all(map(str.isascii, value)) else _utf16)
            return f"{{{','.join([f'{encode_basestring(key)}:{inner(value[key])}' for key in keys])}}}"
        except TypeError:
            raise _wrong(value, "a mapping with texts as keys") from None

    return write


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")


@cache
def object_of(cls: Hashable) -> Write:
    """Return the writer of a dataclass."""
    kind = cast("type", cls)
    parts = parts_of(kind)

    def write(value: Any) -> str:
        if type(value) is not kind:
            raise _wrong(value, f"a {kind.__name__}")
        return f"{{{','.join([f'{prefix}{inner(getattr(value, name))}' for name, prefix, inner in parts])}}}"

    return write


@cache
def parts_of(cls: Hashable) -> tuple[tuple[str, str, Write], ...]:
    """Return (field, its key as written, its writer), sorted as RFC 8785 sorts; field names are ASCII."""
    fields = sorted(dataclasses.fields(cast("Any", cls)), key=lambda field: field.name)
    return tuple((one.name, f'"{one.name}":', writer_of(cast("Hashable", one.type))) for one in fields)
