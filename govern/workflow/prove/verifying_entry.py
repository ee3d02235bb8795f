"""Verification of one entry by its proof, with nothing but two files and a trust root given from outside."""

import time

from govern.domain.statement import Entry
from govern.domain.text import instant
from govern.errors import UnverifiableError, VerificationError
from govern.ledger.bundle import BundleProof, verify_entry
from govern.ledger.steps import Report
from govern.workflow.prove.verifying import shown
from govern.workflow.read.summaries import summary
from govern.workflow.verify_views import VerifyView

STEPS = (1, 2, 3, 4, 5, 6, 7, 8)
"""Of the ledger's steps; the ninth is about what lies outside a whole ledger."""


def verify_one_entry(*, leaf: bytes, proof: bytes, trust: bytes) -> VerifyView:
    """Verify one entry; what is wrong is in the view, and what the entry says is the detail of step 7.

    It is judged by that very trust root, whichever version it is; a key that only the proof brings along proves nothing.
    """
    started = time.perf_counter()
    report, proved, index, kind = Report(), None, None, ""
    report.skip(6, "one entry says nothing of the others by its key")
    report.skip(8, "whether it was allowed then shows only beside all entries: verify a ledger or a pack")
    try:
        proved = verify_entry(leaf=leaf, proof=proof, trusted_root=trust)
        _tell(report, proved)
    except VerificationError as error:
        report.wrong(error)
        index, kind = error.index, error.kind
    except UnverifiableError as error:
        report.wrong(error, step=1)
    failure = next(iter(report.failures.values()), None)
    return VerifyView(
        origin=proved.origin if proved else "", size=proved.size if proved else 0, root=proved.head.root if proved else None,
        steps=tuple(shown(report.result(number)) for number in STEPS), problem=failure.message if failure else "",
        hint=failure.hint if failure else "", index=index, kind=kind, seconds=time.perf_counter() - started,
    )


def _tell(report: Report, proved: BundleProof) -> None:
    (entry,) = proved.entries
    report.ok(1, f"the given one, version {proved.root_version}")
    report.ok(2, f"entry #{entry.index} is in the tree of {proved.size}")
    report.ok(3, "signed by the log key of the given trust root")
    report.ok(4, ", ".join(f"{one.holder} ({one.keyid[:8]})" for one in entry.signed_by))
    report.ok(5, f"they may sign {entry.kind}")
    report.ok(7, said(entry))


def said(entry: Entry) -> str:
    """Say what an entry states, of what, and when by its signer's clock."""
    names = ", ".join(subject.name for subject in entry.statement.subjects)
    return f"{entry.kind} on {names} at {instant(entry.time)}: {summary(entry.fact)}"
