"""What every section builder gets, and the words and marks that several of them share."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from govern.domain.decision import Check, Enforcement, RuleResult, Status
from govern.domain.evidence import Measurement
from govern.workflow.pack import PackData
from govern.workflow.views import DecisionView, Dossier, EvidenceView
from govern_reports.view.blocks import Line, Part, Span, Tone, line
from govern_reports.view.figures import Register
from govern_reports.view.text import is_number, minute, places_against

DETAILED = 12
"""Model versions printed in full; two hundred would be some 3,000 pages that nobody reads, and are attached anyway."""
FAIRNESS = frozenset({
    "impact_ratio", "demographic_parity", "equalized_odds", "equal_opportunity", "predictive_parity",
    "calibration_by_group", "error_rates", "scoring_rate", "class_rates", "residuals_by_group", "conditional_disparity", "proxy",
})
EXPLANATION = frozenset({
    "permutation_importance", "surrogate_fidelity", "rank_stability", "protected_reliance", "reason_codes", "monotonicity",
})
PERFORMANCE = frozenset({"performance", "candidate_against_baseline", "calibration", "performance_drift"})
DRIFT = frozenset({"covariate_drift", "label_drift", "prediction_drift"})
PLACED = FAIRNESS | EXPLANATION | PERFORMANCE | DRIFT
"""Measures with a section of their own; every other one, and those of other people's packages, stands in “Data and other measures”."""
WINDOWS = 4
"""Monitoring windows of a model that are printed with all their numbers; the series over time has every one."""

STATUS_WORDS: dict[Status, tuple[str, Tone]] = {
    Status.PASS: ("pass", "good"),
    Status.FAIL: ("FAIL", "bad"),
    Status.INCONCLUSIVE: ("inconclusive", "warn"),
    Status.ERROR: ("ERROR", "bad"),
    Status.NOT_APPLICABLE: ("not applicable", "muted"),
}


OPERATORS = {">=": "≥", "<=": "≤", "==": "=", "!=": "≠"}


@dataclass(frozen=True, slots=True)
class Context:
    """The pack and the register of its printed numbers."""

    pack: PackData
    register: Register

    @property
    def many(self) -> bool:
        """Whether the pack is about more than one model."""
        return len(self.pack.dossiers) > 1

    @property
    def detailed(self) -> tuple[Dossier, ...]:
        """The models whose every number is printed: those that run, then the latest, at most `DETAILED` of them."""
        if len(self.pack.dossiers) <= DETAILED:
            return self.pack.dossiers
        order = sorted(
            range(len(self.pack.dossiers)),
            key=lambda place: (self.pack.dossiers[place].name not in self.pack.dossiers[place].system.deployments.values(), -place),
        )
        return tuple(self.pack.dossiers[place] for place in sorted(order[:DETAILED]))

    @property
    def lines(self) -> tuple[tuple[str, Dossier], ...]:
        """One detailed model of each model line at each gate, with the line's name: its attempts are those of the whole line."""
        found: dict[tuple[str, str], tuple[str, Dossier]] = {}
        for dossier in self.detailed:
            line = dossier.name.rpartition("@")[0]
            found.setdefault((line, dossier.gate), (line, dossier))
        return tuple(found.values())

    def decided(self) -> Iterator[tuple[Dossier, DecisionView]]:
        """Yield each detailed model that has a decision."""
        return ((dossier, dossier.decision) for dossier in self.detailed if dossier.decision is not None)

    @property
    def rest(self) -> str:
        """Say that there are more, where there are."""
        left = len(self.pack.dossiers) - len(self.detailed)
        if not left:
            return ""
        return f"Printed here for {len(self.detailed)} of {len(self.pack.dossiers)} model versions: those in service and the latest. The other {left} are in the table of model versions and in the attachments."

    @property
    def subject(self) -> str:
        """Say that something is said of what the pack is about, and not of the ledger: there it may well be otherwise."""
        whole = self.pack.kind == "ledger" and self.pack.period is None
        return "" if whole else " for what this pack is about"

    @property
    def none(self) -> str:
        """Say that nothing is recorded, and where it was looked for."""
        return f"None recorded{self.subject}; searched in all {self.pack.size:,} entries."

    @property
    def windows(self) -> tuple[EvidenceView, ...]:
        """The latest `WINDOWS` monitoring windows of each detailed model."""
        shown = {dossier.name for dossier in self.detailed}
        latest: dict[str, list[EvidenceView]] = {}
        for view in self.pack.observations:
            if not view.model or view.model in shown:
                latest.setdefault(view.model, []).append(view)
        kept = {id(view) for views in latest.values() for view in views[-WINDOWS:]}
        return tuple(view for view in self.pack.observations if id(view) in kept)

    @property
    def earlier(self) -> str:
        """Say that there were windows before the ones printed, where there were."""
        left = len(self.pack.observations) - len(self.windows)
        return f"{left:,} more monitoring windows were measured; their numbers are in the attached evidence." if left else ""

    def measurements(self, names: frozenset[str]) -> Iterator[tuple[Dossier | None, EvidenceView, int, Measurement]]:
        """Yield the measurements of these measures with their dossier, evidence and place, observations last."""
        seen: set[str] = set()
        for dossier in self.detailed:
            for view in dossier.evidence:
                seen.add(view.digest)
                yield from self._of(dossier, view, names)
        for view in self.windows:
            if view.digest not in seen:
                yield from self._of(None, view, names)

    def unplaced(self) -> frozenset[str]:
        """Return the measures in this pack that no section of their own shows."""
        views = [*(view for dossier in self.detailed for view in dossier.evidence), *self.windows]
        return frozenset(measure_name(one.measure) for view in views for one in view.evidence.measures) - PLACED

    @staticmethod
    def _of(
        dossier: Dossier | None, view: EvidenceView, names: frozenset[str],
    ) -> Iterator[tuple[Dossier | None, EvidenceView, int, Measurement]]:
        for number, measurement in enumerate(view.evidence.measures):
            if measure_name(measurement.measure) in names:
                yield dossier, view, number, measurement


