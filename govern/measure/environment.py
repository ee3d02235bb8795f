"""The versions that numbers rest on."""

import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from govern.measure.registry import providers

PACKAGES: Final = (
    "alibi-detect", "duckdb", "fairlearn", "ibis-framework", "numpy", "pandas", "polars", "pyarrow", "pyspark",
    "scikit-learn", "scipy", "shap", "skops", "torch",
)
"""What the numbers rest on; one that is not installed is left out."""


def environment(measures: Iterable[str] = ()) -> dict[str, str]:
    """Versions of the interpreter, of the packages that numbers rest on, and of those that offer one of `measures`."""
    found = {"python": platform.python_version(), "platform": f"{platform.system()}-{platform.machine()}"}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    found |= {f"measure {name}": offered for name, offered in providers(measures).items()}
    return dict(sorted(found.items()))
