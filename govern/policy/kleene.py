"""Strong Kleene logic over statuses: fail < inconclusive < pass; not-applicable is the identity; error dominates."""

from collections.abc import Iterable
from typing import Final

from govern.domain.decision import Status

_ORDER: Final = {Status.FAIL: 0, Status.INCONCLUSIVE: 1, Status.PASS: 2}


def all_of(statuses: Iterable[Status]) -> Status:
    """Return the least status; inconclusive where there is none at all, not-applicable where none applies."""
    return _combined(statuses, least=True)


def any_of(statuses: Iterable[Status]) -> Status:
    """Return the greatest status; inconclusive where there is none at all, not-applicable where none applies."""
    return _combined(statuses, least=False)


def _combined(statuses: Iterable[Status], *, least: bool) -> Status:
    found = set(statuses)
    if not found:
        return Status.INCONCLUSIVE
    if Status.ERROR in found:
        return Status.ERROR
    ranked = found - {Status.NOT_APPLICABLE}
    if not ranked:
        return Status.NOT_APPLICABLE
    return (min if least else max)(ranked, key=_ORDER.__getitem__)
