"""The gate: measure, decide, record. The decision is derived; no caller can assert one."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from govern.canonical.values import object_bytes
from govern.domain.decision import Decision
from govern.domain.evidence import Evidence, MeasureRequest
from govern.domain.facts import DecisionFact, EvidenceFact, Input, SystemFact
from govern.domain.statement import Draft
from govern.domain.text import Digest, digest_of
from govern.errors import Refused, SelfTestError, UsageError
from govern.lineage.refs import resolve
from govern.lineage.review import quorum
from govern.lineage.state import State
from govern.measure.interface import FrameSource, Inputs
from govern.policy.applicability import applicable
from govern.policy.bound import BoundPolicy, requests
from govern.policy.deciding import decide
from govern.policy.question import PresentedEvidence
from govern.workflow.gate.asking import compared, question, recorded
from govern.workflow.gate.attempts import beside_the_last
from govern.workflow.interface import Passphrases, Progress, silent
from govern.workflow.place.places import Places, file_digest
from govern.workflow.place.workspace import Workspace, about, settled
from govern.workflow.policies.policies import in_force
from govern.workflow.policies.selftesting import measured_proofs
from govern.workflow.views import GateResult, Written


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """What a gate or a measurement is given, in the words of the command line."""

    data: FrameSource
    data_name: str = ""
    reference: FrameSource | None = None
    baseline: Evidence | None = None
    """Evidence whose histograms stand in for the reference's rows."""
    baseline_reference: Input | None = None
    """What those histograms are of."""
    baseline_evidence: Digest | None = None
    attributions: FrameSource | None = None
    window: str | None = None
    """The column that told the windows apart, which is no feature."""
    target: str | None = None
    prediction: str | None = None
    score: str | None = None
    threshold: str | None = None
    weight: str | None = None
    protected: tuple[str, ...] = ()
    cross: tuple[str, ...] = ()
    control: tuple[str, ...] = ()
    baseline_prediction: str | None = None
    baseline_score: str | None = None
    favourable: str | None = None
    positive: str | None = None
    model: Path | None = None
    engine: str | None = None
    seed: int = 0


