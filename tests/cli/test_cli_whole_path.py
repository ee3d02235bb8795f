"""The whole path by hand on the baseline: denied, allowed, reviewed, promoted, deployed, drifted, exported, verified."""

import re
from pathlib import Path

from cli.conftest import Sample, prepare
from cli.runner import govern


def test_review_promote_deploy_monitor_export_verify(place: Path, sample: Sample, tmp_path: Path):
    prepare(sample, "baseline")
    govern(*sample.gate("1")).ended(1)
    govern(*sample.gate("2")).ended(0)
    refused = govern("promote", "credit@2", "--to", "production").ended(1)
    assert "approver" in refused.err
    assert "credit@2" in govern("review", "list").ended(0).out
    shown = govern("review", "show", "credit@2", "--to", "production").ended(0)
    closure = re.search(r"closure (sha256:[0-9a-f]{64})", shown.out)
    assert closure is not None
    own = govern("review", "approve", "credit@2", "--reason", "mine", "--as", "developer").ended(1)
    assert "#" in own.err, "the refusal names the entry that disqualifies"
    changed = govern("review", "approve", "credit@2", "--reason", "ok", "--as", "reviewer", "--closure", "sha256:" + "0" * 64)
    assert "Nothing was signed" in changed.ended(1).err
    approved = govern(
        "review", "approve", "credit@2", "--reason", "even outcomes", "--as", "reviewer", "--closure", closure[1]
    ).ended(0)
    assert closure[1] in approved.out
    lacking = govern("review", "show", "credit@2", "--json").document["dossier"]["missing"]
    if lacking:
        govern("review", "approve", "credit@2", "--reason", "checked", "--as", "checker").ended(0)
    govern("promote", "credit@2", "--to", "production").ended(0)
    assert "not deployed" in govern("deploy", "credit@2", "--to", "production", "--check").ended(1).out
    govern("deploy", "credit@2", "--to", "production").ended(0)
    govern("deploy", "credit@2", "--to", "production", "--check").ended(0)
    govern("deploy", sample.models / "credit-2.skops", "--to", "production", "--check").ended(0)
    assert govern("deploy", "credit@1", "--to", "production", "--check").ended(1).out.startswith("✗ DENY")
    assert "production: credit@2" in govern("status").ended(0).out
    window = ["monitor", "credit@2", "--data"]
    govern(*window, sample.models / "window_stable.csv", *sample.columns("2")).ended(0)
    drifted = govern(*window, sample.models / "window_drifted.csv", *sample.columns("2"))
    assert drifted.code in {1, 3}
    assert "finding" in drifted.out
    assert govern("deploy", "credit@2", "--to", "production", "--check").ended(1)
    assert govern("review", "list", "--json").document["items"]
    _exported(tmp_path)
    govern("verify", "--full").ended(0)


def _exported(folder: Path) -> None:
    pack, root = folder / "pack.pdf", folder / "trust-root.json"
    govern("export", "credit@2", "-o", pack, "--trust-out", root).ended(0)
    assert pack.read_bytes().startswith(b"%PDF")
    again = govern("export", "credit@2", "-o", pack).ended(2)
    assert "there already" in again.err
    verified = govern("verify", pack, "--trust", root).ended(0)
    assert verified.out.startswith("✓ VERIFIED")
    govern("verify", pack, "--trust", root, "--replay").ended(0)
    assert "from outside" in govern("verify", pack).ended(2).err
    replayed = govern("replay", pack, "--trust", root, "--json").ended(0).document["replays"]
    assert {one["outcome"] for one in replayed} == {"identical"}
    assert "identical" in govern("replay", pack, f"#{replayed[0]['index']}", "--trust", root).ended(0).out
    assert "from outside" in govern("replay", pack).ended(2).err
    govern("replay", pack, "#0", "--trust", root).ended(2)
    stranger = folder / "stranger.json"
    stranger.write_text("{}")
    assert govern("verify", pack, "--trust", stranger).code in {1, 2, 4}


