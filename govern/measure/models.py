"""Model files: skops with types that were allowed by name; a pickle is never loaded."""

import warnings
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from govern.errors import DataError, UnsafeModelError, UsageError
from govern.measure.pickles import called_by, inside_zip

SKOPS_MEDIA_TYPE: Final = "application/vnd.skops"
MEDIA_TYPES: Final = {
    ".onnx": "application/vnd.onnx", ".json": "application/json", ".pmml": "application/pmml+xml",
    ".safetensors": "application/vnd.safetensors", ".ubj": "application/ubjson", ".txt": "text/plain",
}
MAX_SCHEMA: Final = 64 * 2**20
"""Bytes of a skops file's description; a forest of 1,000 trees has 2 MB."""
MAX_UNPACKED: Final = 8 * 2**30
"""Bytes that a skops file may unpack to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelShape:
    """What a model file says of itself."""

    features: tuple[str, ...]
    """Columns it wants, in its order; empty where it does not say, or is of a format that is not opened."""
    unknown_types: tuple[str, ...]
    """Types beyond the safe ones that loading it needs, all of them allowed by name."""
    media_type: str


def check_model_file(path: Path | str, allowed_types: Sequence[str] = ()) -> ModelShape:
    """Look at a model file without running anything of it that was not allowed by name.

    A skops file is loaded; other formats (ONNX, JSON, …) are bytes that are not opened. Raises `UsageError` for a file
    that is not there, `UnsafeModelError` for a pickle in any wrapping and for a skops file that needs types nobody
    allowed, `DataError` for a damaged file.
    """
    path = Path(path)
    if not is_skops(path):
        return ModelShape(features=(), unknown_types=(), media_type=MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream"))
    needed = _needed_types(path, allowed_types)
    return ModelShape(features=features_of(_load(path, needed)), unknown_types=needed, media_type=SKOPS_MEDIA_TYPE)


def load_model(path: Path | str, allowed_types: Sequence[str] = ()) -> Any:
    """Load a skops model. Raises as `check_model_file`, and `UsageError` for other formats."""
    path = Path(path)
    if not is_skops(path):
        raise UsageError(f"{path.name} is not a skops file and can't be asked for predictions", "Give its predictions or scores as a column, or save it with skops.")
    return _load(path, _needed_types(path, allowed_types))


def is_skops(path: Path) -> bool:
    """Whether a file is skops. Raises `UnsafeModelError` for a pickle, `UsageError` where there is no file."""
    if not path.is_file():
        raise UsageError(f"there is no model file {path}", "Check the path.")
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                described = "schema.json" in archive.namelist()
            called = inside_zip(path)
            if described and called is None:
                return True
        else:
            called = called_by(path)
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise DataError(f"{path.name} can't be read: {error}", "Save the model again.") from error
    if called is not None:
        what = ", ".join(called) if called else "nothing that could be read"
        raise UnsafeModelError(
            f"{path.name} is a pickle, or holds one, and was not loaded; loading it would have called: {what}",
            'Save the model with skops: skops.io.dump(model, "model.skops").',
        )
    return False


def features_of(model: Any) -> tuple[str, ...]:
    """The columns a scikit-learn model was fitted on, in order; empty where it was fitted on a bare array."""
    names = getattr(model, "feature_names_in_", None)
    return tuple(str(name) for name in names) if names is not None else ()


def _needed_types(path: Path, allowed_types: Sequence[str]) -> tuple[str, ...]:
    import skops.io

    try:
        with zipfile.ZipFile(path) as archive:
            too_large = archive.getinfo("schema.json").file_size > MAX_SCHEMA or sum(one.file_size for one in archive.infolist()) > MAX_UNPACKED
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            needed = () if too_large else tuple(sorted(skops.io.get_untrusted_types(file=path)))
    except Exception as error:  # a hostile description fails in many ways, and each is the same answer
        raise DataError(f"{path.name} is not a skops file that can be read: {type(error).__name__}", "Save the model again with skops.") from error
    if too_large:
        raise UnsafeModelError(f"{path.name} unpacks to more than a model may", "Save a smaller model.")
    refused = [one for one in needed if one not in allowed_types]
    if refused:
        raise UnsafeModelError(
            f"{path.name} needs types that are not allowed: {', '.join(refused)}",
            "Look at what they do, then allow them by name in the workspace's configuration (allowed_types).",
        )
    return needed


def _load(path: Path, needed: Sequence[str]) -> Any:
    import skops.io

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return skops.io.load(path, trusted=list(needed))
    except Exception as error:  # see `_needed_types`
        raise DataError(f"{path.name} can't be loaded: {type(error).__name__}: {str(error)[:200]}", "Save the model again with these versions of scikit-learn and skops.") from error
