"""What a run rested on and what it made: what would have to be at hand to do it again."""

from dataclasses import dataclass
from typing import Literal

from govern.domain.text import Digest
from govern.errors import NotFoundError
from govern.lineage.nodes import node_of
from govern.lineage.state import State

PartRole = Literal["input", "code", "environment", "output"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPart:
    """One thing that a run needed or made."""

    role: PartRole
    name: str
    digest: Digest
    ended: str = ""
    """Such as `withdrawn`, where the ledger says so by now."""


def run_of(state: State, digest: Digest) -> Digest:
    """The run itself, or the first run that made the model. Raises `NotFoundError`."""
    if digest in state.runs:
        return digest
    model = state.models.get(digest)
    found = next((run for run in model.runs if run in state.runs), None) if model is not None else None
    if found is None:
        message = "the ledger holds no run behind it"
        raise NotFoundError(message, "Name a run, or a model that was recorded with its run.")
    return found


def run_parts(state: State, run: Digest) -> tuple[RunPart, ...]:
    """Inputs, code, environment and the models made, in this order."""
    fact = state.runs[run].fact
    parts: list[RunPart] = []
    for one in fact.inputs:
        known = state.datasets.get(one.digest) or state.models.get(one.digest)
        ended = known.state if known is not None and known.state != "active" else ""
        parts.append(RunPart(role="input", name=node_of(state, one.digest).name, digest=one.digest, ended=ended))
    if fact.code is not None:
        parts.append(RunPart(role="code", name=fact.code.name, digest=fact.code.digest))
    if fact.environment is not None:
        parts.append(RunPart(role="environment", name=fact.environment.name, digest=fact.environment.digest))
    for key in state.series.of(("children", run)):
        model = state.models.get(Digest(str(key)))
        if model is not None:
            ended = model.state if model.state != "active" else ""
            parts.append(RunPart(role="output", name=model.name, digest=model.digest, ended=ended))
    return tuple(parts)
