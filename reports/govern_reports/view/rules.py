"""Policy and controls, tests and results, attempts and goalposts."""

from collections.abc import Mapping, Sequence

from govern.domain.decision import Check, Decision, RuleResult, Status
from govern.domain.text import Digest
from govern.workflow.views import Dossier
from govern_reports.view import control
from govern_reports.view.blocks import Builder, Part, Section, Span, line, mono
from govern_reports.view.context import (
    Context,
    enforcement,
    interval,
    observed,
    rule_status,
    status,
    telling,
    threshold,
)
from govern_reports.view.text import count, crossed, ends, minute, plural, some, words

CASES = "\ncases:\n"
"""A policy's test cases, for machines, begin here."""
MOST_ATTEMPTS = 200
"""Rows of one model line; every decision is attached."""
LONGEST_DOCUMENT = 60_000
"""Characters of a policy that are printed; the whole document is attached."""


def policies(context: Context) -> Section:
    """Print the policies as they stood, and which controls their rules support."""
    pack = context.pack
    page = Builder("policy", "Policy and controls")
    page.table(
        ("Policy 26%", "Version 12%", "Change 14%", "SHA-256 22%", "Signed, UTC 18%", ">Entry 8%"),
        [
            (view.name, view.version, view.change, mono(ends(view.digest)), minute(view.time), f"#{view.index}")
            for view in pack.policies
        ],
        "Policies as they stood", empty="No policy is part of this pack.",
    )
    sources = [
        (view.name, source.get("ref", ""), control.said(source.get("status", "")), source.get("retrieved", ""))
        for view in pack.policies for source in view.sources
    ]
    page.table(
        ("Policy 18%", "Source 46%", "Status as recorded 22%", "Retrieved 14%"), sources, "What the policies rest on",
        note="The legal status is the one recorded when the policy was signed; ask counsel whether it still holds.",
        empty="The policies name no sources.",
    )
    fading = [
        (source["ref"], source["status"]) for view in pack.policies for source in view.sources
        if source.get("status") in control.FADING
    ]
    if fading:
        page.say(f"Ask counsel: {control.fading_words(dict.fromkeys(fading))}", role="alarm")
    if pack.kind != "control":
        page.head("Controls that the rules support", "controls")
        page.say("“Supports” means that a number bears on a control. No number satisfies an article.", role="note")
        control.matrix(page, context, whole=False)
    return page.done()


def documents(context: Context) -> Section | None:
    """Print the policy documents whole."""
    if not context.pack.policies:
        return None
    page = Builder("documents", "Policy documents, as signed")
    for view in context.pack.policies:
        page.head(f"{view.name}@{view.version}")
        text = view.text.partition(CASES)[0][:LONGEST_DOCUMENT]
        page.pre(text + ("\n… the rest is in the attachment" if len(view.text) > LONGEST_DOCUMENT else ""))
        if CASES in view.text:
            page.say("The document goes on with its known-bad and known-good cases; they are in the attachment.", role="note")
    return page.done()


def results(context: Context) -> Section:
    """Give every rule's procedure, numbers, threshold and status."""
    page = Builder("results", "Tests and results")
    none = True
    page.tell(context.rest)
    for dossier, view in context.decided():
        none = False
        decision = view.decision
        source = context.register.source("decisions", view.digest)
        where = {item.digest: item.index for item in dossier.evidence}
        page.head(f"{dossier.name} at {decision.gate}")
        if decision.problem:
            page.say(f"The gate itself is an error: {decision.problem}", role="alarm")
        page.say(
            f"Decided on {minute(decision.as_of)} UTC by {decision.engine}, entry #{view.index}; "
            f"{decision.before_waivers.passed} of {decision.before_waivers.total} binding rules pass before waivers, "
            f"{decision.after_waivers.passed} of {decision.after_waivers.total} after.",
        )
        page.table(
            ("Rule 30%", "Binds 12%", "Status 16%", ">Observed 10%", ">Threshold 12%", ">n 10%", ">Evidence 10%"),
            [_summary(context, source, number, rule, where) for number, rule in enumerate(decision.rules)],
            f"Every rule asked of {dossier.name}",
            note="Where a rule looks at several groups or features, the row shows the first that decides its status.",
        )
        for number, rule in enumerate(decision.rules):
            _detail(page, context, source, number, rule)
    if none:
        page.say("No gate has decided on anything in this pack.")
    return page.done()


