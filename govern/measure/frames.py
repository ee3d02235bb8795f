"""Opening frames: files and frames of other libraries through embedded DuckDB, tables of other engines as they are."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from govern.errors import DataError, UsageError
from govern.measure.columns import NUMERIC, Kind, missing_column
from govern.measure.inputs import FrameSource

MEMORY_LIMIT: Final = "320MB"
"""For DuckDB; what it needs beyond goes to the spill folder, so that 100 million rows stay under half a gigabyte."""
PARQUET_SUFFIXES: Final = (".parquet", ".pq")
CSV_SUFFIXES: Final = (".csv", ".tsv", ".txt", ".csv.gz")


@dataclass(frozen=True, slots=True)
class Frame:
    """An Ibis table with the kinds of its columns and what to call it in messages."""

    table: Any
    kinds: Mapping[str, Kind]
    name: str

    def require(self, column: str, role: str) -> None:
        """Raise `UsageError`, naming columns that look alike, where `column` is not there."""
        if column not in self.kinds:
            raise missing_column(column, self.kinds, role=role, where=self.name)

    def numeric(self, column: str) -> bool:
        """Whether the column holds numbers."""
        return self.kinds[column] in NUMERIC

    def rows(self) -> int:
        """Count the rows."""
        return int(run(self.table.aggregate(n=self.table.count()), self.name)[0]["n"])


class Frames:
    """A context in which frames are open; it owns the embedded engine and its spill folder."""

    def __init__(self, address: str | None = None) -> None:
        self._address = address
        self._other: Any = None
        self._folder: Path | None = None
        self._engine: Any = None
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close the engine and remove what it spilled."""
        # A Spark session is the process's, and dear: whoever measures next goes on with it.
        if self._other is not None and self._other.name != "pyspark":
            self._other.disconnect()
        if self._engine is not None:
            self._engine.disconnect()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def folder(self) -> Path:
        """A folder for what does not fit in memory, gone when the context ends."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="govern-"))
        return self._folder

    @property
    def engine(self) -> Any:
        """The embedded DuckDB."""
        if self._engine is None:
            with quiet():
                import ibis

            self._engine = ibis.duckdb.connect(
                memory_limit=MEMORY_LIMIT, temp_directory=str(self.folder / "spill"),
                autoinstall_known_extensions=False,
            )
            self._engine.raw_sql("SET enable_progress_bar = false")
        return self._engine

    def open(self, source: FrameSource, name: str = "the data", *, own: bool = False) -> Frame:
        """Open a path, a frame of pandas, Polars or PyArrow, or an Ibis table; `own` paths always by the embedded engine.

        Raises `UsageError` for a file that is not there or of an unknown suffix, `DataError` for one that can't be
        read or has no columns.
        """
        if isinstance(source, Frame):
            return source
        if isinstance(source, str | Path):
            with quiet():
                table = self._path(Path(source)) if self._address is None or own else self._elsewhere(source)
            name = f"{name} ({Path(source).name})"
        elif type(source).__module__.partition(".")[0] == "ibis":
            table = source
        else:
            table = self._arrow(as_arrow(source, name))
        kinds = {column: _kind(dtype) for column, dtype in table.schema().items()}
        if not kinds:
            raise DataError(f"{name} has no columns", "Give a frame with a header and rows.")
        return Frame(table=table, kinds=kinds, name=name)

    def _arrow(self, table: Any) -> Any:
        self._count += 1
        name = f"frame_{self._count}"
        self.engine.con.register(name, table)
        return self.engine.table(name)

    def _elsewhere(self, source: str | Path) -> Any:
        from govern.measure.engines import connect, read

        if self._other is None:
            self._other = connect(str(self._address))
        return read(self._other, source)

    def _path(self, path: Path) -> Any:
        if not path.exists():
            raise UsageError(f"there is no file {path}", "Check the path.")
        import duckdb

        self._count += 1
        name = f"frame_{self._count}"
        try:
            if path.is_dir():
                return self.engine.read_parquet(str(path / "**" / "*.parquet"), table_name=name)
            if path.name.lower().endswith(PARQUET_SUFFIXES):
                return self.engine.read_parquet(path, table_name=name)
            if path.name.lower().endswith(CSV_SUFFIXES):
                if path.stat().st_size == 0:
                    raise DataError(f"{path.name} is empty", "Give a file with a header and rows.")
                # The whole file decides a column's type: a text in row 30,000 must not fail or turn to null.
                return self.engine.read_csv(path, table_name=name, header=True, sample_size=-1)
        except (duckdb.Error, OSError, UnicodeError) as error:
            _raise_if_stopped(error)
            raise DataError(f"{path.name} can't be read: {_first_line(error)}", "Give CSV in UTF-8, or Parquet.") from error
        raise UsageError(
            f"{path.name} is neither CSV nor Parquet by its suffix", "Name it .csv, .tsv or .parquet, or convert it.",
        )


def how_many(condition: Any) -> Any:
    """Count the rows of which a condition is true; not every engine turns a truth value into a number."""
    return condition.ifelse(1, 0).sum().fill_null(0)


def md5(table: Any, text: Any) -> Any:
    """An expression of the MD5 of a table's text in hexadecimal; Ibis has no rule of its own for PostgreSQL, which has the function."""
    if table.get_backend().name != "postgres":
        return text.hexdigest("md5")
    import ibis

    def digest(text: str) -> str: ...  # type: ignore[empty-body]

    return ibis.udf.scalar.builtin(digest, name="md5")(text)


