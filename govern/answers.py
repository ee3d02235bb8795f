"""What the Python face gives back: things recorded, models that will be, verdicts."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from govern.domain.decision import Decision, RuleResult
from govern.domain.text import Digest
from govern.errors import GateDenied, UsageError
from govern.workflow.views import GateResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Something that is in the ledger now."""

    name: str
    """As references name it: `name@version`, `system/name`, `run/name`."""
    digest: Digest
    index: int

    @property
    def ref(self) -> str:
        """What every command accepts for it, without any doubt: the digest."""
        return self.digest


@dataclass(slots=True, kw_only=True)
class PendingModel:
    """A model that is recorded when its run ends well; before that it has no place in the ledger."""

    path: Path
    digest: Digest
    recorded: Recorded | None = None

    @property
    def ref(self) -> str:
        """What every command accepts for it. Raises `UsageError` before its run has ended well."""
        return self.known.ref

    @property
    def name(self) -> str:
        """`name@version`. Raises `UsageError` before its run has ended well."""
        return self.known.name

    @property
    def known(self) -> Recorded:
        """What was recorded. Raises `UsageError` before its run has ended well."""
        if self.recorded is None:
            raise UsageError(
                f"{self.path} is not recorded: its run has not ended, or has failed",
                "Use the model after the run's `with` block.",
            )
        return self.recorded


Ref = str | Recorded | PendingModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a gate answered."""

    result: GateResult

    @property
    def decision(self) -> Decision:
        """The whole decision."""
        return self.result.decision

    @property
    def allowed(self) -> bool:
        """Whether the gate allows it."""
        return self.decision.outcome == "allow"

    @property
    def failing(self) -> tuple[RuleResult, ...]:
        """The rules that deny, each with its status and explanation."""
        return tuple(rule for rule in self.decision.rules if rule.denies)

    def require_allowed(self) -> Self:
        """Return the verdict if it allows. Raises `GateDenied` with the rules that deny."""
        if self.allowed:
            return self
        rules = [f"{rule.rule} {rule.status.value}: {rule.explanation}" for rule in self.failing]
        why = "; ".join(rules) or self.decision.problem or "no rule allows it"
        raise GateDenied(
            f"{self.decision.subject_name} is denied at {self.decision.gate}: {why}",
            f"`govern review show {self.decision.subject_name}` shows every number behind it.",
        )


def ref_of(what: Ref) -> str:
    """What a command is given for a thing."""
    return what if isinstance(what, str) else what.ref
