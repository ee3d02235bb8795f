"""Layer 6: lay the attached HTML out again and compare bytes, where the environment is the recorded one."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from govern.domain.text import moment
from govern.exchange.pdf import MANIFEST_NAME, attachments_of, coverage, opened
from govern.exchange.pdf_manifest import Manifest, check_manifest
from govern.workflow.interface import Progress, silent
from govern.workflow.pack import Attachment
from govern_reports import environment, markup
from govern_reports.layout import FOREIGN, Job, laid_out


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerendered:
    """What laying a pack out again showed."""

    outcome: Literal["same", "differs", "not-applicable"]
    """`not-applicable` where other versions are installed here than made the pack: that is no failure."""
    detail: str


def rerender(path: Path, progress: Progress = silent) -> Rerendered:
    """Make the PDF again from what it has attached, and compare it with the file's first revision.

    Raises what `govern.exchange.pdf.read_attachments` and `check_manifest` raise.
    """
    with opened(path) as pdf:
        attachments = attachments_of(pdf, where=str(path))
        words = {name: str(spec.description or "") for name, spec in pdf.attachments.items()}
        kinds = {
            str(item.get("/UF", "")): (str(item["/EF"]["/F"].get("/Subtype", ""))[1:], str(item.get("/AFRelationship", ""))[1:])
            for item in pdf.Root.get("/AF", [])
        }
    manifest = check_manifest(attachments)
    other = _other_environment(manifest)
    if other:
        return Rerendered(outcome="not-applicable", detail=f"made with another {other}")
    job = Job(
        html=attachments["report.html"], sheets=(attachments["report.css"], markup.running(manifest.digest)),
        attachments=tuple(
            Attachment(
                name=name, media_type=kinds[name][0], data=data, description=words[name],
                relationship=kinds[name][1],  # type: ignore[arg-type] # compared byte for byte below
            )
            for name, data in sorted(attachments.items()) if name in kinds
        ),
        manifest=manifest.digest, as_of=_moment(manifest),
    )
    end = coverage(path).revisions[0].end
    with path.open("rb") as file:
        first = file.read(end)
    with laid_out(job, progress, limits=FOREIGN) as result:
        again = result.path.read_bytes()
    if again == first:
        return Rerendered(outcome="same", detail=f"laid out again: the same {end:,} bytes")
    return Rerendered(outcome="differs", detail=f"{MANIFEST_NAME} and HTML laid out again give another file")


def _moment(manifest: Manifest) -> datetime:
    """Return the pack's moment."""
    return moment(manifest.as_of)


def _other_environment(manifest: Manifest) -> str:
    """Name the first thing that is another here than where the pack was made."""
    here = environment.describe()
    for name in sorted(set(here) | set(manifest.layout)):
        if here.get(name) != manifest.layout.get(name):
            return f"{name} ({manifest.layout.get(name, 'none')[:40]} there, {here.get(name, 'none')[:40]} here)"
    return ""
