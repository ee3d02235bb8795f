"""Where passphrases come from: a file descriptor, a file, the system's keyring, or a prompt; never from the command's words."""

import getpass
import os
import re
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from govern.errors import SigningKeyError, UsageError

VARIABLE = "GOVERN_PASSPHRASE_FILE"
SERVICE = "govern"
"""Under which the operating system's keyring keeps a passphrase, by the key's name: `keyring set govern NAME`."""
LIMIT = 64 * 1024
"""Bytes read from a descriptor or file: more is not a list of passphrases, and could be endless."""
_NAMED = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*):[ \t]+(.*)")

Passphrases = Callable[[str], str]


def _never(name: str) -> bool:
    del name
    return False


def source(descriptor: int | None, *, creating: Callable[[str], bool] = _never) -> Passphrases:
    """Return the callback that use cases ask; each key's passphrase is asked for once in a command.

    Where `creating` says that a key is new, the prompt asks twice and an empty answer is refused.

    A descriptor comes before the file that GOVERN_PASSPHRASE_FILE names, that before the operating system's keyring (extra
    `keyring`), and that before the prompt. The file, and what
    the descriptor gives, holds one line for all keys or lines `name: passphrase`. Nothing is read before a key is
    asked for.
    """
    given: dict[str, str] | None = None
    asked: dict[str, str] = {}

    def ask(name: str) -> str:
        nonlocal given
        if given is None:
            given = _given(descriptor)
        if name not in asked:
            new = creating(name)
            kept = None if given or new else _kept(name)
            passphrase = _named(given, name) if given else kept or _prompted(name, creating=new)
            if new and not passphrase:
                raise UsageError(
                    f"the passphrase for the new key “{name}” is empty",
                    "Choose one: it is what protects the key on this disk.",
                )
            asked[name] = passphrase
        return asked[name]

    return ask


def _named(given: Mapping[str, str], name: str) -> str:
    passphrase = given.get(name, given.get(""))
    if passphrase is None:
        raise SigningKeyError(
            f"no passphrase is given for the key “{name}”",
            f"Add a line “{name}: passphrase” to what --passphrase-fd or {VARIABLE} names.",
        )
    return passphrase


def _kept(name: str) -> str | None:
    """Return what the operating system's keyring holds for a key; None where there is no keyring, or nothing in it."""
    try:
        keyring = import_module("keyring")
    except ModuleNotFoundError:
        return None
    try:
        kept: str | None = keyring.get_password(SERVICE, name)
    except Exception:  # noqa: BLE001 - a keyring that is locked or not there has errors of its own; the prompt is left
        return None
    return kept


def _given(descriptor: int | None) -> dict[str, str]:
    """Read what the caller hands in: name to passphrase, with "" for every name. Empty where nothing is handed in."""
    if descriptor is not None:
        try:
            # A copy is closed, so that the caller's own descriptor stays as it is.
            with os.fdopen(os.dup(descriptor), "rb") as stream:
                data = stream.read(LIMIT + 1)
        except OSError as error:
            raise UsageError(
                f"file descriptor {descriptor} can't be read: {error.strerror}",
                "Hand it over in the shell, as in: --passphrase-fd 3 3< FILE",
            ) from error
        return _parsed(data, f"--passphrase-fd {descriptor}")
    named = os.environ.get(VARIABLE)
    if not named:
        return {}
    try:
        with Path(named).open("rb") as stream:
            data = stream.read(LIMIT + 1)
    except OSError as error:
        raise UsageError(
            f"{VARIABLE} names {named}, which can't be read: {error.strerror}", "Name a file that you may read."
        ) from error
    return _parsed(data, named)


def _parsed(data: bytes, where: str) -> dict[str, str]:
    if len(data) > LIMIT:
        raise UsageError(f"{where} gives more than {LIMIT} bytes", "It should hold passphrases, one a line.")
    try:
        lines = [line for line in data.decode("utf-8").splitlines() if line]
    except UnicodeDecodeError as error:
        raise UsageError(f"{where} is not UTF-8 text", "It should hold passphrases, one a line.") from error
    if not lines:
        raise UsageError(f"{where} holds no passphrase", "Put one line for all keys, or lines “name: passphrase”.")
    named = [_NAMED.fullmatch(line) for line in lines]
    if len(lines) == 1 and named[0] is None:
        return {"": lines[0]}
    found: dict[str, str] = {}
    for number, match in enumerate(named, start=1):
        if match is None:
            raise UsageError(
                f"line {number} of {where} is not “name: passphrase”",
                "Put one line for all keys, or a line “name: passphrase” for each key.",
            )
        found[match[1]] = match[2]
    return found


def _prompted(name: str, *, creating: bool) -> str:
    try:
        # getpass would fall back to reading stdin with echo; a passphrase that shows is worse than none.
        with Path("/dev/tty").open("r+b", buffering=0):
            pass
    except OSError as error:
        raise SigningKeyError(
            f"the key “{name}” needs its passphrase, and there is no terminal to ask on",
            f"Hand it in with --passphrase-fd N, or name a file in {VARIABLE}.",
        ) from error
    try:
        if not creating:
            return getpass.getpass(f"Passphrase of the key “{name}”: ")
        first = getpass.getpass(f"New passphrase for the key “{name}”: ")
        if first and getpass.getpass("The same again: ") != first:
            raise UsageError("the two passphrases differ", "Nothing was written: start again.")
    except EOFError as error:
        raise KeyboardInterrupt from error
    return first
