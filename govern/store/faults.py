"""What a database says when something is wrong, as errors of ours."""

from collections.abc import Iterator
from contextlib import contextmanager

from govern.errors import CorruptStoreError, GovernError, StorageError

_CORRUPT = ("malformed", "could not decode", "not a database", "disk image", "corrupt", "invalid page", "checksum", "could not read block")
_REACH = "Check that it runs, and the address in config.toml; nothing was half written."
_KNOWN = (
    ("disk is full", "the disk is full", "Make room and repeat the command; nothing was half written."),
    ("no space left", "the disk is full", "Make room and repeat the command; nothing was half written."),
    ("readonly database", "the ledger can only be read here", "Check who owns its file and folder."),
    ("read-only", "the ledger can only be read here", "Check who owns it, and which role you connect as."),
    ("permission denied", "the database refuses this", "Ask its owner for the role govern_writer."),
    ("unable to open", "the ledger’s file can’t be opened", "Check that file and folder are there and yours."),
    ("locked", "another process holds the ledger’s database", "Wait for it to end and repeat the command."),
    ("lock timeout", "another process holds the ledger’s database", "Wait for it to end and repeat the command."),
    ("append-only", "the database refused to change what is recorded", "Entries are only ever added."),
    ("disk i/o error", "the disk reported an error", "Check the disk. `govern verify` says whether the ledger is whole."),
    ("starting up", "the database is not ready yet", "Repeat the command in a moment: nothing was half written."),
    ('fatal: database "', "there is no such database", "Make it first (createdb NAME), or check the database in config.toml."),
    ('fatal: role "', "the database knows no such user", "Check the user in config.toml, or ask the database’s owner for a login."),
    ("authentication failed", "the database refused the password", "Check the user in config.toml and the password in PGPASSFILE."),
    ("connection refused", "the database does not answer", _REACH),
    ("resolve host", "the database’s host is not known", _REACH),
    ("connection timeout", "the database does not answer", _REACH),
    ("connection", "the connection to the database was lost", "Repeat the command when it is back: nothing was half written."),
    ("terminating", "the database shut down", "Repeat the command when it is back: nothing was half written."),
    ("interrupted", "the database was interrupted", "Repeat the command."),
)

_REFUSED = ("disk is full", "no space left", "locked", "readonly database", "read-only", "append-only", "permission denied")
"""Where the database says so at a commit, it did not commit."""
_LOOK = "`govern status` shows how many entries there are: look before you repeat the command."


@contextmanager
def storage_errors(what: str, *, committing: bool = False) -> Iterator[None]:
    """Turn any error of the database into a `StorageError` that says what was being done and what helps.

    `committing`: what is written may be durable although the database did not say so, unless it had no room for it.
    """
    try:
        yield
    except GovernError:
        raise
    except Exception as error:
        behind = getattr(error, "orig", None) or error
        if _raised_by(behind, {"sqlite3", "psycopg"}):
            raise explained(behind, what, committing=committing) from error
        if _raised_by(error, {"sqlalchemy.exc"}):
            raise StorageError(f"{what}: {error}", "Check the database.") from error
        raise


def _raised_by(error: BaseException, modules: set[str]) -> bool:
    """Say whether a driver or SQLAlchemy raised this, without importing what is not loaded."""
    names = {"Error", "SQLAlchemyError"}
    return any(base.__name__ in names and base.__module__ in modules for base in type(error).__mro__)


def explained(error: BaseException, what: str, *, committing: bool = False) -> StorageError:
    """Name what is behind a driver's error."""
    said = " ".join(str(error).lower().split())
    if any(word in said for word in _CORRUPT):
        return CorruptStoreError(
            f"{what}: the database is damaged ({said[:200]})",
            "Restore it from a backup, then run `govern verify --full`: the trusted checkpoint says whether it is whole.",
        )
    for word, message, hint in _KNOWN:
        if word in said:
            if not committing:
                return StorageError(f"{what}: {message}", hint)
            if word in _REFUSED:
                return StorageError(f"nothing was written: {message}", hint)
            return StorageError(f"{what}: {message}", _LOOK)
    return StorageError(f"{what}: {said[:300]}", _LOOK if committing else "Check the database and its log.")
