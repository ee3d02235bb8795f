"""The recovery ceremony: going on after a loss, with both notes in the ledger as evidence."""

from govern.domain.facts import RecoveryFact
from govern.domain.statement import Draft, Subject
from govern.domain.text import Digest
from govern.errors import Refused, UsageError, VerificationError
from govern.ledger.checkpoint import read_checkpoint, verify_checkpoint
from govern.ledger.roots import read_trusted_root
from govern.trust.checkpoints import Trusted
from govern.workflow.interface import Passphrases
from govern.workflow.place.workspace import Workspace, written
from govern.workflow.views import Written


def recover(ws: Workspace, *, reason: str, passphrases: Passphrases, trust: bytes | None = None) -> Written:
    """Go on with a ledger that is behind, or beside, what this user trusts: signed by the root key.

    The ledger itself has to verify. From then on the recovered ledger is what is trusted here; everybody else who had
    seen more is stopped until they `accept` the recovery. `trust` is a trust root from outside, where this user does not
    remember how the ledger began. Raises `Refused` where nothing was lost, `VerificationError` for another ledger.
    """
    if not reason:
        raise UsageError("a recovery without a reason", "Say what was lost, and how.")
    store = ws.home.checkpoints(ws.config.origin)
    trusted = store.read()
    if trusted is None or ws.unguarded.verify(trusted=store).failure is None:
        raise Refused("nothing was lost: the ledger continues what was trusted", "There is nothing to recover from.")
    first = _same_ledger(ws, trusted, trust)
    found = ws.unguarded.checkpoint()
    draft = Draft(
        subjects=(Subject(name=f"checkpoint/{trusted.size}", digest=trusted.root),),
        fact=RecoveryFact(lost_note=trusted.note, found_note=found.note, reason=reason),
    )
    entries = ws.unguarded.append(
        [draft], signers=[ws.keyring.signer(ws.config.keys.root, passphrases)],
        log_signer=ws.log_signer(ws.unguarded.trust_root(), passphrases), now=ws.now(), seen=found.head, at=found.size,
    )
    now = ws.unguarded.checkpoint()
    store.reset(now.head, now.note, first=first)
    return written(entries[0])


def accept(ws: Workspace, *, trust: bytes | None = None) -> int:
    """Trust a recovered ledger again, if it says itself, root-signed, that what this user had seen was lost.

    Returns the index of the recovery. `trust` as for `recover`. Raises `Refused` where no recovery names what this user
    trusts, `VerificationError` for another ledger.
    """
    store = ws.home.checkpoints(ws.config.origin)
    trusted = store.read()
    if trusted is None:
        raise Refused("nothing is trusted here yet", "`govern verify` begins it.")
    first = _same_ledger(ws, trusted, trust)
    for entry in ws.unguarded.entries():
        if not isinstance(entry.fact, RecoveryFact):
            continue
        lost = read_checkpoint(entry.fact.lost_note)
        verify_checkpoint(lost.note, ws.unguarded.roots().in_force(min(lost.size, entry.index)))
        if lost.head == trusted.head:
            head = ws.unguarded.checkpoint()
            store.reset(head.head, head.note, first=first)
            return entry.index
    raise Refused(
        f"no recovery names the checkpoint of size {trusted.size} that is trusted here",
        "Ask the root key holders: somebody may have forked the ledger.",
    )


def _same_ledger(ws: Workspace, trusted: Trusted, trust: bytes | None) -> Digest:
    """Verify the ledger from the trust root that this user knows: its own would say whatever who made it likes.

    Returns the leaf hash of its first trust root. Raises `VerificationError`, `UsageError` where none is known.
    """
    if trust is None and trusted.first is None:
        raise UsageError(
            "how this ledger began is not remembered here", "Give --trust ROOT, the trust root as you got it on another way than the ledger."
        )
    root = None if trust is None else read_trusted_root(trust).fact
    first = ws.unguarded.verify(trust_root=root).check().roots[0][1]
    if trusted.first not in {None, first}:
        raise VerificationError(
            "this ledger begins with another trust root than the one that is trusted here",
            "Somebody made a ledger of the same name: keep it as evidence.", step=1, index=0, kind="trust-root",
        )
    return first
