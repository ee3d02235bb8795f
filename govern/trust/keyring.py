"""The user's private keys: one encrypted PKCS#8 file a key, with its public half readable beside it."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from govern.canonical.values import from_json, object_bytes
from govern.domain.facts import TrustedKey
from govern.errors import DocumentError, SigningKeyError, WrongPassphraseError
from govern.trust.files import read_private, replace, write_new
from govern.trust.keys import keyid_of
from govern.trust.signer import LocalSigner, local_signer

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
MAX_KEY_FILE: Final = 64 * 1024
"""Bytes; an encrypted key takes some 300, an RSA key that we do not read some 4,000."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyInfo:
    """What may be known of a key without its passphrase."""

    name: str
    keyid: str
    scheme: str
    public: str
    holder: str

    @property
    def trusted(self) -> TrustedKey:
        """The key as a trust root lists it."""
        return TrustedKey(scheme=self.scheme, public=self.public, holder=self.holder)


class Keyring:
    """Keys in a folder of the user's own: `NAME.pem` (0600, encrypted), `NAME.json` (public), `NAME.passphrase`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def create(
        self, name: str, *, holder: str, passphrase: str | None = None, unattended: bool = False
    ) -> KeyInfo:
        """Make an Ed25519 key. With `unattended`, a passphrase is kept beside it (0600) and never asked for.

        Raises `SigningKeyError` where the name is taken or the passphrase is empty.
        """
        if unattended and passphrase is None:
            passphrase = secrets.token_urlsafe(32)
        return self.add(
            name, Ed25519PrivateKey.generate(), holder=holder, passphrase=passphrase or "", unattended=unattended
        )

    def add(
        self, name: str, private: Ed25519PrivateKey | EllipticCurvePrivateKey, *, holder: str, passphrase: str,
        unattended: bool = False,
    ) -> KeyInfo:
        """Keep a private key that was made elsewhere. Raises `SigningKeyError`."""
        if not _NAME.fullmatch(name):
            raise SigningKeyError(
                f"“{name[:80]}” is no name for a key", "Use small letters, digits, dots, dashes; at most 64."
            )
        if not passphrase:
            raise SigningKeyError("an empty passphrase", "Private keys are kept encrypted: give a passphrase.")
        if not holder:
            raise SigningKeyError("a key without a holder", "Name the pseudonym of the person or team that holds it.")
        signer = local_signer(private, holder=holder)
        info = KeyInfo(
            name=name, keyid=signer.keyid, scheme=signer.public.scheme, public=signer.public.public, holder=holder
        )
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode()))
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_new(self._path(name, ".pem"), pem)
            if unattended:
                write_new(self._path(name, ".passphrase"), passphrase.encode())
            write_new(self._path(name, ".json"), object_bytes(info))
        except FileExistsError as error:
            raise SigningKeyError(
                f"there is already a key “{name}”", "Choose another name; keys are never overwritten."
            ) from error
        except OSError as error:
            raise SigningKeyError(
                f"the key could not be written: {error.strerror}", f"Check the folder {self.folder}."
            ) from error
        return info

    def names(self) -> tuple[str, ...]:
        """Names of all keys, sorted."""
        if not self.folder.is_dir():
            return ()
        return tuple(sorted(path.stem for path in self.folder.glob("*.json") if path.with_suffix(".pem").exists()))

    def info(self, name: str) -> KeyInfo:
        """Look a key up by name. Raises `SigningKeyError`."""
        path = self._path(name, ".json")
        if not _NAME.fullmatch(name) or not path.exists():
            known = ", ".join(self.names()) or "none"
            raise SigningKeyError(f"there is no key “{name[:80]}” here", f"Keys in {self.folder}: {known}.")
        try:
            info = from_json(KeyInfo, read_private(path, MAX_KEY_FILE), where=str(path))
        except (OSError, DocumentError) as error:
            raise SigningKeyError(f"the key “{name}” can't be read: {error}", "Restore it from its backup.") from error
        if keyid_of(info.scheme, info.public) != info.keyid:
            raise SigningKeyError(f"the public half of “{name}” was changed", "Restore the file from its backup.")
        return info

    def by_keyid(self, keyid: str) -> KeyInfo:
        """Look a key up by its id. Raises `SigningKeyError`."""
        for name in self.names():
            info = self.info(name)
            if info.keyid == keyid:
                return info
        raise SigningKeyError(f"there is no key with the id {keyid[:8]}… here", f"Keys lie in {self.folder}.")

    def signer(self, name: str, passphrases: Callable[[str], str]) -> LocalSigner:
        """Open a key for signing; `passphrases` is called with its name unless the key is unattended.

        Raises `WrongPassphraseError` and `SigningKeyError`.
        """
        return local_signer(self._private(name, passphrases), holder=self.info(name).holder)

    def change_passphrase(self, name: str, *, old: Callable[[str], str], new: str) -> None:
        """Encrypt a key with another passphrase; the key stays what it is.

        Raises `WrongPassphraseError` where the old one does not open it, `SigningKeyError`.
        """
        if self._path(name, ".passphrase").exists():
            raise SigningKeyError(
                f"the key “{name}” signs unattended, with a passphrase that is kept beside it", "Rotate it: `govern key rotate`."
            )
        if not new:
            raise SigningKeyError("an empty passphrase", "Private keys are kept encrypted: give a passphrase.")
        pem = self._private(name, old).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(new.encode()))
        try:
            replace(self._path(name, ".pem"), pem)
        except OSError as error:
            raise SigningKeyError(
                f"the key could not be written: {error.strerror}", f"The old passphrase still opens it. Check the folder {self.folder}."
            ) from error

    def _private(self, name: str, passphrases: Callable[[str], str]) -> Ed25519PrivateKey | EllipticCurvePrivateKey:
        """Open the private half. Raises `WrongPassphraseError` and `SigningKeyError`."""
        info = self.info(name)
        path = self._path(name, ".pem")
        unattended = self._path(name, ".passphrase")
        try:
            pem = read_private(path, MAX_KEY_FILE)
            secret = read_private(unattended, MAX_KEY_FILE) if unattended.exists() else passphrases(name).encode()
        except OSError as error:
            raise SigningKeyError(
                f"the key “{name}” can't be read: {error.strerror}", f"Check {path} and who owns it."
            ) from error
        try:
            private = load_pem_private_key(pem, secret or b"\0")
        except TypeError as error:
            raise SigningKeyError(f"the key “{name}” is not encrypted", "Make it anew: private keys are kept encrypted.") from error
        except (ValueError, UnsupportedAlgorithm) as error:
            if b"ENCRYPTED PRIVATE KEY" not in pem:
                raise SigningKeyError(f"{path} is not an encrypted key", "Restore it from its backup.") from error
            raise WrongPassphraseError(
                f"the passphrase does not open the key “{name}”", "Try again; nothing was written."
            ) from error
        if not isinstance(private, Ed25519PrivateKey | EllipticCurvePrivateKey):
            raise SigningKeyError(f"the key “{name}” is of another kind", "Ed25519 and ECDSA on P-256 can sign.")
        if local_signer(private, holder=info.holder).keyid != info.keyid:
            raise SigningKeyError(f"the two halves of “{name}” do not belong together", "Restore it from its backup.")
        return private

    def _path(self, name: str, suffix: str) -> Path:
        return self.folder / f"{name}{suffix}"
