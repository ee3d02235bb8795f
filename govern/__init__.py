"""Governance and compliance audit for machine learning: evidence, verdicts, signed approvals, and their proof."""

from typing import TYPE_CHECKING, Any

from govern.version import VERSION

if TYPE_CHECKING:
    from govern.errors import GateDenied, GovernError
    from govern.face import open  # noqa: A004 - `govern.open()` reads as it should

__version__ = VERSION
__all__ = ["GateDenied", "GovernError", "__version__", "open"]


def __getattr__(name: str) -> Any:
    """Load the Python face when it is first asked for: commands that don't need it don't pay for it."""
    if name == "open":
        from govern import face

        return face.open
    if name in {"GateDenied", "GovernError"}:
        from govern import errors

        return getattr(errors, name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