def _summary(
    context: Context, source: str, number: int, rule: RuleResult, where: Mapping[Digest, int],
) -> tuple[Part, ...]:
    """Write one rule's row."""
    found = telling(rule)
    value: Part = "–"
    wanted = size = "–"
    if found:
        place, check = found
        value = observed(context.register, source, f"/rules/{number}/checks/{place}", check)
        wanted = threshold(check)
        size = count(check.n) if check.n is not None else "–"
    held = words([f"#{where[digest]}" for digest in rule.evidence if digest in where]) or "–"
    return (
        line(Span(rule.rule, "strong"), f" {rule.title}"), enforcement(rule.enforcement), rule_status(rule), value,
        wanted, size, held,
    )


def _detail(page: Builder, context: Context, source: str, number: int, rule: RuleResult) -> None:
    """Write one rule's paragraph and, where it looked at more than one thing, its table."""
    page.head(f"{rule.rule} {rule.title}", level=3)
    page.say(Span(_verdict_word(rule), "strong"), f" {_spelled(rule, rule.explanation)}")
    extra = [
        ("Beside the status", _spelled(rule, rule.advisory)), ("What would turn it", _spelled(rule, rule.flip)),
        ("Remedy", rule.remediation if rule.status is not Status.PASS else ""),
        ("Controls", ", ".join(f"{control} ({rule.claim})" for control in rule.controls)),
        ("Procedure", _procedure(context, rule)),
    ]
    facts = [(label, line(text)) for label, text in extra if text]
    if facts:
        page.facts(*facts)
    if not rule.measure:
        _attested(page, rule)
        return
    if not rule.checks:
        return
    shown = _different(rule.checks)
    rows: list[tuple[Part, ...]] = []
    for place, check in shown:
        at = f"/rules/{number}/checks/{place}"
        rows.append((
            crossed(check.label).replace("=", " = ") or "whole", count(check.n) if check.n is not None else "–",
            observed(context.register, source, at, check), interval(context.register, source, at, check), threshold(check),
            status(check.status), check.note or (check.reason.value if check.reason else "–"),
        ))
    method = next((check.interval for check in rule.checks if check.interval), None)
    page.table(
        *_without_empty(("What 25%", ">n 8%", ">Observed 9%", ">Interval 15%", ">Threshold 10%", "Status 12%", "Note 21%"), rows),
        f"{rule.rule}, {rule.measure}: {plural(len(rule.checks), 'check')}, "
        f"{plural(sum(check.status is not Status.PASS for check in rule.checks), 'exception')}",
        note=f"{f'Interval: {method.method}, level {method.level}.' if method else ''} {_twice(rule.checks, shown)}".strip(),
    )


def _without_empty(heads: Sequence[str], rows: Sequence[tuple[Part, ...]]) -> tuple[list[str], list[tuple[Part, ...]]]:
    """Leave out the columns in which no row says anything, and give their room to the last one, the notes."""
    said = [any(row[place] not in {"–", ()} for row in rows) for place in range(len(heads))]
    kept = [place for place, one in enumerate(said) if one]
    room = sum(int(heads[place].rpartition(" ")[2][:-1]) for place, one in enumerate(said) if not one)
    title, _, width = heads[kept[-1]].rpartition(" ")
    shown = [*(heads[place] for place in kept[:-1]), f"{title} {int(width[:-1]) + room}%"]
    return shown, [tuple(row[place] for place in kept) for row in rows]


def _procedure(context: Context, rule: RuleResult) -> str:
    """Name what was done: the measure, and the rule in the policy as it stood, which is printed whole."""
    policy = words(_policy_names(context, (rule.policy,)))
    return f"{rule.measure or 'attestation by people'}, as {rule.rule} of {policy} asks"


def _different(checks: Sequence[Check]) -> list[tuple[int, Check]]:
    """Return the checks with their places, each that says the same only once."""
    found: dict[tuple[object, ...], tuple[int, Check]] = {}
    for place, check in enumerate(checks):
        said = (check.label, check.n, check.observed, check.interval, check.op, check.threshold, check.status, check.note)
        found.setdefault(said, (place, check))
    return list(found.values())


def _twice(checks: Sequence[Check], shown: Sequence[tuple[int, Check]]) -> str:
    """Say why there are fewer rows than checks, and why a group has two."""
    labels = [check.label for _, check in shown]
    said = ["What stands here twice was compared with two reference groups."] if len(set(labels)) < len(labels) else []
    left = len(checks) - len(shown)
    if left:
        said.append(f"{plural(left, 'check')} said the same as another and {'is' if left == 1 else 'are'} not repeated.")
    return " ".join(said)


