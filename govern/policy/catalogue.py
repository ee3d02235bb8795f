"""Catalogues of controls: what each asks, what serves it, what is checked, what only a human can attest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from govern.errors import DocumentError
from govern.policy.documents import validated
from govern.policy.model import STRICT, DateText
from govern.policy.yaml import read_yaml

LegalStatus = Literal[
    "in-force", "adopted-not-applicable", "voluntary", "superseded", "rescission-pending", "guidance", "to-be-confirmed"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlSource:
    """Where a control was read, and when."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    ref: Annotated[str, Field(min_length=1)]
    retrieved: DateText
    status: LegalStatus
    basis: Literal["primary-source", "copy", "secondary", "notes"]
    """What was read: the text where its issuer keeps it, a copy that others keep, what others write of it, or notes."""
    url: str = ""
    note: str = ""
    """What of it was read, and what could not be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Framework:
    """Which instrument, in which version, and whom it binds."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    name: Annotated[str, Field(min_length=1)]
    version: Annotated[str, Field(min_length=1)]
    binds: Annotated[str, Field(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One control."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    id: Annotated[str, Field(min_length=1)]
    title: Annotated[str, Field(min_length=1)]
    legal_status: LegalStatus
    applies_from: str
    source: str
    """Key of the catalogue's sources."""
    evidence: tuple[str, ...] = ()
    """What serves it."""
    checks: tuple[str, ...] = ()
    """Rules of the pack that look at it."""
    human: tuple[str, ...] = ()
    """What only a human can attest."""
    claim: Literal["full", "partial", "supports"] = "supports"


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All controls of one framework."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    api_version: Annotated[Literal["govern/v1"], Field(alias="apiVersion")]
    kind: Literal["Controls"]
    metadata: Framework
    sources: Mapping[str, ControlSource] = field(default_factory=dict)
    controls: Annotated[tuple[Control, ...], Field(min_length=1)]


def parse_catalogue(data: bytes, *, where: str) -> Catalogue:
    """Read a catalogue. Raises `DocumentError` with line and column."""
    located = read_yaml(data, where=where)
    catalogue = validated(Catalogue, "Controls", located)
    seen: set[str] = set()
    for number, control in enumerate(catalogue.controls):
        place = located.at(("controls", number))
        if control.id in seen:
            raise DocumentError(f"the control {control.id} is there twice", "Ids are unique.", where=place)
        if control.source not in catalogue.sources:
            raise DocumentError(f"there is no source “{control.source}”", "List it under sources.", where=place)
        seen.add(control.id)
    return catalogue


def served_by(catalogue: Catalogue, statuses: Mapping[str, str]) -> Mapping[str, str]:
    """Say for each control what was shown, given rule id to status: never more than its checks show.

    The words are evidence counted, such as `evidence: 2 of 3 checks pass; 1 item needs a human`.
    """
    said = {}
    for control in catalogue.controls:
        passed = sum(statuses.get(rule) == "pass" for rule in control.checks)
        people = len(control.human)
        checked = f"{passed} of {len(control.checks)} checks pass" if control.checks else "nothing is checked by machine"
        rest = f"; {people} item{'' if people == 1 else 's'} need{'s' if people == 1 else ''} a human" if people else ""
        said[control.id] = f"evidence: {checked}{rest}"
    return said
