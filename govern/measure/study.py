"""A study: open frames, the roles of their columns, and counts that several measures share."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Final, Literal

from govern.domain.text import decimal_of
from govern.errors import DataError, UsageError
from govern.measure.attributes import Part, known, parts
from govern.measure.cells import MAX_GROUPS, PROBE_ROWS, Cell, Keys, count, marginal, merge, wide_columns
from govern.measure.columns import missing_column
from govern.measure.frames import Frame, Frames, how_many, run
from govern.measure.inputs import Inputs, Progress
from govern.measure.labels import UNKNOWN, declared, is_unknown, same
from govern.measure.predicting import predicted
from govern.measure.sums import weight_scale
from govern.measure.unmeasured import Unmeasured

MAX_WHOLE_CLASSES: Final = 50
"""Whole numbers of more values than this are counts of something, unless one was declared positive or favourable."""
Judged = Literal["prediction", "score", "target"]
EITHER: Final = " | "
"""Between several outcomes that are all favourable, such as two of three classes."""


class Study:
    """One measuring run over open frames. Raises `UsageError` for columns that are not there, `DataError` for no rows."""

    def __init__(self, inputs: Inputs, frames: Frames, attributes: Iterable[str], progress: Progress) -> None:
        self.frames = frames
        self.progress = progress
        opened = frames.open(inputs.data)
        if opened.rows() == 0:
            raise DataError(f"{opened.name} has no rows", "Give a frame with at least one row.")
        self.frame, self.inputs = predicted(opened, frames, inputs)
        self.reference = None if inputs.reference is None else frames.open(inputs.reference, "the reference")
        self._asked = inputs
        self.rows = self.frame.rows()
        self._check_columns()
        self._attributes = tuple(dict.fromkeys(a for a in attributes if known(a, self.frame)))
        self._by_attribute: dict[str, list[Cell]] = {}
        self._unknown: dict[str, int] = {}

    # Roles -----------------------------------------------------------------------------------------------------------

    @property
    def judged(self) -> Judged | None:
        """What the measures of outcomes judge: the model's outcomes where there are some, else the labels."""
        if self.inputs.prediction is not None:
            return "prediction"
        if self.inputs.score is not None and self.inputs.threshold is not None:
            return "score"
        return "target" if self.inputs.target is not None else None

    @property
    def weighted(self) -> bool:
        """Whether rows carry weights."""
        return self.inputs.weight is not None

    @cached_property
    def outcome(self) -> Any:
        """The Ibis expression of the model's outcome, or None."""
        table = self.frame.table
        if self.inputs.prediction is not None:
            return table[self.inputs.prediction]
        if self.judged == "score":
            return table[self.inputs.score].cast("float64") >= float(decimal_of(self.inputs.threshold or "0"))
        return None

    @cached_property
    def labels(self) -> frozenset[str]:
        """Every label of target and prediction together."""
        return frozenset(
            text for cell in self._whole
            for text in (cell.target, cell.outcome if self.judged == "prediction" else None) if text is not None
        )

    def positive(self) -> str:
        """The outcome that the score and the error rates speak of. Raises `UsageError` where none was declared."""
        return self._declared(self.inputs.positive or self.inputs.favourable, "positive")

    def favourable(self, asked: object = None) -> str:
        """The outcome that is good for the person: the rule's word, then the caller's, then the positive one.

        Several (a list in a rule, `good|fair` on the command line) are written with ` | ` between them, sorted.
        """
        wanted = asked if asked is not None else (self.inputs.favourable or self.inputs.positive)
        several = wanted.split("|") if isinstance(wanted, str) and wanted not in self.labels else wanted
        if isinstance(several, list | tuple) and len(several) > 1:
            return EITHER.join(sorted({self._declared(declared(one), "favourable") for one in several}))
        alone = several[0] if isinstance(several, list | tuple) and several else wanted
        return self._declared(None if alone is None else declared(alone), "favourable")

    def _declared(self, wanted: str | None, what: str) -> str:
        if wanted is not None:
            text = declared(wanted)
            return next((one for one in sorted(self.labels) if same(one, text)), text)
        for text, pair in (("1", {"0", "1"}), ("true", {"true", "false"}), ("1", {"0", "1", "true", "false"})):
            if self.labels <= pair:
                return text
        shown = ", ".join(f"“{one}”" for one in sorted(self.labels)[:6])
        raise UsageError(f"the labels are {shown}, and none was declared {what}", f"Say --{what} VALUE.")

    def has(self, attribute: str) -> bool:
        """Whether every column of an attribute is in the data."""
        return known(attribute, self.frame)

    @cached_property
    def predicted_reference(self) -> Frame | None:
        """The reference with the model's own predictions, where the data's are the model's own."""
        if self.reference is None:
            return None
        return predicted(self.reference, self.frames, self._asked, folder_name="reference")[0]

    # Counts ----------------------------------------------------------------------------------------------------------

    def cells(self, attribute: str) -> list[Cell]:
        """Return the attribute's cells; the group of a cell is its one label, None where it is not known.

        Raises `UsageError` for a column that is not there.
        """
        if attribute not in self._by_attribute:
            own = parts(attribute, self.frame)
            counted = self._positions(own)
            if counted is None:
                counted = self._count(own)
            self._by_attribute[attribute] = [joined(cell) for cell in counted]
        return self._by_attribute[attribute]

    def cells_within(self, attribute: str, control: Sequence[str]) -> list[Cell]:
        """Return cells by the attribute's group and the controls' values: `group` has one label for each of the two.

        Raises `UsageError` for a column that is not there.
        """
        own = parts(attribute, self.frame)
        others = tuple(part for one in control for part in parts(one, self.frame, "control"))
        found = []
        for cell in self._count((*own, *others)):
            sides = (cell.group[:len(own)], cell.group[len(own):])
            found.append(replace(cell, group=tuple(joined(replace(cell, group=side)).group[0] for side in sides)))
        return merge(found)

    def too_wide(self, attribute: str) -> str | None:
        """Return the part of the attribute that has more values than groups can have, or None."""
        return next((part.text for part in parts(attribute, self.frame) if part.text in self._wide), None)

    def target_classes(self) -> bool:
        """Whether the target has classes, and is not a quantity."""
        return self.inputs.target is not None and self.inputs.target not in self._wide | self._quantities

    def prediction_is_number(self) -> bool:
        """Whether the prediction is a quantity, such as a score that is called a prediction."""
        column = self.inputs.prediction
        return column is not None and self.frame.numeric(column) and column in self._wide | self._quantities

    def unknown_in(self, column: str) -> int:
        """Count the rows whose value in a column is null, NaN or infinite."""
        roles = {self.inputs.target, self.inputs.prediction, self.inputs.score}
        if column not in self._unknown:
            # One scan for all outcomes: every measure asks for one or two of them.
            wanted = sorted({column} | {role for role in roles if role is not None})
            sums = {f"c{i}": how_many(_unknown(self.frame, name)) for i, name in enumerate(wanted)}
            row = run(self.frame.table.aggregate(**sums), self.frame.name)[0]
            self._unknown |= {name: int(row[f"c{i}"]) for i, name in enumerate(wanted)}
        return self._unknown[column]

    def _positions(self, own: tuple[Part, ...]) -> list[Cell] | None:
        if self._joint is None:
            return None
        places = {part.text: i for i, part in enumerate(self._parts)}
        if any(part.text not in places for part in own):
            return None
        return marginal(self._joint, [places[part.text] for part in own])

    @cached_property
    def _parts(self) -> tuple[Part, ...]:
        every = {part.text: part for attribute in self._attributes for part in parts(attribute, self.frame)}
        return tuple(part for part in every.values() if part.text not in self._wide)

    @cached_property
    def _wide(self) -> set[str]:
        looked_at = {part.text: part for attribute in self._attributes for part in parts(attribute, self.frame)}
        for column in (self.inputs.target, self.inputs.prediction):
            if column is not None:
                looked_at.setdefault(column, Part(text=column, column=column))
        return wide_columns(self.frame, tuple(looked_at.values()))

    @cached_property
    def _quantities(self) -> set[str]:
        """Outcomes that measure something: some value is not whole, or whole ones are many and none was declared."""
        columns = [one for one in (self.inputs.target, self.inputs.prediction) if one is not None and self.frame.numeric(one)]
        if not columns:
            return set()
        front = self.frame.table.limit(PROBE_ROWS)
        numbers = {f"c{i}": front[name].cast("float64") for i, name in enumerate(columns)}
        asked = {key: how_many((number != number.floor()).fill_null(False)) for key, number in numbers.items()}
        asked |= {f"d{key}": number.nunique() for key, number in numbers.items()}
        row = run(front.aggregate(**asked), self.frame.name)[0]
        named = self.inputs.positive is not None or self.inputs.favourable is not None
        return {name for i, name in enumerate(columns) if row[f"c{i}"] or (row[f"dc{i}"] > MAX_WHOLE_CLASSES and not named)}

    @cached_property
    def _joint(self) -> list[Cell] | None:
        self.progress("counting", 0, None)
        return count(self.frame, self._keys(self._parts))

    def whole(self) -> list[Cell]:
        """Return the cells of all rows, by target and outcome alone."""
        return self._whole

    @cached_property
    def _whole(self) -> list[Cell]:
        return marginal(self._joint, ()) if self._joint is not None else self._count(())

    def _count(self, own: tuple[Part, ...]) -> list[Cell]:
        cells = count(self.frame, self._keys(own))
        if cells is None:
            raise Unmeasured("undefined", "there are too many combinations of groups and outcomes to count: give a cut or a coarser column")
        return cells

    def _keys(self, own: tuple[Part, ...]) -> Keys:
        target = self.inputs.target if self.target_classes() else None
        outcome = None if self.prediction_is_number() or self.inputs.prediction in self._wide else self.outcome
        return Keys(parts=own, target=target, outcome=outcome, weight=self.inputs.weight, scale=self._weight_scale)

    @cached_property
    def _weight_scale(self) -> int:
        return 0 if self.inputs.weight is None else weight_scale(self.frame, self.inputs.weight)

    def _check_columns(self) -> None:
        roles = {"target": self.inputs.target, "prediction": self.inputs.prediction, "score": self.inputs.score,
                 "weight": self.inputs.weight, "baseline prediction": self.inputs.baseline_prediction, "baseline score": self.inputs.baseline_score}
        for role, column in roles.items():
            if column is not None:
                self.frame.require(column, role)
        for role in ("score", "weight", "baseline score"):
            column = roles[role]
            if column is not None and not self.frame.numeric(column):
                raise DataError(f"column “{column}” is {self.frame.kinds[column]} and can't be a {role}", "A number is needed.")
        for attribute in (*self.inputs.protected, *self.inputs.cross, *self.inputs.control):
            parts(attribute, self.frame)
        for column in self.inputs.features:
            if column not in self.frame.kinds:
                raise missing_column(column, self.frame.kinds, role="feature", where=self.frame.name)
        if self.inputs.threshold is not None:
            decimal_of(self.inputs.threshold)


