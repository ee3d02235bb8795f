"""Verification of an evidence pack with nothing but the file and a trust root given from outside."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from govern.domain.facts import BindingFact, PolicyFact
from govern.domain.statement import Entry
from govern.errors import GovernError, Interrupted, UnverifiableError, VerificationError
from govern.exchange.pdf import check_coverage, coverage, read_attachments
from govern.exchange.pdf_manifest import Manifest, check_manifest, check_relations
from govern.ledger.bundle import BundleProof
from govern.lineage.folding import fold
from govern.workflow.interface import LayOutAgain, Progress, silent
from govern.workflow.packs.attached import (
    AttachedObjects,
    check_previous,
    proved_entries,
    require_complete,
    require_decisions,
    require_files,
)
from govern.workflow.place.agreeing import Claims, check_claims
from govern.workflow.prove.checking_rules import check_state_machine
from govern.workflow.prove.verifying import named_objects
from govern.workflow.verify_views import VerifyStep, VerifyView

TITLES = {
    1: "file and revisions", 2: "manifest", 3: "trust root, entries, proofs and checkpoint", 4: "attached objects",
    5: "state machine", 6: "printed figures", 7: "replay of every decision", 8: "pages laid out again",
    9: "signatures of the document",
}


class _Steps:
    """Collects what each step found; after the first that fails, the rest is not run."""

    def __init__(self, on_step: Callable[[VerifyStep], None]) -> None:
        self.found: dict[int, VerifyStep] = {}
        self.failure: GovernError | None = None
        self._on_step = on_step

    @contextmanager
    def step(self, number: int) -> Iterator[list[str]]:
        """Run a step; what the block puts into the list is its detail."""
        detail: list[str] = []
        try:
            yield detail
        except Interrupted:
            raise
        except Exception as raised:  # noqa: BLE001 - a hostile file must end in an answer, whatever it makes a parser do
            error = raised if isinstance(raised, GovernError) else VerificationError(
                f"the pack is malformed: {type(raised).__name__}", "It is not as it was exported.", step=number, kind="malformed"
            )
            unchecked = isinstance(error, UnverifiableError)
            self.note(
                VerifyStep(
                    number=number, title=TITLES[number], state="unchecked" if unchecked else "wrong", detail=error.message
                )
            )
            self.failure = error
            raise _StopHere from error
        self.note(VerifyStep(number=number, title=TITLES[number], state="ok", detail="; ".join(detail)))

    def skip(self, number: int, why: str) -> None:
        """Say that a step was not run."""
        self.note(VerifyStep(number=number, title=TITLES[number], state="not-run", detail=why))

    def note(self, step: VerifyStep) -> None:
        """Keep a step's result."""
        self.found[step.number] = step
        self._on_step(step)

    def all(self) -> tuple[VerifyStep, ...]:
        """Return every step, those that were not reached too."""
        return tuple(
            self.found.get(n) or VerifyStep(number=n, title=title, state="not-run", detail="not reached")
            for n, title in TITLES.items()
        )


class _StopHere(Exception):  # noqa: N818 - it carries nothing and ends the steps
    pass


def verify_pack(
    path: Path, *, trust: bytes, replay: bool = False, again: LayOutAgain | None = None,
    certificates: Sequence[bytes] = (), progress: Progress = silent,
    on_step: Callable[[VerifyStep], None] = lambda _: None,
) -> VerifyView:
    """Verify a pack against a trust root that came on another way; what is wrong is in the view.

    With `replay`, every decision is derived again from the attached evidence, and with `again`, the pages from the
    attached HTML; `certificates` (PEM or DER) are what signatures inside the PDF are held against. A key that is found only in the pack proves nothing and is refused. Raises `UsageError` or `DocumentError` where the
    file is no pack at all.
    """
    started = time.perf_counter()
    steps = _Steps(on_step)
    attachments = read_attachments(path)
    proof: BundleProof | None = None
    try:
        proof, manifest = _verified(path, attachments, steps, trust=trust, progress=progress)
        objects = AttachedObjects(attachments)
        _objects(steps, objects, proof.entries)
        _history(steps, proof, objects)
        _figures(steps, path, attachments, manifest)
        _replayed(steps, proof, objects, wanted=replay, progress=progress)
        _laid_out_again(steps, path, again, progress)
        _signatures(steps, path, certificates, manifest.issuer)
    except _StopHere:
        pass
    failure = steps.failure
    wrong = failure if isinstance(failure, VerificationError) else None
    return VerifyView(
        origin=proof.origin if proof else "", size=proof.size if proof else 0, root=proof.head.root if proof else None,
        steps=steps.all(), problem=failure.message if failure else "", hint=failure.hint if failure else "",
        index=wrong.index if wrong else None, kind=wrong.kind if wrong else "", seconds=time.perf_counter() - started,
    )


