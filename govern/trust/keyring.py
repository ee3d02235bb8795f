"""The user's private keys: an encrypted PKCS#8 file each, or a URI of where it lies; the public half readable beside it."""

import re
import secrets
from collections.abc import Callable, Mapping
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
from govern.trust.keys import PublicKey, keyid_of, public_text
from govern.trust.signer import MAX_KEY_FILE, Signer, local_signer
from govern.trust.uris import public_of, signer_from_uri

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_TRIAL: Final = b"govern-key-trial-v1\x00"
"""Signed when a key is linked, and nothing else: no statement begins like this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyInfo:
    """What may be known of a key without its passphrase."""

    name: str
    keyid: str
    scheme: str
    public: str
    holder: str
    uri: str = ""
    """Where the private half is, if not here: a file, the environment, a KMS, an HSM."""

    @property
    def trusted(self) -> TrustedKey:
        """The key as a trust root lists it."""
        return TrustedKey(scheme=self.scheme, public=self.public, holder=self.holder)


class Keyring:
    """Keys in a folder of the user's own: `NAME.json` (public, or with a URI), `NAME.pem` (0600, encrypted), `NAME.passphrase`."""

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
        _check_words(name, holder)
        if not passphrase:
            raise SigningKeyError("an empty passphrase", "Private keys are kept encrypted: give a passphrase.")
        signer = local_signer(private, holder=holder)
        info = KeyInfo(
            name=name, keyid=signer.keyid, scheme=signer.public.scheme, public=signer.public.public, holder=holder
        )
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode()))
        files = {".pem": pem} | ({".passphrase": passphrase.encode()} if unattended else {})
        return self._write(info, files)

    def link(
        self, name: str, uri: str, *, holder: str, passphrases: Callable[[str], str], public: PublicKey | None = None
    ) -> KeyInfo:
        """Name a key whose private half is and stays behind a URI, after it has signed once to show that it can.

        `public` is its public half, where the URI's service does not tell it. Raises `SigningKeyError`,
        `WrongPassphraseError`, `MissingExtraError`.
        """
        _check_words(name, holder)
        if self._path(name, ".json").exists():
            raise _taken(name)
        scheme, text = public_text(public or public_of(uri, lambda _: passphrases(name)))
        info = KeyInfo(name=name, keyid=keyid_of(scheme, text), scheme=scheme, public=text, holder=holder, uri=uri)
        signer_from_uri(uri, info.trusted, lambda _: passphrases(name)).sign(_TRIAL)
        return self._write(info, {})

    def _write(self, info: KeyInfo, files: Mapping[str, bytes]) -> KeyInfo:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for suffix, data in files.items():
                write_new(self._path(info.name, suffix), data)
            write_new(self._path(info.name, ".json"), object_bytes(info))
        except FileExistsError as error:
            raise _taken(info.name) from error
        except OSError as error:
            raise SigningKeyError(
                f"the key could not be written: {error.strerror}", f"Check the folder {self.folder}."
            ) from error
        return info

    def names(self) -> tuple[str, ...]:
        """Names of all keys, sorted."""
        if not self.folder.is_dir():
            return ()
        return tuple(
            sorted(
                path.stem for path in self.folder.glob("*.json")
                if path.with_suffix(".pem").exists() or (_NAME.fullmatch(path.stem) and self.info(path.stem).uri)
            )
        )

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

    def signer(self, name: str, passphrases: Callable[[str], str]) -> Signer:
        """Open a key for signing; `passphrases` is called with its name, for a passphrase or a PIN, unless it is unattended.

        Raises `WrongPassphraseError`, `SigningKeyError`, and `MissingExtraError` for a URI whose package is not here.
        """
        info = self.info(name)
        if info.uri:
            return signer_from_uri(info.uri, info.trusted, lambda _: passphrases(name))
        return local_signer(self._private(name, passphrases), holder=info.holder)

    def change_passphrase(self, name: str, *, old: Callable[[str], str], new: str) -> None:
        """Encrypt a key with another passphrase; the key stays what it is.

        Raises `WrongPassphraseError` where the old one does not open it, `SigningKeyError`.
        """
        if self._path(name, ".passphrase").exists():
            raise SigningKeyError(
                f"the key “{name}” signs unattended, with a passphrase that is kept beside it", "Rotate it: `govern key rotate`."
            )
        if uri := self.info(name).uri:
            raise SigningKeyError(f"the key “{name}” lies at {uri}", "Change its passphrase or PIN there.")
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


def _check_words(name: str, holder: str) -> None:
    if not _NAME.fullmatch(name):
        raise SigningKeyError(
            f"“{name[:80]}” is no name for a key", "Use small letters, digits, dots, dashes; at most 64."
        )
    if not holder:
        raise SigningKeyError("a key without a holder", "Name the pseudonym of the person or team that holds it.")


def _taken(name: str) -> SigningKeyError:
    return SigningKeyError(f"there is already a key “{name}”", "Choose another name; keys are never overwritten.")