def _unknown(frame: Frame, column: str) -> Any:
    """Whether a value is null, NaN, infinite, or text of nothing but space."""
    value = frame.table[column]
    bad = value.isnull()
    if frame.kinds[column] == "float":
        number = value.cast("float64")
        return bad | (number.isnan() | number.isinf()).fill_null(False)
    if frame.kinds[column] == "text":
        return bad | (value.strip() == "").fill_null(False)
    return bad


def split_unknown(cells: Iterable[Cell], unknown: Iterable[str] = UNKNOWN) -> tuple[list[Cell], int]:
    """Part the cells whose group is known from the others; return the known and the count of the others' rows."""
    words = tuple(unknown)
    kept = [cell for cell in cells if not is_unknown(cell.group[0], words)]
    return kept, sum(cell.n for cell in cells if is_unknown(cell.group[0], words))


def too_many(cells: Iterable[Cell]) -> bool:
    """Whether there are more groups than an attribute can have."""
    return len({cell.group for cell in cells}) > MAX_GROUPS


def by_group(cells: Iterable[Cell]) -> Mapping[str, list[Cell]]:
    """Gather cells by their group's label, sorted."""
    gathered: dict[str, list[Cell]] = {}
    for cell in cells:
        gathered.setdefault(cell.group[0] or "", []).append(cell)
    return dict(sorted(gathered.items()))


def joined(cell: Cell) -> Cell:
    """Make a crossing's group one label; a group of which one part is unknown is unknown."""
    if any(is_unknown(part) for part in cell.group):
        return replace(cell, group=(None,))
    return replace(cell, group=("*".join(part or "" for part in cell.group),))
