"""What was done lately: what each rule said, what each holder signed, and when this machine last verified."""

from datetime import UTC, datetime, timedelta

from govern.workflow.policies.policies import in_force
from govern.workflow.prove import verifying
from govern.workflow.prove.remembered import last_proved
from govern.workflow.read import logbook, rule_results
from govern.workflow.read.acts import acts

from .conftest import Story, enrol


def test_each_rule_is_counted_as_its_decisions_say(story: Story) -> None:
    rows = rule_results.rule_results(story.ws)
    facts = [entry.fact for entry in (story.ws.ledger.entry(index) for index in range(story.ws.ledger.size)) if entry.kind == "decision"]
    assert facts
    assert {f"{row.policy.partition('@')[0]}/{row.rule}" for row in rows} >= {name for fact in facts for name in fact.statuses}
    for row in rows:
        said = [status for fact in facts for name, status in fact.statuses.items() if name == f"{row.policy.partition('@')[0]}/{row.rule}"]
        assert sum(row.counts.values()) == len(said), row.rule
        assert all(row.counts[status] == said.count(status) for status in said)
        assert [one.status for one in row.latest] == said[::-1]
    fair = next(row for row in rows if row.rule == "FAIR-001")
    assert fair == rows[0], "what fails most is first"
    assert "at least 0.8, for every group" in fair.condition
    assert fair.enforcement["promote:production"] == "require"
    assert len(in_force(story.ws.objects, story.ws.state())) == 1


def test_after_a_month_a_rule_has_said_nothing(story: Story) -> None:
    story.clock.forward(days=32)
    assert all(not row.counts and not row.latest for row in rule_results.rule_results(story.ws))


def test_more_decisions_than_are_looked_at_are_counted_from_when_they_reach(story: Story, monkeypatch) -> None:
    every = rule_results.rule_results(story.ws)
    monkeypatch.setattr(rule_results, "MOST", 1)
    newest = logbook.entries(story.ws, kinds=("decision",), limit=1, newest_first=True)[0]
    for row in rule_results.rule_results(story.ws):
        assert sum(row.counts.values()) <= 1
        assert row.since == newest.time
    assert every[0].since < newest.time


def test_what_a_holder_signed_is_counted_over_the_whole_ledger(story: Story) -> None:
    enrol(story.ws, "late", "approver")
    entries = [story.ws.ledger.entry(index) for index in range(story.ws.ledger.size)]
    for holder in {entry.holder for entry in entries}:
        found = acts(story.ws, holder)
        mine = [entry for entry in entries if entry.holder == holder]
        assert found.count == len(mine)
        assert [row.index for row in found.latest] == [entry.index for entry in mine[::-1][:12]]
    since = acts(story.ws, "nobody").since
    assert acts(story.ws, "nobody").count == 0
    root = story.ws.ledger.trust_root()
    assert set(since) == set(root.keys)
    late = next(keyid for keyid, key in root.keys.items() if key.holder == "late")
    assert since[late] == entries[-1].time > min(since.values())


def test_the_last_verification_is_remembered_with_its_time(story: Story) -> None:
    home, origin = story.ws.home, story.ws.config.origin
    for mark in home.checkpoint_folder.glob("*.mark.json"):
        mark.unlink()
    assert last_proved(home, origin) is None
    assert verifying.verify(story.ws).outcome == "verified"
    found = last_proved(home, origin)
    assert found is not None
    assert found.size == story.ws.ledger.size
    assert abs(found.time - datetime.now(UTC)) < timedelta(minutes=5)
    mark = next(home.checkpoint_folder.glob("*.mark.json"))
    mark.write_bytes(mark.read_bytes().replace(b'"sig": "', b'"sig": "00').replace(b'"sig":"', b'"sig":"00'))
    assert last_proved(home, origin) is None, "a mark that this user did not sign says nothing"