class Stopwatch:
    """Seconds by part."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.seconds: dict[str, float] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count the time of the block under `name`."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start


def gate(
    ws: Workspace, model: str, *, to: str, data: Data | None, key: str | None = None, passphrases: Passphrases,
    dry_run: bool = False, progress: Progress = silent,
) -> GateResult:
    """Ask policy whether `model` may reach the stage `to`: measure, decide, record.

    Without `data`, the evidence recorded last for this model is judged. Raises `UsageError`, `DataError`, `Refused`.
    """
    if to not in ws.config.stages:
        raise UsageError(f"“{to}” is not a stage here", f"The stages are: {', '.join(ws.config.stages)}.")
    return ask(ws, model, f"promote:{to}", data, key=key, passphrases=passphrases, dry_run=dry_run, progress=progress)


def ask(
    ws: Workspace, model: str, gate_name: str, data: Data | None, *, key: str | None, passphrases: Passphrases,
    dry_run: bool, progress: Progress,
) -> GateResult:
    """Run one gate on one model, as `gate` does for stages."""
    watch = Stopwatch()
    with watch.part("read the ledger"):
        state = ws.state()
        node = resolve(state, model, kinds=("model",))
        record = state.models[node.digest]
        if record.state != "active":
            raise Refused(f"{node.name} is {record.state}: {record.ending.reason if record.ending else ''}", "Gate another version.")
        system = state.systems[record.fact.system].fact
        now = state.moment(ws.now())
        bound = applicable(in_force(ws.objects, state), system=system, gate=gate_name)
    signs = ws.key_for("evaluator", key)
    if not dry_run:
        ws.ready(signs, passphrases)
    drafts: list[Draft] = []
    if data is not None:
        with watch.part("self-test"):
            progress("self-test", 0, None)
            self_tested(ws, bound)
        with watch.part("measure"):
            progress("measure", 0, None)
            complete = completed(ws, node.digest, node.name, data, system, record.fact.threshold)
            evidence = measured(bound, complete, ws, progress)
        with watch.part("record"):
            draft, presented = evidence_draft(ws, node.name, node.digest, system.name, complete, evidence, now, key)
            drafts.append(draft)
            shown: tuple[PresentedEvidence, ...] = (presented,)
    else:
        shown = recorded(ws.objects, state, node.digest)

    def attempt() -> GateResult:
        state = ws.state()
        with watch.part("decide"):
            progress("decide", 0, None)
            beside = compared(ws.objects, state, node.digest, bound, shown)
            asked = question(
                ws.objects, state, node.digest, gate_name, evidence=(*shown, *beside), now=now, requesters=(ws.holder_of(signs),)
            )
            decision = decide(asked, as_of=now)
            moved = beside_the_last(ws.objects, state, asked, now=now)
        body = object_bytes(decision)
        written: tuple[Written, ...] = ()
        if not dry_run:
            with watch.part("record"):
                progress("record", 0, None)
                ws.objects.put(body)
                written = ws.write(
                    [*drafts, decision_draft(state, decision, digest_of(body), node.name)], at=state.size,
                    key=signs, passphrases=passphrases,
                )
        missing = quorum(ws.state(), node.digest, gate_name, None, now).missing if written else decision.approvals
        return GateResult(
            decision=decision, decision_digest=digest_of(body), evidence=tuple(e.digest for e in shown), written=written,
            goalposts=moved, seconds=watch.seconds, missing=missing,
        )

    return settled(attempt)


def completed(ws: Workspace, digest: Digest, name: str, data: Data, system: SystemFact, threshold: str) -> Data:
    """Fill in what the ledger knows: the model's file, its threshold, the system's protected attributes."""
    model = data.model
    if model is not None and file_digest(model) != digest:
        raise UsageError(f"{model} is not the file that was recorded as {name}", "Its digest differs; name the right one.")
    if model is None:
        try:
            model = Places(ws.folder).find(digest, what=name, option="--model")
        except UsageError:
            # With its outcomes given much can be measured without the model; a rule that needs it will say so.
            if data.prediction is None and data.score is None:
                raise
    return replace(
        data, model=model, protected=data.protected or system.protected, threshold=data.threshold or threshold or None
    )


def inputs_of(
    data: Data, *, detector: Literal["scipy", "alibi-detect"], allowed_types: tuple[str, ...]
) -> Inputs:
    """Hand the command's words to the measuring room."""
    return Inputs(
        data=data.data, reference=data.reference, baseline=data.baseline if data.reference is None else None,
        attributions=data.attributions, window=data.window, target=data.target, prediction=data.prediction, score=data.score,
        threshold=data.threshold, weight=data.weight, protected=data.protected, cross=data.cross,
        control=data.control, baseline_prediction=data.baseline_prediction, baseline_score=data.baseline_score,
        favourable=data.favourable, positive=data.positive, model=data.model,
        allowed_types=allowed_types, engine=data.engine, detector=detector, seed=data.seed,
    )


def self_tested(ws: Workspace, bound: Sequence[BoundPolicy]) -> None:
    """Prove on known rows that every rule can fail and can pass here, today, with these versions.

    Remembered by the digests of rule and versions. Raises `SelfTestError`.
    """
    proofs = measured_proofs(bound, detector=ws.config.detector, remembered=ws.home.keys.parent / "proofs.json")
    for proof in proofs:
        if not proof.proved:
            raise SelfTestError(
                f"the rule {proof.rule} is not to be trusted on this machine: {proof.detail}",
                "Nothing was decided. See which package changed (`govern doctor`), and mend or pin it.",
            )


def measured(bound: Sequence[BoundPolicy], data: Data, ws: Workspace, progress: Progress) -> Evidence:
    """Measure what the bound policies ask for."""
    from govern.measure import measure

    wanted = [_crossed(request, data.cross) for request in requests(bound)]
    if not wanted:
        # No rule asks for anything: the decision will say that nothing binds, and evidence of nothing helps nobody.
        return Evidence(rows=0)
    inputs = inputs_of(data, detector=ws.config.detector, allowed_types=ws.config.models.allowed_types)
    return measure(wanted, inputs, progress=progress)


