"""From what people write to the one thing it names: `system/name`, `name@version`, a digest's prefix, `#123`, an id."""

from collections.abc import Collection, Iterator
from typing import Final

from govern.errors import NotFoundError
from govern.lineage.nodes import SYSTEM, Node, node_of
from govern.lineage.state import Key, State

SHORTEST_PREFIX: Final = 8
"""Hexadecimal digits: enough for a person to see a difference."""

_HEX: Final = frozenset("0123456789abcdef")


def resolve(state: State, ref: str, kinds: Collection[str] = ()) -> Node:
    """Return the one node that `ref` names, of one of `kinds` if any are given.

    Raises `NotFoundError` where it names nothing, or more than one thing.
    """
    text = ref.strip()
    found = {node.key: node for node in (node_of(state, key) for key in dict.fromkeys(_keys(state, text)))}
    nodes = [node for node in found.values() if not kinds or node.kind in kinds]
    if len(nodes) == 1:
        return nodes[0]
    wanted = " or ".join(sorted(kinds)) or "thing"
    if not nodes:
        message = f"“{ref[:80]}” names no {wanted} in this ledger"
        hint = "Write system/name, run/name, name@version, sha256: and at least 8 digits, or #123."
        if found:
            hint = f"It names {', '.join(sorted(node.label for node in found.values())[:3])}."
        raise NotFoundError(message, hint)
    some = ", ".join(f"{node.label} {node.digest[:15]}… (#{node.index})" for node in nodes[:4])
    message = f"“{ref[:80]}” names more than one {wanted}: {some}"
    raise NotFoundError(message, "Name one of them by its digest or by #index.")


def _keys(state: State, text: str) -> Iterator[Key]:
    if text.startswith("#"):
        number = text[1:]
        if number.isascii() and number.isdigit() and int(number) < state.size:
            yield int(number)
        return
    if text.startswith("sha256:"):
        yield from _by_prefix(state, text)
        return
    kind, slash, rest = text.partition("/")
    if slash and kind in {"system", "dataset", "run", "model", "policy", "binding", "deployment", "waiver", "finding"}:
        yield from _by_name(state, rest, (kind,))
        return
    yield from _by_name(state, text, ("model", "dataset", "policy", "binding", "deployment", "waiver", "finding"))


def _by_name(state: State, text: str, kinds: tuple[str, ...]) -> Iterator[Key]:
    name, at, version = text.rpartition("@")
    for kind in kinds:
        match kind:
            case "system" if text in state.systems:
                yield f"{SYSTEM}{text}"
            case "run":
                yield from state.series.of(("runs", text))
            case "deployment" if text in state.deployments:
                yield state.deployments[text].index
            case "waiver" if text in state.waivers:
                yield state.waivers[text].index
            case "finding" if text in state.findings:
                yield state.findings[text].index
            case "model" | "dataset" | "policy" | "binding" if at:
                yield from _versions(state, kind, name, version)
            case _:
                pass


def _versions(state: State, kind: str, name: str, version: str) -> Iterator[Key]:
    line, table = {
        "model": ("line", state.models), "dataset": ("dataset-line", state.datasets),
        "policy": ("policy-line", state.policy_versions), "binding": ("binding-line", state.binding_versions),
    }[kind]
    for key in state.series.of((line, name)):
        if table[key].fact.version == version:  # type: ignore[index]
            yield key


def _by_prefix(state: State, text: str) -> Iterator[Key]:
    digits = text.removeprefix("sha256:")
    if len(digits) < SHORTEST_PREFIX or not set(digits) <= _HEX:
        message = f"“{text[:80]}” is too short to name a digest"
        raise NotFoundError(message, f"Give at least {SHORTEST_PREFIX} hexadecimal digits after sha256:.")
    for table in (state.models, state.datasets, state.runs, state.policy_versions, state.binding_versions):
        yield from table.starting(text)
    for relation in ("decision", "evidence-object"):
        for digest in state.objects_starting(relation, text):
            yield state.series.last((relation, digest)) or 0
    for name, system in state.systems.items():
        if system.digest.startswith(text):
            yield f"{SYSTEM}{name}"
    for key in state.loose.starting(text):
        if key not in state.datasets and key not in state.runs:
            yield key
