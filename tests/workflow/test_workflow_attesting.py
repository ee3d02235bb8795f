"""A rule that only a person can meet: denied, attested, allowed, promoted; taken back, expired, and by whom not."""

from dataclasses import replace
from pathlib import Path

import pytest
from lineage.book import digest, furnished, root_fact
from lineage.test_lineage_void import attest as attest_in
from workflow.conftest import Story, enrol

from govern.domain.decision import Outcome, Reason, RuleResult, Status
from govern.domain.facts import Attestation, ReviewFact
from govern.domain.statement import Draft
from govern.errors import Refused
from govern.workflow.custody import keys
from govern.workflow.gate import gating
from govern.workflow.packs import replaying
from govern.workflow.place.workspace import about
from govern.workflow.policies import policies
from govern.workflow.policies.waivers import presented_attestations
from govern.workflow.release import promoting
from govern.workflow.review import reviewing
from govern.workflow.views import GateResult

POLICY = """apiVersion: govern/v1
kind: Policy
metadata: {name: human, version: 1.0.0}
rules:
  - id: HUM-1
    attestation: {statement: I challenged it, role: validator, distinct_from: [developers, requester], expires: P30D}
"""
BINDING = """apiVersion: govern/v1
kind: Binding
metadata: {name: human, version: 1.0.0}
policy: {name: human, version: 1.0.0}
gates: {"promote:staging": {}}
"""
GATE = "promote:staging"


@pytest.fixture
def asked(story: Story, tmp_path: Path, passphrases) -> Story:
    """A gate of one attestation, asked once and denied."""
    folder = tmp_path / "human"
    folder.mkdir()
    (folder / "policy.yaml").write_text(POLICY)
    (folder / "binding.yaml").write_text(BINDING)
    policies.install(story.ws, str(folder), passphrases=passphrases)
    assert ask(story, passphrases).decision.outcome is Outcome.DENY
    return story


def ask(story: Story, passphrases, key: str | None = None) -> GateResult:
    return gating.gate(story.ws, "credit@2", to="staging", data=None, key=key, passphrases=passphrases)


def rule_of(result: GateResult) -> RuleResult:
    return next(rule for rule in result.decision.rules if rule.rule == "HUM-1")


def replays(story: Story) -> set[str]:
    ledger = story.ws.ledger
    return {one.outcome for one in replaying.replay_all(tuple(ledger.entries()), story.ws.objects, story.ws.state())}


def attest(story: Story, passphrases, key: str = "checker"):
    seen = reviewing.dossier(story.ws, "credit@2", GATE)
    return reviewing.attest(story.ws, seen, rule="HUM-1", reason="a week of trying", key=key, passphrases=passphrases)


def test_denied_attested_allowed_promoted(asked: Story, passphrases):
    attest(asked, passphrases)
    result = ask(asked, passphrases)
    assert (result.decision.outcome, rule_of(result).flip) == (Outcome.ALLOW, "1 attestation taken back")
    promoting.promote(asked.ws, "credit@2", to="staging", passphrases=passphrases)
    assert replays(asked) == {"identical"}


def test_taken_back_once_it_ends_the_decision(asked: Story, passphrases):
    given = attest(asked, passphrases)
    ask(asked, passphrases)
    seen = reviewing.dossier(asked.ws, "credit@2", GATE)
    how = {"reason": "it was another model", "key": "checker", "passphrases": passphrases}
    taken = reviewing.take_back(asked.ws, seen, given.index, **how)
    with pytest.raises(Refused, match="took back what HUM-1 was attested by"):
        promoting.promote(asked.ws, "credit@2", to="staging", passphrases=passphrases)
    assert ask(asked, passphrases).decision.outcome is Outcome.DENY
    with pytest.raises(Refused, match=f"taken back already, at #{taken.index}"):
        reviewing.take_back(asked.ws, reviewing.dossier(asked.ws, "credit@2", GATE), given.index, **how)


def test_it_ends_with_its_days(asked: Story, passphrases):
    attest(asked, passphrases)
    allowed = ask(asked, passphrases).decision
    asked.clock.forward(days=29, hours=23)
    promoting.promote(asked.ws, "credit@2", to="staging", passphrases=passphrases)
    asked.clock.forward(hours=1)
    with pytest.raises(Refused, match="too old or has ended"):
        promoting.promote(asked.ws, "credit@2", to="staging", passphrases=passphrases)
    rule = rule_of(ask(asked, passphrases))
    assert (rule.status, rule.reason) == (Status.INCONCLUSIVE, Reason.STALE)
    assert "expired at" in rule.explanation
    assert allowed.expires is not None


def by_itself(story: Story, passphrases, key: str, holder_role: str = "validator") -> None:
    """Write an attestation past the face, as another tool with a good key could."""
    state = story.ws.state()
    model = next(m for m in state.models.values() if m.fact.version == "2")
    policy = state.policies["human"].digest
    fact = ReviewFact(
        action="attest", system="credit", gate=GATE, role=holder_role,
        attestation=Attestation(rule="HUM-1", policy=policy, statement="I challenged it"),
    )
    story.ws.write([Draft(subjects=about(model.name, model.digest), fact=fact)], key=key, passphrases=passphrases)


def second_key(story: Story, name: str, holder: str, *roles: str) -> None:
    keys.new(story.ws.home, name, holder=holder, passphrases=lambda _: "correct horse")
    keys.enrol(story.ws, name, roles=roles, passphrases=lambda _: "correct horse")


@pytest.mark.parametrize(("holder", "why"), [("pipeline", "by the one who asks"), ("developer", "by a developer")])
def test_who_asks_or_made_it_attests_nothing(asked: Story, passphrases, holder: str, why: str):
    """A second key of the same person, in the right role: refused at the face, and where it was signed all the same."""
    second_key(asked, "other-key", holder, "validator")
    with pytest.raises(Refused, match=r"asked for the decision|not independent"):
        attest(asked, passphrases, key="other-key")
    by_itself(asked, passphrases, "other-key")
    result = ask(asked, passphrases)
    assert (result.decision.outcome, rule_of(result).reason) == (Outcome.DENY, Reason.UNTRUSTED_SIGNER)
    assert why in rule_of(result).explanation
    assert replays(asked) == {"identical"}


def test_it_is_who_asks_this_time_that_counts(asked: Story, passphrases):
    """Whoever attested may not ask with a key of their own and allow it to themselves."""
    enrol(asked.ws, "both", "validator", "evaluator")
    attest(asked, passphrases, key="both")
    assert ask(asked, passphrases).decision.outcome is Outcome.ALLOW
    alone = ask(asked, passphrases, key="both")
    assert alone.decision.outcome is Outcome.DENY
    assert "by the one who asks" in rule_of(alone).explanation
    assert replays(asked) == {"identical"}


def test_all_names_that_a_key_ever_had_are_one_person():
    """A ledger in which a key's holder was named otherwise once: no second person attested."""
    book, model = furnished()
    attest_in(book, model, by="third")
    renamed = root_fact(2, third=("validator",))
    keys_ = {keyid: replace(key, holder="alias") if key.holder == "third" else key for keyid, key in renamed.keys.items()}
    book.add(replace(renamed, keys=keys_), by="root", subject=("root", digest("2")))
    attest_in(book, model, by="third")
    found = presented_attestations(book.state, model, "promote:production")
    assert [one.holder for one in found] == ["alias", "alias"]
