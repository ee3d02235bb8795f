"""Signed notes, checkpoints and proof files by the standards' words."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger.kit_ledger import signer

from govern.errors import DocumentError, GovernError, SigningKeyError, UnverifiableError, VerificationError
from govern.ledger.checkpoint import parse_text, read_checkpoint, sign_checkpoint
from govern.ledger.note import NoteKey, open_note, parse_note, parse_vkey, sign_note
from govern.ledger.proof import MAGIC, parse_proof, write_proof

LOG = signer("log", 7)
NAME = "log.example/one"
KEY = NoteKey(name=NAME, public=bytes.fromhex(LOG.public.public))
NOTE = sign_checkpoint(NAME, 5, b"r" * 32, LOG).note
# Of the Go documentation of sumdb/note.
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def open_text(text, *keys):
    return open_note(text.encode(), keys or (KEY,))


def test_gos_own_note_opens():
    note, signed = open_text(GO_NOTE, parse_vkey(GO_VKEY))
    assert note.text.endswith("problem is.\n")
    assert [key.vkey() for key in signed] == [GO_VKEY]


def test_a_note_is_split_at_the_last_blank_line():
    text = "one\n\ntwo\n"
    note, _ = open_text(sign_note(text, NAME, LOG))
    assert note.text == text


@given(st.integers(0, len(NOTE.encode()) - 1), st.integers(1, 255))
def test_every_changed_byte_is_noticed(position, change):
    data = bytearray(NOTE.encode())
    data[position] ^= change
    with pytest.raises(GovernError):
        open_note(bytes(data), (KEY,))


@given(st.integers(0, len(NOTE) - 1))
def test_every_cut_is_noticed(position):
    with pytest.raises(GovernError):
        open_text(NOTE[:position])


def other_line(name=NAME, keyid=b"1234", sig=b"x" * 64):
    return f"— {name} {base64.b64encode(keyid + sig).decode()}\n"


def test_unknown_keys_are_ignored_even_with_a_known_name_or_id():
    more = NOTE + other_line() + other_line(name="w.example", keyid=KEY.keyid) + other_line(name="w.example")
    assert open_text(more)[1] == (KEY,)
    with pytest.raises(UnverifiableError):
        open_text(NOTE, NoteKey(name="other.example", public=KEY.public))
    with pytest.raises(UnverifiableError):
        open_text(NOTE, NoteKey(name=NAME, public=bytes.fromhex(signer("x", 8).public.public)))
    with pytest.raises(UnverifiableError):
        open_note(NOTE.encode(), ())


def test_a_failing_signature_of_a_known_key_rejects_the_note():
    for more in (NOTE + other_line(keyid=KEY.keyid), NOTE.replace("— ", other_line(keyid=KEY.keyid) + "— ")):
        with pytest.raises(VerificationError):
            open_text(more)
    witness = signer("w", 9)
    also = NoteKey(name="w.example", public=bytes.fromhex(witness.public.public))
    with pytest.raises(VerificationError):
        open_text(NOTE + other_line(name="w.example", keyid=also.keyid), KEY, also)


@pytest.mark.parametrize(
    "break_it",
    [
        lambda n: n.rstrip("\n"), lambda n: n + "\n", lambda n: n + "x\n", lambda n: n.replace("\n\n", "\n"),
        lambda n: n.replace("— ", "- "), lambda n: n.replace("— ", "—"), lambda n: n.replace("— ", "—\u00a0"),
        lambda n: n.replace(f"— {NAME} ", f"— {NAME}  "), lambda n: n.replace(f"— {NAME} ", "—  "),
        lambda n: n.replace(f"— {NAME}", "— a+b"), lambda n: n.replace(f"— {NAME}", "— a\u2003b"),
        lambda n: n.replace("5\n", "5\r\n"), lambda n: n.replace("5\n", "5\t\n"), lambda n: "\0" + n,
        lambda n: n[:-2] + "\n", lambda n: n.replace("=\n", "\n"), lambda n: n[: n.rindex(" ") + 1] + "AAAA\n",
        lambda n: n[: n.rindex("— ")], lambda n: n + other_line() * 100, lambda n: n[:-1] + " \n",
        lambda n: n + " " * (1 << 20), lambda n: "",
    ],
)
def test_what_is_no_note(break_it):
    with pytest.raises(DocumentError):
        parse_note(break_it(NOTE).encode())


def test_notes_are_utf8():
    with pytest.raises(DocumentError):
        parse_note(b"\xff" + NOTE.encode())


def test_up_to_a_hundred_signatures():
    assert len(parse_note((NOTE + other_line() * 99).encode()).signatures) == 100


@pytest.mark.parametrize(
    "vkey",
    [
        "", "a", "a+b", GO_VKEY[:-1], GO_VKEY + "=", GO_VKEY.replace("c74f20a3", "c74f20a4"), "+" + GO_VKEY,
        GO_VKEY.replace("PeterNeumann", "Peter Neumann"), GO_VKEY.replace("+AR", "+BB"),
        "x+00000000+" + base64.b64encode(b"\x01" + bytes(31)).decode(),
    ],
)
def test_what_is_no_verifier_key(vkey):
    with pytest.raises((DocumentError, SigningKeyError)):
        parse_vkey(vkey)


def test_a_weak_verifier_key_is_refused():
    weak = NoteKey(name="x", public=b"\x01" + bytes(31)).vkey()
    with pytest.raises(SigningKeyError, match="low order"):
        parse_vkey(weak)


ROOT = base64.b64encode(b"r" * 32).decode()


def test_checkpoints_are_read():
    read = parse_text(f"o r i+gin\n0\n{ROOT}\nmore\nlines\n")
    assert (read.origin, read.size, read.root, read.extensions) == ("o r i+gin", 0, b"r" * 32, ("more", "lines"))
    assert parse_text(f"o\n{2**64 - 1}\n{ROOT}\n").size == 2**64 - 1
    assert read_checkpoint(NOTE).size == 5


@pytest.mark.parametrize(
    "text",
    [
        "", "o\n", "o\n1\n", f"o\n1\n{ROOT}", f"\n1\n{ROOT}\n", f"o\n01\n{ROOT}\n", f"o\n+1\n{ROOT}\n", f"o\n-1\n{ROOT}\n",
        f"o\n1 \n{ROOT}\n", f"o\n1_0\n{ROOT}\n", f"o\n٣\n{ROOT}\n", f"o\n{2**64}\n{ROOT}\n", f"o\n\n{ROOT}\n", f"o\nx\n{ROOT}\n",
        f"o\n1\n{ROOT[:-1]}\n", f"o\n1\n{ROOT[:-2]}B=\n", f"o\n1\n{ROOT} \n", "o\n1\nAAAA\n", f"o\n1\n{ROOT}\n\n", f"o\n1\n{ROOT}\n\nx\n",
        f"o\n0x1\n{ROOT}\n", f"o\n1.0\n{ROOT}\n",
    ],
)
def test_what_is_no_checkpoint(text):
    with pytest.raises(DocumentError):
        parse_text(text)


def test_proof_files():
    text = write_proof(3, [b"a" * 32, b"b" * 32], NOTE)
    read = parse_proof(text.encode())
    assert (read.index, read.hashes, read.checkpoint, read.extra) == (3, (b"a" * 32, b"b" * 32), NOTE, None)
    with_extra = text.replace("index", "extra YWJj\nindex", 1)
    assert parse_proof(with_extra.encode()).extra == b"abc"
    assert parse_proof(write_proof(0, [], NOTE).encode()).hashes == ()
    for bad in (
        text.replace(MAGIC, "c2sp.org/tlog-proof@v2"), text.replace("index 3", "index 03"), text.replace("index 3", "index -1"),
        text.replace("index 3\n", ""), text.replace("YWFh", "YWF", 1), text.replace("\n\n", "\n"), "", MAGIC + "\n\n",
        text.replace("index 3", "Index 3"), text.replace("index 3", "index  3"),
        write_proof(3, [b"a" * 32] * 65, NOTE), write_proof(3, [b"short"], NOTE),
    ):
        with pytest.raises(DocumentError):
            parse_proof(bad.encode())
    with pytest.raises(DocumentError):
        parse_proof(b"\xff")
