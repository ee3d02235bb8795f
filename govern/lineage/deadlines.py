"""What falls due: revalidations, waivers, findings, and what an emergency left to be said on every later report."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from govern.domain.text import Digest
from govern.lineage.people import root_at
from govern.lineage.records import RollbackRecord
from govern.lineage.state import State

NOTICE: Final = timedelta(days=30)
"""How long before its day a thing is worth a reminder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """Something with a day, after which something ends."""

    kind: Literal["revalidation", "waiver", "finding", "trust-root"]
    """A decision's evidence grows too old; a waiver expires; a finding has to be closed; the trust root ends."""
    system: str
    model: Digest
    what: str
    """One sentence: what ends."""
    due: datetime
    index: int
    """The entry that set the day."""
    overdue: bool


def deadlines(
    state: State, now: datetime, *, notice: timedelta = NOTICE, system: str | None = None
) -> tuple[Deadline, ...]:
    """What falls due within `notice`, and what is overdue, the most urgent first; of one system, if named, and of the ledger.

    Revalidation counts for what stands at a stage: nobody has to measure a candidate again that went nowhere.
    """
    moment = state.moment(now)
    found = [*_revalidations(state, moment, system), *_waivers(state, moment, system), *_findings(state, system), *_root(state)]
    near = [
        Deadline(
            kind=one.kind, system=one.system, model=one.model, what=one.what, due=one.due, index=one.index,
            overdue=one.due <= moment,
        )
        for one in found if one.due <= moment + notice
    ]
    return tuple(sorted(near, key=lambda one: (one.due, one.index)))


def _revalidations(state: State, moment: datetime, system: str | None) -> list[Deadline]:
    found = []
    for stage in state.stages_in(system):
        decision = None if stage.model is None else state.latest_decision(stage.model, f"promote:{stage.stage}")
        if stage.model is None or decision is None or decision.fact.expires is None:
            continue
        name = state.models[stage.model].name if stage.model in state.models else stage.model
        found.append(Deadline(
            kind="revalidation", system=stage.system, model=stage.model, due=decision.fact.expires, index=decision.index,
            overdue=False,
            what=f"what {name} was measured on for {stage.stage} {'is' if decision.fact.expires <= moment else 'grows'} too old: gate it again",
        ))
    return found


def _root(state: State) -> list[Deadline]:
    root = root_at(state, state.size)
    return [] if root is None else [Deadline(
        kind="trust-root", system="", model=root.digest, due=root.fact.expires, index=root.index,
        what=f"trust root {root.fact.version} expires, and nothing is written and nothing may run: renew it", overdue=False,
    )]


def _waivers(state: State, moment: datetime, system: str | None) -> list[Deadline]:
    return [
        Deadline(
            kind="waiver", system=waiver.fact.system, model=waiver.model, due=waiver.fact.expires, index=waiver.index,
            overdue=False,
            what=f"waiver {waiver.fact.id} of {waiver.fact.rule} {'expired' if waiver.fact.expires <= moment else 'expires'}, and the gate denies again",
        )
        for waiver in state.waivers_in(system) if waiver.revoked is None and waiver.approvals
    ]


def _findings(state: State, system: str | None) -> list[Deadline]:
    found = []
    for finding in state.findings_in(system):
        if finding.state != "verified-closed":
            ends = "the approval whose condition it is" if finding.condition_of is not None else "approvals of the model"
            tail = f", or ends {ends}" if finding.grave or finding.condition_of is not None else ""
            found.append(Deadline(
                kind="finding", system=finding.fact.system, model=finding.model, due=finding.due, index=finding.last,
                what=f"finding {finding.fact.id} ({finding.severity}) has to be closed{tail}", overdue=False,
            ))
    return found


def emergencies(state: State, system: str) -> tuple[RollbackRecord, ...]:
    """Every emergency rollback of a system, oldest first: each stays on every later report."""
    rollbacks = (state.rollbacks[int(index)] for index in state.series.of(("rollbacks", system)))
    return tuple(record for record in rollbacks if record.fact.emergency)