def _attested(page: Builder, rule: RuleResult) -> None:
    """Say who attested; what is still to be attested, the sentence above says."""
    rows = [(check.label or "–", status(check.status), check.note or "–") for check in rule.checks if check.note not in rule.explanation]
    if rows:
        page.table(("Who 24%", "Status 16%", "What was said 60%"), rows, f"{rule.rule}, attestation")


def _spelled(rule: RuleResult, text: str) -> str:
    """Return a decision's words with its crossings written as everywhere in the pack."""
    for label in sorted({check.label for check in rule.checks if "*" in check.label}, key=len, reverse=True):
        text = text.replace(label, crossed(label))
    return text


def _verdict_word(rule: RuleResult) -> str:
    """Write the status as the start of a sentence."""
    return {
        Status.PASS: "Passes.", Status.FAIL: "Fails.", Status.INCONCLUSIVE: "Inconclusive.", Status.ERROR: "Error.",
        Status.NOT_APPLICABLE: "Not applicable.",
    }[rule.status]


def attempts(context: Context) -> Section:
    """Show every attempt of a model line and every policy between them."""
    page = Builder("attempts", "Attempts and goalposts")
    page.say(
        "Every decision on this line of models at this gate, not only the last; and every version of a policy that "
        "judged one of them. A threshold that was lowered after a failure shows here.",
    )
    every = {(dossier.name.rpartition("@")[0], dossier.gate) for dossier in context.pack.dossiers}
    if len(every) > len(context.lines):
        page.tell(f"Printed here for {len(context.lines)} of {len(every)} model lines; every decision of the others is attached.")
    for name, dossier in context.lines:
        rows: list[tuple[Part, ...]] = []
        for view in dossier.attempts[-MOST_ATTEMPTS:]:
            decision = view.decision
            failed = [rule.rule for rule in decision.rules if rule.denies]
            rows.append((
                str(view.number), minute(decision.as_of), decision.subject_name, _outcome(decision.outcome.value),
                f"{decision.before_waivers.passed} of {decision.before_waivers.total}{_waived(decision)}", some(failed, 6) or "–",
                ", ".join(_policy_names(context, decision.policies)), f"#{view.index}",
            ))
        page.table(
            (">No. 5%", "Decided, UTC 16%", "Model 16%", "Outcome 9%", "Passed 13%", "Denied by 16%", "Policies 17%", ">Entry 8%"),
            rows, f"Attempts of {name} at {dossier.gate}", empty="No gate has been asked.",
            note=f"The last {MOST_ATTEMPTS} of {len(dossier.attempts):,}." if len(dossier.attempts) > MOST_ATTEMPTS else "",
        )
        moved = [
            (str(view.number), change.kind, change.where, change.before or "–", change.after or "–")
            for view in dossier.attempts for change in view.changes
        ]
        if moved:
            page.table(
                (">No. 5%", "Change 15%", "Where 44%", "Before 18%", "After 18%"), moved,
                "What policy changed since the attempt before",
            )
        for sentence in goalposts(dossier):
            page.say(Span("The policy moved. ", "strong"), sentence, role="alarm")
    loosened = [policy for policy in context.pack.policies if policy.change in {"loosened", "mixed"}]
    for policy in loosened:
        page.say(
            f"{policy.name}@{policy.version} (entry #{policy.index}, {minute(policy.time)} UTC) loosened the policy before it.",
            role="alarm",
        )
    if not loosened:
        page.say("No policy in this pack loosened the one before it.")
    return page.done()


def _waived(decision: Decision) -> str:
    """Say how many rules let the model pass because of a waiver: an `allow` with a rule that fails needs its reason beside it."""
    waived = sum(rule.waiver != "" and rule.enforcement.denies for rule in decision.rules)
    return f", {waived} waived" if waived else ""


def goalposts(dossier: Dossier) -> list[str]:
    """Name the attempts that the policy of the attempt before would have answered otherwise."""
    return [
        f"Attempt {view.number}, {view.decision.subject_name} at {dossier.gate}, entry #{view.index}: {view.earlier_policy}."
        for view in dossier.attempts if view.earlier_policy
    ]


def _policy_names(context: Context, digests: tuple[Digest, ...]) -> list[str]:
    """Name policies by their digests."""
    known = {view.digest: f"{view.name}@{view.version}" for view in context.pack.policies}
    return [known.get(digest, ends(digest)) for digest in digests]


def _outcome(word: str) -> Span:
    """Write a decision's outcome."""
    return Span("allow", "good") if word == "allow" else Span("DENY", "bad")
