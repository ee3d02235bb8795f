"""Write the ledger of this version that later versions must verify: `python make.py FOLDER` (see README.md)."""

import sys
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[2]), str(HERE.parents[1])]

from ledger.kit_ledger import Kit, model, review, signer, system  # noqa: E402

from govern.canonical.statement import fact_digest  # noqa: E402
from govern.domain.statement import Draft, Subject  # noqa: E402
from govern.ledger.bundle import proofs_line  # noqa: E402
from govern.trust import changes, enrolment  # noqa: E402


def main(name):
    folder = HERE / name
    kit = Kit.make(folder, seeded=True)
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
