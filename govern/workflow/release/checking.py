"""Whether a model may run, asked of an evidence pack: no workspace, no network, only the file and a trust root."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from govern.domain.text import Digest, counted, instant
from govern.errors import UnverifiableError
from govern.exchange.pdf import read_attachments
from govern.lineage.folding import fold
from govern.lineage.permission import DEPLOY_GATE, Permission, may_run, promote_gate
from govern.lineage.refs import resolve
from govern.workflow.interface import Progress, silent
from govern.workflow.packs.attached import AttachedObjects, proved_entries, require_complete, require_files
from govern.workflow.place.agreeing import claimed


@dataclass(frozen=True, slots=True, kw_only=True)
class PackAnswer:
    """What a pack says, and as of when: what was written after its export, it does not know."""

    permission: Permission
    model: Digest
    origin: str
    size: int
    exported: datetime | None
    """The latest time that an entry in it claims."""


def check_pack(
    path: Path, ref: str, *, environment: str, trust: bytes, now: datetime, progress: Progress = silent
) -> PackAnswer:
    """Prove the pack's entries against a trust root from outside, fold them, and ask whether the model may run at `now`.

    A pack that holds only some entries is refused: what ended an approval may be among the others. As in a workspace, what
    entries claim was decided is held against the decisions themselves. Raises `VerificationError`, `UnverifiableError` (also
    where a decision did not come along), `NotFoundError`, `DocumentError`.
    """
    attachments = read_attachments(path)
    require_files(attachments)
    proof = proved_entries(attachments, trust=trust, progress=progress)
    require_complete(proof)
    if proof.void_later:
        # The fold of the pack's own entries does not know what a newer trust root from outside declares void.
        raise UnverifiableError(
            f"entry #{proof.void_later[0]} was signed with a key that was declared void from before it",
            "Ask for a pack that was exported after the revocation.",
        )
    state = fold(proof.entries)
    node = resolve(state, ref, kinds=("model",))
    granted = may_run(state, node.digest, environment, now)
    if granted.allowed and not granted.notes:
        stages = {one.fact.stage for one in state.deployments_of(node.digest) if one.ended is None and one.fact.environment == environment}
        gates = (*(promote_gate(stage) for stage in sorted(stages)), DEPLOY_GATE)
        against = claimed(state, AttachedObjects(attachments), proof.entries.__getitem__, node.digest, gates)
        granted = replace(granted, allowed=not against, refusals=against)
    until = "" if state.clock is None else f", the last of {instant(state.clock)}"
    note = f"a pack of {counted(proof.size, 'entry', 'entries')}{until}: what was written later, it does not know"
    return PackAnswer(
        permission=replace(granted, notes=(*granted.notes, note)), model=node.digest, origin=proof.origin, size=proof.size,
        exported=state.clock,
    )
