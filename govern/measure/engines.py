"""Engines beyond the embedded one, by address: Spark on files, databases on their own tables, both through Ibis."""

from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from govern.errors import DataError, MissingExtraError, UsageError

SPARK_SCHEMES: Final = ("spark://", "local[", "local", "yarn", "k8s://")
SPARK_SETTINGS: Final = {
    "spark.sql.session.timeZone": "UTC", "spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false",
    # Cells are few: 200 tasks to add them up would take longer than the scan.
    "spark.sql.shuffle.partitions": "8",
    # A cast that fails has to stop the run, not to turn into a null.
    "spark.sql.ansi.enabled": "true",
}
DATABASES: Final = ("postgresql", "postgres", "trino", "snowflake", "bigquery")
"""Schemes of connection strings; there `data` and `reference` are names of tables, with or without their schema."""
_CSV: Final = {"header": True, "quote": '"', "escape": '"', "multiLine": True, "ignoreLeadingWhiteSpace": False}
"""As RFC 4180 has it, and as the embedded engine reads it."""


def is_spark(address: str) -> bool:
    """Whether an address is of a Spark master, which reads files, and not of a database, which has tables."""
    return address.startswith(SPARK_SCHEMES)


def connect(address: str) -> Any:
    """Connect Ibis to an engine by its address, such as `spark://host:7077` or `postgresql://user@host/database`.

    Raises `UsageError` for an address of no known engine or with a password in it, `MissingExtraError` without the
    engine's package, `DataError` where nobody answers.
    """
    if is_spark(address):
        return _spark(address)
    parts = urlsplit(address)
    if parts.scheme not in DATABASES:
        raise UsageError(
            f"“{address}” is not the address of an engine",
            "Give spark://HOST:PORT or postgresql://USER@HOST/DATABASE, or hand in an Ibis table.",
        )
    if parts.password is not None:
        raise UsageError(
            "the address of the engine has a password in it, and everybody on this machine can read it there",
            "Leave it out of the address: PostgreSQL takes it from ~/.pgpass or PGPASSWORD.",
        )
    import ibis

    try:
        return ibis.connect(address)
    except ImportError as error:
        raise MissingExtraError(
            f"the package that talks to {parts.scheme} is not installed", f"Install ibis-framework[{parts.scheme}]; for PostgreSQL, govern[postgres]."
        ) from error
    except Exception as error:  # every engine has an error tree of its own
        raise DataError(f"{parts.scheme} at {parts.hostname} can't be reached: {_first_line(error)}", "Check its address and your rights.") from error


def read(engine: Any, source: str | Path) -> Any:
    """Open a file where every worker sees it, or a table by its name. Raises `UsageError`, `DataError`."""
    if engine.name != "pyspark":
        return _table(engine, str(source))
    path = Path(source)
    if not path.exists():
        raise UsageError(f"there is no file {path}", "Check the path; every worker has to see it.")
    try:
        if path.is_dir() or path.suffix.lower() in {".parquet", ".pq"}:
            return engine.read_parquet(str(path.resolve()))
        separator = "\t" if path.suffix.lower() == ".tsv" else ","
        return engine.read_csv(str(path.resolve()), inferSchema=True, sep=separator, **_CSV)
    except Exception as error:  # see `connect`
        raise DataError(f"{path.name} can't be read: {_first_line(error)}", "Give CSV in UTF-8, or Parquet.") from error


def _spark(address: str) -> Any:
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise MissingExtraError("pyspark is not installed", "Install govern[spark]; it needs Java 17 or later.") from error
    import ibis

    builder = SparkSession.builder.master(address).appName("govern measure")
    for name, value in SPARK_SETTINGS.items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
        session.sparkContext.setLogLevel("ERROR")
        return ibis.pyspark.connect(session)
    except Exception as error:  # py4j's tree has no leaf for this
        raise DataError(f"Spark at {address} can't be reached: {_first_line(error)}", "Check its address, and Java.") from error


def _table(engine: Any, name: str) -> Any:
    schema, _, table = name.rpartition(".")
    try:
        return engine.table(table, database=schema or None)
    except Exception as error:  # see `connect`
        raise UsageError(f"there is no table “{name}” there: {_first_line(error)}", "Name it as TABLE or SCHEMA.TABLE.") from error


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
