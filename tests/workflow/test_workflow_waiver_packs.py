"""A pack with waivers in each state: in force over a rule that fails, ended by time, taken back."""

from datetime import timedelta
from pathlib import Path

from workflow.conftest import Story, asks, enrol

from govern.domain.decision import Outcome
from govern.workflow.gate import gating
from govern.workflow.packs import packing
from govern.workflow.policies import waivers
from govern.workflow.review import reviewing
from govern_reports import render_markdown

GATE = "promote:production"


def waived(story: Story, rule: str, *holders: str, days: int = 30) -> str:
    """Ask for a waiver of a rule for the biased model, and have it approved."""
    waivers.propose_waiver(
        story.ws, reviewing.dossier(story.ws, "credit@1", GATE), rule=rule, reason="while the training is mended",
        expires=story.clock() + timedelta(days=days), key="third", passphrases=asks,
    )
    made = max(waivers.waivers(story.ws), key=lambda row: row.index).id
    for holder in holders:
        waivers.approve_waiver(story.ws, made, reason="I read why and agree", key=holder, passphrases=asks)
    return made


def test_waivers_in_force_expired_and_revoked_stand_in_the_pack_with_their_reasons(story: Story, tmp_path: Path):
    enrol(story.ws, "third", "approver")
    ended = waived(story, "PERF-002", "reviewer", days=2)
    revoked = waived(story, "EXPL-001", "reviewer")
    waivers.revoke_waiver(story.ws, revoked, reason="the training was mended after all", key="second", passphrases=asks)
    story.clock.forward(days=3)
    active = waived(story, "FAIR-001", "reviewer", "second")
    alone = waived(story, "FAIR-002")
    decision = gating.gate(story.ws, "credit@1", to="production", data=None, passphrases=asks).decision
    assert decision.outcome is Outcome.ALLOW
    pack = packing.pack_data(story.ws, "credit@1")
    render_markdown(pack, tmp_path / "pack.md")
    text = (tmp_path / "pack.md").read_text("utf-8")
    rows = {row.split("|")[1].strip(): row for row in text.partition("### Waivers")[2].partition("### ")[0].splitlines() if row.startswith("| W-")}
    states = {name: row.split("|")[4].replace("*", "").strip() for name, row in rows.items()}
    assert {name: state.partition(":")[0] for name, state in states.items()} == {
        active: "active", ended: "expired", revoked: "revoked", alone: "proposed",
    }
    assert states[active] == "active", "who approved it and until when stands beside it"
    assert states[revoked].startswith("revoked: revoked by second")
    assert "third; reviewer and second" in rows[active]
    assert "third; nobody" in rows[alone]
    assert f"waived by {active} until" in text, "the result keeps its own status under the waiver"
    assert "with 1 waiver laid over the rest" in text.partition("## 1 ")[0]
    cover = text.partition("## 1 ")[0]
    assert "Binding rules passed, before waivers: 5 of 6" in cover
    assert "After waivers: 6 of 6" in cover
    story.ws.close()
