"""`render_pack`: pack data in, one PDF on disk out, whole or not at all; and the same content as HTML or Markdown."""

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from govern.domain.text import Digest, digest_of
from govern.errors import DocumentError, StorageError, UsageError
from govern.workflow.interface import Progress, RenderedPack, silent
from govern.workflow.pack import Attachment, PackData
from govern_reports import manifest, markup
from govern_reports.layout import Job, laid_out
from govern_reports.view.build import build
from govern_reports.view.figures import Register
from govern_reports.worker import REFUSED


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """A pack before layout."""

    html: bytes
    sheets: tuple[bytes, ...]
    attachments: tuple[Attachment, ...]
    manifest: Digest


def render_pack(
    pack: PackData, out: Path, progress: Progress = silent, *, templates: Path | None = None,
) -> RenderedPack:
    """Write `pack` to `out` as PDF/A-3 with its attachments; `templates` is a folder that overrides ours.

    Raises `UsageError` where `out` exists or an attachment is unfit, `MissingExtraError` without Pango, `StorageError`
    where it can't be written, `DocumentError` for a template that fails, and whatever `progress` raises to stop.
    """
    check_target(out)
    markup.check_templates(templates)
    progress("writing", 0, None)
    prepared = prepare(pack, templates)
    job = Job(
        html=prepared.html, sheets=prepared.sheets, attachments=prepared.attachments, manifest=prepared.manifest,
        as_of=pack.as_of,
    )
    with laid_out(job, progress) as result:
        refused = [said for said in result.complaints if REFUSED in said]
        if refused:
            raise DocumentError(
                f"A template asks for something outside the pack: {refused[0].partition(REFUSED)[2].strip()[:120]}",
                "Put pictures beside the templates and name them with the filter image; nothing is ever fetched.",
            )
        data = result.path.read_bytes()
    write_whole(out, data)
    return RenderedPack(path=out, digest=digest_of(data), manifest=prepared.manifest, pages=result.pages)


def render_html(pack: PackData, out: Path, *, templates: Path | None = None) -> Path:
    """Write the pack's content as one HTML file with its style inside; no attachments travel with it."""
    check_target(out)
    markup.check_templates(templates)
    view = build(pack, Register(pack.attachments))
    write_whole(out, markup.standalone(view, templates))
    return out


def render_markdown(pack: PackData, out: Path, *, templates: Path | None = None) -> Path:
    """Write the pack's content as Markdown; charts are named by their captions."""
    check_target(out)
    markup.check_templates(templates)
    view = build(pack, Register(pack.attachments))
    write_whole(out, markup.markdown(view, templates))
    return out


def prepare(pack: PackData, templates: Path | None = None) -> _Prepared:
    """Make HTML, stylesheets, manifest and the sorted attachments: everything but the layout."""
    register = Register(pack.attachments)
    view = build(pack, register)
    html = markup.html(view, templates)
    css = markup.css(view, templates)
    files = manifest.with_report(pack.attachments, html=html, css=css)
    document = manifest.write(pack, files, register, html)
    digest = digest_of(document)
    attachments = manifest.sort([*files, manifest.attachment(document)])
    return _Prepared(html=html, sheets=(css, markup.running(digest)), attachments=attachments, manifest=digest)


def check_target(out: Path) -> None:
    """Refuse a path that is taken or has no folder."""
    if out.exists():
        raise UsageError(f"{out} is there already.", "Name another file, or move that one away: packs are not overwritten.")
    if not out.absolute().parent.is_dir():
        raise UsageError(f"There is no folder {out.absolute().parent}.", "Make it first, or name another.")


def write_whole(out: Path, data: bytes) -> None:
    """Write `data` beside `out`, then give it its name: a reader never sees half a file.

    Raises `StorageError`; nothing is left behind then.
    """
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.absolute().parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)  # noqa: PTH101 - mkstemp's 0600 would keep an evidence pack from its readers
        os.link(temporary, out)  # unlike rename, this never replaces what appeared meanwhile
    except FileExistsError as error:
        raise UsageError(f"{out} appeared meanwhile.", "Name another file.") from error
    except OSError as error:
        raise StorageError(f"{out} could not be written: {error.strerror}.", "Make room or choose another place.") from error
    finally:
        if temporary:
            with suppress(OSError):
                os.unlink(temporary)  # noqa: PTH108 - the same call as the one that made it
