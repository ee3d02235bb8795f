"""The fonts that packs are set in: where they are, what they cover, and a fontconfig that knows no others."""

from functools import lru_cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "fonts"
LAST_RESORT: Final = "DejaVuSansCondensed.ttf"
"""Stands behind every other family, so what it covers can always be printed."""

_CONFIGURATION = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{cache}</cachedir><config></config></fontconfig>
"""


def write_configuration(folder: Path) -> Path:
    """Write a fontconfig file into `folder` that lists the packaged fonts only, and return its path."""
    from xml.sax.saxutils import escape

    path = folder / "fonts.conf"
    path.write_text(
        _CONFIGURATION.format(fonts=escape(str(FOLDER)), cache=escape(str(folder / "fontconfig"))), encoding="utf-8",
    )
    return path


@lru_cache(maxsize=1)
def printable() -> frozenset[int]:
    """Return the code points that every text of a pack can show."""
    from fontTools.ttLib import TTFont

    with TTFont(FOLDER / LAST_RESORT, lazy=True) as font:
        return frozenset(font.getBestCmap())
