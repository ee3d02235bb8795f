"""Step 9 of a verification: tree heads that somebody outside keeps are the beginning of this very tree."""

from collections.abc import Mapping, Sequence

from govern.domain.text import counted
from govern.errors import GovernError, VerificationError
from govern.ledger.asked import Anchored
from govern.ledger.checkpoint import digest_bytes, digest_text
from govern.ledger.steps import Report
from govern.ledger.tree import Frontier, ReadNodes, check_continues


def check_anchors(
    anchors: Sequence[Anchored], report: Report, *, frontier: Frontier, roots_at: Mapping[int, bytes], read: ReadNodes
) -> None:
    """Hold the tree that was verified against anchors, and report it; `roots_at` are the roots that came by on the way."""
    if not anchors:
        report.skip(9, "no anchor was given")
        return
    for one in anchors:
        try:
            _check(one, frontier, roots_at, read)
        except GovernError as error:
            report.wrong(
                VerificationError(
                    f"the anchor {one.what} holds another tree of {one.head.size} entries: {error.message}",
                    "The ledger was rewritten after it was anchored.", step=9, index=one.head.size, kind="anchor",
                )
            )
    tail = frontier.size - max(one.head.size for one in anchors)
    report.ok(9, f"{counted(len(anchors), 'anchor')}; unanchored tail: {counted(tail, 'entry', 'entries')}")


def _check(one: Anchored, frontier: Frontier, roots_at: Mapping[int, bytes], read: ReadNodes) -> None:
    size = one.head.size
    if size > frontier.size:
        raise VerificationError(f"there are only {counted(frontier.size, 'entry', 'entries')}", step=9)
    if size not in roots_at:
        check_continues(size, frontier.size, digest_bytes(one.head.root), frontier.root(), read)
    elif digest_text(roots_at[size]) != one.head.root:
        raise VerificationError("the roots differ", step=9)
