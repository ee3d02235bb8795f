"""Chance: which p-value speaks for a group, corrected for how many were looked at.

Where the reference is the highest group it was chosen from the data, so one omnibus test speaks for all groups. Where
it is named, each group has a test of its own, corrected after Holm (1979).
"""

from collections.abc import Sequence
from decimal import Decimal

from govern.domain.decision import Reason, Status
from govern.domain.evidence import Measurement
from govern.domain.text import decimal_of
from govern.errors import UsageError
from govern.policy.model import Uncertainty
from govern.policy.verdict import WITHIN


def holm(p_values: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Return Holm's step-down adjusted p-values, in the order given."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted = [Decimal(0)] * len(p_values)
    running = Decimal(0)
    for rank, index in enumerate(order):
        running = max(running, min(Decimal(1), p_values[index] * (len(p_values) - rank)))
        adjusted[index] = running
    return tuple(adjusted)


def p_values(measurement: Measurement, uncertainty: Uncertainty) -> dict[str, Decimal]:
    """Return group to the p-value that decides for it; a group without one is not in it.

    Raises `UsageError` for a p-value that is no finite number or lies outside 0 to 1.
    """
    omnibus = measurement.values.get("p_value")
    if measurement.reference in {"", "highest"} and isinstance(omnibus, str):
        value = _probability(omnibus)
        return {str(group.get("group")): value for group in measurement.groups}
    # Evidence that corrected its p-values itself carries the plain ones beside them: nothing is corrected twice.
    found = {
        str(group.get("group")): _probability(str(group.get("pairwise_p_value", group["p_value"])))
        for group in measurement.groups if group.get("p_value") is not None
    }
    if uncertainty.multiplicity == "holm":
        return dict(zip(found, holm(tuple(found.values())), strict=True))
    return found


def _probability(text: str) -> Decimal:
    value = decimal_of(text)
    if not 0 <= value <= 1:
        raise UsageError(f"“{text}” is not a probability", "A p-value lies between 0 and 1.")
    return value


def decided(
    *, holds: bool, p_value: Decimal | None, n: int | None, one_person: bool, uncertainty: Uncertainty
) -> tuple[Status, Reason | None, str]:
    """Weigh a comparison against chance: the table in POLICY, section Statistics.

    `holds` says whether the point value is on the right side of its threshold.
    """
    significant = p_value is not None and p_value < 1 - decimal_of(uncertainty.level)
    shown = f"p = {p_value:.2g}" if p_value is not None else "no test was possible"
    large = n is not None and n >= uncertainty.min_group
    if holds:
        if significant:
            return Status.PASS, None, f"significant ({shown}) {WITHIN}"
        if large:
            return Status.PASS, None, ""
        return Status.INCONCLUSIVE, Reason.INSUFFICIENT_DATA, f"{n} in the group, {uncertainty.min_group} are needed"
    if not significant:
        return Status.INCONCLUSIVE, Reason.INSUFFICIENT_DATA, f"not significant ({shown}): more rows are needed to tell"
    if uncertainty.flip_check and one_person and not large:
        return Status.INCONCLUSIVE, Reason.INSUFFICIENT_DATA, "one person's outcome would turn it, and the group is small"
    return Status.FAIL, None, f"significant, {shown}"
