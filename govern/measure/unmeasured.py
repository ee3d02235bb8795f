"""The answer of a measure that has no number to give."""

from collections.abc import Mapping

from govern.domain.evidence import Availability, JsonValue


class Unmeasured(Exception):  # noqa: N818 - an answer, caught by the driver and never seen by callers
    """There is no number, and this is why; `groups`, `features` and `values` show the denominators."""

    def __init__(
        self, availability: Availability, reason: str, *, groups: tuple[Mapping[str, JsonValue], ...] = (),
        features: tuple[Mapping[str, JsonValue], ...] = (), values: Mapping[str, JsonValue] | None = None,
    ) -> None:
        super().__init__(reason)
        self.availability: Availability = availability
        self.reason = reason
        self.groups = groups
        self.features = features
        self.values = values or {}
