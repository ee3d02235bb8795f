"""Counts of selected people by group: how they are collected, kept as statistics, and read back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, cast

from govern.domain.evidence import JsonValue, Measurement
from govern.measure.cells import Cell
from govern.measure.labels import same
from govern.measure.numbers import exact, text
from govern.measure.study import EITHER, Judged, Study, split_unknown, too_many
from govern.measure.unmeasured import Unmeasured

NO_OUTCOME: Final = "no column of outcomes was given: name a target, a prediction, or a score with its threshold"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCount:
    """People of one group and how many of them were selected; weights are equal to counts without weights."""

    group: str
    n: int
    selected: int
    weight: Fraction
    weight_selected: Fraction
    weight2: Fraction
    weighted: bool

    @property
    def rate(self) -> Fraction:
        """Selection rate, exact."""
        return self.weight_selected / self.weight

    @property
    def size(self) -> float:
        """Effective number of people (Kish 1965, 11.7): fewer than `n` where weights differ."""
        return float(self.weight**2 / self.weight2) if self.weighted else float(self.n)

    @property
    def chosen(self) -> float:
        """Effective number of selected people."""
        return float(self.rate) * self.size if self.weighted else float(self.selected)

    def json(self) -> dict[str, JsonValue]:
        """As evidence's groups begin."""
        shown: dict[str, JsonValue] = {"group": self.group, "n": self.n, "selected": self.selected}
        if self.weighted:
            shown |= {"weight": text(self.weight), "weight_selected": text(self.weight_selected)}
        return shown


def outcome_label(study: Study, favourable: str, label: str | None) -> bool:
    """Whether an outcome is the favourable one; a score's outcome is a truth value that speaks of `positive`."""
    if study.judged == "score":
        return (label == "true") == same(study.positive(), favourable)
    return label is not None and any(same(label, one) for one in favourable.split(EITHER))


def check_outcomes(study: Study, *columns: str | None) -> None:
    """Raise `Unmeasured` where an outcome is null, NaN or infinite: such rows are never dropped quietly."""
    for column in columns:
        bad = study.unknown_in(column) if column is not None else 0
        if bad:
            reason = f"{bad} rows have no finite value in “{column}”: label them or leave them out on purpose"
            raise Unmeasured("undefined", reason)


def check_width(study: Study, attribute: str) -> None:
    """Raise `Unmeasured` where an attribute has more values than groups can have."""
    wide = study.too_wide(attribute)
    if wide is not None:
        raise Unmeasured("undefined", f"“{wide}” has too many different values to be groups: give a cut or a coarser column")


def need_outcomes(study: Study) -> Judged:
    """Return what is judged. Raises `Unmeasured` where there is nothing, or no class to have."""
    judged = study.judged
    if judged is None:
        raise Unmeasured("missing", NO_OUTCOME)
    column = {"prediction": study.inputs.prediction, "score": study.inputs.score, "target": study.inputs.target}[judged]
    check_outcomes(study, column)
    if (judged == "target" and not study.target_classes()) or (judged == "prediction" and study.prediction_is_number()):
        raise Unmeasured("undefined", f"“{column}” is a quantity and has no favourable value: give a score and a threshold, or measure residuals_by_group")
    return judged


def collect_selected(study: Study, attribute: str, favourable: str) -> tuple[dict[str, JsonValue], str]:
    """Count selected people by group; return the statistics and what was judged. Raises `Unmeasured`."""
    judged = need_outcomes(study)
    check_width(study, attribute)
    kept, unknown = split_unknown(study.cells(attribute))
    if too_many(kept):
        raise Unmeasured("undefined", f"“{attribute}” has too many different groups: give a cut or a coarser column")
    return {"groups": list[JsonValue](collected(study, kept, favourable, judged)), "unknown": unknown}, judged


def collected(study: Study, cells: Iterable[Cell], favourable: str, judged: Judged) -> list[dict[str, JsonValue]]:
    """Add cells up to one row of counts a group, sorted."""
    groups: dict[str, list[Any]] = {}
    for cell in cells:
        total = groups.setdefault(cell.group[0] or "", [0, 0, 0, 0, 0])
        chosen = outcome_label(study, favourable, cell.target if judged == "target" else cell.outcome)
        weight, weight2 = Fraction(cell.weight), Fraction(cell.weight2)
        for place, value in enumerate((cell.n, cell.n * chosen, weight, weight * chosen, weight2)):
            total[place] += value
    rows = []
    for group, (n, selected, weight, weight_selected, weight2) in sorted(groups.items()):
        row: dict[str, JsonValue] = {"group": group, "n": n, "selected": selected}
        if study.weighted:
            row |= {"weight": text(weight), "weight_selected": text(weight_selected), "weight2": text(weight2)}
        rows.append(row)
    return rows


def read_selected(bare: Measurement) -> list[GroupCount]:
    """Read what `collect_selected` kept; groups whose weights are all zero count as empty and are left out."""
    return read_rows(rows_of(bare.statistics, "groups"))


def read_rows(rows: Iterable[Mapping[str, Any]]) -> list[GroupCount]:
    """Read rows of counts; those whose weights are all zero are left out."""
    counts = []
    for row in rows:
        weighted = "weight" in row
        n, selected = int(row["n"]), int(row["selected"])
        counts.append(GroupCount(
            group=str(row["group"]), n=n, selected=selected, weighted=weighted,
            weight=exact(row["weight"] if weighted else n),
            weight_selected=exact(row["weight_selected"] if weighted else selected),
            weight2=exact(row["weight2"] if weighted else n),
        ))
    return [count for count in counts if count.weight > 0]


def need_groups(shown: Sequence[Mapping[str, JsonValue]], attribute: str) -> None:
    """Raise `Unmeasured` where there are no two groups to compare."""
    if not shown:
        raise Unmeasured("insufficient-data", f"no row has a known value of “{attribute}”")
    if len(shown) == 1:
        raise Unmeasured("undefined", f"“{attribute}” has one group only: there is nothing to compare", groups=tuple(shown))


def rows_of(statistics: Mapping[str, JsonValue], key: str) -> list[dict[str, Any]]:
    """Read a list of mappings out of statistics."""
    return cast("list[dict[str, Any]]", statistics.get(key) or [])