def run(expression: Any, name: str = "the data") -> list[dict[str, Any]]:
    """Execute an Ibis expression and return its rows. Raises `DataError` where the engine can't."""
    return list(arrow(expression, name).to_pylist())


def arrow(expression: Any, name: str = "the data") -> Any:
    """Execute an Ibis expression and return an Arrow table. Raises `DataError` where the engine can't."""
    try:
        with quiet():
            return expression.to_pyarrow()
    except (KeyboardInterrupt, MemoryError):
        raise
    except Exception as error:  # engines have an error tree each, and this is where all of them end
        _raise_if_stopped(error)
        raise DataError(f"{name} can't be measured: {_first_line(error)}", "Check that every row has the type of its column.") from error


def _raise_if_stopped(error: BaseException) -> None:
    """Raise `KeyboardInterrupt` where DuckDB took Ctrl-C for itself: the data has no fault then."""
    if type(error).__name__ == "InterruptException":
        raise KeyboardInterrupt from error


def batches(frame: Frame, rows: int) -> Iterator[Any]:
    """Fetch a frame as Arrow record batches of at most `rows` rows."""
    backend = frame.table.get_backend()
    if backend.name == "duckdb":  # Ibis 12 asks DuckDB 2 for a method that is gone
        yield from backend.con.sql(backend.compile(frame.table)).to_arrow_reader(rows)
    else:
        yield from frame.table.to_pyarrow_batches(chunk_size=rows)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Ibis' deprecations of its own engines' methods off the user's screen; they are not the user's to mend."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        yield


def as_arrow(source: Any, name: str = "the data") -> Any:
    """Turn a pandas, Polars or PyArrow frame into an Arrow table with plain columns. Raises `DataError`, `UsageError`."""
    import pyarrow as pa

    module = type(source).__module__.partition(".")[0]
    try:
        if isinstance(source, pa.RecordBatch):
            table = pa.Table.from_batches([source])
        elif isinstance(source, pa.Table):
            table = source
        elif module == "pandas":
            table = pa.Table.from_pandas(source, preserve_index=False)
        elif module == "polars":
            table = (source.collect() if type(source).__name__ == "LazyFrame" else source).to_arrow()
        else:
            raise UsageError(
                f"a {type(source).__module__}.{type(source).__qualname__} is not a frame that can be measured",
                "Give a path to CSV or Parquet, a pandas, Polars or PyArrow frame, or an Ibis table.",
            )
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise DataError(f"{name} mixes types in a column: {_first_line(error)}", "Give every column one type.") from error
    if len(set(table.column_names)) != len(table.column_names):
        raise DataError(f"{name} has two columns of one name", "Rename one of them.")
    return table.cast(_plain(table.schema)).replace_schema_metadata(None)


def _plain(schema: Any) -> Any:
    import pyarrow as pa

    def plain(kind: Any) -> Any:
        if pa.types.is_dictionary(kind):
            return plain(kind.value_type)
        text = pa.types.is_large_string(kind) or kind == pa.string_view()
        return pa.string() if text else kind

    return pa.schema([pa.field(field.name, plain(field.type)) for field in schema])


def _kind(dtype: Any) -> Kind:
    checks: Sequence[tuple[Kind, bool]] = (
        ("boolean", dtype.is_boolean()), ("integer", dtype.is_integer()), ("float", dtype.is_floating()),
        ("decimal", dtype.is_decimal()), ("text", dtype.is_string()), ("date", dtype.is_date()),
        ("timestamp", dtype.is_timestamp()),
    )
    return next((kind for kind, holds in checks if holds), "other")


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
