"""Verification of a workspace's ledger, step by step, as one value to show."""

import time
from collections.abc import Callable, Iterable
from functools import partial

from govern.domain.facts import BindingFact, DecisionFact, EvidenceFact, ObservationFact, PolicyFact
from govern.domain.statement import Entry
from govern.domain.text import Digest
from govern.errors import (
    CorruptStoreError,
    GovernError,
    NotFoundError,
    StorageError,
    UnverifiableError,
    VerificationError,
)
from govern.ledger.asked import Anchored, Asked
from govern.ledger.chunks import default_processes
from govern.ledger.mark import MarkStore
from govern.ledger.past import Past
from govern.ledger.roots import read_trusted_root
from govern.ledger.steps import StepResult, Verification
from govern.ledger.verify import verify as verify_source
from govern.lineage.folding import Folding
from govern.lineage.state import State
from govern.trust.checkpoints import Trusted
from govern.workflow.custody.anchors import Outside, anchored
from govern.workflow.interface import Objects, Progress, silent
from govern.workflow.place.agreeing import Claims, check_claims
from govern.workflow.place.folded import folded
from govern.workflow.place.moments import When, moment_of
from govern.workflow.place.workspace import Workspace
from govern.workflow.prove.checking_rules import check_allowed
from govern.workflow.prove.touching import readable, touched
from govern.workflow.verify_views import VerifyStep, VerifyView

OnStep = Callable[[VerifyStep], None]


def verify(
    ws: Workspace, *, full: bool = True, outside: Outside | None = None, trust: bytes | None = None, progress: Progress = silent,
    on_step: OnStep = lambda _: None,
) -> VerifyView:
    """Verify the ledger in numbered steps; what is wrong is in the view, with what rests on it.

    With `full` false, what the signed local mark says was verified before is not looked at again, beyond proving that
    it is still there. `outside` says where anchors lie, `trust` is a trust root from outside. Only what can't be tried at all raises: `StorageError`, `UsageError`.
    """
    started = time.perf_counter()
    heads: tuple[Anchored, ...] = ()
    unread: GovernError | None = None
    try:
        heads = anchored(ws, outside) if outside is not None else ()
    except GovernError as error:
        # Anchors are found through the entries: where those are damaged, the steps before say so better.
        unread = error
    found = ws.unguarded.verify(
        trusted=ws.trusted, trust_root=None if trust is None else read_trusted_root(trust).fact, now=ws.now(), full=full,
        mark=MarkStore(ws.home.checkpoint_folder, ws.config.origin), processes=default_processes(),
        anchors=heads,
        history=partial(judge, ws), progress=progress,
        on_step=lambda step: on_step(shown(step)),
    )
    if unread is not None and found.failure is None:
        raise unread
    failure = found.failure
    index = failure.index if isinstance(failure, VerificationError) else None
    names = touched(readable(ws.unguarded.entries()), index) if index is not None else ()
    return view_of(found, seconds=time.perf_counter() - started, names=names)


def verify_as_of(
    ws: Workspace, when: When, *, progress: Progress = silent, on_step: OnStep = lambda _: None
) -> VerifyView:
    """Verify the ledger as it stood at a time or with an entry, and that all that came since continues it.

    What was revoked later is not applied: this is what could be known then. Raises `NotFoundError`, `StorageError`.
    """
    started = time.perf_counter()
    ledger = ws.unguarded
    moment = moment_of(ledger, when)
    size = moment.checkpoint.size
    trusted, newest = ws.trusted.read(), ledger.checkpoint()
    known = [trusted] if trusted is not None else []
    # Of two of one size the trusted one counts: it is what the ledger's owner can't have written.
    later = [Trusted(origin=newest.origin, size=newest.size, root=newest.root, note=newest.note), *known]
    found = verify_source(
        Past(ledger, size),
        Asked(
            # One above all that is here says that an old copy was put back: step 3 tells.
            trusted=next((one for one in known if one.size <= size or one.size > newest.size), None),
            later=tuple({one.size: one for one in later if size < one.size <= newest.size}.values()),
            now=min(moment.time, ws.now()), processes=default_processes(),
            history=partial(judge, ws), progress=progress,
            on_step=lambda step: on_step(shown(step)),
        ),
    )
    index = found.failure.index if isinstance(found.failure, VerificationError) else None
    names = touched(readable(ledger.entries()), index) if index is not None else ()
    return view_of(found, seconds=time.perf_counter() - started, names=names)


def judge(ws: Workspace, begin: int, entries: Iterable[Entry]) -> None:
    """Step 8 from `begin` on, where what came before was judged by an earlier run."""
    before = folded(ws.home, ws.config.origin, ws.unguarded, stop=begin) if begin else None
    check_ledger_history(entries, ws.objects, before=before)


def check_ledger_history(entries: Iterable[Entry], objects: Objects, *, before: State | None = None) -> None:
    """Step 8: nothing was promoted or deployed that was not allowed then, and every named object is what it was.

    One entry after the other: a long ledger takes no more memory than its state. `before` is the state before the first
    one. Raises `VerificationError`; `UnverifiableError` where an object is not at hand.
    """
    folding, claims = Folding(before), Claims(objects, before=before)
    missing: UnverifiableError | None = None
    for entry in entries:
        found = _missing_object(entry, objects)
        missing = missing or found
        # What the entries alone show to be wrong is told even where a document is missing.
        check_allowed(folding.state, entry, None if missing else objects)
        if missing is None:
            check_claims(entry, claims, step=8)
        folding.apply(entry)
    if missing is not None:
        raise missing


def _missing_object(entry: Entry, objects: Objects) -> UnverifiableError | None:
    """Read every object that an entry names; returns what to say of one that is not at hand. Raises `VerificationError`."""
    for digest in named_objects(entry):
        try:
            objects.get(digest)
        except CorruptStoreError as error:
            raise VerificationError(
                f"entry {entry.index} names an object that was changed: {error.message}", error.hint, step=8,
                index=entry.index, kind="object",
            ) from error
        except (NotFoundError, StorageError) as error:
            return UnverifiableError(f"entry #{entry.index} names an object: {error.message}", error.hint)
    return None


def named_objects(entry: Entry) -> tuple[Digest, ...]:
    """Return the digests of the objects that an entry commits to."""
    match entry.fact:
        case PolicyFact() | BindingFact():
            return (entry.statement.subjects[0].digest,)
        case EvidenceFact(evidence=evidence):
            return (evidence,)
        case DecisionFact(decision=decision):
            return (decision,)
        case ObservationFact(evidence=evidence, decision=decision):
            return (evidence, decision)
        case _:
            return ()


def shown(step: StepResult) -> VerifyStep:
    """Show one step."""
    return VerifyStep(number=step.number, title=step.title, state=step.state, detail=step.detail)


def view_of(found: Verification, *, seconds: float, names: tuple[str, ...]) -> VerifyView:
    """Show a verification."""
    failure = found.failure
    wrong = failure if isinstance(failure, VerificationError) else None
    return VerifyView(
        origin=found.origin, size=found.size, root=found.root, steps=tuple(shown(step) for step in found.steps),
        problem=failure.message if failure else "", hint=failure.hint if failure else "",
        index=wrong.index if wrong else None, kind=wrong.kind if wrong else "", touches=names, seconds=seconds,
        forgotten=found.forgotten,
    )
