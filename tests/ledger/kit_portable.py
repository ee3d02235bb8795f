"""Bundles and packs of a small ledger, and both verifiers side by side."""

import io
import subprocess
import sys
from pathlib import Path

import pikepdf

from govern.errors import UnverifiableError, VerificationError
from govern.ledger.bundle import proofs_line, verify_bundle, verify_entry
from govern.ledger.portable import verify_pack as portable

SOURCE = Path(portable.__file__)


def bundle(kit, indices=None):
    size = kit.ledger.size
    leaves = [(index, leaf) for index, leaf in enumerate(kit.ledger.leaves()) if indices is None or index in indices]
    return {
        "entries.jsonl": b"".join(leaf + b"\n" for _, leaf in leaves),
        "proofs.jsonl": b"".join(proofs_line(index, leaf, kit.ledger.inclusion(index, size)) for index, leaf in leaves),
        "checkpoint.txt": kit.ledger.checkpoint().note.encode(),
        "trust-root.json": b"[" + b",".join(leaf for _, leaf in kit.ledger.root_leaves()) + b"]",
    }


def by_main(files, trust):
    try:
        verify_bundle(
            entries=files["entries.jsonl"], proofs=files["proofs.jsonl"], checkpoint=files["checkpoint.txt"].decode("utf-8", "replace"),
            trust_roots=files["trust-root.json"], trusted_root=trust,
        )
    except VerificationError:
        return 1
    except UnverifiableError:
        return 4
    return 0


def by_portable(files, trust):
    try:
        portable.verify_bundle(files, *portable.read_trust(trust))
    except portable.Wrong:
        return 1
    except portable.Unchecked:
        return 4
    return 0


def agree(files, trust):
    main, other = by_main(files, trust), by_portable(files, trust)
    assert main == other
    return main


def both_on_proof(leaf, proof, trust):
    codes = []
    for run, wrong, unchecked in (
        (lambda: verify_entry(leaf=leaf, proof=proof, trusted_root=trust), VerificationError, UnverifiableError),
        (lambda: portable.verify_proof(leaf, proof, portable.read_trust(trust)[0]), portable.Wrong, portable.Unchecked),
    ):
        try:
            run()
            codes.append(0)
        except wrong:
            codes.append(1)
        except unchecked:
            codes.append(4)
    assert codes[0] == codes[1]
    return codes[0]


def make_pdf(files, **options):
    with pikepdf.Pdf.new() as pdf:
        pdf.add_blank_page()
        for name, data in files.items():
            pdf.attachments[name] = pikepdf.AttachedFileSpec(pdf, data, filename=name, mime_type="application/json")
        out = io.BytesIO()
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate, **options)
        return out.getvalue()


def run(*arguments):
    """Run the file as a stranger would: alone, in a process without govern."""
    done = subprocess.run(
        [sys.executable, "-I", SOURCE, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode in {0, 1, 2, 4}, done.stderr
    assert not done.stderr
    return done.returncode, done.stdout