def _crossed(request: MeasureRequest, crossings: tuple[str, ...]) -> MeasureRequest:
    """Add the crossings that were named to what a rule asks of attributes: evidence shows them, whether or not a rule judges them."""
    attributes = request.parameters.get("attributes")
    if not isinstance(attributes, list | tuple) or not attributes:
        return request  # a rule that names none is asked about all that were named, and one about the whole has none
    return replace(request, parameters={**request.parameters, "attributes": list(dict.fromkeys([*attributes, *crossings]))})


def evidence_draft(
    ws: Workspace, name: str, digest: Digest, system: str, data: Data, evidence: Evidence, now: datetime,
    key: str | None, purpose: str = "gate",
) -> tuple[Draft, PresentedEvidence]:
    """Put evidence into the object folder and draft the entry that binds it to model and data."""
    from govern.measure import digest_of_source, environment

    body = object_bytes(evidence)
    stored = ws.objects.put(body)
    fact = EvidenceFact(
        evidence=stored, system=system,
        data=input_of(data),
        reference=(
            Input(name=source_name(data.reference), digest=digest_of_source(data.reference))
            if data.reference is not None else data.baseline_reference
        ),
        measures=tuple(sorted({m.measure for m in evidence.measures})), collected=now,
        purpose=purpose,  # type: ignore[arg-type] # one of the three words, from this module's callers
        environment=environment(m.measure for m in evidence.measures), command=command_words(data),
    )
    for source in (data.data, data.reference):
        if isinstance(source, Path):
            Places(ws.folder).remember(digest_of_source(source), source)
    signer = ws.key_for("evaluator", key)
    presented = PresentedEvidence(
        digest=stored, evidence=evidence, subject=digest, data=fact.data.digest, collected=now,
        trusted="evaluator" in ws.roles_of(signer), holder=ws.holder_of(signer),
    )
    return Draft(subjects=about(name, digest), fact=fact), presented


def input_of(data: Data) -> Input:
    """Name what was measured, by digest."""
    from govern.measure import digest_of_source

    return Input(name=data.data_name or source_name(data.data), digest=digest_of_source(data.data))


def command_words(data: Data) -> dict[str, str]:
    """Say how it was asked for, in text, leaving out what was not given."""
    words = {
        "target": data.target, "prediction": data.prediction, "score": data.score, "threshold": data.threshold,
        "weight": data.weight, "favourable": data.favourable, "positive": data.positive,
        "protected": ",".join(data.protected), "cross": ",".join(data.cross),
        "control": ",".join(data.control), "baseline_prediction": data.baseline_prediction, "baseline_score": data.baseline_score, "seed": str(data.seed),
        "baseline": data.baseline_evidence, "window": data.window,
    }
    return {word: value for word, value in words.items() if value}


def source_name(source: FrameSource) -> str:
    """Name a source for people: a file by its name without folders, a frame by its kind."""
    return source.name if isinstance(source, Path) else type(source).__name__


def decision_draft(state: State, decision: Decision, digest: Digest, name: str) -> Draft:
    """Draft the entry that commits to a decision."""
    return Draft(
        subjects=about(name, decision.subject),
        fact=DecisionFact(
            gate=decision.gate, system=decision.system, outcome=decision.outcome.value, as_of=decision.as_of,
            decision=digest, evidence=decision.evidence, policies=decision.policies, bindings=decision.bindings,
            waivers=tuple(state.waivers[one].digest for one in decision.waivers), approvals=decision.approvals, expires=decision.expires,
            statuses={f"{r.policy_name}/{r.rule}": r.status.value for r in decision.rules},
        ),
    )


def headline(result: GateResult) -> str:
    """Say the answer in one sentence."""
    decision = result.decision
    if decision.problem:
        return f"{decision.outcome.value}: {decision.problem}"
    against = [r for r in decision.rules if r.denies]
    if not against:
        return f"allow: {decision.after_waivers.passed} of {decision.after_waivers.total} binding rules pass"
    first = against[0]
    more = f", and {len(against) - 1} more" if len(against) > 1 else ""
    return f"deny: {first.rule} {first.status.value}: {first.explanation}{more}"
