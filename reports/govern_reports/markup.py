"""From the view to HTML, CSS and Markdown, through templates that a user's own folder may override."""

import re
import traceback
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup

from govern.domain.text import Digest
from govern.errors import DocumentError, UsageError
from govern_reports.extra import escaped, markdown_of
from govern_reports.view.blocks import Line, View
from govern_reports.view.text import grouped

TEMPLATES: Final = Path(__file__).parent / "templates"
ONLY_YOURS: Final = ("letterhead.html.j2", "before.html.j2", "after.html.j2", "extra.css")
"""What a user's folder may hold beside replacements of ours."""


def check_templates(folder: Path | None) -> None:
    """Refuse a folder that would change nothing, as a misspelt one does, or that holds a file that is no text.

    Raises `UsageError`, `DocumentError`.
    """
    if folder is None:
        return
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder with templates.", "Name the folder that holds them.")
    names = sorted({*ONLY_YOURS, *(path.name for path in TEMPLATES.iterdir() if path.suffix in {".j2", ".css"})})
    used = [folder / name for name in names if (folder / name).is_file()]
    if not used:
        raise UsageError(f"{folder} holds no template that a pack uses.", f"Call them by these names: {', '.join(names)}.")
    for path in used:
        try:
            path.read_text("utf-8")
        except UnicodeDecodeError as error:
            raise DocumentError("The template is no text in UTF-8.", "Save it as UTF-8.", where=str(path)) from error
        except OSError as error:
            raise DocumentError(f"The template can't be read: {error.strerror}.", "Mend it, or leave it out.", where=str(path)) from error


def html(view: View, templates: Path | None = None) -> bytes:
    """Return the pack's HTML. Raises `DocumentError` for a template that fails."""
    return _rendered("report.html.j2", view, templates).encode("utf-8")


def css(view: View, templates: Path | None = None) -> bytes:
    """Return the pack's stylesheet; an override's `extra.css` comes after ours."""
    base = _rendered("report.css", view, templates)
    extra = "" if templates is None or not (templates / "extra.css").is_file() else (templates / "extra.css").read_text("utf-8")
    return (base + extra).encode("utf-8")


def standalone(view: View, templates: Path | None = None) -> bytes:
    """Return the HTML with its style inside, for a browser."""
    sheet = css(view, templates).decode("utf-8").replace("</", "<\\/")
    return html(view, templates).replace(b"</head>", f"<style>{sheet}</style></head>".encode(), 1)


def markdown(view: View, templates: Path | None = None) -> bytes:
    """Return the pack as Markdown."""
    text = _rendered("report.md.j2", view, templates)
    return (re.sub(r"\n{3,}", "\n\n", text).strip() + "\n").encode("utf-8")


def running(manifest: Digest) -> bytes:
    """Return the one stylesheet that is not in the manifest: it prints the manifest's digest on every foot."""
    digits = manifest.removeprefix("sha256:")
    return f'@page {{ @bottom-left {{ content: string(running-identity) "\\A manifest {grouped(digits[:32])}"; }} }}\n'.encode()


def _rendered(name: str, view: View, templates: Path | None) -> str:
    """Render one template."""
    from jinja2 import TemplateError, TemplateNotFound

    try:
        return str(_environment(templates).get_template(name).render(view=view))
    except (TemplateError, TypeError, AttributeError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
        said = f"there is no template {error}" if isinstance(error, TemplateNotFound) else str(error)
        raise DocumentError(
            f"The template fails: {said}", "Mend it, or export without your templates.", where=_place(error, name),
        ) from error


def _place(error: Exception, name: str) -> str:
    """Say in which template and line it went wrong: an included one is not the one that was asked for."""
    written = getattr(error, "filename", None) or getattr(error, "name", None)  # of a syntax error, which has no frame
    if isinstance(written, str) and getattr(error, "lineno", None):
        return f"{written}:{error.lineno}"  # type: ignore[attr-defined] # looked at in the line before
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(".j2")]
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else name


@lru_cache(maxsize=4)
def _environment(templates: Path | None) -> Any:
    """Return a Jinja environment that escapes everything; a user's templates run in a sandbox."""
    from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    ours = FileSystemLoader(TEMPLATES)
    loader = ours if templates is None else ChoiceLoader([FileSystemLoader(templates), ours])
    made = ImmutableSandboxedEnvironment(
        loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
        autoescape=lambda name: name is None or name.endswith((".html.j2", ".html")),
    )
    made.filters["svg"] = Markup  # charts are written by govern_reports.charts, which escapes every word
    made.filters["md"] = _escaped
    made.filters["from_html"] = markdown_of
    made.filters["image"] = lambda name: image(templates, name)
    return made


def _escaped(words: Line | str) -> str:
    """Return spans or text as Markdown: foreign text can't start markup."""
    if isinstance(words, str):
        return escaped(words)
    parts = []
    for span in words:
        text = escaped(span.text)
        if span.tone == "mono":
            text = "`" + span.text.replace("`", "'") + "`"
        elif span.tone in {"strong", "good", "warn", "bad"}:
            text = f"**{text.strip()}**" + (" " if text.endswith(" ") else "")
        parts.append(text)
    return "".join(parts)


def image(templates: Path | None, name: str) -> str:
    """Return an image of the user's template folder as a `data:` address, for a logo.

    Only PNG, JPEG and SVG that are what they say, at most 2 MB. Raises `DocumentError`.
    """
    import base64

    if templates is None or "/" in name or "\\" in name or name.startswith("."):
        raise DocumentError(f"“{name}” is not an image in the template folder.", "Put it beside the templates.", where=name)
    try:
        data = (templates / name).read_bytes()
    except OSError as error:
        raise DocumentError(f"The image can't be read: {error.strerror}.", "Put it beside the templates.", where=name) from error
    kind = _kind_of(data)
    if not kind or len(data) > MAX_IMAGE:
        raise DocumentError(
            "This is not a PNG or JPEG image of at most 2 MB.", "Convert it, or leave it out.", where=name,
        )
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


MAX_IMAGE: Final = 2 << 20
"""A letterhead at 600 dots an inch; more is a mistake."""


def _kind_of(data: bytes) -> str:
    """Return the media type of a whole, small raster image, or nothing."""
    import io

    from PIL import Image

    kinds = {"PNG": "image/png", "JPEG": "image/jpeg"}
    try:
        with Image.open(io.BytesIO(data), formats=tuple(kinds)) as found:
            found.load()
            return kinds[found.format or ""]
    except (OSError, ValueError, KeyError, SyntaxError, Image.DecompressionBombError):
        return ""
