"""What counts as good, and where it applies; the documents themselves lie in the object folder."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from govern.domain.text import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFact:
    """A version of a policy document. Subject: `policy/NAME@VERSION` with the digest of the document's bytes."""

    KIND: ClassVar[str] = "policy"
    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    name: str
    version: str
    title: str = ""
    owner: str = ""
    supersedes: Digest | None = None
    change: Literal["new", "tightened", "loosened", "mixed", "text"] = "new"
    """Against the version it supersedes; loosening needs a second approver's signature."""
    pack: str = ""
    """Id of the pack it came from, if any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingFact:
    """Where a policy applies. Subject: `binding/NAME` with the digest of the document's bytes."""

    KIND: ClassVar[str] = "binding"
    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    name: str
    version: str
    policy: Digest
    gates: tuple[str, ...]
    supersedes: Digest | None = None
    change: Literal["new", "tightened", "loosened", "mixed", "text"] = "new"
