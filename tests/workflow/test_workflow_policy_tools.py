"""What a policy's change would do to stored decisions, how attempts are told, and bundles under one signature."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from workflow.conftest import enrol

import govern_policies
from govern.domain.decision import Outcome
from govern.domain.text import digest_of
from govern.errors import NotFoundError, Refused, UsageError, VerificationError
from govern.policy.documents import parse_policy
from govern.workflow.gate import policy_tools
from govern.workflow.gate.attempts import attempts_of
from govern.workflow.gate.gating import gate
from govern.workflow.policies import policies
from govern.workflow.policies.bundles import sign_bundle, verified_bundle
from govern.workflow.policies.policies import install


def changed(before: str, after: str):
    text = govern_policies.load("baseline").policy.decode()
    assert before in text
    data = text.replace(before, after).replace("version: 1.0.0", "version: 1.1.0").encode()
    return parse_policy(data, where="policy.yaml"), digest_of(data)


def test_the_policy_in_force_turns_nothing(story):
    policy, digest = changed("title: Impact ratio", "title: Impact  ratio")
    found = policy_tools.would_turn(story.ws, policy, digest, since=timedelta(days=90))
    assert {one.before for one in found} == {Outcome.ALLOW, Outcome.DENY}
    assert not any(one.turned or one.rules for one in found)


def test_a_tighter_policy_turns_what_it_would_have_denied(story):
    policy, digest = changed('min_auc: {type: decimal, default: "0.65"', 'min_auc: {type: decimal, default: "0.95"')
    found = policy_tools.would_turn(story.ws, policy, digest, since=timedelta(days=90))
    turned = [one for one in found if one.turned]
    assert turned
    assert all(("baseline/PERF-002", "pass", "fail") in one.rules for one in turned)


def test_decisions_before_the_window_are_left_out(story):
    story.clock.forward(days=91)
    policy, digest = changed("title: Impact ratio", "title: Impact  ratio")
    assert policy_tools.would_turn(story.ws, policy, digest, since=timedelta(days=90)) == ()


def told(story):
    return attempts_of(story.ws, story.ws.state(), "credit", "promote:production")


def test_every_attempt_of_a_line_is_told(story):
    assert [one.decision.outcome for one in told(story)] == [Outcome.DENY, Outcome.ALLOW]
    assert not any(one.changes or one.earlier_policy for one in told(story))
    with pytest.raises(NotFoundError):
        attempts_of(story.ws, story.ws.state(), "nobody", "promote:production")


def test_a_bar_lowered_after_a_failure_is_told_with_both_verdicts(story, passphrases, folder):
    policy, binding = folder / "policy.yaml", folder / "binding.yaml"
    text = policy.read_text().replace('min_ratio: {type: decimal, default: "0.8"', 'min_ratio: {type: decimal, default: "0.5"')
    # Its known-bad cases go down with the bar, as whoever lowers it would see to.
    text = text.replace('selected: 300, ratio: "0.5"', 'selected: 240, ratio: "0.4"').replace('selected: 10, ratio: "0.5"', 'selected: 8, ratio: "0.4"')
    policy.write_text(text.replace("version: 1.0.0", "version: 1.1.0"))
    binding.write_text(binding.read_text().replace("version: 1.0.0", "version: 1.1.0"))
    enrol(story.ws, "second-owner", "policy")
    install(story.ws, str(folder), also_as=("second-owner",), passphrases=passphrases)
    first = told(story)[0].decision.subject_name
    asked = [gate(story.ws, first, to="production", data=None, dry_run=dry, passphrases=passphrases) for dry in (True, False)]
    for result in asked:
        assert (result.decision.outcome, result.goalposts.outcome) == (Outcome.ALLOW, Outcome.DENY)
    last = told(story)[-1]
    assert (last.decision.outcome, last.outcome_before, last.against_before) == (Outcome.ALLOW, Outcome.DENY, ("baseline/FAIR-001",))
    assert [(line.kind, line.before, line.after) for line in last.changes] == [("loosened", "0.8", "0.5")]
    assert last.earlier_policy == "allow under this policy, deny under the policy of the attempt before (baseline/FAIR-001)"
    again = gate(story.ws, first, to="production", data=None, passphrases=passphrases)
    assert again.goalposts is None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path, data in govern_policies.load("baseline").files.items():
        (tmp_path / "pack" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "pack" / path).write_bytes(data)
    return tmp_path / "pack"


def check(story, folder: Path):
    return verified_bundle(folder, story.ws.ledger.trust_root(), size=story.ws.ledger.size)


def test_a_signed_bundle_is_exactly_what_was_signed(story, passphrases, folder):
    signed = sign_bundle(story.ws, folder, passphrases=passphrases)
    assert check(story, folder) == signed
    assert signed.holders == ("policy-owner",)
    (folder / "stray.yaml").write_text("kind: Policy")
    with pytest.raises(VerificationError, match=r"stray.yaml is not in the signed bundle"):
        check(story, folder)
    (folder / "stray.yaml").unlink()
    policy = folder / "policy.yaml"
    policy.write_bytes(policy.read_bytes().replace(b'"0.8"', b'"0.7"'))
    with pytest.raises(VerificationError, match="not what was signed"):
        check(story, folder)
    policy.unlink()
    with pytest.raises(VerificationError, match="missing"):
        check(story, folder)


def test_what_is_installed_is_the_very_bytes_that_were_signed(story, passphrases, folder, monkeypatch):
    """Whoever changes the folder after it was held against its signature changes nothing that is installed."""
    policy = folder / "policy.yaml"
    signed = policy.read_bytes().replace(b"version: 1.0.0", b"version: 1.0.1", 1)
    policy.write_bytes(signed)
    binding = folder / "binding.yaml"
    binding.write_bytes(binding.read_bytes().replace(b"version: 1.0.0}", b"version: 1.0.1}"))
    sign_bundle(story.ws, folder, passphrases=passphrases)
    held = policies.verified_files

    def checked(*words, **more):
        found = held(*words, **more)
        policy.write_bytes(signed.replace(b'"0.8"', b'"0.1"'))
        return found

    monkeypatch.setattr(policies, "verified_files", checked)
    policies.install(story.ws, str(folder), passphrases=passphrases)
    installed = story.ws.state().policies["baseline"]
    assert installed.fact.version == "1.0.1"
    assert story.ws.objects.get(installed.digest) == signed != policy.read_bytes()


def test_a_signature_that_does_not_count(story, passphrases, folder):
    with pytest.raises(UsageError, match="holds no"):
        check(story, folder)
    with pytest.raises(Refused, match="may not sign policies"):
        sign_bundle(story.ws, folder, key="pipeline", passphrases=passphrases)
    sign_bundle(story.ws, folder, passphrases=passphrases)
    signature = folder / "bundle.dsse.json"
    other = folder.parent / "other"
    shutil.copytree(folder, other)
    (other / "bundle.dsse.json").unlink()
    (other / "README.md").write_text("another bundle")
    foreign = sign_bundle(story.ws, other, passphrases=passphrases)
    mixed = signature.read_text().replace(payload(signature), payload(other / "bundle.dsse.json"))
    signature.write_text(mixed)
    with pytest.raises(VerificationError, match="is by a key that may sign policies"):
        check(story, folder)
    signature.write_text("{")
    with pytest.raises(VerificationError, match="does not read"):
        check(story, folder)
    assert foreign.digest != ""


def payload(path: Path) -> str:
    return path.read_text().split('"payload": "')[1].split('"')[0]


def test_links_are_not_followed(story, passphrases, folder):
    (folder / "link.yaml").symlink_to(folder / "policy.yaml")
    with pytest.raises(UsageError, match="is a link"):
        sign_bundle(story.ws, folder, passphrases=passphrases)
