"""Facts, statements and envelopes: round trips, strictness, and that every byte counts."""

import base64
import dataclasses
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.canonical.dsse import MAX_LEAF, Envelope, Signature, leaf_bytes, pae, parse_envelope, parse_leaf
from govern.canonical.jcs import canonical_bytes
from govern.canonical.statement import fact_digest, predicate_type, read_statement, write_statement
from govern.canonical.values import from_json, object_bytes, schema_of, to_json
from govern.domain.decision import Check, Decision, Enforcement, Outcome, RuleResult, Score, Status
from govern.domain.evidence import Evidence, Excluded, Measurement
from govern.domain.facts import FACTS, DecisionFact, ModelFact
from govern.domain.statement import Header, Producer, Statement, Subject, TreeHead
from govern.domain.text import digest_of
from govern.errors import DocumentError

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
DIGEST = digest_of(b"x")
MODELS = st.builds(
    ModelFact, name=st.text(max_size=5), version=st.text(max_size=5), system=st.just("s"), media_type=st.just("m"),
    size=st.integers(0, 2**53 - 1), run=st.none() | st.just(DIGEST), features=st.tuples(st.text(max_size=3)),
)


def statement(fact, **header):
    values = {"log": "o", "producer": Producer(seq=0, prev=None), "time": NOW, "seen": None} | header
    return Statement(subjects=(Subject(name="a", digest=DIGEST),), fact=fact, header=Header(**values))


def fact_of(cls):
    """Fill a fact by the types of its fields."""
    from typing import get_args, get_origin

    def fill(kind):
        if kind is datetime:
            return NOW
        if kind is int:
            return 3
        if kind is bool:
            return True
        if dataclasses.is_dataclass(kind):
            return kind(**{one.name: fill(one.type) for one in dataclasses.fields(kind)})
        if get_origin(kind) is tuple:
            return (fill(get_args(kind)[0]),)
        if get_origin(kind) is dict:
            return {"k": fill(get_args(kind)[1])}
        if str(kind).startswith("typing.Literal"):
            return get_args(kind)[0]
        if get_args(kind):
            return fill(get_args(kind)[0])
        return str(DIGEST) if "Digest" in str(kind) else "text"

    return fill(cls)


@pytest.mark.parametrize("kind", sorted(FACTS))
def test_every_fact_survives_the_round_trip(kind):
    said = statement(fact_of(FACTS[kind]), seen=TreeHead(size=1, root=DIGEST))
    payload = write_statement(said)
    assert read_statement(payload) == said
    assert json.loads(payload)["predicateType"] == predicate_type(kind)
    assert from_json(FACTS[kind], object_bytes(said.fact)) == said.fact


def slowly(said):
    """Write a statement the plain way."""
    header = to_json(said.header)
    return canonical_bytes({
        "_type": "https://in-toto.io/Statement/v1", "predicateType": predicate_type(said.fact.KIND),
        "predicate": {**to_json(said.fact), **header},
        "subject": [{"name": one.name, "digest": {"sha256": one.digest.removeprefix("sha256:")}} for one in said.subjects],
    })


@pytest.mark.parametrize("kind", sorted(FACTS))
def test_the_fast_writer_writes_what_the_plain_one_writes(kind):
    for seen in (None, TreeHead(size=1, root=DIGEST)):
        said = statement(fact_of(FACTS[kind]), seen=seen)
        assert write_statement(said) == slowly(said)


@given(MODELS, st.dictionaries(st.text(), st.text()), st.text())
def test_the_fast_writer_writes_any_text(fact, mapping, name):
    run = dataclasses.replace(fact_of(FACTS["run"]), parameters=mapping, seeds=dict.fromkeys(mapping, 1))
    for one in (fact, run):
        said = dataclasses.replace(statement(one), subjects=(Subject(name=name, digest=DIGEST),))
        try:
            expected = slowly(said)
        except DocumentError:
            with pytest.raises(DocumentError):
                write_statement(said)
            continue
        assert write_statement(said) == expected
        assert read_statement(expected) == said


@pytest.mark.parametrize("kind", sorted(FACTS))
def test_what_is_written_can_be_read(kind):
    """Put each of these values into each field: it is refused when written, or read back."""
    good = fact_of(FACTS[kind])
    odd = (None, 1, -1, True, 0.5, "", "text", DIGEST, (), ("a",), (1,), {}, {"a": "b"}, {1: 2}, NOW, NOW.replace(tzinfo=None), good)
    for field in dataclasses.fields(good):
        for value in odd:
            said = statement(dataclasses.replace(good, **{field.name: value}))
            try:
                payload = write_statement(said)
            except DocumentError:
                continue
            assert read_statement(payload) == said, (field.name, value)


@given(MODELS)
def test_a_fact_is_its_json(fact):
    try:
        data = object_bytes(fact)
    except DocumentError:
        return  # half a surrogate pair
    assert from_json(ModelFact, data) == fact
    assert fact_digest(fact) == digest_of(data)


