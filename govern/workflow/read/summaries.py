"""One sentence and one standing for each kind of entry, for lists that people read."""

from govern.domain.facts import (
    AnchorFact,
    BindingFact,
    DatasetFact,
    DecisionFact,
    DeploymentFact,
    EvidenceFact,
    ExportFact,
    Fact,
    FindingFact,
    ModelFact,
    ObservationFact,
    PolicyFact,
    PromotionFact,
    RecoveryFact,
    RedactionFact,
    RetirementFact,
    ReviewFact,
    RollbackFact,
    RunFact,
    SystemFact,
    TrustRootFact,
    WaiverFact,
)
from govern.domain.statement import Entry
from govern.domain.text import counted, instant, short
from govern.workflow.views import EntryRow, Standing


def entry_row(entry: Entry) -> EntryRow:
    """Show an entry as one line."""
    return EntryRow(
        index=entry.index, time=entry.time, kind=entry.kind, subject=entry.statement.subjects[0].name,
        holder=entry.holder, summary=summary(entry.fact), standing=standing(entry.fact),
    )


def standing(fact: Fact) -> Standing:
    """Say how a fact stands by itself, without what came later."""
    match fact:
        case DecisionFact(outcome=outcome) | ObservationFact(outcome=outcome):
            return "ok" if outcome == "allow" else "bad"
        case ReviewFact(action="approve") | ReviewFact(action="attest"):
            return "ok"
        case ReviewFact(action="reject"):
            return "bad"
        case ReviewFact(action="request-changes"):
            return "warn"
        case FindingFact(state=state):
            return "ok" if state == "verified-closed" else "warn"
        case WaiverFact() | RollbackFact() | RedactionFact() | RecoveryFact():
            return "warn"
        case DatasetFact(state=state) | ModelFact(state=state):
            return "none" if state == "active" else "warn"
        case _:
            return "none"


def summary(fact: Fact) -> str:
    """Say in one short sentence what a fact states."""
    return _records(fact) or _judgements(fact) or _lifecycle(fact) or _upkeep(fact) or fact.KIND


def _records(fact: Fact) -> str:
    match fact:
        case SystemFact():
            return f"{fact.title or fact.name}: {fact.purpose}, tier {fact.tier}"
        case DatasetFact():
            rows = f"{fact.rows:,} rows, {counted(len(fact.columns), 'column')}" if fact.rows is not None else f"{fact.size:,} bytes"
            return rows if fact.state == "active" else f"{fact.state}: {fact.reason}"
        case RunFact():
            return f"{fact.outcome}, {counted(len(fact.inputs), 'input')}, {counted(len(fact.metrics), 'metric')}"
        case ModelFact():
            return f"for {fact.system}" if fact.state == "active" else f"{fact.state}: {fact.reason}"
        case _:
            return ""


def _judgements(fact: Fact) -> str:
    match fact:
        case EvidenceFact():
            return f"{counted(len(fact.measures), 'measure')} on {fact.data.name}"
        case PolicyFact() | BindingFact():
            return "first version" if fact.change == "new" else fact.change
        case DecisionFact():
            passed = sum(1 for status in fact.statuses.values() if status == "pass")
            return f"{fact.gate} {fact.outcome}: {passed} of {len(fact.statuses)} rules pass"
        case ReviewFact():
            return f"{fact.action} at {fact.gate} as {fact.role}" + (f": {fact.reason}" if fact.reason else "")
        case WaiverFact():
            return f"{fact.action} {fact.id} for {fact.rule} until {instant(fact.expires)[:10]}: {fact.reason}"
        case _:
            return ""


def _lifecycle(fact: Fact) -> str:
    match fact:
        case PromotionFact():
            return f"{fact.system} → {fact.stage}"
        case DeploymentFact():
            return f"{fact.id} in {fact.environment}, {fact.mode} {fact.traffic} %"
        case RollbackFact():
            return f"{fact.system} in {fact.environment}: {'EMERGENCY: ' if fact.emergency else ''}{fact.reason}"
        case RetirementFact():
            return f"{fact.system} in {fact.environment}: {fact.reason}"
        case ObservationFact(follows=int(follows)):
            told = [f"{one.hook} {'told' if one.delivered else 'not reached'}" for one in fact.deliveries]
            return f"of window #{follows}: {', '.join(told)}"
        case ObservationFact():
            drifted = f"drift in {', '.join(fact.drifted)}" if fact.drifted else "no drift"
            return f"{fact.window.name}: {drifted}"
        case FindingFact():
            return f"{fact.id} {fact.state}, {fact.severity}: {fact.title}"
        case _:
            return ""


def _upkeep(fact: Fact) -> str:
    match fact:
        case TrustRootFact():
            return f"version {fact.version}, {counted(len(fact.keys), 'key')}" + (f": {fact.reason}" if fact.reason else "")
        case AnchorFact():
            return f"{fact.method} of size {fact.size}: {fact.where}"
        case ExportFact():
            return f"{fact.kind} pack of {short(fact.about)} at size {fact.tree_size}"
        case RedactionFact():
            return f"data behind {short(fact.commitment)} erased: {fact.reason}"
        case RecoveryFact():
            return fact.reason
        case _:
            return ""
