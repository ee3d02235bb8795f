"""Export: have a pack rendered, and record that it left the house."""

from pathlib import Path

from govern.domain.facts import ExportFact
from govern.domain.statement import Draft
from govern.errors import UsageError
from govern.workflow.interface import PackRenderer, Passphrases, Progress, RenderedPack, silent
from govern.workflow.packing import Kind, Period, about_what, pack_data
from govern.workflow.workspace import Workspace, about


def export(
    ws: Workspace, ref: str, out: Path, *, renderer: PackRenderer, kind: Kind = "model", gate: str | None = None,
    period: Period | None = None, key: str | None = None, passphrases: Passphrases,
    progress: Progress = silent,
) -> RenderedPack:
    """Write an evidence pack to `out` and record the export; what `ref` names depends on the kind (see `pack_data`).

    Raises `UsageError`, `NotFoundError`, `StorageError`.
    """
    if out.exists():
        raise UsageError(f"{out} is there already", "Choose another name: a pack that was handed out is not overwritten.")
    signs = ws.key_for("auditor", key)
    ws.ready(signs, passphrases)
    pack = pack_data(ws, ref, kind=kind, gate=gate, period=period, progress=progress)
    rendered = renderer(pack, out, progress)
    fact = ExportFact(
        kind=pack.kind, about=about_what(ws, ref, pack), as_of=pack.as_of, tree_size=pack.size, manifest=rendered.manifest
    )
    try:
        ws.write([Draft(subjects=about(out.name, rendered.digest), fact=fact)], key=signs, passphrases=passphrases)
    except BaseException:
        out.unlink(missing_ok=True)  # no pack leaves the house unrecorded
        raise
    return rendered


def trust_root_file(ws: Workspace) -> bytes:
    """Return the trust root in force as the file that `--trust` takes: hand it over on another way than the pack."""
    return ws.ledger.root_leaves()[-1][1]
