"""The tree: other people's vectors, a naive model of RFC 6962, and that every changed bit of a proof is noticed."""

import base64
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.ledger import tree

LEAVES = [tree.leaf_hash(b"%d" % number) for number in range(140)]


def naive_root(leaves):
    """RFC 6962, section 2.1, by its words."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def stored(count):
    rows = []
    for size in range(count):
        added, _ = tree.append_nodes(size, LEAVES[size : size + 1], lambda ids: [rows[one] for one in ids])  # noqa: B023
        assert tree.stored_count(size) == len(rows)
        rows += added
    return rows


ROWS = stored(len(LEAVES))


def read(ids):
    return [ROWS[one] for one in ids]


def test_roots_of_every_size_and_few_rows():
    assert len(ROWS) < 2 * len(LEAVES)
    for size in range(len(LEAVES) + 1):
        assert tree.root_at(size, read) == naive_root(LEAVES[:size])


def test_a_batch_gives_the_rows_of_single_appends():
    for first in (0, 1, 7, 64, 100):
        added, root = tree.append_nodes(first, LEAVES[first:], read)
        assert added == ROWS[tree.stored_count(first) :]
        assert root == naive_root(LEAVES)


def test_the_frontier_gives_the_same_rows():
    frontier = tree.Frontier()
    rows = frontier.extend(LEAVES)
    assert rows == ROWS
    assert frontier.root() == naive_root(LEAVES)
    assert len(frontier.peaks) <= len(LEAVES).bit_length()
    later = tree.Frontier(100, read(tree.peak_indices(0, 100)))
    assert later.extend(LEAVES[100:]) == ROWS[tree.stored_count(100) :]


@given(st.data())
def test_proofs_prove_and_nothing_else_does(data):
    size = data.draw(st.integers(1, len(LEAVES)))
    index = data.draw(st.integers(0, size - 1))
    root, proof = naive_root(LEAVES[:size]), tree.inclusion(index, size, read)
    tree.verify_inclusion(index, size, LEAVES[index], proof, root)
    old = data.draw(st.integers(0, size))
    between, old_root = tree.consistency(old, size, read), naive_root(LEAVES[:old])
    if old:
        tree.verify_consistency(old, size, between, old_root, root)
    other = data.draw(st.integers(0, size - 1).filter(lambda one: one != index) if size > 1 else st.just(size))
    with pytest.raises(tree.ProofError):
        tree.verify_inclusion(other, size, LEAVES[index], proof, root)
    if 0 < old < size:
        for wrong in (old - 1, old + 1):
            with pytest.raises(tree.ProofError):
                tree.verify_consistency(wrong, size, between, old_root, root)


@given(st.integers(2, 140), st.data())
def test_every_changed_byte_of_a_proof_is_noticed(size, data):
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size - 1))
    root = naive_root(LEAVES[:size])
    proof, between = tree.inclusion(index, size, read), tree.consistency(old, size, read)
    position, bit = data.draw(st.integers(0, 31)), data.draw(st.integers(0, 7))

    def broken(hashes, place):
        changed = bytearray(hashes[place])
        changed[position] ^= 1 << bit
        return (*hashes[:place], bytes(changed), *hashes[place + 1 :])

    bad = [broken(proof, place) for place in range(len(proof))]
    bad += [proof[:-1], proof[1:], (*proof, LEAVES[0]), (*proof, b""), proof[::-1] if proof[::-1] != proof else proof[:-1]]
    for wrong in bad:
        with pytest.raises(tree.ProofError):
            tree.verify_inclusion(index, size, LEAVES[index], wrong, root)
    bad = [broken(between, place) for place in range(len(between))]
    bad += [between[:-1], (*between, LEAVES[0]), (*between, b"")]
    for wrong in bad:
        with pytest.raises(tree.ProofError):
            tree.verify_consistency(old, size, wrong, naive_root(LEAVES[:old]), root)


def vectors(kind):
    import os
    from pathlib import Path

    folder = Path(os.environ.get("GOVERN_SHARED", Path(__file__).resolve().parents[2].parent / "shared"))
    return sorted((folder / "vectors" / "merkle" / kind).rglob("*.json"))


def decoded(value):
    return base64.b64decode(value or "")


@pytest.mark.parametrize("kind", ["inclusion", "consistency"])
def test_vectors_of_transparency_dev(shared_folder, kind):
    assert shared_folder
    paths = vectors(kind)
    assert len(paths) > 50
    wrong = []
    for path in paths:
        case = json.loads(path.read_text())
        proof = [decoded(one) for one in case["proof"] or []]
        try:
            if kind == "inclusion":
                tree.verify_inclusion(
                    case["leafIdx"], case["treeSize"], decoded(case["leafHash"]), proof, decoded(case["root"])
                )
            else:
                tree.verify_consistency(
                    case["size1"], case["size2"], proof, decoded(case["root1"]), decoded(case["root2"])
                )
            accepted = True
        except tree.ProofError:
            accepted = False
        if accepted == case["wantErr"]:
            wrong.append((path.relative_to(path.parents[2]), case["desc"], case))
    assert not wrong


def test_the_log_of_tessera(shared_folder):
    folder = shared_folder / "vectors" / "tlog" / "log"
    bundle = (folder / "tile/entries/000.p/15").read_bytes()
    leaves = []
    while bundle:
        length = int.from_bytes(bundle[:2], "big")
        leaves.append(tree.leaf_hash(bundle[2 : 2 + length]))
        bundle = bundle[2 + length :]
    frontier = tree.Frontier()
    roots = {0: frontier.root()}
    rows = []
    for leaf in leaves:
        rows += frontier.extend([leaf])
        roots[frontier.size] = frontier.root()
    for size in range(16):
        checkpoint = folder / f"checkpoint.{size}"
        if checkpoint.exists():
            said = checkpoint.read_text().split("\n")
            assert int(said[1]) == size
            assert base64.b64decode(said[2]) == roots[size]
    tiles = (folder / "tile/0/000.p/15").read_bytes()
    assert tiles == b"".join(leaves)
