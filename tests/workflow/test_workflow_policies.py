"""Policies come into force by signed entries, and what loosens them takes two."""

import shutil
from pathlib import Path

import pytest
from workflow.conftest import Story, enrol

import govern_policies
from govern.errors import DocumentError, Refused, UsageError
from govern.workflow.policies import policies


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The baseline pack as a folder of one's own, a version further."""
    pack = govern_policies.load("baseline")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "policy.yaml").write_bytes(pack.policy.replace(b"version: 1.0.0", b"version: 1.1.0", 1))
    (mine / "binding.yaml").write_bytes(pack.binding.replace(b"version: 1.0.0", b"version: 1.1.0"))
    return mine


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "policy.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_what_is_in_force_is_not_installed_again(story: Story, passphrases):
    with pytest.raises(UsageError, match="in force already"):
        policies.install(story.ws, "baseline", passphrases=passphrases)


def test_loosening_takes_two_holders_and_is_named(story: Story, folder: Path, passphrases):
    edit(folder, 'default: "0.8", bounds', 'default: "0.7", bounds')
    with pytest.raises(Refused, match=r"loosens what is in force, or may: .*0\.8.*0\.7"):
        policies.install(story.ws, str(folder), passphrases=passphrases)
    enrol(story.ws, "second-owner", "policy")
    written = policies.install(story.ws, str(folder), also_as=("second-owner",), passphrases=passphrases)
    entry = story.ws.ledger.entry(written[0].index)
    assert entry.fact.change == "loosened"
    assert sorted(signed.holder for signed in entry.signed_by) == ["policy-owner", "second-owner"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('assert: {value: share, op: "<="', 'assert: {value: share, op: ">="'),
        ("measure: impact_ratio@1", "measure: demographic_parity@1"),
        (", exact: rational", ""),
    ],
)
def test_what_may_loosen_takes_two_holders(story: Story, folder: Path, passphrases, old: str, new: str):
    edit(folder, old, new)
    policy = folder / "policy.yaml"
    policy.write_text(policy.read_text().partition("\ncases:")[0] + "\n")  # they would fail, and this is not about them
    with pytest.raises(Refused, match="loosens what is in force, or may: rules"):
        policies.install(story.ws, str(folder), passphrases=passphrases)


OWN = """apiVersion: govern/v1
kind: Policy
metadata: {name: own, version: 1.0.0}
rules:
  - id: OWN-1
    measure: impact_ratio@1
    with: {attributes: "${system.protected}"}
    assert: {value: ratio, op: ">=", threshold: "0.8"}
    over: {each: group, need: 2}
"""
BINDING = """apiVersion: govern/v1
kind: Binding
metadata: {name: own, version: 1.0.0}
policy: {name: own, version: 1.0.0}
gates: {"promote:staging": {}}
"""


def own(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    """A small policy's folder, changed."""
    policy, binding = OWN, BINDING
    for old, new in changes:
        assert old in policy + binding
        policy, binding = policy.replace(old, new, 1), binding.replace(old, new, 1)
    made = tmp_path / "own"
    made.mkdir()
    (made / "policy.yaml").write_text(policy)
    (made / "binding.yaml").write_text(binding)
    return made


CASES = (
    "\ncases: {OWN-1: {bad: [{groups: [{group: a, n: 100, selected: 50}, {group: b, n: 100, selected: 45}]}], "
    "good: [{groups: [{group: a, n: 100, selected: 50}, {group: b, n: 100, selected: 50}]}]}}\n"
)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("need: 2}\n", f"need: 2}}{CASES}", "OWN-1 proves nothing at promote:staging: the known-bad case"),
        ('threshold: "0.8"', 'threshold: "0"', "OWN-1 proves nothing at promote:staging: the known-bad case"),
        ('gates: {"promote:staging": {}}', 'gates: {"promote:staging": {rules: [OWN-2]}}', "names OWN-2"),
        ("policy: {name: own, version: 1.0.0}", "policy: {name: own, version: 1.0.1}", "pins own@1.0.1"),
        ("version: 1.0.0}\ngates", f"version: 1.0.0, digest: sha256:{'0' * 64}}}\ngates", "pins sha256:000"),
    ],
)
def test_a_policy_whose_rules_prove_nothing_is_not_installed(story: Story, tmp_path: Path, passphrases, old, new, said):
    before = story.ws.ledger.size
    with pytest.raises(Refused, match=said) as refused:
        policies.install(story.ws, str(own(tmp_path, (old, new))), passphrases=passphrases)
    assert "Nothing was installed" in refused.value.hint
    assert story.ws.ledger.size == before


