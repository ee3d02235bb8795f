"""Which detector a workspace or a command asked for; the package behind it is imported only then."""

from govern.errors import MissingExtraError, UsageError
from govern.measure.detectors.interface import Detector
from govern.measure.inputs import DetectorName


def detector(name: DetectorName) -> Detector:
    """Make a detector. Raises `UsageError` for an unknown name, `MissingExtraError` where its package is absent."""
    if name == "scipy":
        from govern.measure.detectors.scipy_ import ScipyDetector

        return ScipyDetector()
    if name != "alibi-detect":
        raise UsageError(f"there is no detector “{name}”", "Name scipy or alibi-detect.")
    from govern.measure.detectors.alibi import AlibiDetector

    try:
        return AlibiDetector()
    except ImportError as error:
        raise MissingExtraError("alibi-detect is not installed", 'Install it (mind its licence), or use detector = "scipy".') from error
