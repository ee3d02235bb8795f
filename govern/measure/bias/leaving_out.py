"""Leaving small categories out of ratios, where they are named with a reason (6 RCNY 5-301(d))."""

from collections.abc import Sequence

from govern.domain.evidence import JsonValue, MeasureRequest
from govern.domain.leaving_out import BELOW, LEAVE_OUT, MAY_LEAVE_OUT, asked, is_small, reasons
from govern.errors import UsageError
from govern.measure.base import Parameters
from govern.measure.bias.groups import GroupCount
from govern.measure.numbers import text
from govern.measure.unmeasured import Unmeasured


def checked(request: MeasureRequest, attributes: Sequence[str]) -> None:
    """Refuse to leave out what would leave nothing out. Raises `UsageError`."""
    if LEAVE_OUT not in request.parameters:
        return
    if request.measure.partition("@")[0] not in MAY_LEAVE_OUT:
        raise UsageError(f"{request.measure} can't leave categories out", f"{' and '.join(sorted(MAY_LEAVE_OUT))} can.")
    strange = sorted(asked(request.parameters[LEAVE_OUT]).keys() - set(attributes))
    if strange:
        raise UsageError(f"{LEAVE_OUT} names “{strange[0]}”, which is not compared", f"Compared are: {', '.join(attributes)}.")


def narrowed(parameters: Parameters, attribute: str) -> Parameters:
    """Return the parameters with what is left out of this attribute alone, and without the key where that is nothing.

    So evidence of an attribute that keeps all its categories is the same, whatever is left out elsewhere.
    """
    if LEAVE_OUT not in parameters:
        return parameters
    own: dict[str, JsonValue] = dict(asked(parameters[LEAVE_OUT]).get(attribute, {}))
    rest = {key: value for key, value in parameters.items() if key != LEAVE_OUT}
    return {**rest, LEAVE_OUT: own} if own else rest


def parted(counts: list[GroupCount], attribute: str, parameters: Parameters) -> tuple[list[GroupCount], list[dict[str, JsonValue]]]:
    """Part the groups that are compared from those that are left out, each of these with its number, rate, share and reason.

    The share is of the rows whose category is known, and of their weights too where there are some. Raises `Unmeasured` for
    a category that is not there or not small: then nothing is left out and nothing compared.
    """
    if LEAVE_OUT not in parameters:
        return counts, []
    named = reasons(parameters[LEAVE_OUT], attribute)
    shown = tuple(count.json() | {"rate": text(count.rate)} for count in counts)
    absent = sorted(named.keys() - {count.group for count in counts})
    if absent:
        raise Unmeasured("undefined", f"“{absent[0]}” is to be left out of “{attribute}” and is no category of it", groups=shown)
    rows, weight = sum(count.n for count in counts), sum(count.weight for count in counts)
    left: list[dict[str, JsonValue]] = []
    for count in counts:
        if count.group not in named:
            continue
        if not (is_small(count.n, rows) and is_small(count.weight, weight)):
            raise Unmeasured(
                "undefined", f"“{count.group}” may not be left out of “{attribute}”: it has {count.n} of {rows} rows, and only a "
                f"category with less than {int(BELOW * 100)} % may (6 RCNY 5-301(d))", groups=shown,
            )
        share = count.weight / weight
        left.append(count.json() | {"rate": text(count.rate), "share": text(share), "reason": named[count.group]})
    return [count for count in counts if count.group not in named], left
