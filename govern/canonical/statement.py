"""in-toto Statements v1 whose predicates are our facts: writing, reading, and the digest of a fact."""

import dataclasses
from collections.abc import Hashable
from functools import cache, lru_cache
from typing import Any, Final, cast

from pydantic import ValidationError

from govern.canonical.jcs import MAX_DEPTH, parse_json
from govern.canonical.values import DIGEST, object_bytes, read_checked, read_shape
from govern.canonical.writer import Write, parts_of, writer_of
from govern.domain.evidence import JsonValue
from govern.domain.facts import FACTS, Fact
from govern.domain.statement import Header, Statement, Subject
from govern.domain.text import Digest, digest_of
from govern.errors import DocumentError

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
_PREFIX: Final = "urn:govern:"
_SUFFIX: Final = "/v1"
_KIND: Final = b'"predicateType":"urn:govern:'
_write_text: Final = writer_of(cast("Hashable", str))
MAX_SUBJECTS: Final = 64
"""One is the rule; a statement about more things than this is not about any of them."""


def predicate_type(kind: str) -> str:
    """Return the predicate type of a kind of fact, such as `urn:govern:model/v1`."""
    return f"{_PREFIX}{kind}{_SUFFIX}"


def fact_digest(fact: Fact) -> Digest:
    """Return the digest of a fact's canonical JSON: what names a system, a run or a trust root."""
    return digest_of(object_bytes(fact))


def write_statement(statement: Statement) -> bytes:
    """Write a statement as the canonical JSON that is signed. Raises `DocumentError` for what could not be read again."""
    fact, header = statement.fact, statement.header
    if not 1 <= len(statement.subjects) <= MAX_SUBJECTS:
        raise DocumentError(f"a statement about {len(statement.subjects)} things", f"1 to {MAX_SUBJECTS} are allowed.")
    try:
        members = [
            f"{prefix}{write(getattr(header if from_header else fact, name))}"
            for name, prefix, write, from_header in _members(cast("Hashable", type(fact)))
        ]
        subjects = ",".join(
            f'{{"digest":{{"sha256":"{_hex(one.digest)}"}},"name":{_write_text(one.name)}}}' for one in statement.subjects
        )
        return (
            f'{{"_type":"{STATEMENT_TYPE}","predicate":{{{",".join(members)}}},'
            f'"predicateType":"{predicate_type(fact.KIND)}","subject":[{subjects}]}}'
        ).encode()
    except UnicodeEncodeError as error:
        raise DocumentError("a text holds half a surrogate pair", "Give texts as valid Unicode.") from error


@cache
def _members(fact: Hashable) -> tuple[tuple[str, str, Write, bool], ...]:
    """Return the predicate's members in order: the fact's and the header's, sorted together."""
    members = [(*part, False) for part in parts_of(fact)]
    for name, prefix, write in parts_of(cast("Hashable", Header)):
        # One origin, one time and one seen checkpoint stand in every entry of a batch; only the counter differs.
        members.append((name, prefix, write if name == "producer" else lru_cache(maxsize=16)(write), True))
    return tuple(sorted(members, key=lambda member: member[0]))


def _hex(digest: Digest) -> str:
    if not DIGEST.fullmatch(digest):
        raise DocumentError(f"“{digest[:80]}” is no digest", "A subject is named by its SHA-256.")
    return digest[len("sha256:"):]


def read_statement(payload: bytes) -> Statement:
    """Read the payload of a verified envelope. Raises `DocumentError` for anything that is not a statement of ours."""
    return _read_plain(payload) or _read_strictly(payload)


def _read_plain(payload: bytes) -> Statement | None:
    """Read a statement in the very form that is written here; None for any other, on which the long way decides.

    Being what `write_statement` writes says all that the long way checks key by key: nothing stands twice, every text,
    number, moment and digest has its one spelling.
    """
    cut = payload.rfind(_KIND)
    kind = FACTS.get(payload[cut + len(_KIND) : payload.find(b"/v1", cut)].decode("ascii", "replace")) if cut > 0 else None
    if kind is None or payload.count(b"{") + payload.count(b"[") > MAX_DEPTH:
        return None
    try:
        statement = _statement(kind, read_shape(_shape(cast("Hashable", kind)), payload))
        return statement if write_statement(statement) == payload else None
    except (DocumentError, ValidationError):
        return None


def _read_strictly(payload: bytes) -> Statement:
    read = parse_json(payload)
    kind = FACTS[statement_kind(read)]
    return _statement(kind, read_checked(_shape(cast("Hashable", kind)), payload, read))


def _statement(kind: type[Fact], found: Any) -> Statement:
    predicate = found.predicate
    names = _fact_fields(cast("Hashable", kind))
    return Statement(
        subjects=tuple([_subject(one) for one in found.subject]),
        fact=kind(**{name: getattr(predicate, name) for name in names}),
        header=Header(
            log=predicate.log,
            producer=predicate.producer,
            time=predicate.time,
            seen=predicate.seen,
        ),
    )


def statement_kind(read: JsonValue) -> str:
    """Return the kind of fact that a decoded statement claims to state. Raises `DocumentError`."""
    if not isinstance(read, dict) or read.get("_type") != STATEMENT_TYPE:
        raise DocumentError("not an in-toto Statement v1", "This payload is not a statement of ours.")
    name = read.get("predicateType")
    kind = name.removeprefix(_PREFIX).removesuffix(_SUFFIX) if isinstance(name, str) else ""
    if kind not in FACTS or name != predicate_type(kind):
        raise DocumentError(f"unknown predicate type {str(name)[:80]}", "A newer version of govern may know it.")
    subjects = read.get("subject")
    if not isinstance(subjects, list) or not 1 <= len(subjects) <= MAX_SUBJECTS:
        raise DocumentError(f"a statement has a list of 1 to {MAX_SUBJECTS} subjects", "This is no statement of ours.")
    return kind


def _subject(read: Any) -> Subject:
    digest = "sha256:" + read.digest.get("sha256", "")
    if len(read.digest) != 1 or not DIGEST.fullmatch(digest):
        raise DocumentError("a subject is named by its SHA-256 alone", "This is no statement of ours.")
    return Subject(name=read.name, digest=Digest(digest))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Resource:
    name: str
    digest: dict[str, str]


@cache
def _fact_fields(fact: Hashable) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(cast("Any", fact)))


@cache
def _shape(fact: Hashable) -> type:
    """Make the dataclass that a whole statement of this kind of fact is read into."""
    kind = cast("Any", fact)
    fields: list[Any] = [
        (field.name, field.type, dataclasses.field(default=field.default, default_factory=field.default_factory))
        if field.default_factory is not dataclasses.MISSING
        else (field.name, field.type, dataclasses.field(default=field.default))
        for field in dataclasses.fields(kind)
    ]
    header: list[Any] = [(field.name, field.type) for field in dataclasses.fields(Header)]
    predicate = dataclasses.make_dataclass(f"{kind.__name__}Predicate", fields + header, kw_only=True, slots=True)
    return dataclasses.make_dataclass(
        f"{kind.__name__}Statement",
        [("_type", str), ("subject", list[_Resource]), ("predicateType", str), ("predicate", predicate)],
        kw_only=True,
        slots=True,
    )
