"""Export: have a pack rendered, and record that it left the house."""

from dataclasses import replace
from pathlib import Path

from govern.domain.facts import ExportFact
from govern.domain.statement import Draft
from govern.errors import CorruptStoreError, Refused, UsageError, VerificationError
from govern.workflow.interface import Kind, PackRenderer, Passphrases, Period, Progress, RenderedPack, silent
from govern.workflow.packs.packing import pack_data
from govern.workflow.place.workspace import Workspace, about
from govern.workflow.printed import Printed


def export(
    ws: Workspace, ref: str, out: Path, *, renderer: PackRenderer, kind: Kind = "model", gate: str | None = None,
    period: Period | None = None, printed: Printed | None = None, key: str | None = None, passphrases: Passphrases,
    progress: Progress = silent,
) -> RenderedPack:
    """Write an evidence pack to `out` and record the export; what `ref` names depends on the kind (see `pack_data`).

    A ledger that does not verify gives a pack all the same, of all that can be read, which says so on its cover; where nothing
    can be added to such a ledger, or its rows can't be read, the export is not recorded. Raises `UsageError`, `Refused`,
    `NotFoundError`, `StorageError`, and what is wrong with a ledger of which nothing can be read.
    """
    if out.exists():
        raise UsageError(f"{out} is there already", "Choose another name: a pack that was handed out is not overwritten.")
    signs = ws.key_for("auditor", key)
    try:
        ws.ready(signs, passphrases)
        if "auditor" not in ws.roles_of(signs):
            raise Refused(
                f"the key “{signs}” may not record that a pack left the house: it has no role auditor", "Name one that has it: --as KEY."
            )
    except (VerificationError, CorruptStoreError):
        pass  # an old copy was put back, or the ledger was forked or damaged: the pack shows it as it lies there
    pack = pack_data(ws, ref, kind=kind, gate=gate, period=period, printed=printed, progress=progress)
    rendered = renderer(pack, out, progress)
    if pack.unread:
        return rendered  # a file with damaged pages is not written to
    fact = ExportFact(
        kind=pack.kind, about=pack.about or pack.root, as_of=pack.as_of,
        tree_size=pack.size, manifest=rendered.manifest,
    )
    draft = Draft(subjects=about(out.name, rendered.digest), fact=fact)
    try:
        return replace(rendered, recorded=ws.write([draft], key=signs, passphrases=passphrases)[0])
    except BaseException as error:
        if isinstance(error, VerificationError | CorruptStoreError) and pack.verification.outcome == "wrong":
            return rendered  # its cover says in red that the ledger does not verify, which is why nothing can be added to it
        out.unlink(missing_ok=True)  # no pack leaves the house unrecorded
        raise


def trust_root_file(ws: Workspace) -> bytes:
    """Return the trust root in force as the file that `--trust` takes: hand it over on another way than the pack."""
    return ws.ledger.root_leaves()[-1][1]
