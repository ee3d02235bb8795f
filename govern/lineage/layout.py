"""Lineage as rows in the manner of `git log --graph`: one row a node, lanes drawn as text."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from govern.lineage.graph import Graph, walk
from govern.lineage.nodes import Node, node_of
from govern.lineage.state import Key

Direction = Literal["both", "up", "down", "impact"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphRow:
    """One row."""

    lanes: str
    """Box-drawing prefix, such as `│ ●`."""
    node: Node
    depth: int
    """Hops from the node that was asked for; negative for what rests on it."""
    parents: tuple[int, ...] = ()
    """Rows of what it came from, counted from the first."""


def layout(graph: Graph, node: Node, *, direction: Direction = "both") -> tuple[GraphRow, ...]:
    """Lay out what a node rests on (`up`), what rests on it (`down`), both, or only what stands or falls with it.

    What rests on others comes first, what they were made from last, as commits before their parents.
    """
    depths: dict[Key, int] = {}
    if direction in {"both", "down", "impact"}:
        depths |= {step.key: -step.depth for step in walk((node.key,), graph.children)}
    if direction in {"both", "up"}:
        for step in walk((node.key,), graph.parents):
            depths.setdefault(step.key, step.depth)
    if direction == "impact":
        kept = {reached.node.key for reached in graph.impact(node)} | {node.key}
        depths = {key: depth for key, depth in depths.items() if key in kept}
    near = {key: [parent for parent in graph.parents(key) if parent in depths] for key in depths}
    order = _topological(near)
    place = {key: number for number, key in enumerate(order)}
    return tuple(
        GraphRow(
            lanes=lanes, node=node_of(graph.state, key), depth=depths[key],
            parents=tuple(place[parent] for parent in near[key]),
        )
        for key, lanes in draw(order, near.__getitem__)
    )


def _place(key: Key) -> tuple[bool, int, str]:
    return (isinstance(key, int), key if isinstance(key, int) else 0, str(key))


def _topological(near: dict[Key, list[Key]]) -> list[Key]:
    """Children before parents; among those that may come next, the one whose child was drawn last (keeps lanes short)."""
    waiting = dict.fromkeys(near, 0)
    for parents in near.values():
        for parent in parents:
            waiting[parent] += 1
    ready = sorted((key for key, count in waiting.items() if count == 0), key=_place)
    order: list[Key] = []
    while ready:
        key = ready.pop()
        order.append(key)
        for parent in reversed(near[key]):
            waiting[parent] -= 1
            if waiting[parent] == 0:
                ready.append(parent)
    # Facts can't form a circle, because digests can't; entries from elsewhere might, and are shown all the same.
    drawn = set(order)
    return order + [key for key in near if key not in drawn]


def draw(order: Sequence[Key], near: Callable[[Key], Iterable[Key]]) -> list[tuple[Key, str]]:
    """Lanes for each key of `order` (children before parents).

    A lane waits for one key. A row closes every lane that waits for its key into the first of them and opens one lane a
    parent that no lane waits for yet.
    """
    lanes: list[Key | None] = []
    rows: list[tuple[Key, str]] = []
    done: set[Key] = set()
    for key in order:
        closing = [place for place, waited in enumerate(lanes) if waited == key]
        column = closing[0] if closing else _free(lanes, 0)
        _put(lanes, column, None)
        for place in closing:
            lanes[place] = None
        done.add(key)
        through = [place for place, waited in enumerate(lanes) if waited is not None]
        opening: list[int] = []
        joining: list[int] = []
        for parent in near(key):
            if parent in done:
                continue
            if parent in lanes:
                joining.append(lanes.index(parent))
                continue
            place = column if lanes[column] is None else _free(lanes, column + 1, set(closing))
            _put(lanes, place, parent)
            if place != column:
                opening.append(place)
        rows.append((key, _row(column, closing[1:], opening, joining, through)))
        while lanes and lanes[-1] is None:
            lanes.pop()
    return rows


def _free(lanes: list[Key | None], start: int, avoid: set[int] | None = None) -> int:
    for place in range(start, len(lanes)):
        if lanes[place] is None and place not in (avoid or ()):
            return place
    return max(len(lanes), start)


def _put(lanes: list[Key | None], place: int, key: Key | None) -> None:
    while len(lanes) <= place:
        lanes.append(None)
    lanes[place] = key


def _row(column: int, closing: list[int], opening: list[int], joining: list[int], through: list[int]) -> str:
    """Draw one row: `●` in its column, `╯` where a lane ends in it, `╮` where one begins, `┤` where one joins."""
    marks = dict.fromkeys(through, "│") | dict.fromkeys(closing, "╯") | dict.fromkeys(opening, "╮")
    marks |= {place: "┤" if place > column else "├" for place in joining}
    turns = [*closing, *opening, *joining]
    left, right = min([column, *turns]), max([column, *turns])
    cells: list[str] = []
    for place in range(max([column, right, *through]) + 1):
        inside = left <= place <= right
        if place == column:
            mark = "●"
        elif place in marks:
            mark = "┼" if inside and marks[place] == "│" else marks[place]
            if inside and place not in (left, right):
                mark = {"╯": "┴", "╮": "┬", "┤": "┼", "├": "┼"}.get(mark, mark)
        else:
            mark = "─" if inside else " "
        cells.append(mark + ("─" if left <= place < right else " "))
    return "".join(cells).rstrip()
