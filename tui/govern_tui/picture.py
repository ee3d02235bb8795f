"""A picture of the screen as SVG that refers to nothing on the web."""

import re
from typing import Any

from textual.app import App

_FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_FAMILY = re.compile(r"font-family:\s*Fira Code[^;]*;")


def without_web(svg: str) -> str:
    """Take out the web fonts that Rich's template names; any monospaced font of the reader's machine does."""
    return _FAMILY.sub("font-family: DejaVu Sans Mono, monospace;", _FONT_FACE.sub("", _COMMENT.sub("", svg)))


def picture_of(app: App[Any]) -> str:
    """The screen as it is now."""
    return without_web(app.export_screenshot())
