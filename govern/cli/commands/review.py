"""`govern review`: people, with their own keys: the queue, a model's dossier, and what they sign about it."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from govern.cli import dossier as shown
from govern.cli import options
from govern.cli.commands.finding import SEVERITIES
from govern.cli.session import Session, command, group
from govern.cli.text import Cell, when
from govern.errors import Refused, UsageError

if TYPE_CHECKING:
    from govern.workflow.interface import Condition
    from govern.workflow.read.for_me import ForMeRow
    from govern.workflow.views import DeadlineRow, Dossier

SHORTEST_PREFIX = 8
SCHEMA = "govern/written/v1"

Model = Annotated[str, typer.Argument(metavar="MODEL", help="Such as credit@2.")]
Role = Annotated[
    str | None,
    typer.Option("--role", metavar="ROLE", callback=options.given, help="In which you act, if your key has several."),
]
Text = Annotated[str, typer.Option("--reason", metavar="TEXT", callback=options.given, help="Why; it is signed and kept.")]
MaybeText = Annotated[str | None, typer.Option("--reason", metavar="TEXT", callback=options.given, help="Why; it is signed and kept.")]


def add(app: typer.Typer) -> None:
    """Add the group."""
    review = group(app, "review", "What waits for people, and what they sign.")
    command(review, "list")(queue)
    command(review, "show")(show)
    command(review, "attempts")(attempts)
    command(review, "approve", signs=True)(approve)
    command(review, "reject", signs=True)(reject)
    command(review, "request-changes", signs=True)(request_changes)
    command(review, "attest", signs=True)(attest)
    command(review, "take-back", signs=True)(take_back)
    command(review, "waive", signs=True)(waive)
    command(review, "comment", signs=True)(comment)


def gate_name(to: str | None, gate: str | None) -> str | None:
    """Read --to and --gate, of which one says the other. Raises `UsageError` where both are given."""
    if to and gate:
        raise UsageError("--to and --gate are both given", "Give one: --to production means --gate promote:production.")
    return f"promote:{to}" if to else gate


def queue(
    session: Session, *,
    holder: Annotated[
        str | None, typer.Option("--holder", metavar="PSEUDONYM", callback=options.given, help="Only what waits for them.")
    ] = None,
) -> None:
    """Show what waits for a person, the most urgent first."""
    from govern.workflow.read import reading, waiting
    from govern.workflow.read.for_me import for_me

    with session.workspace() as workspace:
        items = waiting.queue(workspace, holder)
        mine = for_me(workspace, holder) if holder else ()
        due = reading.falling_due(workspace.state(), workspace.now())
    if session.as_json:
        session.voice.document("govern/queue/v1", {"items": items, **({"for_me": mine} if holder else {"deadlines": due})})
        return
    if mine:
        _for_me(session, mine)
    if not items:
        session.voice.line("✓ nothing waits for review")
        _deadlines(session, () if holder else due)
        return
    session.voice.table(
        [
            (
                Cell(item.name, "bold"), item.gate, item.why.upper(), f"{item.passed}✓ {item.failed}✗ {item.inconclusive}?",
                ", ".join(f"{q.count} {q.role}" for q in item.missing) or "–", when(item.due), item.headline,
            )
            for item in items
        ],
        ("MODEL", "GATE", "WHY", "RULES", "LACKS", "DUE", "WHAT"),
    )
    _deadlines(session, () if holder else due)
    first = items[0]
    session.voice.hint(
        "Next: govern review waive --approve WAIVER --reason “…” --as KEY" if first.why == "waiver"
        else f"Next: govern review show {first.name} --gate {first.gate}"
    )


def _deadlines(session: Session, due: "tuple[DeadlineRow, ...]") -> None:
    if due:
        session.voice.line()
        session.voice.line("Deadlines", "bold")
        session.voice.table(shown.due_rows(due), indent="  ")


def _for_me(session: Session, mine: "tuple[ForMeRow, ...]") -> None:
    session.voice.line("For you", "bold")
    session.voice.table(
        [
            (
                "MUST" if row.must else "✗ barred" if row.barred else "may", row.kind, Cell(row.ref, "bold"), row.gate, row.role,
                Cell(when(row.due), "red" if row.overdue else ""), row.what + (f": you {row.barred}" if row.barred else ""),
            )
            for row in mine
        ],
        indent="  ",
    )
    session.voice.line()


def show(session: Session, *, model: Model, to: options.Stage = None, gate: options.Gate = None) -> None:
    """Show all that an approval would be signed over.

    Verdict, numbers, attempts, reviews, quorum, conflicts and the closure.
    """
    from govern.workflow.review import reviewing

    with session.workspace() as workspace:
        dossier = reviewing.dossier(workspace, model, gate_name(to, gate))
    if session.as_json:
        session.voice.document("govern/dossier/v1", {"dossier": dossier})
        return
    shown.show(session.voice, dossier)


def attempts(
    session: Session, *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A line of models, such as credit of credit@2.")],
    to: options.Stage = None,
    gate: options.Gate = None,
) -> None:
    """Show every attempt of a line of models at a gate.

    With what policy changed between two attempts, and what the earlier policy would have answered.
    """
    from govern.workflow.gate.attempts import attempts_of

    asked = gate_name(to, gate)
    if asked is None:
        raise UsageError("which gate is meant is not said", "Give --to STAGE or --gate GATE.")
    with session.workspace() as workspace:
        found = attempts_of(workspace, workspace.state(), name.partition("@")[0], asked)
    if session.as_json:
        session.voice.document("govern/attempts/v1", {"attempts": found})
        return
    if not found:
        session.voice.line(f"{name} was never gated for {asked}")
        return
    shown.attempts(session.voice, found)


def approve(
    session: Session, *, model: Model, reason: MaybeText = None, to: options.Stage = None, gate: options.Gate = None, role: Role = None,
    condition: Annotated[
        list[str] | None,
        typer.Option(
            "--condition", metavar="'TEXT; OWNER; DUE[; SEVERITY]'", help="The approval ends if this is not closed in time; repeat for more."
        ),
    ] = None,
    closure: Annotated[
        str | None,
        typer.Option(
            "--closure", metavar="DIGEST", callback=options.given,
            help="Sign only if this is still what it rests on (`review show` says it).",
        ),
    ] = None,
) -> None:
    """Approve with your own key.

    Signs the closure: one digest over everything that the approval rests on. When any of it changes, the approval is stale.
    """
    from govern.workflow.review import reviewing

    with session.workspace() as workspace:
        dossier = reviewing.dossier(workspace, model, gate_name(to, gate))
        _unchanged(dossier, closure)
        written = reviewing.approve(
            workspace, dossier, reason=reason or "", role=role, key=session.key, passphrases=session.passphrases, shown=("cli",),
            conditions=[_condition(text) for text in condition or ()],
        )
        session.wrote(written, schema=SCHEMA, within=workspace, done="approved", closure=dossier.closure)
        if session.as_json:
            return
        session.voice.line(f"  over closure {dossier.closure}")
        after = reviewing.dossier(workspace, model, dossier.gate)
        shown.conditions(session.voice, [row for row in after.findings if row.condition_of == written.index])
        lacks = ", ".join(f"{q.count} {q.role}" for q in after.missing)
        kind, _, stage = dossier.gate.rpartition(":")
        onward = f"govern promote {dossier.name} --to {stage}" if kind else f"govern deploy {dossier.name} --to ENVIRONMENT"
        session.voice.hint(f"Still lacking: {lacks}" if lacks else f"Next: {onward}")


def _condition(text: str) -> "Condition":
    """Read what an approval is given on. Raises `UsageError`."""
    from govern.domain.text import moment
    from govern.workflow.interface import Condition

    # The text may hold semicolons of its own, so the rest is taken from the end.
    behind = 3 if text.rpartition(";")[2].strip() in SEVERITIES else 2
    parts = [part.strip() for part in text.rsplit(";", behind)]
    if len(parts) != behind + 1 or not all(parts):
        raise UsageError(f"--condition “{text}” is not TEXT; OWNER; DUE", "As in: --condition 'retrain; model-risk; 2027-01-31'")
    title, owner, due, severity = (*parts, "medium")[:4]
    return Condition(title=title, owner=owner, due=moment(due), severity=severity)  # type: ignore[arg-type] # checked


def _unchanged(dossier: "Dossier", closure: str | None) -> None:
    """Refuse where what the approval would rest on is not what the reviewer read. Raises `Refused`, `UsageError`."""
    wanted = (closure or "").removeprefix("sha256:")
    if closure is not None and len(wanted) < SHORTEST_PREFIX:
        raise UsageError(f"“{closure}” is too short", f"Give at least {SHORTEST_PREFIX} digits of the closure digest.")
    if not (dossier.closure or "").removeprefix("sha256:").startswith(wanted):
        raise Refused(
            f"the approval would rest on {dossier.closure}, not on {closure}",
            f"Something changed since you read it. Nothing was signed; read it again: govern review show {dossier.name}",
        )


def reject(
    session: Session, *, model: Model, reason: Text, to: options.Stage = None, gate: options.Gate = None, role: Role = None
) -> None:
    """Reject with your own key.

    The model can't be promoted while this stands.
    """
    _against(session, "reject", "rejected", model, gate_name(to, gate), reason, role)


def request_changes(
    session: Session, *, model: Model, reason: Text, to: options.Stage = None, gate: options.Gate = None, role: Role = None
) -> None:
    """Ask for changes, signed with your own key."""
    _against(session, "request-changes", "changes requested", model, gate_name(to, gate), reason, role)


def _against(
    session: Session, action: Literal["reject", "request-changes"], done: str, model: str, gate: str | None, reason: str,
    role: str | None,
) -> None:
    from govern.workflow.review import reviewing

    with session.workspace() as workspace:
        dossier = reviewing.dossier(workspace, model, gate)
        written = reviewing.decide_against(
            workspace, dossier, action=action, reason=reason, role=role, key=session.key, passphrases=session.passphrases,
            shown=("cli",),
        )
        session.wrote(written, schema=SCHEMA, done=done)


def comment(session: Session, *, model: Model, reason: Text, to: options.Stage = None, gate: options.Gate = None) -> None:
    """Say something that is signed and kept, and decides nothing."""
    from govern.workflow.review import reviewing

    with session.workspace() as workspace:
        dossier = reviewing.dossier(workspace, model, gate_name(to, gate))
        written = reviewing.comment(
            workspace, dossier, reason=reason, key=session.key, passphrases=session.passphrases
        )
        session.wrote(written, schema=SCHEMA, done="commented")


def take_back(
    session: Session, *, model: Model,
    index: Annotated[int, typer.Option("--entry", metavar="INDEX", min=0, help="Your own earlier review (`review show`).")],
    reason: Text, to: options.Stage = None, gate: options.Gate = None,
) -> None:
    """Take back a review of your own.

    A new entry supersedes it; nothing is ever undone.
    """
    from govern.workflow.review import reviewing

    with session.workspace() as workspace:
        dossier = reviewing.dossier(workspace, model, gate_name(to, gate))
        written = reviewing.take_back(
            workspace, dossier, index, reason=reason, key=session.key, passphrases=session.passphrases
        )
        session.wrote(written, schema=SCHEMA, done=f"took back #{index}")


def attest(
    session: Session, *, model: Model,
    rule: Annotated[str, typer.Option("--rule", metavar="RULE", callback=options.given, help="The rule that is attested.")],
    reason: MaybeText = None, to: options.Stage = None, gate: options.Gate = None,
) -> None:
    """Attest, with your own key, a rule that only a person can meet."""
    from govern.workflow.review import reviewing

    with session.workspace() as workspace:
        dossier = reviewing.dossier(workspace, model, gate_name(to, gate))
        written = reviewing.attest(
            workspace, dossier, rule=rule, reason=reason or "", key=session.key, passphrases=session.passphrases
        )
        session.wrote(written, schema=SCHEMA, done=f"attested {rule}")
        where = f"--to {dossier.gate.removeprefix('promote:')}" if dossier.gate.startswith("promote:") else f"(the gate {dossier.gate})"
        session.voice.hint(f"It counts from the next decision on: govern gate {dossier.name} {where}")


def waive(
    session: Session, *,
    model: Annotated[str | None, typer.Argument(metavar="MODEL", help="Such as credit@2, to propose a waiver for.")] = None,
    rule: Annotated[
        str | None, typer.Option("--rule", metavar="RULE", callback=options.given, help="The one rule it is for.")
    ] = None,
    to: options.Stage = None,
    gate: options.Gate = None,
    expires: Annotated[
        str | None, typer.Option("--expires", metavar="TIME", callback=options.given, help="When it ends, such as 2027-01-31.")
    ] = None,
    control: Annotated[
        str | None,
        typer.Option("--control", metavar="TEXT", callback=options.given, help="What is done in its place meanwhile."),
    ] = None,
    void: Annotated[
        str | None,
        typer.Option("--void-if-worse-than", metavar="X", callback=options.given, help="It ends when the value gets worse than this."),
    ] = None,
    approve_id: Annotated[
        str | None, typer.Option("--approve", metavar="W-N", callback=options.given, help="Approve a proposed waiver.")
    ] = None,
    revoke_id: Annotated[
        str | None, typer.Option("--revoke", metavar="W-N", callback=options.given, help="End a waiver now.")
    ] = None,
    reason: options.Reason = "",
) -> None:
    """Propose, approve or revoke an exception to one rule.

    Scoped to one model, gate and rule, expiring, signed; who asks for it can't approve it.

    \b
    govern review waive credit@2 --rule FAIR-001 --to production --expires 2027-01-31 --reason "…" --control "…"
    govern review waive --approve W-1 --reason "…"
    govern review waive --revoke W-1 --reason "…"
    """  # noqa: D301 - typer wants the character itself
    from govern.domain.text import moment
    from govern.workflow.policies import waivers
    from govern.workflow.review import reviewing

    asked = [word for word, value in (("MODEL", model), ("--approve", approve_id), ("--revoke", revoke_id)) if value]
    if len(asked) != 1:
        raise UsageError(
            f"{' and '.join(asked) if asked else 'nothing'} is given",
            "Give one of: a MODEL to propose a waiver for, --approve W-N, --revoke W-N.",
        )
    if not reason:
        raise UsageError("a reason is missing", "Say in one sentence why, with --reason.")
    with session.workspace() as workspace:
        known = approve_id or revoke_id
        if known:
            step = waivers.approve_waiver if approve_id else waivers.revoke_waiver
            written = step(workspace, known, reason=reason, key=session.key, passphrases=session.passphrases)
            done = f"{'approved' if approve_id else 'revoked'} {known}"
        else:
            if not (model and rule and expires):
                raise UsageError("--rule or --expires is missing", "A waiver is for one rule and ends: give both.")
            dossier = reviewing.dossier(workspace, model, gate_name(to, gate))
            written = waivers.propose_waiver(
                workspace, dossier, rule=rule, expires=moment(expires), reason=reason, compensating=control or "",
                void_if_worse_than=void or "", key=session.key, passphrases=session.passphrases,
            )
            done = f"waiver of {rule} proposed"
        session.wrote(written, schema=SCHEMA, done=done)
        if not known:
            made = workspace.state().waivers_of(written.subject_digest)[-1].fact.id
            session.voice.hint(f"Next: somebody else: govern review waive --approve {made} --reason “…” --as KEY")
