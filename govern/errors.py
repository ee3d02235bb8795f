"""Every error of govern: what happened, what to do about it, and the exit code it ends with.

A leaf carries two sentences: `message` says what happened, `hint` what the reader can do next. One function,
`exit_code`, maps an error to the process's exit code, so that no command invents its own.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a process says when it ends (see README, "Exit codes")."""

    OK = 0
    """Allowed, verified, done."""
    REFUSED = 1
    """A rule failed, a signature or a proof is wrong, the ledger does not allow it."""
    USAGE = 2
    """The command's words, files or columns are off: nothing was tried."""
    INCONCLUSIVE = 3
    """Denied because evidence is missing, stale or too thin to decide."""
    ERROR = 4
    """It could not be carried out or could not be checked; this never means "allowed"."""
    INTERRUPTED = 130
    """Stopped by the user (128 + SIGINT)."""


class GovernError(Exception):
    """The root of the tree; never raised itself."""

    code: ExitCode = ExitCode.ERROR

    def __init__(self, message: str, hint: str = "") -> None:
        """Keep what happened (`message`) apart from what to do (`hint`)."""
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Both sentences, for logs and for the terminal."""
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class UsageError(GovernError):
    """The caller asked for something that can't be: a wrong option, a missing file or column, an unknown name."""

    code = ExitCode.USAGE


class NotFoundError(UsageError):
    """A reference names nothing, or more than one thing, in this ledger."""


class DocumentError(UsageError):
    """A document from outside (YAML, JSON, TOML) is not what it has to be; `where` gives file, line and column."""

    def __init__(self, message: str, hint: str = "", *, where: str = "") -> None:
        """Prefix the message with the place in the document."""
        super().__init__(f"{where}: {message}" if where else message, hint)
        self.where = where


class DataError(GovernError):
    """Data or a model file can't be measured: empty, unreadable, of the wrong type."""


class UnsafeModelError(DataError):
    """A model file could run code when loaded, or needs types that the workspace has not allowed."""


class MissingExtraError(UsageError):
    """An optional package is not installed; the hint names the extra."""


class StorageError(GovernError):
    """The ledger's database or the object folder could not be read or written; nothing was half written."""


class CorruptStoreError(StorageError):
    """What is stored can't be what was written."""


class SigningKeyError(GovernError):
    """A signing key can't be used: not there, wrong passphrase, refused encoding."""


class WrongPassphraseError(SigningKeyError):
    """The passphrase does not open the key. Nothing was written."""

    code = ExitCode.REFUSED


class Refused(GovernError):  # noqa: N818 - a refusal is an answer, not a malfunction
    """The ledger's state does not allow what was asked."""

    code = ExitCode.REFUSED


class LedgerMovedError(Refused):
    """The ledger grew between reading and writing; what was decided on the older state was not written."""


class SelfTestError(GovernError):
    """A rule could not fail, or could not pass, on rows that are known to be bad or good: it judges nothing today."""


class GateDenied(Refused):
    """The gate's decision was deny; raised only where the caller asked for an exception."""


class VerificationError(GovernError):
    """Something is wrong: step, place and kind of damage are known."""

    code = ExitCode.REFUSED

    def __init__(
        self, message: str, hint: str = "", *, step: int = 0, index: int | None = None, kind: str = "",
        touches: tuple[str, ...] = (),
    ) -> None:
        """Say which numbered step found it, at which entry, what kind of damage it is and what rests on it."""
        super().__init__(message, hint)
        self.step = step
        self.index = index
        self.kind = kind
        self.touches = touches


class UnverifiableError(GovernError):
    """It could not be checked: a key, file or anchor that checking needs is not at hand."""


class Interrupted(GovernError):  # noqa: N818 - the user's wish, not a malfunction
    """The user stopped it; what had been acknowledged stays."""

    code = ExitCode.INTERRUPTED


def exit_code(error: BaseException) -> ExitCode:
    """Map any exception to the exit code that the command line ends with."""
    if isinstance(error, GovernError):
        return error.code
    if isinstance(error, KeyboardInterrupt):
        return ExitCode.INTERRUPTED
    return ExitCode.ERROR
