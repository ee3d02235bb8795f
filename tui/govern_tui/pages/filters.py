"""The ledger filter line: `kind:decision actor:ana since:2026-11-01 status:bad text`, parsed and matched."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from govern.domain.facts import FACTS
from govern.domain.text import moment
from govern.errors import UsageError
from govern.workflow.views import EntryRow

FIELDS: Final = ("kind", "actor", "subject", "status", "since", "until")
HINT: Final = "kind:decision,review  actor:NAME  subject:TEXT  status:ok|warn|bad  since:2026-11-01  until:…  and plain text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What the ledger page shows; empty fields let everything through."""

    kinds: tuple[str, ...] = ()
    actor: str = ""
    subject: str = ""
    status: str = ""
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""

    @property
    def beyond(self) -> bool:
        """Whether rows have to be looked at one by one here, because reading only knows kinds and text."""
        return bool(self.actor or self.subject or self.status or self.since or self.until)

    def admits(self, row: EntryRow) -> bool:
        """Whether a row is shown."""
        return (
            (not self.actor or self.actor.lower() in row.holder.lower())
            and (not self.subject or self.subject.lower() in row.subject.lower())
            and (not self.status or self.status == row.standing)
            and (self.since is None or row.time >= self.since)
            and (self.until is None or row.time <= self.until)
        )


def parse(line: str) -> Filter | None:
    """Read a filter line; None where it is empty. Raises `UsageError`."""
    found: dict[str, str] = {}
    plain: list[str] = []
    for word in line.split():
        name, colon, value = word.partition(":")
        if colon and name in FIELDS:
            found[name] = value
        else:
            plain.append(word)
    if not found and not plain:
        return None
    kinds = tuple(part for part in found.get("kind", "").split(",") if part)
    if unknown := [kind for kind in kinds if kind not in FACTS]:
        raise UsageError(f"there is no kind “{unknown[0][:40]}”", f"Kinds are: {', '.join(sorted(FACTS))}.")
    status = found.get("status", "")
    if status not in {"", "ok", "warn", "bad", "none"}:
        raise UsageError(f"there is no status “{status[:40]}”", "Write ok, warn, bad or none.")
    return Filter(
        kinds=kinds, actor=found.get("actor", ""), subject=found.get("subject", ""), status=status, text=" ".join(plain),
        since=moment(found["since"]) if "since" in found else None, until=moment(found["until"]) if "until" in found else None,
    )


def reader(
    log: Callable[[int, int], Sequence[EntryRow]], wanted: Filter, size: Callable[[], int],
) -> Callable[[int, int], Sequence[EntryRow]]:
    """Make reading by kinds and text into reading by the whole filter: up to `limit` matches from `start` on."""
    if not wanted.beyond:
        return log

    def read(start: int, limit: int) -> Sequence[EntryRow]:
        found: list[EntryRow] = []
        at, end = start, size()
        while at < end and len(found) < limit:
            rows = log(at, max(limit, 64))
            if not rows:
                break
            found += [row for row in rows if wanted.admits(row)]
            at = rows[-1].index + 1
        return found[:limit]

    return read
