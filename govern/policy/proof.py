"""What a self-test leaves: whether a rule can fail and can pass, here and with these versions."""

from dataclasses import dataclass

from govern.domain.text import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A rule's known-bad case failed and its known-good case passed, or what happened instead."""

    policy: Digest
    gate: str
    rule: str
    proved: bool
    cases: int
    """How many cases were tried."""
    detail: str = ""
    """What happened instead; empty where it is proved."""
