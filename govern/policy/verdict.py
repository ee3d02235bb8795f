"""What a judge leaves: a status with its reason, and the checks it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from govern.domain.decision import Check, Reason, Status, demand
from govern.domain.text import decimal_of
from govern.errors import UsageError
from govern.policy.kleene import all_of, any_of

WITHIN: Final = "though within the threshold"
"""How the note of a check ends that holds and is significant all the same."""

SHOWN: Final = 3
"""Checks named in a sentence; the decision holds the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A rule's status before enforcement and waivers."""

    status: Status
    reason: Reason | None = None
    explanation: str
    checks: tuple[Check, ...] = ()
    advisory: str = ""


def inconclusive(reason: Reason, note: str, label: str = "") -> Check:
    """Return a check that could not be decided."""
    return Check(label=label, status=Status.INCONCLUSIVE, reason=reason, note=note)


def broken(note: str, label: str = "") -> Check:
    """Return a check that could not be carried out: the evidence contradicts itself or holds what is no number."""
    return Check(label=label, status=Status.ERROR, note=note)


def combined(checks: Sequence[Check], *, of: str, name: str = "") -> Verdict:
    """Put checks together: `all` of them, or `any`; `name` says what was observed, such as `ratio`."""
    ordered = tuple(sorted(checks, key=lambda check: (check.label, check.op, check.threshold)))
    status = (any_of if of == "any" else all_of)(check.status for check in ordered)
    deciding = [check for check in ordered if check.status is status]
    first = deciding[0] if deciding else None
    reason = first.reason if first is not None and status is Status.INCONCLUSIVE else None
    if status is Status.INCONCLUSIVE and reason is None:
        reason = Reason.MISSING
    return Verdict(
        status=status, reason=reason, explanation=_sentence(status, deciding, ordered, name), checks=ordered,
        advisory="; ".join(_beside_a_pass(ordered)) if status is Status.PASS else "",
    )


def _beside_a_pass(checks: Sequence[Check]) -> tuple[str, ...]:
    """Return what has to be said though every check holds."""
    return _said_once([check for check in checks if WITHIN in check.note])


def _said_once(checks: Sequence[Check]) -> tuple[str, ...]:
    """Say each note once, with all whom it is about in front."""
    about: dict[str, list[str]] = {}
    for check in checks:
        about.setdefault(check.note or check.status.value, []).append(check.label)
    return tuple(f"{', '.join(labels)}: {note}" if any(labels) else note for note, labels in about.items())


def _sentence(status: Status, deciding: Sequence[Check], checks: Sequence[Check], name: str) -> str:
    if not checks:
        return "There was nothing to look at."
    seen = [check for check in deciding if check.observed is not None]
    if status is Status.PASS and len(checks) > 1:
        closest = f", closest to its threshold {describe(min(seen, key=_far), name)}" if seen else ""
        return f"{len(deciding)} of {len(checks)} hold{closest}."
    unseen = [check for check in deciding if check.observed is None]
    said = (*(describe(check, name) for check in sorted(seen, key=_far, reverse=True)), *_said_once(unseen))
    more = len(said) - SHOWN
    return "; ".join(said[:SHOWN]) + (f"; and {more} more." if more > 0 else ".")


def _far(check: Check) -> Decimal:
    return margin(check) or Decimal(0)


def numbers(check: Check) -> tuple[Decimal, Decimal] | None:
    """Return what was observed and what is asked, or None where one of them is no number."""
    if check.observed is None or not check.threshold:
        return None
    try:
        return decimal_of(check.observed), decimal_of(check.threshold)
    except UsageError:
        return None


def margin(check: Check) -> Decimal | None:
    """Return the distance to the threshold in shares of it, near enough to tell which of many is closest."""
    found = numbers(check)
    if found is None:
        return None
    observed, threshold = found
    return abs(observed - threshold) / (abs(threshold) or 1)


def describe(check: Check, name: str = "") -> str:
    """Say one check in words, such as `sex=Female: ratio 0.358023…, must be at least 0.8`."""
    label = f"{check.label}: " if check.label else ""
    if check.observed is None:
        return f"{label}{check.note or check.status.value}"
    compared = f"{shortened(check.observed)}, must be {demand(check.op, check.threshold)}" if check.threshold else check.observed
    return f"{label}{name}{' ' if name else ''}{compared}" + (f" ({check.note})" if check.note else "")


def shortened(text: str, digits: int = 6) -> str:
    """Cut decimal text to some places for people; the whole number stays in `observed`."""
    whole, dot, places = text.partition(".")
    return text if not dot or "E" in text or len(places) <= digits else f"{whole}.{places[:digits]}…"
