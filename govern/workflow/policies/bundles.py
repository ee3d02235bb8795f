"""Signed bundles: a policy's folder under one signature of the role `policy`, checked before it is installed."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature

from govern.canonical.dsse import PAYLOAD_TYPE, Envelope, pae, parse_envelope
from govern.domain.facts import TrustRootFact
from govern.domain.text import Digest
from govern.errors import GovernError, Refused, UsageError, VerificationError
from govern.policy.bundle import MAX_FILES, SIGNATURE, bundle_digest, check_bundle, statement_of
from govern.trust.keys import load_public, signature_is_by
from govern.trust.root import is_void
from govern.workflow.interface import Passphrases
from govern.workflow.place.workspace import Workspace

ROLE: Final = "policy"
MAX_FILE: Final = 4_194_304
"""Bytes of one file; policies are read by people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedBundle:
    """A folder that is exactly what its signers signed."""

    digest: Digest
    files: tuple[str, ...]
    holders: tuple[str, ...]
    """Of the keys that signed in the role `policy`."""


def sign_bundle(ws: Workspace, folder: Path, *, key: str | None = None, passphrases: Passphrases) -> SignedBundle:
    """Sign a policy's folder, in place of an earlier signature. Raises `UsageError`, `Refused`, `SigningKeyError`."""
    files = read_folder(folder)
    name = ws.key_for(ROLE, key)
    if ROLE not in ws.roles_of(name):
        raise Refused(f"the key “{name}” may not sign policies", f"Sign with a key of the role {ROLE}.")
    signer = ws.keyring.signer(name, passphrases)
    statement = statement_of(files)
    signature = signer.sign(pae(PAYLOAD_TYPE, statement))
    envelope = {
        "payload": base64.b64encode(statement).decode(), "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": signer.keyid, "sig": base64.b64encode(signature).decode()}],
    }
    (folder / SIGNATURE).write_text(json.dumps(envelope, indent=2) + "\n", encoding="utf-8")
    return verified_bundle(folder, ws.ledger.trust_root(), size=ws.ledger.size)


def verified_bundle(folder: Path, root: TrustRootFact, *, size: int) -> SignedBundle:
    """Check that a folder is exactly what a key of the role `policy` signed.

    `size` is the ledger's: a key that is void by then signs nothing. Raises `VerificationError` for a stray, missing or
    changed file and for a signature that does not count, `UsageError` where there is none.
    """
    return verified_files(folder, read_folder(folder), root, size=size)


def verified_files(folder: Path, files: Mapping[str, bytes], root: TrustRootFact, *, size: int) -> SignedBundle:
    """Check what was read from a folder, as `verified_bundle` does: whoever goes on with these bytes reads no others."""
    if SIGNATURE not in files:
        raise UsageError(f"{folder} holds no {SIGNATURE}", "Have the policy's owner sign the folder.")
    try:
        envelope = parse_envelope(files[SIGNATURE])
    except GovernError as error:
        raise VerificationError(
            f"{SIGNATURE} does not read: {error.message}", "Get the bundle again from its owner.", kind="signature"
        ) from error
    holders = _holders(envelope, root, size)
    if not holders:
        raise VerificationError(
            f"no signature in {SIGNATURE} is by a key that may sign policies, over what it says", "Get the bundle again from its owner.",
            kind="signature",
        )
    check_bundle(files, envelope.payload)
    return SignedBundle(
        digest=bundle_digest(envelope.payload), files=tuple(sorted(set(files) - {SIGNATURE})), holders=holders
    )


def read_folder(folder: Path) -> dict[str, bytes]:
    """Read every file of a folder by its path with forward slashes. Raises `UsageError` for links and for too much."""
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", "Name the folder that holds policy.yaml.")
    found: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            raise UsageError(f"{path} is a link", "A bundle holds its files itself.")
        if not path.is_file():
            continue
        if len(found) >= MAX_FILES or path.stat().st_size > MAX_FILE:
            raise UsageError(f"{folder} holds more than a policy does", "Name the folder that holds policy.yaml.")
        found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


def _holders(envelope: Envelope, root: TrustRootFact, size: int) -> tuple[str, ...]:
    """Return whose signatures count: of keys in the role, not void, that truly signed these bytes."""
    allowed = root.roles[ROLE].keyids if ROLE in root.roles else ()
    found: set[str] = set()
    for one in envelope.signatures:
        key = root.keys.get(one.keyid)
        if key is None or one.keyid not in allowed or is_void(root, one.keyid, size):
            continue
        try:
            signature_is_by(load_public(key.scheme, key.public), one.sig, pae(envelope.payload_type, envelope.payload))
        except (GovernError, InvalidSignature):
            continue
        found.add(key.holder)
    return tuple(sorted(found))
