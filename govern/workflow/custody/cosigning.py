"""The one way in which a trust root changes: a proposal that root key holders sign, here or on machines of their own.

Where the keys at hand are enough, the proposal is never written to a file: it is drawn up, signed and submitted at once.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from govern.canonical.statement import fact_digest
from govern.domain.facts import TrustRootFact
from govern.errors import Refused, StorageError, UsageError
from govern.ledger.roots import read_trusted_root
from govern.trust import proposal as proposals
from govern.trust.files import replace
from govern.trust.keyring import Keyring
from govern.trust.proposal import Proposal
from govern.workflow.interface import Passphrases
from govern.workflow.place.workspace import Workspace, settled, written
from govern.workflow.views import Written

Change = Callable[[TrustRootFact, int], TrustRootFact]
"""From the trust root in force, and how many entries there are, to the next version."""


def change_now(ws: Workspace, change: Change, *, signers: Sequence[str] = (), passphrases: Passphrases) -> Written:
    """Sign a change with the keys at hand and submit it. Raises `Refused` where they are not enough."""

    def attempt() -> Written:
        at = ws.ledger.size
        return submit(ws, propose(ws, change, signers=signers, passphrases=passphrases), at=at, passphrases=passphrases)

    return settled(attempt)


def propose(ws: Workspace, change: Change, *, signers: Sequence[str] = (), passphrases: Passphrases) -> Proposal:
    """Draw up the next version and sign it with the root keys at hand, by default the one of the configuration.

    Raises `Refused`, `RootError`, `UsageError`, `SigningKeyError`.
    """
    root = ws.ledger.trust_root()
    opened = [ws.keyring.signer(name, passphrases) for name in signers or (ws.config.keys.root,)]
    drawn = proposals.draw_up(
        root, change(root, ws.ledger.size), producer=ws.ledger.next_producer(opened[0].keyid), now=ws.now(),
        seen=ws.trusted.head(),
    )
    for signer in opened:
        drawn = proposals.signed(drawn, signer)
    return drawn


def read(path: Path) -> Proposal:
    """Read a proposal and verify the signatures on it. Raises `UsageError`, `VerificationError`."""
    try:
        with path.open("rb") as file:
            data = file.read(proposals.MAX_FILE + 1)
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}", "Name the file with the proposed trust root.") from error
    if len(data) > proposals.MAX_FILE:
        raise UsageError(f"{path} is larger than any proposed trust root", "Name the file that was sent to you.")
    return proposals.read(data)


def write(path: Path, proposal: Proposal) -> None:
    """Write a proposal, whole or not at all. Raises `StorageError`."""
    try:
        replace(path, proposals.write(proposal))
    except OSError as error:
        raise StorageError(f"{path} can't be written: {error.strerror}", "Choose a place that you may write to.") from error


def compare(proposal: Proposal, trust: bytes) -> None:
    """Compare what a proposal follows with the trust root that a signer was given on another way.

    Raises `VerificationError`, `UnverifiableError`.
    """
    proposals.compare(proposal, read_trusted_root(trust).fact)


def sign(proposal: Proposal, ring: Keyring, *, key: str | None = None, passphrases: Passphrases) -> Proposal:
    """Sign a proposal with a root key of this machine; no workspace is needed.

    Raises `UsageError` where none or several could, `Refused`, `SigningKeyError`.
    """
    if key is None:
        roots = (proposal.root, proposal.proposed)
        able = [
            name for name in ring.names()
            if (keyid := ring.info(name).keyid) not in proposal.signers
            and any(keyid in root.roles["root"].keyids for root in roots)
        ]
        if len(able) != 1:
            raise UsageError(
                f"{'several keys' if able else 'no key'} of this machine can sign this" + (f": {', '.join(able)}" if able else ""),
                "Name yours with --as KEY (`govern key list` shows them).",
            )
        key = able[0]
    return proposals.signed(proposal, ring.signer(key, passphrases))


def submit_files(ws: Workspace, paths: Sequence[Path], *, passphrases: Passphrases) -> Written:
    """Submit a proposal that others have signed, together or each on a copy. Raises `Refused`, `VerificationError`."""
    whole = proposals.merged([read(path) for path in paths])
    return settled(lambda: submit(ws, whole, at=ws.ledger.size, passphrases=passphrases))


def submit(ws: Workspace, proposal: Proposal, *, at: int, passphrases: Passphrases) -> Written:
    """Append a proposal onto a ledger of `at` entries. Submitting it again gives the entry that it became.

    Raises `Refused` where signatures lack or the ledger went on in a way that the proposal did not foresee,
    `LedgerMovedError`, `StorageError`.
    """
    current = ws.ledger.trust_root()
    again = fact_digest(current) == fact_digest(proposal.proposed)
    if not again:
        _check_fits(ws, proposal, current, at)
    (index,) = ws.ledger.submit(
        [proposal.leaf], log_signer=ws.log_signer(proposal.proposed, passphrases), trusted=ws.trusted, at=None if again else at,
    )
    return written(ws.ledger.entry(index))


def _check_fits(ws: Workspace, proposal: Proposal, current: TrustRootFact, at: int) -> None:
    if fact_digest(current) != fact_digest(proposal.root):
        if current.origin == proposal.root.origin and current.version > proposal.root.version:
            # Not `LedgerMovedError`: nothing is gained by trying again, the proposal stays one for an older version.
            raise Refused(
                f"the trust root is at version {current.version} already, and this changes version {proposal.root.version}",
                "Another change came first: propose this one again.",
            )
        raise Refused(
            "the proposal follows a trust root that is not this ledger's", "Look whose it is: `govern trust show FILE`."
        )
    if proposal.lacking:
        raise Refused(
            f"the trust root has {' and '.join(proposal.lacking)}",
            "Give --output FILE to propose the change; the others sign that file with `govern trust sign FILE`.",
        )
    counter = proposal.statement.header.producer
    if not any(ws.ledger.next_producer(keyid) == counter for keyid in proposal.signers):
        raise Refused(
            "the key that proposed this has signed another entry since", "Propose it again, and have it signed again."
        )
    voided = {
        keyid: key.void_from for keyid, key in proposal.proposed.keys.items()
        if key.void_from is not None and key.void_reason == "rotated" and keyid in current.keys
        and current.keys[keyid].void_from is None
    }
    for keyid, void_from in voided.items():
        signs = (*ws.state().signed_with(keyid), *((at,) if keyid in proposal.signers else ()))
        late = [index for index in signs if index >= void_from]
        if late:
            raise Refused(
                f"the key {keyid[:8]}… would be void from entry {void_from}, and signs entry {late[0]}",
                "Propose the rotation again with a --void-from that leaves room for what is recorded until it is submitted.",
            )
