"""The trust root in TUF's manner: what makes a version valid, and who may do what at which index.

Version N+1 is valid if it is signed by the threshold of N and by that of N+1; versions step by one. A version is in
force from the entry after its own; entry 0, the first version, is judged by itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.exceptions import InvalidSignature

from govern.canonical.dsse import Envelope, pae
from govern.domain.facts import Fact, Role, TrustedKey, TrustRootFact
from govern.domain.text import instant
from govern.errors import SigningKeyError, VerificationError
from govern.trust.keys import ED25519, keyid_of, load_public, signature_is_by
from govern.trust.roles import NEVER_TOGETHER, SIGNS, may_sign, roles_for

PEOPLE = frozenset({"root", "validator", "approver"})
"""Roles whose thresholds mean people: two keys of one holder count once."""


class RootError(VerificationError):
    """A trust root is not valid."""

    def __init__(self, message: str, hint: str = "", *, index: int | None = None, kind: str = "trust-root") -> None:
        """Trust roots are step 1."""
        super().__init__(message, hint or "Do not use this ledger before its root key holders have explained it.",
                         step=1, index=index, kind=kind)


def check_root(root: TrustRootFact, *, origin: str) -> None:
    """Check a trust root by itself: its keys, roles and thresholds. Raises `RootError`."""
    if root.origin != origin:
        raise RootError(f"the trust root is for another ledger, {root.origin}")
    if root.version < 1:
        raise RootError(f"version {root.version} of a trust root: versions begin with 1")
    for keyid, key in root.keys.items():
        _check_key(root, keyid, key)
    for name, role in root.roles.items():
        _check_role(root, name, role)
    for name in ("root", "log"):
        if name not in root.roles or not root.roles[name].keyids:
            raise RootError(f"trust root {root.version} has nobody in the role {name}")
    for one, two in NEVER_TOGETHER:
        both = set(_keyids(root, one)) & set(_keyids(root, two))
        if both:
            raise RootError(
                f"trust root {root.version} gives the key {min(both)[:8]}… both roles {one} and {two}",
                "Use a key for each: who measures may not set the rules, and an unattended key is nobody.",
            )


def _check_key(root: TrustRootFact, keyid: str, key: TrustedKey) -> None:
    try:
        actual = keyid_of(key.scheme, key.public)
    except SigningKeyError as error:
        raise RootError(f"trust root {root.version} lists {error.message}", error.hint) from error
    if actual != keyid:
        raise RootError(f"trust root {root.version} lists a key under an id that is not its own, {keyid[:16]}…")
    if not key.holder:
        raise RootError(f"trust root {root.version} lists the key {keyid[:8]}… without a holder")
    if key.void_from is not None and key.void_from < 0:
        raise RootError(f"trust root {root.version} has the key {keyid[:8]}… void from a negative index")


def _check_role(root: TrustRootFact, name: str, role: Role) -> None:
    if name not in SIGNS:
        raise RootError(f"trust root {root.version} has an unknown role “{name[:40]}”", f"Roles: {', '.join(SIGNS)}.")
    if len(set(role.keyids)) != len(role.keyids) or not set(role.keyids) <= root.keys.keys():
        raise RootError(f"the role {name} of trust root {root.version} lists a key twice, or one that is not there")
    if not role.keyids:
        return
    if name == "log" and any(root.keys[keyid].scheme != ED25519 for keyid in role.keyids):
        raise RootError(f"trust root {root.version} has a log key that is not Ed25519", "Signed notes know no other.")
    reachable = _count(root, name, role.keyids)
    if not 1 <= role.threshold <= reachable:
        raise RootError(
            f"the role {name} of trust root {root.version} asks for {role.threshold} of {reachable}",
            "A threshold is at least 1 and can be reached: two keys of one holder count once where people are meant.",
        )


def check_first(root: TrustRootFact, signers: Iterable[str], *, origin: str) -> None:
    """Check version 1: valid by itself and signed by its own root threshold. Raises `RootError`."""
    check_root(root, origin=origin)
    if root.version != 1:
        raise RootError(f"the first trust root has version {root.version}", index=0)
    _check_threshold(root, signers, index=0, whose="its own")


def check_successor(old: TrustRootFact, new: TrustRootFact, signers: Iterable[str], *, index: int) -> None:
    """Check version N+1 at `index` against version N. Raises `RootError`."""
    check_step(old, new, index=index)
    signers = tuple(signers)
    _check_threshold(old, signers, index=index, whose=f"version {old.version}’s")
    _check_threshold(new, signers, index=index, whose="its own")


def check_step(old: TrustRootFact, new: TrustRootFact, *, index: int | None = None) -> None:
    """Check that version N+1 may follow version N, whoever signed it. Raises `RootError`."""
    check_root(new, origin=old.origin)
    if new.version != old.version + 1:
        raise RootError(f"trust root {new.version} follows {old.version}: versions step by one", index=index)
    check_kept(old.keys, new, index=index)


def check_kept(known: Mapping[str, TrustedKey], new: TrustRootFact, *, index: int | None = None) -> None:
    """Check that a key keeps its holder and its revocation as they were listed last. Raises `RootError`."""
    for keyid, key in known.items():
        later = new.keys.get(keyid)
        if later is None:
            continue
        if later.holder != key.holder:
            raise RootError(f"trust root {new.version} moves the key {keyid[:8]}… to another holder", index=index)
        if key.void_from is not None and (later.void_from is None or later.void_from > key.void_from):
            raise RootError(f"trust root {new.version} takes back the revocation of {keyid[:8]}…", index=index)


def _check_threshold(root: TrustRootFact, signers: Iterable[str], *, index: int, whose: str) -> None:
    good = [keyid for keyid in _keyids(root, "root") if keyid in set(signers) and not is_void(root, keyid, index)]
    need, have = root.roles["root"].threshold, _count(root, "root", good)
    if have < need:
        raise RootError(
            f"the trust root at entry {index} has {have} of {need} signatures of {whose} root role",
            "Collect the missing signatures with `govern trust sign`.", index=index,
        )


def root_signatures(root: TrustRootFact, signers: Iterable[str]) -> tuple[int, int]:
    """Return how many signatures of its root role a version has among `signers`, and how many it needs."""
    given = set(signers)
    good = [keyid for keyid in _keyids(root, "root") if keyid in given and root.keys[keyid].void_from is None]
    return _count(root, "root", good), root.roles["root"].threshold


def _keyids(root: TrustRootFact, role: str) -> tuple[str, ...]:
    return root.roles[role].keyids if role in root.roles else ()


def _count(root: TrustRootFact, role: str, keyids: Iterable[str]) -> int:
    """Count what counts toward a threshold: distinct public keys, and distinct holders where people are meant."""
    keys = [root.keys[keyid] for keyid in keyids]
    publics = {(key.scheme, key.public) for key in keys}
    return min(len(publics), len({key.holder for key in keys})) if role in PEOPLE else len(publics)


def is_void(root: TrustRootFact, keyid: str, index: int) -> bool:
    """Say whether a key was revoked for entries at `index`."""
    void_from = root.keys[keyid].void_from
    return void_from is not None and void_from <= index


@dataclass(frozen=True, slots=True)
class RootChain:
    """Every version with the index of its entry, oldest first."""

    versions: tuple[tuple[int, TrustRootFact], ...]
    _allowed: set[tuple[int, str, str, tuple[str, ...]]] = field(default_factory=set, compare=False, repr=False)
    """Which signers were found to be allowed a kind of fact: the same question comes with nearly every entry."""

    @classmethod
    def begin(cls, root: TrustRootFact, signers: Iterable[str], *, origin: str) -> "RootChain":
        """Begin with version 1 at entry 0. Raises `RootError`."""
        check_first(root, signers, origin=origin)
        return cls(((0, root),))

    def extended(self, root: TrustRootFact, signers: Iterable[str], *, index: int) -> "RootChain":
        """Return the chain with the next version, whose entry is `index`. Raises `RootError`."""
        check_successor(self.newest, root, signers, index=index)
        # A key that some version left out is still who it was: else two steps could do what one may not.
        check_kept({keyid: key for _, one in self.versions for keyid, key in one.keys.items()}, root, index=index)
        return RootChain((*self.versions, (index, root)))

    @property
    def newest(self) -> TrustRootFact:
        """The last version."""
        return self.versions[-1][1]

    def in_force(self, index: int) -> TrustRootFact:
        """Return the version that judges the entry (or the checkpoint of size) `index`."""
        for begins, root in reversed(self.versions):
            if begins < index:
                return root
        return self.versions[0][1]

    def key_in_force(self, index: int, keyid: str) -> TrustedKey | None:
        """Return a key as listed for entries at `index`, or None where it is unknown or void."""
        root = self.in_force(index)
        key = root.keys.get(keyid)
        return None if key is None or is_void(root, keyid, index) else key

    def roles_of(self, keyid: str, index: int) -> tuple[str, ...]:
        """Return the roles a key has for entries at `index`."""
        if self.key_in_force(index, keyid) is None:
            return ()
        return tuple(name for name, role in self.in_force(index).roles.items() if keyid in role.keyids)

    def void_later(self, keyid: str, index: int) -> bool:
        """Say whether the newest version declares a key void at an index where it was still in force."""
        return keyid in self.newest.keys and is_void(self.newest, keyid, index)


def check_signatures(envelope: Envelope, roots: RootChain, *, index: int, also: TrustRootFact | None = None) -> tuple[str, ...]:
    """Verify every signature of an entry and return the key ids, in the envelope's order: step 4.

    `also` is the trust root that the entry itself brings: its keys may sign it. Raises `VerificationError`.
    """
    root = roots.in_force(index)
    message = pae(envelope.payload_type, envelope.payload)
    for one in envelope.signatures:
        key = root.keys.get(one.keyid) or (also.keys.get(one.keyid) if also else None)
        if key is None:
            raise VerificationError(
                f"entry {index} is signed by a key that the trust root in force does not know, {one.keyid[:16]}…",
                "Somebody outside the trust root wrote it, or it was moved.", step=4, index=index, kind="unknown-key",
            )
        try:
            signature_is_by(load_public(key.scheme, key.public), one.sig, message)
        except InvalidSignature as error:
            raise VerificationError(
                f"entry {index}: the signature of {key.holder} ({one.keyid[:8]}…) does not fit its content",
                "The entry was changed after it was signed.", step=4, index=index, kind="signature",
            ) from error
    return tuple(one.keyid for one in envelope.signatures)


def check_roles(fact: Fact, signers: tuple[str, ...], roots: RootChain, *, index: int) -> None:
    """Check that the signers may state this fact at this index: step 5. Raises `VerificationError`."""
    root = roots.in_force(index)
    for keyid in signers:
        if keyid in root.keys and is_void(root, keyid, index):
            raise VerificationError(
                f"entry {index} is signed with a revoked key of {root.keys[keyid].holder}: void from entry "
                f"{root.keys[keyid].void_from}", "Find out who still holds that key.",
                step=5, index=index, kind="revoked-key",
            )
    if isinstance(fact, TrustRootFact):
        return  # step 1 counts its thresholds
    asked = (root.version, fact.KIND, getattr(fact, "action", ""), signers)
    if asked in roots._allowed:  # noqa: SLF001 - its own memory
        return
    for name, role in root.roles.items():
        if may_sign(name, fact):
            good = [keyid for keyid in signers if keyid in role.keyids]
            if good and _count(root, name, good) >= role.threshold:
                roots._allowed.add(asked)  # noqa: SLF001
                return
    held = {name for keyid in signers for name in roots.roles_of(keyid, index)}
    raise VerificationError(
        f"entry {index} states a {fact.KIND}, which its signer may not: roles {', '.join(sorted(held)) or 'none'}",
        f"A {fact.KIND} is signed in the role {' or '.join(roles_for(fact.KIND))}.", step=5, index=index, kind="role",
    )


def check_time(moment: datetime, roots: RootChain, *, index: int) -> None:
    """Check that an entry was not made under a trust root that had expired: step 5. Raises `VerificationError`."""
    root = roots.in_force(index)
    if moment > root.expires:
        raise VerificationError(
            f"entry {index} claims {instant(moment)}, but trust root {root.version} expired on {instant(root.expires)}",
            "The root key holders renew it: `govern trust update`.", step=5, index=index, kind="expired-root",
        )
