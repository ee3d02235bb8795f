"""RFC 8785: other people's vectors, the writer's rule, and strict reading."""

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from govern.canonical.jcs import MAX_DEPTH, MAX_INTEGER, canonical_bytes, canonicalize, parse_foreign_json, parse_json
from govern.errors import DocumentError

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize("name", ["arrays", "french", "structures", "unicode", "values", "weird"])
def test_vectors_of_the_standards_author(shared_folder, name):
    vectors = shared_folder / "vectors" / "jcs"
    expected = bytes.fromhex((vectors / "outhex" / f"{name}.txt").read_text())
    assert canonicalize((vectors / "input" / f"{name}.json").read_bytes()) == expected


@given(VALUES)
def test_writes_what_the_reference_writes_and_reads_it_back(value):
    data = canonical_bytes(value)
    assert data == rfc8785.dumps(value)
    assert parse_json(data) == value


@pytest.mark.parametrize("value", [1.0, 0.1, float("nan"), MAX_INTEGER + 1, "\ud800", {"\ud800": 1}, {1: 2}, object()])
def test_refuses_to_write(value):
    with pytest.raises(DocumentError):
        canonical_bytes([value])


def test_keys_sort_by_utf16_unit():
    # U+10000 begins with the unit D800 and sorts before U+FB33, though its code point is larger.
    assert canonical_bytes({"\ufb33": 1, "\U00010000": 2}) == '{"\U00010000":2,"\ufb33":1}'.encode()


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":2}', '{"a":{"b":1,"b":1}}', '{"a":1,"\\u0061":2}', "[NaN]", "[Infinity]", "[-Infinity]", "[1.0]", "[1e2]",
        '["\\ud800"]', '["\\udc00\\ud800"]', '{"\\udfff":1}', "\ufeff{}", "[" * 33 + "]" * 33, "", "{", "[1]x", "[01]",
        "[9007199254740992]", "[-9007199254740992]", "['a']", '["\t"]', "[" + "9" * 5000 + "]", "nul",
    ],
)
def test_refuses_to_read(text):
    with pytest.raises(DocumentError):
        parse_json(text.encode())


def test_refuses_bytes_that_are_not_utf8():
    for data in (b'"\xff"', b'"\xc0\x80"', b'"\xed\xa0\x80"', '{"a":1}'.encode("utf-16")):
        with pytest.raises(DocumentError):
            parse_json(data)


def test_depth_is_counted_outside_texts_only():
    deep = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert parse_json(deep.encode())
    assert parse_json(json.dumps(["[{" * 100, '\\"[' * 50]).encode())
    with pytest.raises(DocumentError, match="levels"):
        parse_json(b'{"a":' * 100_000)


def test_says_where():
    with pytest.raises(DocumentError, match=r"facts\.json:2:3"):
        parse_json(b"{\n  x", where="facts.json")
    with pytest.raises(DocumentError, match=r"facts\.json.*twice"):
        parse_json(b'{"a":1,"a":1}', where="facts.json")


@pytest.mark.parametrize("text", ["[1e400]", '{"a":1,"a":1}', "[NaN]", '["\\ud800"]', "\ufeff[]"])
def test_foreign_json_is_as_strict_beside_numbers(text):
    assert parse_foreign_json(b"[0.5]") == [0.5]
    with pytest.raises(DocumentError):
        parse_foreign_json(text.encode())


def test_numbers_of_others_are_binary64():
    assert canonicalize(b"[9007199254740993,-0,1E21,5e-324,1e-6,1e-7,333333333.33333329]") == (
        b"[9007199254740992,0,1e+21,5e-324,0.000001,1e-7,333333333.3333333]"
    )
