"""What a dataset is, without a value of it: its shape and its digest."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from govern.domain.facts.records import Column
from govern.domain.text import Digest
from govern.errors import DataError, UsageError
from govern.measure.inputs import FrameSource


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetShape:
    """Rows and columns of a dataset."""

    rows: int
    columns: tuple[Column, ...]
    media_type: str


def describe(source: FrameSource) -> DatasetShape:
    """Count rows and name columns with their kinds. Raises `UsageError`, `DataError` as `measure`."""
    from govern.measure.frames import Frames

    with Frames() as frames:
        frame = frames.open(source)
        columns = tuple(Column(name=name, type=kind) for name, kind in frame.kinds.items())
        return DatasetShape(rows=frame.rows(), columns=columns, media_type=_media_type(source))


def digest_of_source(source: FrameSource) -> Digest:
    """Digest a dataset: a file by its bytes, a folder by its files' names and bytes, a frame by its Arrow columns.

    The same table as pandas, Polars or Arrow has one digest; a file of it has another. Raises `UsageError`,
    `DataError`.
    """
    if isinstance(source, str | Path):
        return _digest_path(Path(source))
    from govern.measure.frames import arrow, as_arrow

    table = source if type(source).__module__.partition(".")[0] != "ibis" else arrow(source)
    return _digest_table(as_arrow(table))


def _digest_path(path: Path) -> Digest:
    if not path.exists():
        raise UsageError(f"there is no file {path}", "Check the path.")
    try:
        if path.is_file():
            return Digest("sha256:" + _hashed(path))
        files = sorted(one for one in path.rglob("*") if one.is_file() and not one.name.startswith((".", "_")))
        lines = "".join(f"{_hashed(one)}  {one.relative_to(path).as_posix()}\n" for one in files)
    except OSError as error:
        raise DataError(f"{path} can't be read: {error}", "Check its permissions.") from error
    return Digest("sha256:" + hashlib.sha256(lines.encode()).hexdigest())


def _hashed(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest_table(table: Any) -> Digest:
    """Hash the columns as one Arrow stream in batches of fixed length, so that chunking does not matter."""
    import pyarrow as pa

    class _Sink:
        def __init__(self) -> None:
            self.hash = hashlib.sha256()
            self.closed = False

        def write(self, data: Any) -> int:
            self.hash.update(data)
            return len(data)

        def flush(self) -> None: ...

        def close(self) -> None: ...

    sink = _Sink()
    combined = table.combine_chunks()
    with pa.ipc.new_stream(pa.PythonFile(sink, mode="w"), combined.schema) as writer:
        for start in range(0, combined.num_rows, 65_536):
            # Taking by index copies: buffers then hold nothing but these rows, whatever they were sliced from.
            rows = pa.array(range(start, min(start + 65_536, combined.num_rows)), pa.int64())
            for batch in combined.take(rows).combine_chunks().to_batches():
                writer.write_batch(batch)
    return Digest("sha256:" + sink.hash.hexdigest())


def _media_type(source: FrameSource) -> str:
    if not isinstance(source, str | Path):
        return "application/vnd.apache.arrow.stream"
    path = Path(source)
    if path.is_dir() or path.suffix.lower() in {".parquet", ".pq"}:
        return "application/vnd.apache.parquet"
    return "text/tab-separated-values" if path.suffix.lower() == ".tsv" else "text/csv"
