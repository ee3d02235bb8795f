"""The baseline of monitoring: what windows are compared with. It moves only by a signed entry.

A reference that whoever monitors may name anew each month hides a slow drift: each month lies near the last one. So the
reference is the one of the evidence that an allowing decision rests on, else the one that the first window was recorded
against; another one has to go through the gate. Its histograms are in that evidence: windows are judged without its rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from govern.canonical.values import from_json
from govern.domain.evidence import Evidence, MeasureRequest
from govern.domain.facts import Input
from govern.domain.text import Digest
from govern.errors import Refused, UsageError
from govern.lineage.records import EvidenceRecord
from govern.lineage.state import State
from govern.workflow.gate.gating import Data
from govern.workflow.place.places import Places
from govern.workflow.place.workspace import Workspace

KEEPS: Final = {
    "covariate_drift": "covariate_drift", "label_drift": "label_drift", "prediction_drift": "prediction_drift",
    "performance_drift": "performance",
}
"""Measures that earlier evidence can stand in for the reference's rows, and the measure whose statistics it needs."""
READ_THE_REFERENCE: Final = frozenset({*KEEPS, "train_test_overlap", "proxy", "data_quality"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The reference, and the entry of evidence that fixed it."""

    reference: Input
    record: EvidenceRecord


def baseline_of(state: State, model: Digest) -> Baseline | None:
    """Find what windows of a model are compared with; None where no entry says it yet."""
    named = [one for one in state.evidence_of(model) if one.fact.reference is not None]
    allowed = {
        evidence for decision in state.decisions_of(model) if decision.fact.outcome == "allow" and decision.fact.gate.startswith("promote:")
        for evidence in decision.fact.evidence
    }
    judged = [one for one in named if one.fact.evidence in allowed]
    gated = [one for one in named if one.fact.purpose == "gate"]
    first = [one for one in named if one.fact.purpose == "monitor"][:1]
    found = (judged or gated or first)[-1:]
    return Baseline(reference=found[0].fact.reference, record=found[0]) if found and found[0].fact.reference is not None else None


def with_baseline(ws: Workspace, state: State, model: Digest, data: Data, requests: Sequence[MeasureRequest]) -> Data:
    """Fill in what a window is compared with. Raises `UsageError`, `Refused` for another reference than the recorded one."""
    from govern.measure import digest_of_source

    baseline = baseline_of(state, model)
    if data.reference is not None:
        given = digest_of_source(data.reference)
        if baseline is not None and given != baseline.reference.digest:
            raise Refused(
                f"the reference is not the one that entry #{baseline.record.index} fixed ({baseline.reference.name}): a baseline that moves "
                "by itself hides a slow drift",
                "Leave --reference out; or move the baseline by gating the model against the new reference, which is signed.",
            )
        return data
    if baseline is None:
        raise UsageError("there is no reference to measure drift against", "Name one with --reference, or gate the model with one.")
    stored = from_json(Evidence, ws.objects.get(baseline.record.fact.evidence))
    if suffices(requests, stored):
        return replace(data, baseline=stored, baseline_reference=baseline.reference, baseline_evidence=baseline.record.fact.evidence)
    try:
        return replace(data, reference=Places(ws.folder).find(baseline.reference.digest, what=baseline.reference.name, option="--reference"))
    except UsageError:
        if not any(one.statistics for one in stored.measures if one.measure.partition("@")[0] in KEEPS.values()):
            raise
        # Some of it can be judged by what is stored; a rule that needs rows will say that they are missing.
        return replace(data, baseline=stored, baseline_reference=baseline.reference, baseline_evidence=baseline.record.fact.evidence)


def suffices(requests: Sequence[MeasureRequest], stored: Evidence) -> bool:
    """Whether stored statistics can stand in for the reference's rows in all that is asked."""
    has = {one.measure.partition("@")[0] for one in stored.measures if one.statistics}
    for request in requests:
        name = request.measure.partition("@")[0]
        if name not in READ_THE_REFERENCE:
            continue
        if KEEPS.get(name) not in has or request.parameters.get("joint"):
            return False
    return True


def read_evidence(path: Path) -> Evidence:
    """Read evidence that `govern measure -o` wrote. Raises `UsageError`, `DocumentError`."""
    try:
        return from_json(Evidence, path.read_bytes(), where=path.name)
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}", "Name a file that `govern measure -o FILE` wrote.") from error
