"""Keys and the trust root: making, enrolling, rotating and revoking keys, and renewing the root."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from govern.canonical.statement import fact_digest
from govern.domain.facts import TrustRootFact
from govern.domain.statement import Draft, Subject
from govern.domain.text import instant
from govern.errors import UsageError
from govern.trust import changes, enrolment
from govern.trust.home import Home
from govern.trust.keyring import KeyInfo, Keyring
from govern.workflow.interface import Passphrases
from govern.workflow.views import Written
from govern.workflow.workspace import Workspace, written

MAX_REQUEST = 64 * 1024
"""Bytes of an enrolment request; ours take some 400."""


def new(home: Home, name: str, *, holder: str, passphrases: Passphrases) -> KeyInfo:
    """Make a key pair on this machine. Raises `SigningKeyError`."""
    return Keyring(home.keys).create(name, holder=holder, passphrase=passphrases(name))


def change_passphrase(home: Home, name: str, *, passphrases: Passphrases) -> None:
    """Encrypt a key of this machine with another passphrase, which is asked for as `NAME.new`. Raises `SigningKeyError`."""
    Keyring(home.keys).change_passphrase(name, old=passphrases, new=passphrases(f"{name}.new"))


def names(home: Home) -> tuple[KeyInfo, ...]:
    """Return the keys on this machine."""
    ring = Keyring(home.keys)
    return tuple(ring.info(name) for name in ring.names())


def request(ws: Workspace, name: str, *, holder: str | None = None, passphrases: Passphrases) -> bytes:
    """Return the file with which the holder of a key asks for its enrolment. Raises `SigningKeyError`."""
    return enrolment.write(enrolment.ask(ws.config.origin, ws.keyring.signer(name, passphrases), holder=holder))


def enrol(
    ws: Workspace, name: str, *, roles: Sequence[str], holder: str | None = None, passphrases: Passphrases,
    signers: Sequence[str] = (),
) -> Written:
    """Enrol a key of this machine, or the one that a request file (a path) asks for.

    `signers` names the root keys that sign; by default the one of the configuration.
    Raises `SigningKeyError`, `UsageError`, `Refused`.
    """
    asked = _asked(ws, name, holder, passphrases)
    return _update(ws, lambda root: changes.enrolled(root, asked, roles), signers=signers, passphrases=passphrases)


def rotate(
    ws: Workspace, old: str, new_name: str, *, passphrases: Passphrases, signers: Sequence[str] = (),
) -> Written:
    """Replace a key by a new one of the same holder, in every role. Raises `SigningKeyError`, `Refused`."""
    keyid = _keyid(ws, old)
    holder = ws.ledger.trust_root().keys[keyid].holder if keyid in ws.ledger.trust_root().keys else None
    asked = _asked(ws, new_name, holder, passphrases)
    return _update(
        ws, lambda root: changes.rotated(root, keyid, asked, void_from=ws.ledger.size + 1),
        signers=signers, passphrases=passphrases,
        log_key=new_name if old == ws.config.keys.log else None,
    )


def revoke(
    ws: Workspace, key: str, *, reason: str, void_from: int | None = None, passphrases: Passphrases,
    signers: Sequence[str] = (),
) -> Written:
    """Void a key from an index on (by default from now on). Raises `UsageError`, `Refused`."""
    keyid = _keyid(ws, key)
    return _update(
        ws,
        lambda root: changes.revoked(
            root, keyid, void_from=ws.ledger.size + 1 if void_from is None else void_from, reason=reason
        ),
        signers=signers, passphrases=passphrases,
    )


def renew(
    ws: Workspace, *, expires: datetime, thresholds: Mapping[str, int] | None = None, passphrases: Passphrases,
    signers: Sequence[str] = (),
) -> Written:
    """Set a later expiry, and other thresholds where given. Raises `UsageError`, `Refused`."""
    if expires <= ws.now():
        raise UsageError(
            f"a trust root that expires on {instant(expires)[:10]} would lock everybody out", "Give a day in the future."
        )
    return _update(
        ws, lambda root: changes.renewed(root, expires=expires, thresholds=thresholds),
        signers=signers, passphrases=passphrases,
    )


def _asked(ws: Workspace, name: str, holder: str | None, passphrases: Passphrases) -> enrolment.Enrolment:
    if name in ws.keyring.names():
        return enrolment.ask(ws.config.origin, ws.keyring.signer(name, passphrases), holder=holder)
    path = Path(name)
    if not path.is_file():
        raise UsageError(
            f"“{name}” is neither a key on this machine nor a request file",
            "`govern key list` shows the keys here; `govern key request` on another machine writes a file.",
        )
    with path.open("rb") as file:
        return enrolment.read(file.read(MAX_REQUEST))


def _keyid(ws: Workspace, key: str) -> str:
    """Find a key by its name on this machine, or by the beginning of its id in the trust root."""
    if key in ws.keyring.names():
        return ws.keyring.info(key).keyid
    found = [keyid for keyid in ws.ledger.trust_root().keys if keyid.startswith(key)] if len(key) >= 8 else []  # noqa: PLR2004
    if len(found) != 1:
        raise UsageError(
            f"“{key}” names no key, or several", "Give its name here, or at least 8 digits of its id: `govern trust show`."
        )
    return found[0]


def _update(
    ws: Workspace, change: Callable[[TrustRootFact], TrustRootFact], *, signers: Sequence[str], passphrases: Passphrases, log_key: str | None = None,
) -> Written:
    size = ws.ledger.size
    root = change(ws.ledger.trust_root())
    draft = Draft(subjects=(Subject(name=f"trust-root@{root.version}", digest=fact_digest(root)),), fact=root)
    trusted = ws.home.checkpoints(ws.config.origin)
    entries = ws.ledger.append(
        [draft], signers=[ws.keyring.signer(name, passphrases) for name in signers or (ws.config.keys.root,)],
        log_signer=ws.keyring.signer(log_key or ws.config.keys.log, passphrases),
        now=ws.now(), trusted=trusted, at=size,
    )
    return written(entries[0])

