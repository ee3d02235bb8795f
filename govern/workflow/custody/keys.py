"""Keys and the trust root: making, enrolling, rotating and revoking keys, and renewing the root."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from govern.domain.text import instant
from govern.errors import UsageError
from govern.lineage.graph import Graph, walk
from govern.lineage.nodes import Node, node_of
from govern.trust import changes, enrolment
from govern.trust.home import Home
from govern.trust.keyring import KeyInfo, Keyring
from govern.trust.keys import load_pem
from govern.workflow.custody.cosigning import Change, change_now
from govern.workflow.interface import Passphrases
from govern.workflow.place.workspace import Workspace
from govern.workflow.views import Written

RESTING = frozenset({"review", "promotion", "deployment"})
"""Kinds of entries that a revoked key may end."""
MAX_REQUEST = 64 * 1024
"""Bytes of an enrolment request; ours take some 400."""


def new(home: Home, name: str, *, holder: str, passphrases: Passphrases) -> KeyInfo:
    """Make a key pair on this machine. Raises `SigningKeyError`."""
    return Keyring(home.keys).create(name, holder=holder, passphrase=passphrases(name))


def link(
    home: Home, name: str, uri: str, *, holder: str, public: bytes | None = None, passphrases: Passphrases
) -> KeyInfo:
    """Name a key on this machine that lies elsewhere: in a file, the environment, a KMS or an HSM.

    `public` is its public half in PEM, where the service does not tell it. Raises `SigningKeyError`, `MissingExtraError`.
    """
    loaded = None if public is None else load_pem(public.decode("utf-8", "replace"))
    return Keyring(home.keys).link(name, uri, holder=holder, public=loaded, passphrases=passphrases)


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
    change = enrolling(ws, name, roles=roles, holder=holder, passphrases=passphrases)
    return change_now(ws, change, signers=signers, passphrases=passphrases)


def enrolling(
    ws: Workspace, name: str, *, roles: Sequence[str], holder: str | None = None, passphrases: Passphrases
) -> Change:
    """Return the change that enrols a key. Raises `SigningKeyError`, `UsageError`."""
    asked = _asked(ws, name, holder, passphrases)
    return lambda root, _: changes.enrolled(root, asked, roles)


def rotate(
    ws: Workspace, old: str, new_name: str, *, passphrases: Passphrases, signers: Sequence[str] = (),
) -> Written:
    """Replace a key by a new one of the same holder, in every role. Raises `SigningKeyError`, `Refused`."""
    return change_now(ws, rotating(ws, old, new_name, passphrases=passphrases), signers=signers, passphrases=passphrases)


def rotating(
    ws: Workspace, old: str, new_name: str, *, void_from: int | None = None, passphrases: Passphrases
) -> Change:
    """Return the change that rotates a key. Raises `SigningKeyError`, `UsageError`."""
    keyid = _keyid(ws, old)
    known = ws.ledger.trust_root().keys.get(keyid)
    asked = _asked(ws, new_name, known.holder if known else None, passphrases)
    return lambda root, size: changes.rotated(root, keyid, asked, void_from=_from(void_from, size))


def revoke(
    ws: Workspace, key: str, *, reason: str, void_from: int | None = None, passphrases: Passphrases,
    signers: Sequence[str] = (),
) -> Written:
    """Void a key from an index on (by default from now on). Raises `UsageError`, `Refused`."""
    return change_now(ws, revoking(ws, key, reason=reason, void_from=void_from), signers=signers, passphrases=passphrases)


def revoking(ws: Workspace, key: str, *, reason: str, void_from: int | None = None) -> Change:
    """Return the change that revokes a key. Raises `UsageError`."""
    keyid = _keyid(ws, key)
    return lambda root, size: changes.revoked(root, keyid, void_from=_from(void_from, size), reason=reason)


def in_doubt(ws: Workspace, key: str, *, void_from: int | None = None, compromised: bool = False) -> tuple[int, tuple[Node, ...]]:
    """Say how many entries a revocation would make void or doubtful, and which of what people did and runs rests on them.

    Where another good key signed the same entry, it holds all the same. Raises `UsageError`.
    """
    state, keyid = ws.state(), _keyid(ws, key)
    start = 0 if compromised else _from(void_from, state.size)
    signed = [index for index in state.signed_with(keyid) if index >= start]
    steps = walk((node_of(state, index).key for index in signed), Graph(state).children)
    found = {node.key: node for node in (node_of(state, step.key) for step in steps) if node.kind in RESTING}
    return len(signed), tuple(sorted(found.values(), key=lambda node: node.index))


def renew(
    ws: Workspace, *, expires: datetime, thresholds: Mapping[str, int] | None = None, passphrases: Passphrases,
    signers: Sequence[str] = (),
) -> Written:
    """Set a later expiry, and other thresholds where given. Raises `UsageError`, `Refused`."""
    return change_now(ws, renewing(ws, expires=expires, thresholds=thresholds), signers=signers, passphrases=passphrases)


def renewing(ws: Workspace, *, expires: datetime | None = None, thresholds: Mapping[str, int] | None = None) -> Change:
    """Return the change that renews the trust root. Raises `UsageError`."""
    if expires is not None and expires <= ws.now():
        raise UsageError(
            f"a trust root that expires on {instant(expires)[:10]} would lock everybody out", "Give a day in the future."
        )
    return lambda root, _: changes.renewed(root, expires=expires or root.expires, thresholds=thresholds)


def _from(void_from: int | None, size: int) -> int:
    """From which entry on a key is void: by default from the one after the change itself."""
    return size + 1 if void_from is None else void_from


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
