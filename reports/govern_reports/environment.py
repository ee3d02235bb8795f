"""What a layout rests on: versions and fonts, so that a re-render knows whether equal bytes may be expected."""

import hashlib
import platform
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from govern_reports.fonts import FOLDER

PACKAGES: Final = ("weasyprint", "pydyf", "tinycss2", "tinyhtml5", "cssselect2", "pyphen", "fonttools", "pillow", "pikepdf")


@lru_cache(maxsize=1)
def describe() -> dict[str, str]:
    """Return package versions, platform, zlib and one digest over the fonts; the system libraries where known."""
    import zlib

    found = {name: _version(name) for name in PACKAGES}
    fonts = hashlib.sha256()
    for path in sorted(FOLDER.glob("*.ttf")):
        fonts.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return found | {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "zlib": zlib.ZLIB_RUNTIME_VERSION,
        "fonts": fonts.hexdigest(),
        "pango": _library(("libpango-1.0.so.0", "libpango-1.0.dylib"), "pango_version_string"),
        # Without it WeasyPrint lets fontTools cut the fonts, which gives other bytes.
        "harfbuzz-subset": _library(("libharfbuzz-subset.so.0", "libharfbuzz-subset.dylib"), "hb_version_string"),
    }


def _version(name: str) -> str:
    """Return a package's version, or a dash."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "-"


def _library(names: tuple[str, ...], function: str) -> str:
    """Return what a system library says its version is, or a dash where there is none."""
    import ctypes

    for name in names:
        try:
            said = getattr(ctypes.CDLL(name), function)
        except (OSError, AttributeError):
            continue
        said.restype = ctypes.c_char_p
        return str(said().decode("ascii"))
    return "-"
