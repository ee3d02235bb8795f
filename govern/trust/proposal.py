"""A proposed trust root on its way between its signers: a file with version N, the statement of N+1, and signatures.

It travels by any way: each signature covers every byte of the statement, and what the file says beside it is only
believed as far as whoever reads it knows version N from elsewhere.
"""

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidSignature

from govern.canonical.dsse import PAYLOAD_TYPE, Envelope, Signature, decode_base64, leaf_bytes, pae
from govern.canonical.statement import fact_digest, read_statement, write_statement
from govern.canonical.values import from_json, object_bytes
from govern.domain.facts import TrustRootFact
from govern.domain.statement import Header, Producer, Statement, Subject, TreeHead
from govern.domain.text import instant
from govern.errors import DocumentError, Refused, UsageError, VerificationError
from govern.trust.keys import load_public, signature_is_by
from govern.trust.root import check_step, root_signatures
from govern.trust.signer import Signer

SCHEMA: Final = "govern/trust-proposal/v1"
MAX_FILE: Final = 1 << 20
"""Bytes; two trust roots with hundreds of keys have some 200,000."""
_SIGN: Final = "Collect signatures with `govern trust sign FILE`."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signature:
    keyid: str
    sig: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    schema: str
    root: TrustRootFact
    """Version N, which the proposal follows."""
    payload: str
    """The statement of version N+1, base64: what is signed, as an entry."""
    signatures: tuple[_Signature, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Version N+1 with the signatures that it has so far, every one of them verified."""

    root: TrustRootFact
    payload: bytes
    statement: Statement
    signatures: tuple[Signature, ...] = ()

    @property
    def proposed(self) -> TrustRootFact:
        """Version N+1."""
        assert isinstance(self.statement.fact, TrustRootFact)
        return self.statement.fact

    @property
    def signers(self) -> tuple[str, ...]:
        """Ids of the keys that signed it."""
        return tuple(one.keyid for one in self.signatures)

    @property
    def holders(self) -> tuple[str, ...]:
        """Who signed it."""
        keys = {**self.proposed.keys, **self.root.keys}
        return tuple(keys[keyid].holder for keyid in self.signers)

    @property
    def lacking(self) -> tuple[str, ...]:
        """What is still to be signed, a sentence for each of both versions; empty where it can be submitted."""
        found = []
        for root in (self.root, self.proposed):
            have, need = root_signatures(root, self.signers)
            if have < need:
                found.append(f"{have} of {need} signatures that version {root.version} asks for")
        return tuple(found)

    @property
    def leaf(self) -> bytes:
        """The entry that it becomes. Raises `DocumentError` without any signature."""
        return leaf_bytes(Envelope(payload=self.payload, signatures=self.signatures))


def draw_up(
    root: TrustRootFact, new: TrustRootFact, *, producer: Producer, now: datetime, seen: TreeHead | None
) -> Proposal:
    """Write version N+1 as a statement that waits for signatures; `producer` counts for the key that signs first.

    Raises `RootError` where it may not follow version N, whoever signs.
    """
    check_step(root, new)
    statement = Statement(
        subjects=(Subject(name=f"trust-root@{new.version}", digest=fact_digest(new)),), fact=new,
        header=Header(log=root.origin, producer=producer, time=now, seen=seen),
    )
    payload = write_statement(statement)
    return Proposal(root=root, payload=payload, statement=read_statement(payload))


def signed(proposal: Proposal, signer: Signer) -> Proposal:
    """Add a signature.

    Raises `Refused` for a key that is no root key, that signed already, or whose holder did; `SigningKeyError`.
    """
    roots = (proposal.root, proposal.proposed)
    listed = [root.keys[signer.keyid] for root in roots if signer.keyid in root.keys]
    held = [root for root in roots if signer.keyid in root.roles["root"].keyids]
    if not held or any(root.keys[signer.keyid].void_from is not None for root in held):
        who = listed[0].holder if listed else signer.public.holder
        raise Refused(
            f"the key {signer.keyid[:8]}… of {who} is no root key of this ledger",
            f"Root keys are those of {', '.join(sorted({root.keys[k].holder for root in roots for k in root.roles['root'].keyids}))}.",
        )
    if signer.keyid in proposal.signers:
        raise Refused(f"the key of {listed[0].holder} has signed this already", _others(proposal))
    more = (*proposal.signers, signer.keyid)
    if all(root_signatures(root, more)[0] == root_signatures(root, proposal.signers)[0] for root in roots):
        raise Refused(
            f"{listed[0].holder} has signed this already, with another key: one person counts once", _others(proposal)
        )
    signature = Signature(keyid=signer.keyid, sig=signer.sign(pae(PAYLOAD_TYPE, proposal.payload)))
    ordered = sorted((*proposal.signatures, signature), key=lambda one: one.keyid)
    return replace(proposal, signatures=tuple(ordered))


def _others(proposal: Proposal) -> str:
    lacking = "; ".join(proposal.lacking)
    return f"Hand it to another holder: it has {lacking}." if lacking else "It has all signatures: `govern trust update FILE`."


def merged(proposals: Iterable[Proposal]) -> Proposal:
    """Put together what several holders signed on their own copies. Raises `Refused` for two different proposals."""
    first, *others = proposals
    found = {one.keyid: one for one in first.signatures}
    for other in others:
        if other.payload != first.payload:
            raise Refused("these are two different proposals", "Give copies of one and the same.")
        found |= {one.keyid: one for one in other.signatures}
    return replace(first, signatures=tuple(found[keyid] for keyid in sorted(found)))


def write(proposal: Proposal) -> bytes:
    """Write the file that travels."""
    return object_bytes(
        _File(
            schema=SCHEMA, root=proposal.root, payload=base64.b64encode(proposal.payload).decode(),
            signatures=tuple(
                _Signature(keyid=one.keyid, sig=base64.b64encode(one.sig).decode()) for one in proposal.signatures
            ),
        )
    ) + b"\n"


def read(data: bytes) -> Proposal:
    """Read a proposal and verify every signature that it has.

    Raises `UsageError` for what is no proposal, `VerificationError` for one that was changed after it was signed.
    """
    try:
        file = from_json(_File, data.removesuffix(b"\n"))
        if file.schema != SCHEMA:
            raise DocumentError(f"its schema is {file.schema[:60]}")  # noqa: TRY301 - one place for all that is off
        payload = decode_base64(file.payload)
        statement = read_statement(payload)
        signatures = tuple(Signature(keyid=one.keyid, sig=decode_base64(one.sig)) for one in file.signatures)
    except DocumentError as error:
        raise UsageError(
            f"not a proposed trust root: {error.message}", "`govern key enrol … --output FILE` and its like write one."
        ) from error
    if not isinstance(statement.fact, TrustRootFact) or statement.header.log != file.root.origin:
        raise UsageError("not a proposed trust root: it states something else", "Do not sign it.")
    check_step(file.root, statement.fact)
    proposal = Proposal(root=file.root, payload=payload, statement=statement, signatures=signatures)
    _check_signatures(proposal)
    return proposal


def compare(proposal: Proposal, known: TrustRootFact) -> None:
    """Compare version N with how a signer knows it from elsewhere. Raises `VerificationError`."""
    if fact_digest(known) != fact_digest(proposal.root):
        raise VerificationError(
            f"the proposal follows a trust root of version {proposal.root.version} that is not the one known here"
            f" (version {known.version} of {known.origin})",
            "Compare both with whoever sent it; a change that came first makes a new proposal necessary.",
            step=1, kind="trust-root",
        )


def _check_signatures(proposal: Proposal) -> None:
    keys = {**proposal.proposed.keys, **proposal.root.keys}
    if list(proposal.signers) != sorted(set(proposal.signers)) or not set(proposal.signers) <= keys.keys():
        raise VerificationError(
            "the proposal is signed by a key that is in neither version, or twice by one", "Ask for the file as it was signed.",
            step=1, kind="unknown-key",
        )
    message = pae(PAYLOAD_TYPE, proposal.payload)
    for one in proposal.signatures:
        key = keys[one.keyid]
        try:
            signature_is_by(load_public(key.scheme, key.public), one.sig, message)
        except InvalidSignature as error:
            raise VerificationError(
                f"the proposal was changed after {key.holder} signed it ({one.keyid[:8]}…)",
                "Do not sign it: ask for the file as it was signed, and keep this one as evidence.",
                step=1, kind="signature",
            ) from error
    for keyid in proposal.signers:
        if not any(keyid in root.roles["root"].keyids for root in (proposal.root, proposal.proposed)):
            raise VerificationError(
                f"the proposal is signed by the key {keyid[:8]}… of {keys[keyid].holder}, which is no root key",
                "Ask for the file without that signature.", step=1, kind="role",
            )


def changes_of(old: TrustRootFact, new: TrustRootFact) -> Iterator[str]:
    """Say in sentences what version N+1 changes: what a signer has to read before signing."""
    yield f"version {old.version} → {new.version} of {new.origin}: {new.reason or 'no reason given'}"
    for keyid in sorted(old.keys.keys() | new.keys.keys()):
        before, after = old.keys.get(keyid), new.keys.get(keyid)
        if after is None:
            assert before is not None
            yield f"the key {keyid[:16]}… of {before.holder} is no longer listed"
        elif before is None:
            yield f"new key {keyid[:16]}… ({after.scheme}) of {after.holder}"
        elif before.void_from != after.void_from:
            yield f"the key {keyid[:16]}… of {after.holder} is void from entry {after.void_from}: {after.void_reason}"
    for name in sorted(old.roles.keys() | new.roles.keys()):
        yield from _role_changes(old, new, name)
    if old.expires != new.expires:
        yield f"expires {instant(old.expires)} → {instant(new.expires)}"


def _role_changes(old: TrustRootFact, new: TrustRootFact, name: str) -> Iterator[str]:
    before, after = old.roles.get(name), new.roles.get(name)
    had, has = set(before.keyids if before else ()), set(after.keyids if after else ())
    for keyid in sorted(has - had):
        yield f"role {name}: + {new.keys[keyid].holder} ({keyid[:8]}…)"
    for keyid in sorted(had - has):
        yield f"role {name}: - {old.keys[keyid].holder} ({keyid[:8]}…)"
    one, two = before.threshold if before else 1, after.threshold if after else 1
    if one != two:
        yield f"role {name}: threshold {one} → {two}"
