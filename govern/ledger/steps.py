"""The numbered steps of a verification, and what each found."""

from dataclasses import dataclass, field
from typing import Final, Literal

from govern.domain.statement import TreeHead
from govern.domain.text import Digest
from govern.errors import UnverifiableError, VerificationError

TITLES: Final = {
    1: "trust root chain",
    2: "leaf hashes and nodes",
    3: "checkpoints and the trusted one",
    4: "signatures",
    5: "roles",
    6: "producer counters",
    7: "statements",
    8: "state machine",
    9: "cosignatures and anchors",
}

HISTORY: Final = 8

State = Literal["ok", "wrong", "unchecked", "not-run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """What one step found."""

    number: int
    title: str
    state: State
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a verification proved, or the first thing it found wrong."""

    origin: str
    size: int
    head: TreeHead | None
    """The tree that was verified; None where it came to nothing."""
    steps: tuple[StepResult, ...]
    failures: tuple[VerificationError | UnverifiableError, ...] = ()
    """The first of each step, lowest step first."""
    producers: dict[str, tuple[int, Digest]] = field(default_factory=dict)
    """Where each key's counter stands: from here the next run goes on."""
    roots: tuple[tuple[int, Digest], ...] = ()
    """Index and leaf hash of each trust root that was verified: the next run holds those that it finds against them."""
    from_size: int = 0
    """Where this run began; the entries before it were verified by an earlier run."""
    note: str = ""
    """The newest checkpoint."""
    forgotten: str = ""
    """Why this can't be remembered, so that the next run neither goes on from here nor knows an older copy by it."""

    @property
    def failure(self) -> VerificationError | UnverifiableError | None:
        """The first thing that is wrong, or else that could not be checked."""
        wrong = [error for error in self.failures if isinstance(error, VerificationError)]
        return next(iter(wrong or self.failures), None)

    @property
    def root(self) -> Digest | None:
        """The root that was verified."""
        return self.head.root if self.head else None

    @property
    def judged(self) -> bool:
        """Whether step 8 was run and found everything right."""
        return any(step.number == HISTORY and step.state == "ok" for step in self.steps)

    def check(self) -> "Verification":
        """Return itself if everything was right. Raises `VerificationError` or `UnverifiableError` if not."""
        if self.failure is not None:
            raise self.failure
        return self


class Report:
    """Collects what the steps find: the first failure of each, so that one run tells the whole story."""

    def __init__(self) -> None:
        self.failures: dict[int, VerificationError | UnverifiableError] = {}
        self.details: dict[int, str] = {}
        self.skipped: dict[int, str] = {}

    def wrong(self, error: VerificationError | UnverifiableError, step: int = 0) -> None:
        """Note a failure."""
        number = step or (error.step if isinstance(error, VerificationError) else 0)
        self.failures.setdefault(number, error)

    def ok(self, step: int, detail: str) -> None:
        """Note what a step did, if nothing was wrong with it."""
        self.details[step] = detail

    def skip(self, step: int, why: str) -> None:
        """Note that a step was not run."""
        self.skipped[step] = why

    def result(self, step: int) -> StepResult:
        """Return what is known of a step."""
        failure = self.failures.get(step)
        if failure is not None:
            state: State = "wrong" if isinstance(failure, VerificationError) else "unchecked"
            return StepResult(number=step, title=TITLES[step], state=state, detail=failure.message)
        if step in self.skipped or step not in self.details:
            return StepResult(
                number=step, title=TITLES[step], state="not-run", detail=self.skipped.get(step, "not reached")
            )
        return StepResult(number=step, title=TITLES[step], state="ok", detail=self.details[step])