def _verified(
    path: Path, attachments: Mapping[str, bytes], steps: _Steps, *, trust: bytes, progress: Progress
) -> tuple[BundleProof, Manifest]:
    from govern.exchange.pdf_revisions import check_revisions

    with steps.step(1) as detail:
        found = coverage(path)
        detail.append(check_coverage(found, signed=bool(found.signatures)))
        detail.append(check_revisions(path))
    with steps.step(2) as detail:
        require_files(attachments)
        manifest = check_manifest(attachments)
        detail.append(f"{len(manifest.files)} attachments, each with its digest")
        detail.append(check_relations(path, attachments, manifest))
    with steps.step(3) as detail:
        proof = proved_entries(attachments, trust=trust, progress=progress)
        if (manifest.root, manifest.size, manifest.origin) != (proof.head.root, proof.size, proof.origin):
            raise VerificationError(
                "the manifest names another ledger state than the checkpoint", "The pack was changed.", step=3, kind="manifest"
            )
        detail.append(f"{len(proof.entries)} of {proof.size} entries, trust root version {proof.root_version}")
        continued = check_previous(attachments, proof.head)
        if continued:
            detail.append(continued)
        if proof.void_later:
            detail.append(f"{len(proof.void_later)} by a key that was later declared void")
    return proof, manifest


def _objects(steps: _Steps, objects: AttachedObjects, entries: tuple[Entry, ...]) -> None:
    with steps.step(4) as detail:
        named = {digest for entry in entries for digest in named_objects(entry)}
        strangers = sorted(name for digest, name in objects.named.items() if digest not in named)
        if strangers:
            raise VerificationError(
                f"{strangers[0]} is named by no entry", "It was added to the pack, or changed.", step=4, kind="stranger"
            )
        at_hand = frozenset(digest for digest, name in objects.named.items() if name.startswith("decisions/"))
        claims = Claims(objects, only=at_hand)
        for entry in entries:
            check_claims(entry, claims, step=4)
        detail.append(f"{len(objects.named)} objects, each named by an entry and saying what it says")


def _history(steps: _Steps, proof: BundleProof, objects: AttachedObjects) -> None:
    with steps.step(5) as detail:
        require_complete(proof)
        rules = [entry for entry in proof.entries if isinstance(entry.fact, PolicyFact | BindingFact)]
        whole = {digest for entry in rules for digest in named_objects(entry)} <= objects.named.keys()
        check_state_machine(proof.entries, objects if whole else None)
        detail.append("every promotion and deployment was allowed when it was made")
        if not whole:
            detail.append("changes of policy and waivers were not held against documents: not all are attached")


def _figures(steps: _Steps, path: Path, attachments: Mapping[str, bytes], manifest: Manifest) -> None:
    from govern.exchange.pdf_figures import check_figures

    with steps.step(6) as detail:
        detail.append(check_figures(path, attachments, manifest))


def _replayed(
    steps: _Steps, proof: BundleProof, objects: AttachedObjects, *, wanted: bool, progress: Progress
) -> None:
    if not wanted:
        steps.skip(7, "not asked for: --replay")
        return
    from govern.workflow.packs.replaying import replay_all

    with steps.step(7) as detail:
        require_complete(proof)
        require_decisions(proof, objects)
        progress("replay", 0, None)
        found = replay_all(proof.entries, objects, fold(proof.entries))
        for one in found:
            if one.outcome == "differs":
                raise VerificationError(
                    f"decision #{one.index} on {one.subject_name} does not follow from its evidence: {one.reasons[0]}",
                    "The verdict was not what policy gives.", step=7, index=one.index, kind="verdict",
                )
            if one.outcome == "cannot":
                raise UnverifiableError(
                    f"decision #{one.index} can't be derived again: {one.reasons[0]}", "Use the release that decided it."
                )
        detail.append(f"{len(found)} decisions derived again, {sum(one.outcome == 'identical' for one in found)} identical")


def _laid_out_again(steps: _Steps, path: Path, again: LayOutAgain | None, progress: Progress) -> None:
    if again is None:
        steps.skip(8, "not asked for: --replay, where the reports are installed")
        return
    found = again(path, progress)
    if found.outcome == "not-applicable":
        steps.skip(8, found.detail)
        return
    with steps.step(8) as detail:
        if found.outcome == "differs":
            raise VerificationError(found.detail, "Its pages are not what its HTML gives.", step=8, kind="pages")
        detail.append(found.detail)


def _signatures(steps: _Steps, path: Path, certificates: Sequence[bytes], issuer: str) -> None:
    signed = coverage(path).signatures
    if not signed:
        promised = f", though it was made to be signed with the certificate {issuer[:23]}…" if issuer else ""
        steps.skip(9, f"the document carries none{promised}; the ledger's are checked in step 3")
        return
    if not certificates:
        steps.skip(9, f"{len(signed)}, not checked: name the signers' certificates with --certificate FILE")
        return
    from govern.exchange.pdf_signatures import check_signatures

    with steps.step(9) as detail:
        found = check_signatures(path, certificates)
        for one in found:
            if one.field == "issuer" and issuer and one.fingerprint != issuer:
                raise VerificationError(
                    "the issuer signed with another certificate than the one that the manifest names",
                    "Ask the issuer which of the two is theirs.", step=9, kind="signature",
                )
        detail.append("; ".join(f"{one.field} by {one.subject}, {one.when}" for one in found))