def measure_name(measure: str) -> str:
    """Return a measure's name without its version."""
    return measure.partition("@")[0]


def decisions(pack: PackData) -> Iterator[tuple[Dossier, DecisionView]]:
    """Yield each dossier that has a decision."""
    for dossier in pack.dossiers:
        if dossier.decision is not None:
            yield dossier, dossier.decision


def results_of(pack: PackData, names: frozenset[str]) -> list[RuleResult]:
    """Return the rule results about these measures."""
    return [
        rule for _, view in decisions(pack) for rule in view.decision.rules if measure_name(rule.measure) in names
    ]


def status(result: Status, waiver: str = "", until: str = "") -> Line:
    """Write a status as a word; a waiver is laid over it and never replaces it."""
    word, tone = STATUS_WORDS[result]
    if not waiver:
        return (Span(word, tone),)
    return line(Span(word, tone), f", waived by {waiver}" + (f" until {until}" if until else ""))


def rule_status(rule: RuleResult) -> Line:
    """Write a rule's status with its reason and its waiver."""
    words = status(rule.status, rule.waiver, minute(rule.waiver_expires) if rule.waiver_expires else "")
    return line(words, f" ({rule.reason.value})") if rule.reason else words


def enforcement(value: Enforcement) -> str:
    """Write how hard a rule binds."""
    return value.value


def observed(register: Register, source: str, pointer: str, check: Check) -> Part:
    """Write the observed value of a check, with the digits it takes to tell it from the threshold."""
    if not check.observed:
        return "–"
    return register.number(check.observed, _form(check), source, f"{pointer}/observed")


def interval(register: Register, source: str, pointer: str, check: Check) -> Part:
    """Write the interval of a check."""
    if not check.interval:
        return "–"
    return line(
        register.number(check.interval.low, _form(check), source, f"{pointer}/interval/low"), " to ",
        register.number(check.interval.high, _form(check), source, f"{pointer}/interval/high"),
    )


def threshold(check: Check) -> str:
    """Write what a check was compared with."""
    return f"{OPERATORS.get(check.op, check.op)} {check.threshold}".strip() or "–"


def _form(check: Check) -> str:
    """Return how the numbers of a check are printed."""
    return f"fixed:{places_against(check.observed, check.threshold)}"


def telling(rule: RuleResult) -> tuple[int, Check] | None:
    """Return the check that a summary names: of those with the rule's own status, the one furthest to the bad side."""
    if not rule.checks:
        return None
    numbered = list(enumerate(rule.checks))
    same = [pair for pair in numbered if pair[1].status == rule.status] or numbered
    return min(same, key=_goodness)


def _goodness(pair: tuple[int, Check]) -> tuple[Decimal, int]:
    """Order checks from bad to good, by the direction of their own comparison."""
    place, check = pair
    if not is_number(check.observed):
        return Decimal(0), place
    value = Decimal(check.observed or "0")
    return (-value if check.op.startswith("<") else value), place
