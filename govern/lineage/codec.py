"""Keys and records of a state as JSON text and back: for read tables, which can always be thrown away and made again."""

import hashlib
import json
import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, NewType, Union, get_args, get_origin, get_type_hints

from govern.lineage.records import Head
from govern.lineage.state import TABLES, State
from govern.lineage.tables import JSON, key_text

Coder = Callable[[Any], Any]


class Codec(NamedTuple):
    """How one type is written and read; `plain` where JSON has it already."""

    write: Coder
    read: Coder
    plain: bool = False


def _same(value: Any) -> Any:
    return value


_PLAIN: Final = Codec(_same, _same, plain=True)


@cache
def codec(hint: Any) -> Codec:
    """The codec of a type as it is annotated in records and facts."""
    origin, args = get_origin(hint), get_args(hint)
    if isinstance(hint, NewType):
        return codec(hint.__supertype__)
    if hint is datetime:
        return Codec(datetime.isoformat, datetime.fromisoformat)
    if origin is Literal or hint in {str, int, bool, type(None)}:
        return _PLAIN
    if origin in {Union, types.UnionType}:
        return _union(args)
    if origin is tuple:
        return _tuple(args)
    if origin in {dict, Mapping}:
        return _mapping(codec(args[1]))
    if is_dataclass(hint) and isinstance(hint, type):
        return _dataclass(hint)
    message = f"a state holds values of a type that can't be written: {hint!r}"
    raise TypeError(message)


def _union(args: tuple[Any, ...]) -> Codec:
    inner = [codec(one) for one in args if one is not type(None)]
    if all(one.plain for one in inner):
        return _PLAIN
    if len(inner) != 1:
        message = f"a union of several written types can't be told apart: {args!r}"
        raise TypeError(message)
    one = inner[0]
    return Codec(
        lambda value: None if value is None else one.write(value), lambda value: None if value is None else one.read(value),
    )


def _tuple(args: tuple[Any, ...]) -> Codec:
    if args[-1] is Ellipsis:
        one = codec(args[0])
        if one.plain:
            return Codec(list, tuple)
        return Codec(
            lambda value: [one.write(part) for part in value], lambda value: tuple(one.read(part) for part in value),
        )
    parts = [codec(arg) for arg in args]
    return Codec(
        lambda value: [part.write(item) for part, item in zip(parts, value, strict=True)],
        lambda value: tuple(part.read(item) for part, item in zip(parts, value, strict=True)),
    )


def _mapping(one: Codec) -> Codec:
    if one.plain:
        return Codec(dict, _same)
    return Codec(
        lambda value: {key: one.write(item) for key, item in value.items()},
        lambda value: {key: one.read(item) for key, item in value.items()},
    )


def _dataclass(cls: type) -> Codec:
    hints = get_type_hints(cls)
    parts = [(field.name, codec(hints[field.name])) for field in fields(cls)]

    def write(value: Any) -> list[Any]:
        return [
            getattr(value, name) if part.plain else part.write(getattr(value, name)) for name, part in parts
        ]

    def read(value: list[Any]) -> Any:
        return cls(**{
            name: item if part.plain else part.read(item) for (name, part), item in zip(parts, value, strict=True)
        })

    return Codec(write, read)


class TableCodec(NamedTuple):
    """Keys as text, values as bytes."""

    name: str
    key: Codec
    value: Codec

    def write(self, value: Any) -> bytes:
        """A value as JSON bytes."""
        return JSON.encode(self.value.write(value)).encode()

    def read(self, data: bytes) -> Any:
        """What `write` wrote."""
        return self.value.read(json.loads(data))

    def key_of(self, text: str) -> Any:
        """The key whose text is `text`."""
        return text if self.key is _PLAIN_TEXT else self.key.read(json.loads(text))


_PLAIN_TEXT: Final = Codec(_same, _same)


@cache
def table_codec(name: str) -> TableCodec:
    """The codec of a table of `State`."""
    key, value = get_args(get_type_hints(State)[name])
    textual = key is str or (isinstance(key, NewType) and key.__supertype__ is str)
    return TableCodec(name, _PLAIN_TEXT if textual else codec(key), codec(value))


def write_head(head: Head) -> bytes:
    """A head as JSON bytes."""
    return JSON.encode(codec(Head).write(head)).encode()


def read_head(data: bytes) -> Head:
    """What `write_head` wrote."""
    head = codec(Head).read(json.loads(data))
    assert isinstance(head, Head)
    return head


def _shape(hint: Any, seen: set[type]) -> Any:
    """Everything about a type that its written form depends on."""
    origin, args = get_origin(hint), get_args(hint)
    if args and origin is not Literal:
        return [str(origin), *(_shape(arg, seen) for arg in args)]
    if is_dataclass(hint) and isinstance(hint, type):
        if hint in seen:
            return hint.__name__
        seen.add(hint)
        hints = get_type_hints(hint)
        return [hint.__name__, [[field.name, _shape(hints[field.name], seen)] for field in fields(hint)]]
    return str(hint)


def code_of(folder: Path) -> str:
    """Digest of a package's code, by the names and bytes of its files."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*.py*")):
        if "__pycache__" not in path.parts:
            found.update(f"{path.relative_to(folder).as_posix()} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return found.hexdigest()


@cache
def fingerprint() -> str:
    """One word for the form of all tables and the code that fills them.

    The code itself, and no number that somebody has to raise: a fold that was changed under the same number would go on from
    tables that say otherwise, and let run what it does not allow. An upgrade that touches this room costs one fold.
    """
    hints = get_type_hints(State)
    seen: set[type] = set()
    shapes = [[name, _shape(hints[name], seen)] for name in TABLES]
    text = json.dumps([code_of(Path(__file__).parent), _shape(Head, seen), shapes], default=str)
    return hashlib.sha256(text.encode()).hexdigest()


__all__ = ["TableCodec", "code_of", "codec", "fingerprint", "key_text", "read_head", "table_codec", "write_head"]
