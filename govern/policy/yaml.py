"""Strict YAML 1.2: every value with its line and column; nothing that two readers could read differently.

Refused: duplicate keys, anchors and aliases, tags, several documents, NaN and infinities, keys that are not text.
A plain `0.8` stays the text `0.8`: no number of a document ever passes through binary floating point.
"""

import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, Event, NodeEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from govern.domain.evidence import JsonValue
from govern.errors import DocumentError

MAX_BYTES: Final = 524_288
"""A policy is read by people; half a megabyte of it is not one."""
MAX_DEPTH: Final = 32
"""As for every JSON document of ours; keeps recursion bounded."""

Step = str | int
Place = tuple[int, int]
"""Line and column, both from 1."""

_CORE: Final = "tag:yaml.org,2002:"
_INTEGER: Final = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL: Final = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A document's value, and where each part of it stands."""

    value: JsonValue
    places: Mapping[tuple[Step, ...], Place]
    where: str

    def place(self, path: tuple[Step, ...]) -> Place:
        """Return line and column of `path`, or of the nearest thing that holds it."""
        while path not in self.places:
            path = path[:-1]
        return self.places[path]

    def at(self, path: tuple[Step, ...]) -> str:
        """Write the place of `path` as `file:line:column`."""
        line, column = self.place(path)
        return f"{self.where}:{line}:{column}"


def read_yaml(data: bytes, *, where: str) -> Located:
    """Read one YAML document. Raises `DocumentError` with line and column."""
    if len(data) > MAX_BYTES:
        raise DocumentError(f"the document has more than {MAX_BYTES} bytes", "Split it.", where=where)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DocumentError("the document is not UTF-8", "Save it as UTF-8.", where=where) from error
    node = _compose(text, where)
    places: dict[tuple[Step, ...], Place] = {}
    value = _value(node, (), places, where)
    return Located(value=value, places=places, where=where)


def _compose(text: str, where: str) -> Node:
    reader = YAML(typ="safe", pure=True)
    reader.version = (1, 2)
    try:
        _look_through(reader.parse(io.StringIO(text)), where)
        node = reader.compose(io.StringIO(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{where}:{mark.line + 1}:{mark.column + 1}" if mark else where
        problem = error.problem or error.context or "it does not read as YAML"
        raise DocumentError(f"not YAML: {problem}", "Check indentation, quotes and brackets.", where=place) from error
    except (YAMLError, RecursionError, ValueError) as error:
        # ruamel names no place for these; its words may hold the document's bytes, so they are not repeated.
        raise DocumentError("not YAML", "Check for control characters and deep nesting.", where=where) from error
    if node is None:
        raise DocumentError("the document is empty", "Write a document, or take one from a pack.", where=where)
    return node  # type: ignore[no-any-return] # ruamel has no types


def _look_through(events: Iterable[Event], where: str) -> None:
    """Refuse what must not reach the composer, which recurses and follows aliases."""
    depth = 0
    for event in events:
        if isinstance(event, CollectionStartEvent):
            depth += 1
        elif isinstance(event, CollectionEndEvent):
            depth -= 1
        # Aliases can blow a small document up, and a merged key has no one place to point at.
        anchored = isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor)
        if anchored or depth > MAX_DEPTH:
            mark = event.start_mark
            raise DocumentError(
                "anchors and aliases are not accepted" if anchored else f"nested deeper than {MAX_DEPTH}",
                "Write the value out." if anchored else "Flatten it.",
                where=f"{where}:{mark.line + 1}:{mark.column + 1}",
            )


def _value(node: Node, path: tuple[Step, ...], places: dict[tuple[Step, ...], Place], where: str) -> JsonValue:
    place = (node.start_mark.line + 1, node.start_mark.column + 1)
    places.setdefault(path, place)
    here = f"{where}:{place[0]}:{place[1]}"
    if isinstance(node, ScalarNode):
        return _scalar(node, here)
    if isinstance(node, SequenceNode):
        _tagless(node, "seq", here)
        return [_value(item, (*path, index), places, where) for index, item in enumerate(node.value)]
    if isinstance(node, MappingNode):
        _tagless(node, "map", here)
        return _mapping(node, path, places, where)
    raise DocumentError("unknown kind of value", "Use mappings, lists and scalars.", where=here)


def _mapping(
    node: MappingNode, path: tuple[Step, ...], places: dict[tuple[Step, ...], Place], where: str
) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {}
    for key_node, value_node in node.value:
        line, column = key_node.start_mark.line + 1, key_node.start_mark.column + 1
        here = f"{where}:{line}:{column}"
        if not isinstance(key_node, ScalarNode) or key_node.tag == f"{_CORE}merge":
            raise DocumentError("a key has to be text", "Write plain words as keys.", where=here)
        key = str(key_node.value)
        if key in found:
            first = places[(*path, key)]
            raise DocumentError(
                f"the key “{key}” is given twice", f"It stands at line {first[0]} already; keep one.", where=here
            )
        places[(*path, key)] = (line, column)
        found[key] = _value(value_node, (*path, key), places, where)
    return found


def _tagless(node: Node, kind: str, here: str) -> None:
    if node.tag != _CORE + kind:
        raise DocumentError(f"the tag {node.tag} is not accepted", "Leave tags out.", where=here)


def _scalar(node: ScalarNode, here: str) -> JsonValue:
    text = str(node.value)
    if node.style in {"'", '"', "|", ">"}:
        _tagless(node, "str", here)
        return text
    kind = str(node.tag).removeprefix(_CORE)
    if kind in {"null", "bool"}:
        return None if kind == "null" else text.lower() == "true"
    if kind == "int" and _INTEGER.fullmatch(text):
        return int(text)
    if kind == "float" and _DECIMAL.fullmatch(text):
        return text
    if kind in {"str", "timestamp"}:
        # A timestamp is text in YAML 1.2's core schema.
        return text
    if kind in {"int", "float"}:
        raise DocumentError(
            f"“{text[:40]}” is not a decimal number",
            "Write whole numbers as 42 and decimals as 0.8; NaN, infinities, octal and hexadecimal are refused.",
            where=here,
        )
    raise DocumentError(f"the tag {node.tag} is not accepted", "Leave tags out.", where=here)