def test_a_rule_that_fails_on_good_rows_is_not_installed(story: Story, tmp_path: Path, passphrases):
    """On made evidence accuracy may be anything; on rows a thousandth is wrong, and a threshold above asks for the impossible."""
    impossible = ('measure: impact_ratio@1\n    with: {attributes: "${system.protected}"}\n    assert: {value: ratio, op: ">=", threshold: "0.8"}\n    over: {each: group, need: 2}',
                  'measure: performance@1\n    assert: {value: accuracy, op: ">=", threshold: "0.9999"}')
    with pytest.raises(Refused, match="OWN-1 proves nothing at promote:staging: known-good rows, measured here"):
        policies.install(story.ws, str(own(tmp_path, impossible)), passphrases=passphrases)


def test_what_could_not_be_tried_here_is_said_and_installed(story: Story, tmp_path: Path, passphrases):
    said: list[str] = []
    elsewhere = own(tmp_path, ("measure: impact_ratio@1", "measure: their_measure@1"))
    written = policies.install(story.ws, str(elsewhere), passphrases=passphrases, tell=said.append)
    assert len(written) == 2
    assert said == ["OWN-1 could not be tried here: there is no measure “their_measure@1”"]


def test_a_binding_for_no_system_at_all_is_not_installed(story: Story, tmp_path: Path, passphrases):
    nowhere = own(tmp_path, ("rules:\n", "applies_to: {task: [regression]}\nrules:\n"), ("gates:", "scope: {task: [ranking]}\ngates:"))
    with pytest.raises(Refused, match="no system in common"):
        policies.install(story.ws, str(nowhere), passphrases=passphrases)


def test_tightening_takes_one(story: Story, folder: Path, passphrases):
    edit(folder, 'default: "0.8", bounds', 'default: "0.85", bounds')
    written = policies.install(story.ws, str(folder), passphrases=passphrases)
    assert story.ws.ledger.entry(written[0].index).fact.change == "tightened"


def test_a_misspelt_key_is_named_with_line_and_column(story: Story, folder: Path, passphrases):
    edit(folder, "    max_age: P90D", "    max_agee: P90D")
    with pytest.raises(DocumentError) as caught:
        policies.install(story.ws, str(folder), passphrases=passphrases)
    assert "max_agee" in str(caught.value)
    assert caught.value.where.count(":") >= 2


def test_a_policy_without_a_binding_is_refused(story: Story, folder: Path, passphrases):
    (folder / "binding.yaml").unlink()
    with pytest.raises(UsageError, match="no binding"):
        policies.install(story.ws, str(folder), passphrases=passphrases)


def test_a_key_without_the_role_installs_nothing(story: Story, folder: Path, passphrases):
    size = story.ws.ledger.size
    with pytest.raises(Refused):
        policies.install(story.ws, str(folder), key="reviewer", passphrases=passphrases)
    assert story.ws.ledger.size == size


def test_a_stray_file_in_a_signed_folder_is_refused(story: Story, folder: Path, passphrases):
    from govern.errors import VerificationError
    from govern.workflow.policies import bundles

    bundles.sign_bundle(story.ws, folder, passphrases=passphrases)
    shutil.copy(folder / "binding.yaml", folder / "binding-more.yaml")
    with pytest.raises(VerificationError):
        policies.install(story.ws, str(folder), passphrases=passphrases)


def test_a_trust_root_is_not_renewed_into_the_past(story: Story, passphrases):
    from datetime import timedelta

    from govern.workflow.custody import keys

    with pytest.raises(UsageError, match="lock everybody out"):
        keys.renew(story.ws, expires=story.clock() - timedelta(days=1), passphrases=passphrases)
