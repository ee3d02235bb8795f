"""The recovery ceremony: going on after a loss, with both notes in the ledger as evidence."""

from govern.domain.facts import RecoveryFact
from govern.domain.statement import Draft, Subject
from govern.errors import Refused, UsageError
from govern.ledger.checkpoint import read_checkpoint, verify_checkpoint
from govern.workflow.interface import Passphrases
from govern.workflow.views import Written
from govern.workflow.workspace import Workspace, written


def recover(ws: Workspace, *, reason: str, passphrases: Passphrases) -> Written:
    """Go on with a ledger that is behind, or beside, what this user trusts: signed by the root key.

    The ledger itself has to verify. From then on the recovered ledger is what is trusted here; everybody else who had
    seen more is stopped until they `accept` the recovery. Raises `Refused` where nothing was lost.
    """
    if not reason:
        raise UsageError("a recovery without a reason", "Say what was lost, and how.")
    store = ws.home.checkpoints(ws.config.origin)
    trusted = store.read()
    if trusted is None or ws.unguarded.verify(trusted=store).failure is None:
        raise Refused("nothing was lost: the ledger continues what was trusted", "There is nothing to recover from.")
    ws.unguarded.verify().check()
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
    store.reset(now.head, now.note)
    return written(entries[0])


def accept(ws: Workspace) -> int:
    """Trust a recovered ledger again, if it says itself, root-signed, that what this user had seen was lost.

    Returns the index of the recovery. Raises `Refused` where no recovery names what this user trusts.
    """
    store = ws.home.checkpoints(ws.config.origin)
    trusted = store.read()
    if trusted is None:
        raise Refused("nothing is trusted here yet", "`govern verify` begins it.")
    ws.unguarded.verify().check()
    for entry in ws.unguarded.entries():
        if not isinstance(entry.fact, RecoveryFact):
            continue
        lost = read_checkpoint(entry.fact.lost_note)
        verify_checkpoint(lost.note, ws.unguarded.roots().in_force(min(lost.size, entry.index)))
        if lost.head == trusted.head:
            head = ws.unguarded.checkpoint()
            store.reset(head.head, head.note)
            return entry.index
    raise Refused(
        f"no recovery names the checkpoint of size {trusted.size} that is trusted here",
        "Ask the root key holders: somebody may have forked the ledger.",
    )
