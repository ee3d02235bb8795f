"""What the tables are called, for who makes them and who asks them: neither loads the other."""

from typing import Final

FORMAT: Final = 1
"""Of the tables; a database of a higher one was written by a newer govern and is not touched."""
TABLES: Final = ("meta", "entry", "node", "submission", "checkpoint", "key", "producer", "root")
"""Every one of them is append-only, by trigger and, on PostgreSQL, by what the writing role may do."""
