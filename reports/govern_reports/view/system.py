"""Scope and method, and the description of systems, models, data and runs."""

from collections import Counter

from govern.workflow.pack import HolderRow
from govern_reports.view.blocks import Builder, Part, Section, line, mono, with_digests
from govern_reports.view.context import Context
from govern_reports.view.text import count, crossed, ends, grouped, minute, plural, second, span

SAID_ABOVE = frozenset({"Model", "Inputs"})
"""Facts of a model's identity that other lines say already."""
MOST_ROWS = 100
"""Data sources in the table; every one is in the attached entries."""


def scope(context: Context) -> Section:
    """Say what was looked at, over which time and how."""
    pack = context.pack
    page = Builder("scope", "Scope, period and method")
    if pack.period:
        period = span(*pack.period)
    elif pack.entries:
        period = span(pack.entries[0].time, pack.entries[-1].time)
    else:
        period = "no entries"
    page.facts(
        ("Subject", pack.title),
        ("Period", period),
        ("As of", second(pack.as_of)),
        ("Population", f"{plural(pack.size, 'ledger entry', 'ledger entries')}, all of them attached; nothing was sampled"),
        ("Method", ("Measures turn data into sufficient statistics (evidence); policy turns evidence into statuses, without a "
                   "clock, a file or a network; people turn a decision into an approval with their own key.")),
        ("Materiality", _materiality(context)),
    )
    rows: list[tuple[Part, ...]] = []
    seen: set[str] = set()
    for view in [view for dossier in pack.dossiers for view in dossier.evidence] + list(pack.observations):
        if len(rows) == MOST_ROWS:
            break
        if view.digest in seen:
            continue
        seen.add(view.digest)
        rows.append((
            view.data_name, mono(ends(view.data)), count(view.evidence.rows), view.purpose, minute(view.collected),
            f"#{view.index}",
        ))
    page.table(
        ("Data 26%", "SHA-256 22%", ">Rows 12%", "Measured for 14%", "Collected, UTC 18%", ">Entry 8%"), rows,
        "Data sources, by digest",
        note=(f"The first {MOST_ROWS}. " if len(rows) == MOST_ROWS else "") + "Digests are shortened here to their first and last eight digits; they are whole in the attached evidence.",
    )
    excluded = [
        (view.data_name, crossed(item.attribute), item.value or "(empty)", count(item.n))
        for dossier in pack.dossiers for view in dossier.evidence for item in view.evidence.excluded if item.n
    ]
    page.table(
        ("Data", "Attribute", "Unknown value", ">Rows left out"), excluded, "Rows left out of groups, counted and never hidden",
        empty="No row was left out of any group.",
    )
    return page.done()


def _materiality(context: Context) -> str:
    """Name the tiers."""
    tiers = {dossier.system.tier for dossier in context.pack.dossiers} or {row.tier for row in context.pack.status.systems}
    return f"tier {', '.join(sorted(tiers))}; the tier sets which rules bind" if tiers else "no system is recorded"


def description(context: Context) -> Section:
    """Describe systems and what identifies each model."""
    page = Builder("system", "System description")
    page.tell(context.rest)
    seen: set[str] = set()
    for dossier in context.detailed:
        system = dossier.system
        if system.name not in seen:
            seen.add(system.name)
            page.head(f"System {system.name}", f"system-{len(seen)}")
            page.facts(
                ("Title", system.title or system.name),
                ("Intended use", line(dossier.description or "not described", f" (purpose: {system.purpose}; task: {system.task or 'not named'})")),
                ("Jurisdictions", ", ".join(system.jurisdictions) or "none named"),
                ("Protected attributes", ", ".join(map(crossed, system.protected)) or "none named"),
                ("Tier", system.tier), ("Owner", system.owner), ("Standing", system.headline),
                ("Stages", _places(dict(system.stages))), ("Deployments", _places(dict(system.deployments))),
            )
        page.head(f"Model {dossier.name}", level=3 if context.many else 2)
        page.facts(
            ("Digest of the model file", mono(grouped(dossier.model))),
            *((label, with_digests(value)) for label, value in dossier.facts.items() if label not in SAID_ABOVE),
            ("Other model at this stage", dossier.incumbent or "none"),
        )
    if not context.pack.dossiers:
        page.say("This pack is not about one system; see the table of systems.")
    _holders(page, context)
    _changes(page, context)
    return page.done()


def _holders(page: Builder, context: Context) -> None:
    """Say who holds which key and may do what: the pseudonyms of the trust root in force."""
    by_holder: dict[str, list[HolderRow]] = {}
    for row in context.pack.holders:
        by_holder.setdefault(row.holder, []).append(row)
    page.table(
        ("Holder 26%", "Roles 40%", "Keys 34%"),
        [
            (
                holder, ", ".join(sorted({role for row in rows for role in row.roles})) or "none",
                line(*(part for row in rows for part in (mono(ends(row.keyid)), " "))),
            )
            for holder, rows in by_holder.items()
        ],
        "Holders and roles, by the trust root in force", empty="The trust root could not be read.",
    )


def _changes(page: Builder, context: Context) -> None:
    """Count what was recorded, by kind, and say when last."""
    pack = context.pack
    inside = [row for row in pack.entries if pack.period is None or pack.period[0] <= row.time <= pack.period[1]]
    kinds = Counter(row.kind for row in inside)
    last = {row.kind: row for row in inside}
    page.table(
        ("Kind 30%", ">Entries 14%", "Last, UTC 22%", "Last subject 34%"),
        [(kind, count(number), minute(last[kind].time), last[kind].subject) for kind, number in sorted(kinds.items())],
        "What was recorded" + (" in the period" if pack.period else ""), empty="Nothing was recorded in the period.",
    )


def _places(places: dict[str, str]) -> str:
    """Write where a system's models are."""
    return "; ".join(f"{place}: {model or 'nothing'}" for place, model in places.items()) or "none"


def systems(context: Context) -> Section:
    """Show every system in one table."""
    page = Builder("systems", "Systems")
    page.table(
        ("System 16%", "Purpose 12%", "Tier 8%", "Owner 12%", "Deployed 22%", "Standing 30%"),
        [
            (row.name, row.purpose, row.tier, row.owner, _places(dict(row.deployments)), row.headline)
            for row in context.pack.status.systems
        ],
        "Every system in the ledger",
    )
    return page.done()


def models(context: Context) -> Section:
    """Show every model version and its decision in one table."""
    page = Builder("models", "Model versions")
    rows: list[tuple[Part, ...]] = []
    for dossier in context.pack.dossiers:
        decision = dossier.decision.decision if dossier.decision else None
        score = f"{decision.before_waivers.passed} of {decision.before_waivers.total}" if decision else "–"
        rows.append((
            dossier.name, mono(ends(dossier.model)), dossier.gate, decision.outcome.value if decision else "not decided",
            score, plural(len(dossier.missing), "role") + " missing" if dossier.missing else "complete" if dossier.quorum else "none asked",
        ))
    page.table(
        ("Model 24%", "Digest 22%", "Gate 20%", "Decision 12%", "Rules passed 10%", "Review 12%"), rows,
        "Every model version in this pack",
    )
    return page.done()
