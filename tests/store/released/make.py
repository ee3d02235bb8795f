"""Write the ledger of this version that later versions must verify: `python make.py FOLDER` (see README.md)."""

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[2]), str(HERE.parents[1])]

from ledger.kit_ledger import NOW, Kit, model, review, signer, system  # noqa: E402

from govern.canonical.statement import fact_digest  # noqa: E402
from govern.domain.statement import Draft, Subject  # noqa: E402
from govern.ledger.bundle import proofs_line  # noqa: E402
from govern.trust import changes, enrolment, proposal  # noqa: E402
from govern.trust.signer import local_signer  # noqa: E402


def main(name):
    folder = HERE / name
    kit = Kit.make(folder, seeded=True)
    {"format-1": first, "format-1-cosigned": cosigned}[name](kit)
    keep(kit, folder)


def cosigned(kit):
    """A P-256 key such as hardware modules hold, roots signed by two on two machines, one of them after an expiry."""
    module = local_signer(ec.derive_private_key(77, ec.SECP256R1()), holder="module")
    second = signer("second", 98)
    root = changes.enrolled(kit.root, enrolment.ask(kit.origin, module), ["recorder"])
    submit(kit, root, kit.signers["root"])
    kit.ledger.append([model(1)], signers=[module], log_signer=kit.signers["log"], now=NOW, trusted=kit.trusted)
    submit(kit, changes.enrolled(root, enrolment.ask(kit.origin, second), ["root"]), kit.signers["root"])
    root = kit.ledger.trust_root()
    submit(kit, changes.renewed(root, expires=root.expires, thresholds={"root": 2}), kit.signers["root"], second)
    kit.ledger.append(
        [model(2)], signers=[module, kit.signers["pipeline"]], log_signer=kit.signers["log"], now=NOW, trusted=kit.trusted
    )
    late = root.expires + timedelta(days=1)
    root = changes.renewed(kit.ledger.trust_root(), expires=late + timedelta(days=3650))
    submit(kit, root, kit.signers["root"], second, now=late)
    kit.append(review(1), by="reviewer")


def submit(kit, root, *signers, now=NOW):
    """Propose a trust root, carry it as a file to everybody who signs, and submit it."""
    drawn = proposal.draw_up(
        kit.ledger.trust_root(), root, producer=kit.ledger.next_producer(signers[0].keyid), now=now, seen=kit.trusted.head()
    )
    for one in signers:
        drawn = proposal.signed(proposal.read(proposal.write(drawn)), one)
    kit.ledger.submit([drawn.leaf], log_signer=kit.signers["log"], trusted=kit.trusted)


def first(kit):
    """Every way of appending that the first release had."""
    kit.append(system(), model(1), model(2))
    kit.append(review(1), by="reviewer")
    fresh = signer("reviewer", 99)
    root = changes.rotated(
        kit.root, kit.signers["reviewer"].keyid, enrolment.ask(kit.origin, fresh), void_from=kit.ledger.size + 1
    )
    kit.append(Draft(subjects=(Subject(name="trust-root@2", digest=fact_digest(root)),), fact=root), by="root")
    kit.signers["reviewer"] = fresh
    second = review(2)
    kit.append(replace(second, fact=replace(second.fact, reason="größer – «quoted»\n\t\u2028 and 𝄞")), by="reviewer")
    kit.models(5, batch=2)


def keep(kit, folder):
    """Write the pack and the checkpoint, and close the ledger."""
    size = kit.ledger.size
    pack = folder / "pack"
    pack.mkdir()
    leaves = list(kit.ledger.leaves())
    (pack / "entries.jsonl").write_bytes(b"".join(leaf + b"\n" for leaf in leaves))
    (pack / "proofs.jsonl").write_bytes(
        b"".join(proofs_line(index, leaf, kit.ledger.inclusion(index, size)) for index, leaf in enumerate(leaves))
    )
    (pack / "trust-root.json").write_bytes(b"[" + b",".join(leaf for _, leaf in kit.ledger.root_leaves()) + b"]")
    (pack / "checkpoint.txt").write_text(kit.ledger.checkpoint().note)
    (folder / "checkpoint.txt").write_text(kit.ledger.checkpoint().note)
    (folder / "trust-root.json").write_bytes(kit.ledger.leaf(kit.ledger.root_leaves()[-1][0]))
    kit.ledger.close()
    kit.trusted.path.unlink()
    kit.trusted.path.parent.rmdir()
    kit.home.keys.parent.rmdir()


if __name__ == "__main__":
    main(sys.argv[1])
