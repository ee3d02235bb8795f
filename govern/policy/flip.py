"""The smallest change that would turn a rule's status, said for people."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Final

from govern.domain.decision import Check, Status
from govern.policy.verdict import SHOWN, margin, numbers, shortened

LARGEST: Final = 10**7
"""Largest group whose rate comes back exactly from 15 digits."""


def smallest_flip(status: Status, checks: Sequence[Check], *, measure: str, of: str = "all", name: str = "") -> str:
    """Return the smallest change that turns the rule, in one sentence; empty where none can be named.

    For selection rates the change is counted in people whose outcome would have to differ, all else staying as it is
    (the shortfall of 29 CFR 1607.4D); for other values (`name`) it is the distance to the threshold. Where one check
    turns the rule, the nearest is named; where all of them have to turn, each, or the farthest of many.
    """
    if status not in {Status.PASS, Status.FAIL}:
        return ""
    if not measure:
        return _words(checks) if status is Status.PASS else ""
    same = [check for check in checks if check.status is status and margin(check) is not None]
    ranked = sorted(same, key=lambda check: (margin(check) or Decimal(0), check.label))
    if not ranked:
        return ""
    if (status is Status.PASS) is (of == "all"):
        return _change(ranked[0], measure, name)
    if status is Status.PASS:
        farthest = _change(ranked[-1], measure, name)
        return f"all {len(ranked)} that hold would have to turn, among them {farthest}" if len(ranked) > 1 else farthest
    more = len(same) - SHOWN
    return "; and ".join(_change(check, measure, name) for check in same[:SHOWN]) + (f"; and {more} more" if more > 0 else "")


def _words(checks: Sequence[Check]) -> str:
    """Say how many attestations would have to be taken back."""
    found = [numbers(check) for check in checks]
    fewer = min((int(observed - least) + 1 for observed, least in filter(None, found)), default=0)
    return f"{fewer} attestation{'' if fewer == 1 else 's'} taken back" if fewer else ""


def _change(check: Check, measure: str, name: str) -> str:
    found = numbers(check)
    if found is None:
        return ""
    observed, threshold = Fraction(found[0]), Fraction(found[1])
    label = f"{check.label}: " if check.label else ""
    named = f"{name} " if name else ""
    people = _people(check, observed, threshold) if measure.startswith("impact_ratio@") else None
    if people is not None:
        return f"{label}{people}"
    distance = abs(threshold - observed)
    upward = observed < threshold if check.op in {">=", ">"} else observed <= threshold
    way = "higher" if upward else "lower"
    if check.op == "==":
        return f"{label}{named}other than {check.threshold}" if observed == threshold else f"{label}{named}{check.threshold}"
    return f"{label}{named}{shortened(str(float(distance)))} {way}"


def _people(check: Check, observed: Fraction, threshold: Fraction) -> str | None:
    """Count the outcomes that would have to differ for a ratio of selection rates, where the counts are there."""
    selected, n = check.detail.get("selected"), check.detail.get("n")
    if not isinstance(selected, int) or not isinstance(n, int) or observed <= 0 or n <= 0 or selected == 0:
        return None
    if check.op not in {">=", ">"}:
        return None
    # `observed` is rounded to 15 digits; the reference's rate is a quotient of counts, and so can be had exactly.
    best = (Fraction(selected, n) / observed).limit_denominator(LARGEST)
    needed = threshold * best * n
    if observed < threshold:
        more = ceil(needed) - selected
        return f"{more} more favourable outcomes ({selected} → {selected + more} of {n})"
    fewer = selected - floor(needed) + (1 if needed == floor(needed) else 0)
    return f"{fewer} fewer favourable outcomes ({selected} → {selected - fewer} of {n})" if fewer <= selected else None
