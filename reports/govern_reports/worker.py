"""The process that lays a pack out: reads a job folder, writes `pack.pdf` and `result.json` into it, and ends.

Run as `python -m govern_reports.worker FOLDER PIPE`, where PIPE is the descriptor that takes progress, and stdin what ends
with the parent. A fresh process for each pack, because layout's memory is not given back, because fontconfig reads its configuration once, and because somebody else's HTML may be what is laid out
(`govern_reports.rerender`): nothing here opens a network connection or a file that is not in the job folder.
"""

import gc
import io
import json
import logging
import os
import re
import shutil
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import Any

PANGO_MISSING = 3
"""Exit code: WeasyPrint could not load its system libraries."""
REFUSED = "refused to fetch"
"""In a complaint: something outside the document was asked for."""
PARENT_GONE = 4
"""Exit code: whoever wanted the pack is not there any more."""
ALLOCATIONS_BEFORE_COLLECTION = 200_000
"""Layout makes millions of long-lived boxes; the default of 700 spends a third of the time looking for cycles."""


Say = Callable[[str, int, int | None], None]
"""Tells the parent how far it is."""


def _sayer(pipe: int) -> Say:
    """Return a function that writes one JSON line a step to `pipe`."""

    def say(part: str, done: int, total: int | None) -> None:
        os.write(pipe, json.dumps([part, done, total]).encode("ascii") + b"\n")

    return say


class _Progress(logging.Handler):
    """Turns WeasyPrint's step messages into progress."""

    def __init__(self, say: Say) -> None:
        super().__init__(logging.INFO)
        self.say = say

    def emit(self, record: logging.LogRecord) -> None:
        """Forward the number of the page that layout has reached."""
        message = record.getMessage()
        page = re.search(r"Page (\d+)", message)
        if page:
            self.say("layout", int(page[1]), None)


class _Complaints(logging.Handler):
    """Keeps WeasyPrint's warnings: a pack of ours has none, and tests hold it to that."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message."""
        self.messages.append(record.getMessage())


def _fetcher() -> Any:
    """Return a fetcher that gives out inline `data:` images and refuses everything else."""
    from weasyprint.urls import URLFetcher

    class NothingButData(URLFetcher):  # type: ignore[misc]
        """Deny by default: the stock fetcher embeds any local file that a template names."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            """Refuse whatever is not inside the document itself."""
            if not url.startswith("data:image/"):
                message = f"{REFUSED} {url[:80]}"
                raise ValueError(message)
            return super().fetch(url, headers)

    return NothingButData(allowed_protocols=("data",), fail_on_errors=False)


def _attachments(folder: Path, job: dict[str, Any]) -> list[Any]:
    """Return WeasyPrint's attachments in name order: the name tree is written in the order given, and must be sorted."""
    from weasyprint import Attachment

    moment = datetime.fromisoformat(job["as_of"])
    found = []
    for number, item in enumerate(job["attachments"]):
        found.append(Attachment(
            file_obj=io.BytesIO((folder / f"attachment-{number}").read_bytes()), name=item["name"],
            description=item["description"], relationship=item["relationship"], created=moment, modified=moment,
        ))
    return found


def _register_types(job: dict[str, Any]) -> None:
    """Tell WeasyPrint the media type of each attachment's ending; it guesses by the system's tables otherwise."""
    import mimetypes

    from weasyprint.pdf import anchors

    for item in job["attachments"]:
        ending = Path(item["name"]).suffix
        if ending:
            mimetypes.add_type(item["media_type"], ending)
            anchors.MIMETYPES.add_type(item["media_type"], ending)


def _render(folder: Path, job: dict[str, Any], say: Say) -> dict[str, Any]:
    """Lay out and draw; return page count and complaints."""
    from weasyprint import CSS, HTML
    from weasyprint.logger import LOGGER, PROGRESS_LOGGER
    from weasyprint.text.fonts import FontConfiguration

    from govern_reports.finish import finisher, repack

    complaints = _Complaints()
    LOGGER.addHandler(complaints)
    PROGRESS_LOGGER.addHandler(_Progress(say))
    PROGRESS_LOGGER.setLevel(logging.INFO)
    fonts = FontConfiguration()
    fetcher = _fetcher()
    sheets = [
        CSS(string=(folder / name).read_text("utf-8"), url_fetcher=fetcher, font_config=fonts, base_url="about:blank")
        for name in job["stylesheets"]
    ]
    html = HTML(string=(folder / "report.html").read_text("utf-8"), url_fetcher=fetcher, base_url="about:blank")
    gc.set_threshold(ALLOCATIONS_BEFORE_COLLECTION)
    document = html.render(
        font_config=fonts, stylesheets=sheets, pdf_variant="pdf/a-3a", pdf_tags=True,
        pdf_identifier=bytes.fromhex(job["identifier"]),
    )
    pages = len(document.pages)
    say("drawing", 0, pages)
    _register_types(job)
    document.write_pdf(
        folder / "draft.pdf", finisher=finisher(), pdf_variant="pdf/a-3a", pdf_tags=True,
        pdf_identifier=bytes.fromhex(job["identifier"]), attachments=_attachments(folder, job),
    )
    say("packing", pages, pages)
    repack(folder / "draft.pdf", folder / "pack.pdf", bytes.fromhex(job["identifier"]))
    return {"pages": pages, "complaints": complaints.messages}


def _end_with_parent(folder: Path) -> None:
    """End as soon as the parent does, whatever it died of, and take the job folder along.

    The parent holds the other end of stdin and never writes: its end is the parent's end.
    """

    def watch() -> None:
        os.read(sys.stdin.fileno(), 1)
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(PARENT_GONE)

    Thread(target=watch, daemon=True).start()


def main(folder: Path, pipe: int) -> int:
    """Do the job in `folder`; the exit code says what went wrong."""
    _end_with_parent(folder)
    job = json.loads((folder / "job.json").read_text("utf-8"))
    try:
        import weasyprint
    except OSError as error:
        (folder / "missing.txt").write_text(str(error), encoding="utf-8")
        return PANGO_MISSING
    del weasyprint
    result = _render(folder, job, _sayer(pipe))
    (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
