"""Pack data made by hand, with realistic values; also large and hostile variants."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from govern.domain.decision import (
    Check,
    Decision,
    Enforcement,
    Interval,
    Outcome,
    Quorum,
    Reason,
    RuleResult,
    Score,
    Status,
)
from govern.domain.evidence import Evidence, Excluded, Measurement
from govern.domain.text import Digest, digest_of
from govern.workflow.pack import Attachment, LifecycleRow, PackData, PolicyView
from govern.workflow.verify_views import VerifyStep, VerifyView
from govern.workflow.views import (
    AttemptView,
    ClosureNode,
    DecisionView,
    Dossier,
    DriftRow,
    EntryRow,
    EvidenceView,
    FindingRow,
    LineageRow,
    ReviewRow,
    StatusView,
    SystemRow,
    WaiverRow,
)

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def digest(words: str) -> Digest:
    return digest_of(words.encode())


def plain(value):
    """A domain value as JSON, the way the objects are written."""
    from govern.canonical.values import object_bytes

    return object_bytes(value)


def group(name, n, selected, best, low, high, p):
    rate = selected / n
    return {
        "group": name, "n": n, "selected": selected, "rate": f"{rate:.15g}", "ratio": f"{rate / best:.15g}",
        "interval": {"method": "katz-log", "level": "0.95", "low": low, "high": high}, "p_value": p, "test": "z",
        "flip": False, "shortfall": "12.4", "minimum_detectable": "0.041",
    }


def evidence(shift: str = "0.031") -> Evidence:
    best = 2154 / 5790
    sex = (group("female", 4210, 1381, best, "0.8312", "0.9351", "0.00021"), group("male", 5790, 2154, best, "1", "1", None))
    crossed = tuple(
        group(f"{sex}*{race}", n, selected, 0.391, low, high, p)
        for sex, race, n, selected, low, high, p in (
            ("female", "black", 410, 118, "0.6371", "0.8502", "0.0041"), ("female", "other", 212, 71, "0.7013", "1.0465", "0.061"),
            ("female", "white", 3588, 1192, "0.7920", "0.9109", "0.00003"), ("male", "black", 530, 186, "0.7885", "1.0213", "0.087"),
            ("male", "other", 260, 94, "0.7881", "1.0852", "0.22"), ("male", "white", 5000, 1955, "1", "1", None),
        )
    )
    features = tuple(
        {"feature": name, "importance": value, "std": spread, "rank": rank}
        for rank, (name, value, spread) in enumerate((
            ("debt_to_income", "0.1412", "0.0061"), ("months_since_delinquency", "0.0935", "0.0047"),
            ("annual_income", "0.0611", "0.0039"), ("postcode_area", "0.0322", "0.0044"), ("age_of_account", "0.0147", "0.0020"),
            ("open_lines", "0.0041", "0.0011"),
        ), start=1)
    )
    drift = tuple(
        {
            "feature": name, "kind": kind, "statistic": statistic, "p_value": p, "p_adjusted": p, "effect": effect,
            "effect_name": "psi", "n_reference": 12000, "n_window": 4000, "new_categories": 0, "nulls_reference": 0, "nulls_window": 3,
        }
        for name, kind, statistic, p, effect in (
            ("annual_income", "numeric", "0.211", "0.0000001", shift), ("debt_to_income", "numeric", "0.043", "0.021", "0.018"),
            ("postcode_area", "category", "14.1", "0.12", "0.009"),
        )
    )
    return Evidence(
        rows=10000, excluded=(Excluded(attribute="race", value="", n=118),),
        measures=(
            Measurement(measure="impact_ratio@1", attribute="sex", favourable="1", reference="highest", groups=sex),
            Measurement(measure="impact_ratio@1", attribute="sex*race", favourable="1", reference="highest", groups=crossed),
            Measurement(
                measure="equalized_odds@1", attribute="sex", groups=(
                    {"group": "female", "n": 4210, "true_positive_rate": "0.7814", "false_positive_rate": "0.1121"},
                    {"group": "male", "n": 5790, "true_positive_rate": "0.8103", "false_positive_rate": "0.1288"},
                ), values={"difference": "0.0289", "ratio": "0.8703"},
            ),
            Measurement(measure="permutation_importance@1", features=features, parameters={"seed": 7}),
            Measurement(measure="protected_reliance@1", values={"share": "0.0931"}),
            Measurement(
                measure="performance@1", values={
                    "accuracy": "0.8412", "accuracy_interval": {"method": "wilson", "level": "0.95", "low": "0.8339", "high": "0.8482"},
                    "auc": "0.8871", "auc_interval": {"method": "delong", "level": "0.95", "low": "0.8801", "high": "0.8941"},
                    "brier": "0.1134", "n": 10000,
                },
            ),
            Measurement(measure="covariate_drift@1", features=drift, values={"largest_effect": shift}, parameters={"detector": "scipy"}),
            Measurement(measure="calibration@1", availability="missing", reason="No score column was given."),
        ),
    )


def check(label, status, value, threshold, low, high, n, op=">=", note=""):
    return Check(
        label=label, status=status, observed=value, op=op, threshold=threshold, n=n, note=note,
        interval=Interval(method="katz-log", level="0.95", low=low, high=high),
    )


def decision(held: Digest, *, outcome=Outcome.ALLOW, policy: Digest) -> Decision:
    failing = outcome is Outcome.DENY
    worst = Status.FAIL if failing else Status.PASS
    rules = (
        RuleResult(
            rule="DRIFT-001", title="Shift of the inputs against the training profile", measure="covariate_drift@1", policy=policy,
            policy_name="credit-baseline", enforcement=Enforcement.ADVISE, status=Status.PASS, evidence=(held,),
            explanation="The largest effect is 0.031 (annual_income), below 0.2.", controls=("nist-ai-rmf:MEASURE-2.4",),
            checks=(Check(label="annual_income", status=Status.PASS, observed="0.031", op="<=", threshold="0.2", n=4000),),
        ),
        RuleResult(
            rule="FAIR-001", title="Impact ratio of favourable outcomes", measure="impact_ratio@1", policy=policy,
            policy_name="credit-baseline", enforcement=Enforcement.MANDATORY, status=worst, evidence=(held,),
            explanation="The lowest ratio is 0.736 (female × black)." if failing else "Every group is at or above 0.8, or not significantly below.",
            checks=(
                check("sex=female", Status.PASS, "0.88180", "0.8", "0.8312", "0.9351", 4210),
                check("sex=male", Status.PASS, "1", "0.8", "1", "1", 5790),
                check("sex*race=female*black", worst, "0.7996" if not failing else "0.7361", "0.8", "0.6371", "0.8502", 410,
                      note="21 more favourable outcomes would reach the threshold."),
                check("sex*race=female*white", Status.PASS, "0.8497", "0.8", "0.7920", "0.9109", 3588),
            ),
            advisory="Significant though above the threshold for sex=female.", flip="21 more favourable outcomes for female × black.",
            remediation="Look at postcode_area, which stands in for race; ask model risk.",
            controls=("eeoc-ugesp:4D", "eu-ai-act:10.2.f", "nist-ai-rmf:MEASURE-2.11", "nyc-ll144:5-301"),
        ),
        RuleResult(
            rule="FAIR-002", title="Equalized odds", measure="equalized_odds@1", policy=policy, policy_name="credit-baseline",
            enforcement=Enforcement.REQUIRE, status=Status.PASS, evidence=(held,), explanation="The largest difference is 0.029, below 0.1.",
            checks=(check("sex", Status.PASS, "0.0289", "0.1", "0.0110", "0.0470", 10000, op="<="),),
            controls=("nist-ai-rmf:MEASURE-2.11",),
        ),
        RuleResult(
            rule="HUM-001", title="Assumptions challenged", measure="", policy=policy, policy_name="credit-baseline",
            enforcement=Enforcement.REQUIRE, status=Status.PASS, explanation="Attested by the validator.",
            checks=(Check(label="validator", status=Status.PASS, note="attested on 2026-11-19"),), controls=("sr-26-2:validation",),
        ),
        RuleResult(
            rule="PERF-001", title="Discrimination of the score", measure="performance@1", policy=policy, policy_name="credit-baseline",
            enforcement=Enforcement.REQUIRE, status=Status.PASS, evidence=(held,), explanation="AUC 0.887 is above 0.75.",
            checks=(check("", Status.PASS, "0.8871", "0.75", "0.8801", "0.8941", 10000),), controls=("eu-ai-act:15.1",),
        ),
        RuleResult(
            rule="PERF-002", title="Calibration", measure="calibration@1", policy=policy, policy_name="credit-baseline",
            enforcement=Enforcement.ADVISE, status=Status.INCONCLUSIVE, reason=Reason.MISSING,
            explanation="No score column was given.", remediation="Give the score with --score.",
        ),
        RuleResult(
            rule="XAI-001", title="Reliance on protected attributes", measure="protected_reliance@1", policy=policy,
            policy_name="credit-baseline", enforcement=Enforcement.REQUIRE, status=Status.FAIL, evidence=(held,),
            explanation="The share is 0.093, above 0.05.", waiver="W-1", waiver_expires=NOW + timedelta(days=40),
            checks=(Check(label="", status=Status.FAIL, observed="0.0931", op="<=", threshold="0.05", n=10000),),
        ),
    )
    return Decision(
        gate="promote:production", subject=digest("model"), subject_name="credit-scoring@2", system="credit", as_of=NOW - timedelta(days=1),
        outcome=outcome, rules=rules, policies=(policy,), bindings=(digest("binding"),), evidence=(held,), waivers=("W-1",),
        approvals=(Quorum(role="approver", count=1),), before_waivers=Score(passed=4 - failing, total=5), after_waivers=Score(passed=5 - failing, total=5),
        engine="govern 0.1.0",
    )


def entries(number: int) -> tuple[EntryRow, ...]:
    kinds = ("trust-root", "system", "dataset", "run", "model", "policy", "binding", "evidence", "decision", "review", "promotion", "deployment")
    return tuple(
        EntryRow(
            index=index, time=NOW - timedelta(days=30) + timedelta(minutes=11 * index), kind=kinds[index % len(kinds)],
            subject=f"{kinds[index % len(kinds)]}/credit-scoring@{index // 12}", holder=("pipeline", "reviewer", "root")[index % 3],
            summary="recorded", standing="none",
        )
        for index in range(number)
    )


def system() -> SystemRow:
    return SystemRow(
        name="credit", title="Consumer credit scoring", purpose="credit", tier="high", owner="model-risk",
        stages={"staging": "credit-scoring@2", "production": "credit-scoring@2"}, deployments={"production": "credit-scoring@2"},
        standing="ok", headline="credit-scoring@2 runs in production; approved and within limits.", open_findings=1, stale_approvals=0,
    )


def build(*, number: int = 40, outcome: Outcome = Outcome.ALLOW, kind: str = "model", verified: bool = True) -> PackData:
    """A pack for one model of a credit portfolio."""
    policy_text = "apiVersion: govern/v1\nkind: Policy\nmetadata: {name: credit-baseline, version: 1.0.0}\nrules:\n  - id: FAIR-001\n    measure: impact_ratio@1\n"
    policy = digest_of(policy_text.encode())
    measured = evidence()
    held = digest_of(plain(measured))
    window = evidence("0.412")
    seen = digest_of(plain(window))
    made, before = decision(held, outcome=outcome, policy=policy), decision(held, outcome=Outcome.DENY, policy=policy)
    before = replace(before, subject_name="credit-scoring@1", subject=digest("older"), as_of=NOW - timedelta(days=9))
    decided = DecisionView(digest=digest_of(plain(made)), index=21, holder="pipeline", decision=made)
    earlier = DecisionView(digest=digest_of(plain(before)), index=14, holder="pipeline", decision=before)
    views = EvidenceView(
        digest=held, index=20, collected=NOW - timedelta(days=2), data_name="credit-test@2026-10", data=digest("data"), purpose="gate",
        holder="pipeline", evidence=measured, environment={"fairlearn": "0.15.0"},
    )
    observation = EvidenceView(
        digest=seen, index=33, collected=NOW - timedelta(hours=5), data_name="credit-window@2026-11", data=digest("window"),
        purpose="monitor", holder="pipeline", evidence=window, environment={}, model="credit-scoring@2",
    )
    rows = entries(number)
    root = digest("root")
    nodes = (
        ("●", "dataset/credit-train@1", "dataset", 3, "12,000 rows"), ("│ ●", "dataset/credit-test@2026-10", "dataset", 4, "10,000 rows"),
        ("●─╯", "run/train-2", "run", 5, "seed 7"), ("●", "model/credit-scoring@2", "model", 6, "skops"),
        ("│ ●", "policy/credit-baseline@1.0.0", "policy", 8, "new"), ("│ ●", "evidence/6f21", "evidence", 20, "6 measures"),
        ("●─╯", "decision/promote:production", "decision", 21, "allow"), ("●", "review/approve", "review", 24, "approver"),
        ("●", "promotion/production", "promotion", 26, "production"), ("●", "deployment/D-1", "deployment", 27, "full, 100 %"),
        ("●", "observation/2026-11", "observation", 33, "drifted"),
    )
    dossier = Dossier(
        model=digest("model"), name="credit-scoring@2", system=system(), gate="promote:production",
        description="Logistic regression on five features; scores the probability of full repayment within 24 months.",
        decision=decided, attempts=tuple(
            AttemptView(digest=one.digest, index=one.index, holder=one.holder, decision=one.decision, number=number, changes=(),
                        outcome_before=None, against_before=())
            for number, one in enumerate((earlier, decided), start=1)
        ), evidence=(views,),
        reviews=(
            ReviewRow(index=16, time=NOW - timedelta(days=8), holder="reviewer", keyid="ab" * 32, role="approver", action="reject",
                      reason="The impact ratio for female × black is below the threshold.", standing="superseded"),
            ReviewRow(index=24, time=NOW - timedelta(hours=20), holder="reviewer", keyid="ab" * 32, role="approver", action="approve",
                      reason="Read every rule and the crossing by sex and race; the waiver is for 40 days.", standing="live"),
        ),
        quorum=(Quorum(role="approver", count=1),), missing=(), conflicts=(), closure=digest("closure"),
        closure_nodes=tuple(ClosureNode(kind=kind, name=name, digest=digest(name)) for kind, name in (
            ("dataset", "credit-test@2026-10"), ("decision", "promote:production"), ("evidence", "6f21"), ("model", "credit-scoring@2"),
            ("policy", "credit-baseline@1.0.0"), ("run", "train-2"),
        )),
        lineage=tuple(LineageRow(lanes=lanes, node=node, kind=kind, digest=digest(node), index=index, detail=detail,
                                 standing="bad" if detail == "drifted" else "ok", depth=0) for lanes, node, kind, index, detail in nodes),
        facts={"Run": "train-2, entry #5", "Training data": "credit-train@1", "Code": "git 7c1f0a92", "Threshold": "0.5"}, head=number,
    )
    steps = ("Trust root chain", "Leaf hashes and nodes", "Checkpoints", "Signatures", "Roles", "Counters", "Schemas", "State machine", "Anchors")
    verification = VerifyView(
        origin="govern.example/credit", size=number, root=root, steps=tuple(
            VerifyStep(number=place, title=title, state="wrong" if not verified and place == 2 else "ok", detail=f"{number} entries")
            for place, title in enumerate(steps, start=1)
        ), problem="" if verified else "Entry #17 is not what was signed.", hint="" if verified else "Compare with the last anchored copy.",
    )
    waiver = WaiverRow(id="W-1", system="credit", model="credit-scoring@2", rule="XAI-001", gate="promote:production", state="active",
                       expires=NOW + timedelta(days=40), reason="postcode_area is being replaced", requester="developer", approvers=("officer",), index=22)
    finding = FindingRow(id="F-1", system="credit", model="credit-scoring@2", title="Income drifted in November", severity="high",
                         owner="model-risk", due=NOW + timedelta(days=14), state="open", index=34, overdue=False)
    drift = DriftRow(system="credit", deployment="D-1", model="credit-scoring@2", environment="production",
                     values=tuple((NOW - timedelta(days=30 * back), value) for back, value in ((5, "0.021"), (4, "0.034"), (3, "0.029"), (2, "0.061"), (1, "0.118"), (0, "0.412"))),
                     limit="0.2", drifted=("annual_income",), standing="bad", sentence="annual_income moved by 0.412 (PSI), above the limit of 0.2.")
    status = StatusView(origin="govern.example/credit", size=number, root=root, last_append=NOW - timedelta(hours=1), unanchored=number,
                        unanchored_minutes=None, systems=(system(),), due=(), findings=(finding,), waivers=(waiver,), results={"pass": 5, "fail": 1},
                        drift=(drift,), as_of=NOW)
    attached = (
        Attachment(name="entries.jsonl", media_type="application/jsonl", description="Ledger entries, one DSSE envelope a line",
                   data=b"".join(json.dumps({"index": row.index}).encode() + b"\n" for row in rows)),
        Attachment(name="proofs.jsonl", media_type="application/jsonl", description="Inclusion proof of each entry (RFC 6962)",
                   data=b"".join(json.dumps({"index": row.index, "hashes": []}).encode() + b"\n" for row in rows)),
        Attachment(name="checkpoint.txt", media_type="text/plain", description="Signed tree head", data=b"govern.example/credit\n40\nAAAA\n\n- signature\n"),
        Attachment(name="trust-root.json", media_type="application/json", relationship="Supplement", description="Trust roots, oldest first", data=b"[]"),
        Attachment(name=f"evidence/{held[7:]}.json", media_type="application/json", description="Evidence measured on credit-test", data=plain(measured)),
        Attachment(name=f"evidence/{seen[7:]}.json", media_type="application/json", description="Evidence measured on credit-window", data=plain(window)),
        Attachment(name=f"decisions/{decided.digest[7:]}.json", media_type="application/json", description="Decision record", data=plain(made)),
        Attachment(name=f"policies/{policy[7:]}.yaml", media_type="application/yaml", relationship="Source", description="Policy document, as signed", data=policy_text.encode()),
    )
    return PackData(
        kind=kind, title="Consumer credit scoring: credit-scoring@2", as_of=NOW, status=status, dossiers=(dossier,),
        policies=(PolicyView(name="credit-baseline", version="1.0.0", digest=policy, index=8, time=NOW - timedelta(days=29), text=policy_text,
                             change="new", sources=({"ref": "29 CFR 1607.4D", "retrieved": "2026-11-20", "status": "rescission-pending"},)),),
        monitoring=(drift,), observations=(observation,), findings=(finding,), waivers=(waiver,),
        lifecycle=(LifecycleRow(index=26, time=NOW - timedelta(hours=18), kind="promotion", what="credit-scoring@2 to production", holder="pipeline"),
                   LifecycleRow(index=27, time=NOW - timedelta(hours=17), kind="deployment", what="D-1: credit-scoring@2 in production, full", holder="pipeline")),
        entries=rows, verification=verification, checkpoint="govern.example/credit\n40\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— govern.example/credit mJqxMAAAAAAAAA==\n",
        size=number, root=root, attachments=attached, software={"govern": "0.1.0"},
    )


def many(models: int, *, number: int = 40, kind: str = "system") -> PackData:
    """A pack about many model versions, each with its own evidence and decision."""
    pack = build(number=number, kind=kind)
    first = pack.dossiers[0]
    dossiers, attached = [], list(pack.attachments)
    for place in range(models):
        name = f"credit-scoring@{place + 1}"
        measured = evidence(f"0.{place + 100:04d}")
        held = digest_of(plain(measured))
        made = replace(decision(held, policy=pack.policies[0].digest, outcome=Outcome.DENY if place % 7 == 3 else Outcome.ALLOW),
                       subject_name=name, subject=digest(name))
        view = DecisionView(digest=digest_of(plain(made)), index=21 + place, holder="pipeline", decision=made)
        dossiers.append(replace(
            first, name=name, model=digest(name), decision=view, attempts=(
                AttemptView(digest=view.digest, index=view.index, holder=view.holder, decision=made, number=1, changes=(),
                            outcome_before=None, against_before=()),
            ),
            evidence=(replace(first.evidence[0], digest=held, evidence=measured, index=20 + place),),
        ))
        attached.append(Attachment(name=f"evidence/{held[7:]}.json", media_type="application/json", description="Evidence", data=plain(measured)))
        attached.append(Attachment(name=f"decisions/{view.digest[7:]}.json", media_type="application/json", description="Decision", data=plain(made)))
    unique = {item.data: item for item in attached}
    return replace(pack, dossiers=tuple(dossiers), attachments=tuple(unique.values()), title="Consumer credit scoring",
                   period=(NOW - timedelta(days=30), NOW))