def test_what_a_reader_must_not_guess_is_refused():
    good = json.loads(write_statement(statement(fact_of(ModelFact))))

    def read(change):
        broken = json.loads(json.dumps(good))
        change(broken)
        return read_statement(canonical_bytes(broken))

    assert read(lambda _: None)
    for change in (
        lambda s: s.update(_type="https://in-toto.io/Statement/v0.1"),
        lambda s: s.update(extra=1),
        lambda s: s["predicate"].update(extra=1),
        lambda s: s["predicate"].update(size="10"),
        lambda s: s["predicate"].update(size=True),
        lambda s: s["predicate"].pop("log"),
        lambda s: s["predicate"].update(time="2026-11-21T09:30:00"),
        lambda s: s["predicate"].update(time="2026-11-21T10:30:00+01:00"),
        lambda s: s["predicate"].update(time="2026-11-21T09:30:00.5Z"),
        lambda s: s["predicate"].update(time=1763717400),
        lambda s: s["predicate"].update(seen={"size": 1}),
        lambda s: s["predicate"]["producer"].update(prev="sha256:0"),
        lambda s: s["predicate"]["datasets"][0].update(extra=1),
        lambda s: s.update(predicateType="urn:govern:model/v2"),
        lambda s: s.update(predicateType="urn:govern:nothing/v1"),
        lambda s: s["subject"][0]["digest"].update(sha512="0"),
        lambda s: s["subject"][0]["digest"].update(sha256="A" * 64),
        lambda s: s.update(subject=s["subject"] * 65),
    ):
        with pytest.raises(DocumentError):
            read(change)


def test_times_are_written_in_utc():
    later = NOW.astimezone(timezone(timedelta(hours=5)))
    assert b'"time":"2026-11-21T09:30:00Z"' in write_statement(statement(fact_of(ModelFact), time=later))


def test_floating_point_numbers_do_not_get_in():
    run = FACTS["run"](**{**{f.name: getattr(fact_of(FACTS["run"]), f.name) for f in dataclasses.fields(FACTS["run"])},
                          "metrics": {"auc": 0.9}})
    with pytest.raises(DocumentError, match="where a text belongs"):
        write_statement(statement(run))


def test_evidence_and_decisions_are_read_strictly():
    evidence = Evidence(
        rows=3, excluded=(Excluded(attribute="sex", value="?", n=1),),
        measures=(Measurement(measure="m@1", values={"a": ["0.5", {"b": None}]}, groups=({"group": "g", "n": 1},)),),
    )
    assert from_json(Evidence, object_bytes(evidence)) == evidence
    decision = Decision(
        gate="g", subject=DIGEST, subject_name="a@1", system="s", as_of=NOW, outcome=Outcome.DENY,
        rules=(
            RuleResult(
                rule="R", title="t", measure="m", policy=DIGEST, policy_name="p", enforcement=Enforcement.REQUIRE,
                status=Status.FAIL, explanation="e", checks=(Check(label="l", status=Status.FAIL),), waiver_expires=NOW,
            ),
        ),
        policies=(DIGEST,), bindings=(), evidence=(), before_waivers=Score(passed=0, total=1),
        after_waivers=Score(passed=0, total=1), engine="x",
    )
    assert from_json(Decision, object_bytes(decision)) == decision
    for broken in (
        {**to_json(decision), "more": 1}, {**to_json(decision), "outcome": "maybe"},
        {**to_json(decision), "rules": [{**to_json(decision)["rules"][0], "more": 1}]},
        {**to_json(decision), "rules": [{**to_json(decision)["rules"][0], "waiver_expires": "2026-11-21"}]},
    ):
        with pytest.raises(DocumentError):
            from_json(Decision, broken)


def test_a_fact_as_an_older_version_wrote_it_is_still_read():
    older = to_json(fact_of(DecisionFact))
    del older["expires"]
    assert from_json(DecisionFact, older).expires is None


@pytest.mark.parametrize("cls", [*FACTS.values(), Evidence, Decision])
def test_everything_recorded_has_a_schema(cls):
    assert schema_of(cls)["properties"]


def envelope(payload=b'{"a":1}', names=("a", "b")):
    return Envelope(payload=payload, signatures=tuple(Signature(keyid=name, sig=name.encode() * 64) for name in names))


def test_pae_is_that_of_the_standard():
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_a_leaf_has_one_spelling():
    one = envelope()
    leaf = leaf_bytes(one)
    assert leaf == canonical_bytes(json.loads(leaf))
    assert parse_leaf(leaf) == one
    assert leaf_bytes(envelope(names=("b", "a"))) == leaf
    spaced = json.dumps(json.loads(leaf)).encode()
    assert parse_envelope(spaced) == one
    with pytest.raises(DocumentError, match="canonical"):
        parse_leaf(spaced)


def test_envelopes_that_two_readers_could_read_differently():
    good = json.loads(leaf_bytes(envelope()))
    payload = base64.b64encode(b"1234").decode()
    for change in (
        {"payloadType": "text/plain"}, {"payload": payload[:-3] + "B=="}, {"payload": payload.rstrip("=")},
        {"payload": "MTIz\nNDU2"}, {"payload": ""}, {"payload": 1}, {"signatures": []}, {"signatures": good["signatures"] * 9},
        {"signatures": [1]}, {"signatures": [{"keyid": 1, "sig": "YQ=="}]}, {"signatures": [{"keyid": "a"}]},
    ):
        with pytest.raises(DocumentError):
            parse_envelope(json.dumps({**good, **change}).encode())
    with pytest.raises(DocumentError, match="twice"):
        parse_envelope(leaf_bytes(envelope())[:-1] + b',"payload":"MQ=="}')
    with pytest.raises(DocumentError, match="two signatures"):
        parse_leaf(leaf_bytes(envelope(names=("a", "a"))))


def test_a_leaf_has_a_limit():
    with pytest.raises(DocumentError, match="object folder"):
        leaf_bytes(envelope(payload=b"x" * MAX_LEAF))
    with pytest.raises(DocumentError):
        leaf_bytes(Envelope(payload=b"x", signatures=()))
    with pytest.raises(DocumentError):
        parse_leaf(b" " * (MAX_LEAF + 1))
