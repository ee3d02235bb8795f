"""A ledger written by hand for tests of the folds: entries with a trust root, without bytes and signatures."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from govern.domain.decision import Quorum
from govern.domain.facts import (
    BindingFact,
    DatasetFact,
    DecisionFact,
    DeploymentFact,
    EvidenceFact,
    Fact,
    FindingFact,
    Input,
    ModelFact,
    ObservationFact,
    PolicyFact,
    PromotionFact,
    RetirementFact,
    ReviewFact,
    Role,
    RollbackFact,
    RunFact,
    SystemFact,
    TrustedKey,
    TrustRootFact,
    WaiverFact,
)
from govern.domain.statement import Entry, Header, Producer, SignedBy, Statement, Subject
from govern.domain.text import Digest, digest_of
from govern.lineage.closure import closure
from govern.lineage.folding import Folding
from govern.lineage.state import State

START = datetime(2026, 1, 1, tzinfo=UTC)
ONE = (Quorum(role="approver", count=1),)
ROLES = {
    "root": ("root",), "pipeline": ("recorder", "evaluator", "operator"), "owner": ("policy",),
    "reviewer": ("approver",), "second": ("approver", "validator"), "third": ("validator",),
    "trainer": ("recorder", "approver"), "author": ("policy", "approver"), "chief": ("operator", "emergency"),
}
"""Holder to roles; each has one key named like the holder."""


def digest(text: str) -> Digest:
    return digest_of(text.encode())


def root_fact(version: int = 1, void: dict[str, tuple[int, str]] | None = None, **extra: tuple[str, ...]) -> TrustRootFact:
    people = ROLES | extra
    void = void or {}
    keys = {
        name: TrustedKey(
            scheme="ed25519", public="00" * 32, holder=name, void_from=void.get(name, (None, ""))[0],
            void_reason=void.get(name, (None, ""))[1],
        )
        for name in people
    }
    names = {role for roles in people.values() for role in roles}
    roles = {role: Role(keyids=tuple(n for n, held in people.items() if role in held)) for role in names}
    return TrustRootFact(version=version, origin="test", expires=START + timedelta(days=9999), keys=keys, roles=roles)


class Book:
    """Entries and their fold, one at a time; `now` moves a minute an entry unless told otherwise."""

    def __init__(self, *, root: bool = True) -> None:
        self.entries: list[Entry] = []
        self.folding = Folding()
        self.now = START
        if root:
            self.add(root_fact(), by="root", subject=("trust-root@1", digest("root 1")))

    @property
    def state(self) -> State:
        return self.folding.state

    def add(
        self, fact: Fact, *, by: str | Iterable[str], subject: tuple[str, Digest], at: datetime | None = None,
        holder: str | None = None,
    ) -> Entry:
        self.now = at or self.now + timedelta(minutes=1)
        index = len(self.entries)
        keys = (by,) if isinstance(by, str) else tuple(by)
        entry = Entry(
            index=index, leaf_hash=digest(f"leaf {index}"),
            statement=Statement(
                subjects=(Subject(name=subject[0], digest=subject[1]),), fact=fact,
                header=Header(log="test", producer=Producer(seq=index, prev=None), time=self.now, seen=None),
            ),
            signed_by=tuple(SignedBy(keyid=key, holder=holder or key) for key in keys),
        )
        self.entries.append(entry)
        self.folding.apply(entry)
        return entry

    # ----- things

    def system(self, name: str = "credit", *, tier: str = "high", by: str = "pipeline") -> Entry:
        fact = SystemFact(name=name, purpose="credit", task="binary-classification", tier=tier, owner="lending")
        return self.add(fact, by=by, subject=(f"system/{name}", digest(f"{name} {tier}")))

    def dataset(
        self, name: str, *, sources: tuple[str, ...] = (), state: str = "active", by: str = "pipeline",
        contents: str = "", reason: str = "",
    ) -> Digest:
        label, _, version = name.partition("@")
        fact = DatasetFact(
            name=label, version=version or "1", media_type="text/csv", size=1, state=state, reason=reason,
            sources=tuple(Input(name=source, digest=digest(source)) for source in sources),
        )
        own = digest(contents or name)
        self.add(fact, by=by, subject=(name, own))
        return own

    def run(self, name: str, inputs: tuple[Digest, ...], *, system: str = "credit", by: str = "pipeline") -> Digest:
        fact = RunFact(
            name=name, system=system, inputs=tuple(Input(name="in", digest=one) for one in inputs), parameters={},
            metrics={}, seeds={}, code=Input(name="train.py", digest=digest("code")), platform={}, started=START,
            finished=START, environment=Input(name="requirements.lock", digest=digest("lock")),
        )
        own = digest(f"run {name}")
        self.add(fact, by=by, subject=(f"run/{name}", own))
        return own

    def model(
        self, name: str = "scorer@1", *, run: Digest | None = None, system: str = "credit", by: str = "pipeline",
        state: str = "active", reason: str = "", contents: str = "",
    ) -> Digest:
        label, _, version = name.partition("@")
        fact = ModelFact(
            name=label, version=version, system=system, media_type="application/x-skops", size=1, run=run, state=state,
            reason=reason,
        )
        own = digest(contents or f"model {name}")
        self.add(fact, by=by, subject=(name, own))
        return own

    def policy(
        self, version: str = "1", *, name: str = "fairness", by: str | tuple[str, ...] = "owner", change: str = "new",
    ) -> Digest:
        own = digest(f"policy {name} {version}")
        self.add(PolicyFact(name=name, version=version, change=change), by=by, subject=(f"policy/{name}@{version}", own))
        return own

    def binding(self, policy: Digest, version: str = "1", *, name: str = "credit") -> Digest:
        own = digest(f"binding {name} {version}")
        fact = BindingFact(name=name, version=version, policy=policy, gates=("promote:production",))
        self.add(fact, by="owner", subject=(f"binding/{name}", own))
        return own

    # ----- judging

    def evidence(self, model: Digest, what: str = "test", *, purpose: str = "gate") -> Digest:
        own = digest(f"evidence {model} {what}")
        fact = EvidenceFact(
            evidence=own, system="credit", data=Input(name=what, digest=digest(what)), measures=("impact_ratio@1",),
            collected=self.now, purpose=purpose, environment={}, command={},
        )
        self.add(fact, by="pipeline", subject=("model", model))
        return own

    def decide(
        self, model: Digest, gate: str = "promote:production", *, outcome: str = "allow",
        evidence: tuple[Digest, ...] | None = None, approvals: tuple[Quorum, ...] = ONE,
        waivers: tuple[Digest, ...] = (), expires: datetime | None = None, by: str = "pipeline",
    ) -> Entry:
        state = self.state
        evidence = (self.evidence(model),) if evidence is None else evidence
        fact = DecisionFact(
            gate=gate, system=state.models[model].fact.system, outcome=outcome, as_of=self.now,
            decision=digest(f"decision {len(self.entries)}"), evidence=evidence,
            policies=tuple(record.digest for record in state.policies.values()),
            bindings=tuple(record.digest for record in state.bindings.values()), waivers=waivers,
            statuses={"FAIR-001": "pass" if outcome == "allow" else "fail"}, approvals=approvals, expires=expires,
        )
        return self.add(fact, by=by, subject=("model", model))

    def review(
        self, model: Digest, action: str = "approve", *, by: str = "reviewer", role: str = "approver",
        gate: str = "promote:production", closure_digest: Digest | None = None, supersedes: int | None = None,
        at: datetime | None = None,
    ) -> int:
        latest = self.state.latest_decision(model, gate)
        held = closure(self.state, model, gate)
        approving = action == "approve"
        fact = ReviewFact(
            action=action, system=self.state.models[model].fact.system, gate=gate, role=role, reason="seen",
            closure=(closure_digest or held.digest) if approving else None,
            relied_on=held.relied_on if approving else (), decision=latest.digest if latest else None,
            supersedes=supersedes,
        )
        return self.add(fact, by=by, subject=("model", model), at=at).index

    def waiver(
        self, model: Digest, action: str = "propose", *, by: str = "pipeline", name: str = "W-1",
        expires: datetime | None = None, policy: Digest | None = None,
    ) -> Entry:
        """An approval or a revocation repeats the terms last proposed, but for what is given."""
        known = self.state.waivers.get(name) if action != "propose" else None
        policy = policy or (known.fact.policy if known else digest("policy fairness 1"))
        expires = expires or (known.fact.expires if known else START + timedelta(days=30))
        fact = WaiverFact(
            action=action, id=name, system="credit", rule="FAIR-001", policy=policy, environment="promote:production",
            reason="needed", expires=expires, role="approver",
        )
        return self.add(fact, by=by, subject=("model", model))

    def finding(
        self, model: Digest, *, name: str = "F-1", severity: str = "high", due: datetime | None = None,
        state: str = "open", by: str = "pipeline", condition_of: int | None = None,
    ) -> Entry:
        fact = FindingFact(
            id=name, system="credit", title="drift", severity=severity, owner="pipeline",
            due=due or START + timedelta(days=10), state=state, condition_of=condition_of,
        )
        return self.add(fact, by=by, subject=("model", model))

    def replace_owner(self, entry: Entry, owner: str) -> Entry:
        """The same words about a finding once more, under another owner."""
        return self.add(replace(entry.fact, owner=owner), by="pipeline", subject=("model", entry.statement.subjects[0].digest))

    @staticmethod
    def renewed(fact: TrustRootFact, expires: datetime) -> TrustRootFact:
        """The same trust root with another end."""
        return replace(fact, expires=expires)

    # ----- running

    def promote(self, model: Digest, stage: str = "production", approvals: tuple[int, ...] = (), by: str = "pipeline") -> Entry:
        gate = f"promote:{stage}"
        latest = self.state.latest_decision(model, gate)
        fact = PromotionFact(
            system=self.state.models[model].fact.system, stage=stage,
            decision=latest.digest if latest else digest("none"), approvals=approvals,
            closure=closure(self.state, model, gate).digest,
        )
        return self.add(fact, by=by, subject=("model", model))

    def deploy(
        self, model: Digest, environment: str = "production", *, stage: str = "production", name: str = "",
        mode: str = "full", traffic: int = 100,
    ) -> Entry:
        at = self.state.stages.get((self.state.models[model].fact.system, stage))
        fact = DeploymentFact(
            id=name or f"D-{len(self.entries)}", system=self.state.models[model].fact.system, environment=environment,
            stage=stage, mode=mode, traffic=traffic, promotion=at.index if at else 0,
            closure=closure(self.state, model, f"promote:{stage}").digest,
        )
        return self.add(fact, by="pipeline", subject=("model", model))

    def roll_back(
        self, model: Digest, left: Digest, *, environment: str = "production", emergency: bool = False,
        by: str = "pipeline", reason: str = "it misjudges",
    ) -> Entry:
        fact = RollbackFact(
            system="credit", environment=environment, left=left, reason=reason, emergency=emergency,
            closure=closure(self.state, model, "promote:production").digest,
        )
        return self.add(fact, by=by, subject=("model", model))

    def retire(self, model: Digest, environment: str = "") -> Entry:
        fact = RetirementFact(system="credit", environment=environment, reason="replaced")
        return self.add(fact, by="pipeline", subject=("model", model))

    def observe(self, model: Digest, deployment: str, *, outcome: str = "deny", window: str = "window") -> Entry:
        measured = self.evidence(model, window, purpose="monitor")
        decided = self.decide(model, "monitor", outcome=outcome, evidence=(measured,), approvals=())
        fact = ObservationFact(
            deployment=deployment, system="credit", environment="production",
            window=Input(name=window, digest=digest(window)), evidence=measured, decision=decided.fact.decision,
            outcome=outcome, drifted=("income",) if outcome == "deny" else (), observed=self.now,
        )
        return self.add(fact, by="pipeline", subject=("model", model))

    def revoke_key(self, name: str, start: int, reason: str) -> Entry:
        version = len(self.state.head.roots) + 1
        return self.add(root_fact(version, {name: (start, reason)}), by="root", subject=("root", digest(f"root {version}")))


def furnished(*, by: str = "pipeline", training_by: str = "pipeline") -> tuple[Book, Digest]:
    """A book with system, three hops of data, a run, a model, a policy and its binding."""
    book = Book()
    book.system()
    book.dataset("raw@1", by=training_by)
    book.dataset("clean@1", sources=("raw@1",), by=training_by)
    train = book.dataset("train@1", sources=("clean@1",), by=training_by)
    book.dataset("test")
    book.binding(book.policy())
    run = book.run("fit", (train,), by=by)
    return book, book.model(run=run, by=by)


def running() -> tuple[Book, Digest]:
    """A furnished book whose model was allowed, approved, promoted and deployed as `D-1`."""
    book, model = furnished()
    book.decide(model)
    approval = book.review(model)
    book.promote(model, approvals=(approval,))
    book.deploy(model, name="D-1")
    return book, model


__all__ = ["ONE", "ROLES", "START", "Book", "digest", "furnished", "replace", "root_fact", "running"]
