"""Engines beyond the embedded one, by address: Spark through Ibis, where one machine is not enough."""

from pathlib import Path
from typing import Any, Final

from govern.errors import DataError, MissingExtraError, UsageError

SPARK_SCHEMES: Final = ("spark://", "local[", "local", "yarn", "k8s://")
SPARK_SETTINGS: Final = {
    "spark.sql.session.timeZone": "UTC", "spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false",
    # Cells are few: 200 tasks to add them up would take longer than the scan.
    "spark.sql.shuffle.partitions": "8",
    # A cast that fails has to stop the run, not to turn into a null.
    "spark.sql.ansi.enabled": "true",
}


def connect(address: str) -> Any:
    """Connect Ibis to an engine by its address, such as `spark://host:7077`.

    Raises `UsageError` for an address of no known engine, `MissingExtraError` without pyspark, `DataError` where
    nobody answers.
    """
    if not address.startswith(SPARK_SCHEMES):
        raise UsageError(f"“{address}” is not the address of an engine", "Give spark://HOST:PORT, or hand in an Ibis table.")
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
        raise DataError(f"Spark at {address} can't be reached: {str(error).splitlines()[0][:200]}", "Check its address, and Java.") from error


def read(engine: Any, path: Path) -> Any:
    """Open a file where every worker sees it. Raises `UsageError`, `DataError`."""
    if not path.exists():
        raise UsageError(f"there is no file {path}", "Check the path; every worker has to see it.")
    try:
        if path.is_dir() or path.suffix.lower() in {".parquet", ".pq"}:
            return engine.read_parquet(str(path.resolve()))
        return engine.read_csv(str(path.resolve()), header=True, inferSchema=True)
    except Exception as error:  # see `connect`
        raise DataError(f"{path.name} can't be read: {str(error).splitlines()[0][:200]}", "Give CSV in UTF-8, or Parquet.") from error
