"""`govern policy`: install, show, lint, test and compare policies."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from govern.cli.options import days, given
from govern.cli.session import Session, command, group
from govern.cli.text import Cell, brief, state
from govern.domain.text import counted
from govern.errors import DocumentError, ExitCode, GovernError, UsageError

if TYPE_CHECKING:
    from govern.domain.text import Digest
    from govern.policy.bound import BoundPolicy
    from govern.policy.model import Policy
    from govern.policy.testing import DocumentsReport
    from govern.workflow.gate.policy_tools import Turned

Where = Annotated[str, typer.Argument(metavar="FOLDER|PACK", help="A folder with policy.yaml and binding*.yaml, or a pack's id.")]
KIND_COLOURS = {"tightened": "green", "scope-widened": "green", "loosened": "red", "scope-narrowed": "red", "changed": "yellow"}


def add(app: typer.Typer) -> None:
    """Add the group."""
    policy = group(app, "policy", "Install, show, test and sign policies; what their rules said.")
    command(policy, "install", signs=True)(install)
    command(policy, "show")(show)
    command(policy, "lint", workspace=False)(lint)
    command(policy, "test", workspace=False)(test)
    command(policy, "diff")(diff)
    command(policy, "results")(results)
    command(policy, "sign", signs=True)(sign)


def install(
    session: Session, *, named: Where,
    also_as: Annotated[
        list[str] | None,
        typer.Option("--also-as", metavar="KEY", help="Another holder's key that signs too: loosening takes two."),
    ] = None,
) -> None:
    """Commit a policy and its bindings to the ledger.

    From the next gate on they judge. Each rule has to prove first that it can fail and can pass here. A change that loosens or narrows what is in force takes the signatures of two holders.
    """
    from govern.workflow.policies import policies

    with session.workspace() as workspace:
        written = policies.install(
            workspace, named, key=session.key, also_as=tuple(also_as or ()), passphrases=session.passphrases,
            tell=lambda untried: session.voice.talk(f"! {untried}"),
        )
        session.wrote(*written, schema="govern/written/v1", done="installed")


def show(
    session: Session, *,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="A policy in force; else a list of them and of the packs.")] = None,
) -> None:
    """Show the policies in force, or one document as it was signed."""
    from govern.workflow.policies import policies

    with session.workspace() as workspace:
        bound = policies.in_force(workspace.objects, workspace.state())
        chosen = [one for one in bound if name in {None, one.policy.name, f"{one.policy.name}@{one.policy.version}"}]
        if name is not None and not chosen:
            earlier = policies.version(workspace.state(), name)
            if earlier is None:
                raise UsageError(f"no policy “{name}” is in force", f"In force: {policies.names(bound)}.")
            _earlier(session, name, earlier, workspace.objects.get(earlier).decode())
            return
        documents = {one.policy_digest: workspace.objects.get(one.policy_digest).decode() for one in chosen}
    if session.as_json:
        session.voice.document(
            "govern/policies/v1",
            {
                "policies": [
                    {
                        "name": one.policy.name, "version": one.policy.version, "digest": one.policy_digest,
                        "binding": one.binding.name, "binding_digest": one.binding_digest, "gates": one.binding.gates,
                        "rules": [rule.id for rule in one.policy.rules], "document": documents[one.policy_digest],
                    }
                    for one in chosen
                ]
            },
        )
        return
    if name is not None:
        session.voice.lines(documents[chosen[0].policy_digest].splitlines())
        return
    _list(session, chosen)


def _earlier(session: Session, name: str, digest: "Digest", document: str) -> None:
    """Show a version that is in force no more."""
    if session.as_json:
        session.voice.document("govern/policies/v1", {"policies": [{"name": name.partition("@")[0], "version": name.partition("@")[2], "digest": digest, "document": document}]})
        return
    session.voice.lines(document.splitlines())


def results(session: Session) -> None:
    """Show what each rule said within 30 days, and of what last."""
    from govern.workflow.read.rule_results import rule_results

    with session.workspace() as workspace:
        rows = rule_results(workspace)
    if session.as_json:
        session.voice.document("govern/rule-results/v1", {"rules": rows})
        return
    session.voice.table(
        [
            (
                row.rule, row.policy, *(row.counts.get(status, 0) for status in ("pass", "fail", "inconclusive", "error")),
                f"{row.latest[0].model} {row.latest[0].status} (#{row.latest[0].index})" if row.latest else "–", row.condition,
            )
            for row in rows
        ],
        ("RULE", "POLICY", "PASS", "FAIL", "UNSURE", "ERROR", "LAST", "ASKS"), right=(2, 3, 4, 5),
    )
    if not rows:
        session.voice.line("no policy is in force: every gate is an error until one is")


def _list(session: Session, chosen: "Sequence[BoundPolicy]") -> None:
    import govern_policies

    voice = session.voice
    if not chosen:
        voice.line("no policy is in force: every gate is an error until one is")
    for one in chosen:
        policy, binding = one.policy, one.binding
        voice.line(f"{policy.name}@{policy.version}  {policy.title}", "bold")
        voice.line(f"  {brief(one.policy_digest)}, bound by {binding.name} {brief(one.binding_digest)}")
        voice.table([(rule.id, rule.measure or "attestation", rule.title) for rule in policy.rules], indent="    ")
    voice.hint(f"Packs that ship with govern: {', '.join(govern_policies.pack_ids())}")


def lint(
    session: Session, *,
    files: Annotated[list[str], typer.Argument(metavar="FILE|FOLDER|PACK…", help="Documents to check.")],
) -> None:
    """Check policy documents strictly.

    Unknown or duplicate keys and bad numbers are errors with line and column; so is a measure that is not there. Exit 2.
    """
    checked = [document for named in files for document in _documents(named)]
    if session.as_json:
        session.voice.document("govern/lint/v1", {"documents": [{"where": where, "is": what} for where, what in checked]})
        return
    session.voice.table([(state("ok"), where, what) for where, what in checked])


def _documents(named: str) -> list[tuple[str, str]]:
    """Parse one file, or all of a folder or pack. Raises `DocumentError`, `UsageError`."""
    from govern.policy.documents import parse_binding, parse_waiver
    from govern.workflow.policies.policies import documents

    path = Path(named)
    if path.is_file():
        data = path.read_bytes()
        kind = next((k for k in ("Binding", "Waiver", "Controls") if f"kind: {k}".encode() in data), "Policy")
        if kind == "Controls":
            from govern.policy.catalogue import parse_catalogue

            parse_catalogue(data, where=named)
            return [(named, "controls")]
        if kind == "Binding":
            return [(named, f"binding {parse_binding(data, where=named).name}")]
        if kind == "Waiver":
            parse_waiver(data, where=named)
            return [(named, "waiver")]
        return [(named, _with_measures(data, named))]
    given = documents(named)
    bindings = [(where, f"binding {parse_binding(data, where=where).name}") for where, data in given.bindings]
    return [(given.policy_where, _with_measures(given.policy, given.policy_where)), *bindings]


def _with_measures(data: bytes, where: str) -> str:
    """Parse a policy whose measures all exist here. Raises `DocumentError`."""
    from govern.measure.registry import find
    from govern.policy.documents import parse_policy

    policy = parse_policy(data, where=where)
    for rule in policy.rules:
        if rule.measure:
            try:
                find(rule.measure)
            except GovernError as error:
                raise DocumentError(f"{rule.id}: {error.message}", error.hint, where=where) from error
    return f"policy {policy.name}@{policy.version}, {counted(len(policy.rules), 'rule')}"


def test(session: Session, *, named: Where) -> ExitCode:
    """Prove that each rule can fail and can pass.

    Tries its known-bad and known-good cases; exit 1 where one comes out otherwise.
    """
    from govern.domain.text import digest_of
    from govern.policy.documents import parse_binding, parse_policy
    from govern.policy.testing import try_documents
    from govern.workflow.policies.policies import documents

    given = documents(named)
    report = try_documents(
        parse_policy(given.policy, where=given.policy_where), digest_of(given.policy),
        [(parse_binding(data, where=where), digest_of(data)) for where, data in given.bindings],
    )
    code = ExitCode.OK if report.ok else ExitCode.REFUSED
    if session.as_json:
        session.voice.document(
            "govern/policy-test/v1",
            {"ok": report.ok, "exit_code": int(code), "problems": report.problems, "rules": report.rules},
        )
        return code
    _tested(session, report)
    return code


def _tested(session: Session, report: "DocumentsReport") -> None:
    voice = session.voice
    voice.table(
        [
            (
                state("pass" if r.proved and not r.boundary else "fail"), Cell(r.rule, "bold"), r.gate, counted(r.cases, "case"),
                f"{r.tried} at the boundary", r.detail,
            )
            for r in report.rules
        ]
    )
    for rule in report.rules:
        for wrong in rule.boundary:
            voice.paragraph(f"✗ {rule.rule} at {rule.gate}: {wrong}", indent="  ")
        for overlooked in rule.unnoticed:
            voice.paragraph(f"! {rule.rule} at {rule.gate}: no case would notice {overlooked}", indent="  ")
    for problem in report.problems:
        voice.paragraph(f"✗ {problem}", indent="  ")
    good = sum(rule.proved and not rule.boundary for rule in report.rules)
    voice.line(f"{voice.state('pass' if report.ok else 'fail')}  {good} of {len(report.rules)} rules can fail and can pass")


def diff(
    session: Session, *,
    old: Annotated[str, typer.Argument(metavar="OLD", help="A policy.yaml, a folder, a pack's id, or a version that was installed: NAME@VERSION.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The same.")],
    replay: Annotated[
        str | None,
        typer.Option("--replay", metavar="90d", callback=given, help="Decide the last days' decisions again under NEW."),
    ] = None,
) -> None:
    """Compare two versions of a policy by meaning.

    Each difference is tightened, loosened, scope widened, scope narrowed, changed or text. --replay shows which stored
    decisions of this workspace would turn.
    """
    from govern.policy import diff as comparing

    (before, _), (after, digest) = _policy(session, old), _policy(session, new)
    found = comparing.diff(before, after)
    turned: tuple[Turned, ...] | None = None
    if replay is not None:
        from govern.workflow.gate.policy_tools import would_turn

        since = days(replay, "--replay")
        with session.workspace() as workspace:
            turned = would_turn(workspace, after, digest, since=since)
    if session.as_json:
        session.voice.document(
            "govern/policy-diff/v1",
            {
                "change": found.change, "lines": found.lines, "needs_second_approver": found.needs_second_approver,
                "replayed": turned,
            },
        )
        return
    session.voice.line(f"{found.change}: {counted(len(found.lines), 'difference')}", "bold")
    session.voice.table(
        [
            (Cell(line.kind, KIND_COLOURS.get(line.kind, "dim")), line.where, f"{line.before} → {line.after}")
            for line in found.lines
        ],
        indent="  ",
    )
    if turned is not None:
        _turned(session, turned)
    if found.needs_second_approver:
        session.voice.hint("Loosening or narrowing needs a second approver's signature when it is installed.")


def _turned(session: Session, replayed: "Sequence[Turned]") -> None:
    voice = session.voice
    other = [one for one in replayed if one.turned]
    voice.line()
    voice.line(f"{len(other)} of {counted(len(replayed), 'stored decision')} would turn", "bold")
    voice.table(
        [
            (
                f"#{one.index}", one.subject_name, one.gate, state(one.before.value), "→", state(one.after.value),
                ", ".join(f"{rule}: {was} → {now}" for rule, was, now in one.rules),
            )
            for one in replayed if one.turned or one.rules
        ],
        indent="  ",
    )


def sign(
    session: Session, *, folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder that holds policy.yaml.")]
) -> None:
    """Sign a policy's folder as a bundle.

    Whoever installs it then gets exactly these files: one that is missing, changed or added is refused.
    """
    from govern.workflow.policies.bundles import sign_bundle

    with session.workspace() as workspace:
        bundle = sign_bundle(workspace, folder, key=session.key, passphrases=session.passphrases)
    if session.as_json:
        session.voice.document("govern/bundle/v1", {"bundle": bundle})
        return
    session.voice.line(f"✓ {folder}: {counted(len(bundle.files), 'file')} signed by {', '.join(bundle.holders)}", "green")
    session.voice.line(f"  bundle {bundle.digest}")


def _policy(session: Session, named: str) -> "tuple[Policy, Digest]":
    from govern.domain.text import digest_of
    from govern.policy.documents import parse_policy
    from govern.workflow.policies.policies import documents, policy_of, version

    path = Path(named)
    if path.is_file():
        data = path.read_bytes()
        return parse_policy(data, where=named), digest_of(data)
    if "@" in named and not path.is_dir():
        with session.workspace() as workspace:
            digest = version(workspace.state(), named)
            if digest is None:
                raise UsageError(f"{named} was never installed here", "`govern log --kind policy` lists what was.")
            return policy_of(workspace.objects, digest), digest
    given_ = documents(named)
    return parse_policy(given_.policy, where=given_.policy_where), digest_of(given_.policy)
