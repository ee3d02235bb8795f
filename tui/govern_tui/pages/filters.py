"""The ledger filter line: `kind:decision actor:ana since:2026-11-01 status:bad text`, parsed, and told as a command."""

from shlex import quote
from typing import Final

from govern.domain.facts import FACTS
from govern.domain.text import instant, moment
from govern.errors import UsageError
from govern_tui.desk import Wanted

FIELDS: Final = ("kind", "actor", "subject", "status", "since", "until")
HINT: Final = "kind:decision,review  actor:NAME  subject:credit@2  status:ok|warn|bad  since:2026-11-01  until:…  and text to look for"


def parse(line: str) -> Wanted | None:
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
    return Wanted(
        kinds=kinds, holder=found.get("actor", ""), subject=found.get("subject", ""), standings=(status,) if status else (), text=" ".join(plain),
        since=moment(found["since"]) if "since" in found else None, until=moment(found["until"]) if "until" in found else None,
    )


def command_of(wanted: Wanted) -> str:
    """The same on the command line."""
    words = ["govern log", *(f"--kind {kind}" for kind in wanted.kinds), *(f"--state {one}" for one in wanted.standings)]
    for option, value in (("--by", wanted.holder), ("--subject", wanted.subject), ("--text", wanted.text)):
        words += [f"{option} {quote(value)}"] if value else []
    for option, day in (("--since", wanted.since), ("--until", wanted.until)):
        words += [f"{option} {instant(day)}"] if day is not None else []
    return " ".join(words)
