"""The next version of a trust root: enrolling, rotating, revoking, and setting roles; nothing is signed here."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from govern.domain.facts import Role, TrustedKey, TrustRootFact
from govern.errors import Refused, SigningKeyError, UsageError
from govern.trust.enrolment import Enrolment, check
from govern.trust.keys import keyid_of
from govern.trust.roles import ROLES
from govern.trust.root import check_root

COMPROMISED: Final = "compromised"
"""The first word of a revocation's reason that puts what the key signed before in doubt, too."""


def _next(
    root: TrustRootFact, *, keys: Mapping[str, TrustedKey], roles: Mapping[str, Role], reason: str,
    expires: datetime | None = None,
) -> TrustRootFact:
    changed = replace(
        root, version=root.version + 1, keys=dict(keys), roles=dict(roles), reason=reason,
        expires=expires or root.expires,
    )
    check_root(changed, origin=root.origin)
    return changed


def _given(root: TrustRootFact, keyid: str, roles: Iterable[str]) -> dict[str, Role]:
    roles = tuple(roles)
    unknown = [name for name in roles if name not in ROLES]
    if unknown or not roles:
        raise UsageError(f"there is no role “{', '.join(unknown) or ''}”", f"Roles are {', '.join(ROLES)}.")
    changed = dict(root.roles)
    for name in roles:
        held = changed.get(name, Role(keyids=()))
        changed[name] = replace(held, keyids=tuple(sorted({*held.keyids, keyid})))
    return changed


def enrolled(root: TrustRootFact, request: Enrolment, roles: Iterable[str]) -> TrustRootFact:
    """Add a key, or give more roles to one that is there. Raises `SigningKeyError`, `UsageError`, `RootError`."""
    check(request, origin=root.origin)
    keyid = request.keyid
    known = root.keys.get(keyid)
    if known is not None and known.holder != request.holder:
        raise SigningKeyError(f"the key is enrolled as {known.holder}’s", "A key never changes hands: make a new one.")
    if known is not None and known.void_from is not None:
        raise SigningKeyError(f"the key was revoked from entry {known.void_from}", "Make a new key.")
    roles = tuple(roles)
    return _next(
        root, keys={**root.keys, keyid: known or request.key}, roles=_given(root, keyid, roles),
        reason=f"enrol {request.holder} as {', '.join(roles)}",
    )


def revoked(root: TrustRootFact, keyid: str, *, void_from: int, reason: str) -> TrustRootFact:
    """Void a key from an index on and take it out of every role. Raises `UsageError`, `RootError`.

    Entries that it signed before the new version is in force stay valid entries. A reason that is the word `compromised`, or
    begins with `compromised:`, puts all of them in doubt. Any that speaks of it in passing is refused: a revocation was read
    by that word wherever it stood, and is for ever.
    """
    key = root.keys.get(keyid)
    if key is None:
        raise UsageError(f"the trust root has no key {keyid[:8]}…", "`govern trust show` lists its keys.")
    if key.void_from is not None and key.void_from <= void_from:
        raise Refused(f"the key is void from entry {key.void_from} already", "Nothing is left to revoke.")
    if not reason:
        raise UsageError("a revocation without a reason", "Say why: it is the first thing that anybody will ask.")
    if "compromis" in reason.casefold() and reason.partition(":")[0] != COMPROMISED:
        raise UsageError(
            "the reason speaks of a compromise, and the revocation does not",
            "Revoke it as compromised (--compromised), which puts what it signed before in doubt too; or say it in other words.",
        )
    roles = {
        name: replace(role, keyids=tuple(one for one in role.keyids if one != keyid))
        for name, role in root.roles.items()
    }
    keys = {**root.keys, keyid: replace(key, void_from=void_from, void_reason=reason)}
    return _next(root, keys=keys, roles=roles, reason=f"revoke a key of {key.holder}: {reason}")


def rotated(root: TrustRootFact, old: str, request: Enrolment, *, void_from: int) -> TrustRootFact:
    """Put a new key of the same holder into every role of an old one, which is void from then on.

    Raises `SigningKeyError`, `UsageError`, `RootError`.
    """
    check(request, origin=root.origin)
    key = root.keys.get(old)
    if key is None:
        raise UsageError(f"the trust root has no key {old[:8]}…", "`govern trust show` lists its keys.")
    if key.holder != request.holder:
        raise SigningKeyError(
            f"the old key is {key.holder}’s, the new one {request.holder}’s", "Rotation keeps the holder: enrol instead."
        )
    new = keyid_of(request.scheme, request.public)
    if new in root.keys:
        raise SigningKeyError("the new key is enrolled already", "Make a new key with `govern key new`.")
    roles = {
        name: replace(role, keyids=tuple(sorted(new if one == old else one for one in role.keyids)))
        for name, role in root.roles.items()
    }
    keys = {
        **root.keys, new: request.key, old: replace(key, void_from=void_from, void_reason="rotated"),
    }
    return _next(root, keys=keys, roles=roles, reason=f"rotate the key of {key.holder}")


def renewed(root: TrustRootFact, *, expires: datetime, thresholds: Mapping[str, int] | None = None) -> TrustRootFact:
    """Set a later expiry and, where given, other thresholds. Raises `UsageError`, `RootError`."""
    roles = dict(root.roles)
    for name, threshold in (thresholds or {}).items():
        if name not in roles:
            raise UsageError(f"the trust root has no role “{name}”", f"Roles are {', '.join(roles)}.")
        roles[name] = replace(roles[name], threshold=threshold)
    return _next(root, keys=root.keys, roles=roles, reason="renew the trust root", expires=expires)
