"""The pack of a ledger that is damaged so far that what was asked for can't be read: what is left, and what is wrong."""

from govern.domain.text import Digest
from govern.errors import GovernError
from govern.version import VERSION
from govern.workflow.interface import Progress
from govern.workflow.pack import PackData
from govern.workflow.packs.attaching import ledger_attachments
from govern.workflow.place.workspace import Workspace
from govern.workflow.prove.touching import readable
from govern.workflow.read.summaries import entry_row
from govern.workflow.verify_views import VerifyView
from govern.workflow.views import StatusView


def damaged_pack(ws: Workspace, asked: str, why: GovernError, found: VerifyView, progress: Progress) -> PackData:
    """Gather a pack of kind `ledger` that shows no model: the steps that failed, and the entries before the damage.

    Raises `why` where not even the checkpoint can be read, for then nothing says which ledger this is.
    """
    ledger = ws.unguarded
    try:
        checkpoint = ledger.checkpoint()
    except GovernError as error:
        raise why from error
    entries = tuple(readable(ledger.entries(0, checkpoint.size)))
    rows = tuple(entry_row(entry) for entry in entries)
    return PackData(
        kind="ledger", title=f"The ledger {ws.config.origin}, damaged", as_of=ws.now(),
        status=StatusView(
            origin=ws.config.origin, size=checkpoint.size, root=checkpoint.root,
            last_append=entries[-1].time if entries else None, unanchored=checkpoint.size, unanchored_minutes=None, systems=(),
            due=(), findings=(), waivers=(), results={}, drift=(), as_of=ws.now(),
        ),
        dossiers=(), policies=(), monitoring=(), observations=(), findings=(), waivers=(), lifecycle=(), entries=rows,
        verification=found, checkpoint=checkpoint.note, size=checkpoint.size, root=Digest(checkpoint.root),
        attachments=tuple(ledger_attachments(ledger, entries, checkpoint, progress)), software={"govern": VERSION},
        missing=(
            f"All that was asked for ({asked or 'the whole ledger'}): {why.message.replace(str(ws.folder), 'the workspace')}",
            *((f"{checkpoint.size - len(rows)} of {checkpoint.size} entries, from #{len(rows)} on: they are attached as they lie there",)
              if len(rows) < checkpoint.size else ()),
        ),
    )
