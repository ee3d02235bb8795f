"""What a verification found, ready to be shown."""

from dataclasses import dataclass
from typing import Literal

from govern.domain.text import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyStep:
    """One numbered step of a verification (see the specification in `govern/ledger/README.md`)."""

    number: int
    title: str
    state: Literal["ok", "wrong", "unchecked", "not-run"]
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyView:
    """What a verification found."""

    origin: str
    size: int
    root: Digest | None
    steps: tuple[VerifyStep, ...]
    problem: str = ""
    hint: str = ""
    index: int | None = None
    kind: str = ""
    touches: tuple[str, ...] = ()
    seconds: float = 0.0
    forgotten: str = ""
    """Why what was proved can't be remembered for the next time; empty where it was."""

    @property
    def outcome(self) -> Literal["verified", "wrong", "unchecked"]:
        """The one word."""
        states = {step.state for step in self.steps}
        if "wrong" in states:
            return "wrong"
        return "unchecked" if "unchecked" in states else "verified"
