"""The short ways of reading a leaf and a statement accept nothing that the long ways refuse, and read the same."""

import json

import pytest
from ledger.kit_ledger import Kit, model, review, system

from govern.canonical import dsse, statement
from govern.errors import DocumentError


@pytest.fixture(scope="module")
def leaves(tmp_path_factory):
    kit = Kit.make(tmp_path_factory.mktemp("reading") / "kit", seeded=True)
    kit.append(system(), model(1, name="größer – 𝄞\n\t\u2028"))
    kit.append(review(1), by="reviewer")
    found = list(kit.ledger.leaves())
    kit.ledger.close()
    return found


def long_leaf(leaf):
    """Read a leaf as JSON, as everything is read that the short way does not know."""
    envelope = dsse.parse_envelope(leaf)
    if dsse.leaf_bytes(envelope) != leaf:
        raise DocumentError("not canonical", "")
    return envelope


def changed(data):
    """The bytes with one changed, doubled or left out."""
    for place in range(len(data)):
        for new in {data[place] ^ 1, data[place] ^ 0x20, 0x22, 0x5C, 0xFF, 0x30} - {data[place]}:
            yield data[:place] + bytes([new]) + data[place + 1 :]
        yield data[:place] + data[place : place + 1] + data[place:]
        yield data[:place] + data[place + 1 :]


def test_leaves_are_read_the_same_way(leaves):
    for leaf in leaves:
        assert dsse._plain_leaf(leaf) == long_leaf(leaf)
    accepted = 0
    for leaf in changed(leaves[1]):
        plain = dsse._plain_leaf(leaf)
        if plain is not None:
            accepted += 1
            assert plain == long_leaf(leaf)
    assert accepted, "another payload is a payload too: the signature is what tells"


def test_statements_are_read_the_same_way(leaves):
    for leaf in leaves:
        payload = dsse.parse_leaf(leaf).payload
        assert statement._read_plain(payload) == statement._read_strictly(payload)
    accepted = 0
    for payload in changed(dsse.parse_leaf(leaves[2]).payload):
        plain = statement._read_plain(payload)
        if plain is not None:
            accepted += 1
            assert plain == statement._read_strictly(payload)
    assert accepted


def test_what_is_spelled_otherwise_goes_the_long_way(leaves):
    payload = dsse.parse_leaf(leaves[1]).payload
    twice = payload.replace(b'"name":', b'"name":"x","name":', 1)
    spaced = json.dumps(json.loads(payload)).encode()
    fraction = payload.replace(b'"seq":0', b'"seq":0.0')
    for other in (twice, fraction, b"\xef\xbb\xbf" + payload, payload + b" ", b"", b"[]"):
        assert statement._read_plain(other) is None
    assert statement._read_plain(spaced) is None
    assert statement.read_statement(spaced) == statement.read_statement(payload)
    for bad in (twice, fraction):
        with pytest.raises(DocumentError):
            statement.read_statement(bad)
