"""The Merkle tree: RFC 6962's own numbers, and every proof of every small tree."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.merkle import (
    HASH_BYTES,
    Peaks,
    Tree,
    is_beginning,
    is_included,
    leaf_hash,
    node_hash,
)

# the leaves, and the root over the first n of them, that Certificate Transparency tests with
LEAVES = [
    bytes.fromhex(one)
    for one in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
MOST = 33


def hashes(count: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(count)]


@pytest.mark.parametrize("size", range(len(ROOTS)))
def test_the_roots_are_those_of_certificate_transparency(size: int) -> None:
    tree, peaks = Tree(leaf_hash(one) for one in LEAVES), Peaks()
    for leaf in LEAVES[:size]:
        peaks.add(leaf_hash(leaf))

    assert tree.root(size).hex() == peaks.root().hex() == ROOTS[size]


def test_leaves_and_nodes_are_hashed_apart() -> None:
    assert leaf_hash(b"ab") == sha256(b"\x00ab").digest()
    assert node_hash(b"a", b"b") == sha256(b"\x01ab").digest()


def test_every_leaf_of_every_tree_can_be_proved() -> None:
    leaves = hashes(MOST)
    tree = Tree(leaves)

    for size in range(1, MOST + 1):
        for index in range(size):
            path = tree.inclusion(index, size)
            assert is_included(leaves[index], index, size, path, tree.root(size))
            assert not is_included(leaf_hash(b"x"), index, size, path, tree.root(size))
            if path:
                assert not is_included(leaves[index], index, size, path[:-1], tree.root(size))


def test_every_tree_can_be_proved_to_be_the_beginning_of_every_later_one() -> None:
    tree = Tree(hashes(MOST))

    for size in range(1, MOST + 1):
        for old in range(1, size + 1):
            path = tree.consistency(old, size)
            assert is_beginning(old, tree.root(old), size, tree.root(size), path)
            if old < size:
                assert not is_beginning(old, leaf_hash(b"x"), size, tree.root(size), path)
                assert not is_beginning(old, tree.root(old), size, leaf_hash(b"x"), path)
                assert not is_beginning(old, tree.root(old), size, tree.root(size), [])


@given(st.integers(2, MOST), st.data())
def test_no_proof_fits_once_an_earlier_leaf_is_another(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size - 1))
    changed = hashes(size)
    changed[data.draw(st.integers(0, old - 1))] = leaf_hash(b"rewritten")
    before, after = Tree(hashes(old)), Tree(changed)

    path = after.consistency(old)

    assert not is_beginning(old, before.root(), size, after.root(), path)


@given(st.integers(0, 70), st.integers(0, 70))
def test_a_tree_grows_on_from_its_peaks(first: int, more: int) -> None:
    leaves = hashes(first + more)
    peaks = Peaks()
    for one in leaves[:first]:
        peaks.add(one)

    later = Peaks(first, peaks.as_bytes())
    for one in leaves[first:]:
        later.add(one)

    assert later.root() == Tree(leaves).root()
    assert len(later.as_bytes()) == later.size.bit_count() * HASH_BYTES


def test_what_no_tree_has_is_refused() -> None:
    tree = Tree(hashes(3))

    with pytest.raises(ValueError, match="no leaf 3"):
        tree.inclusion(3)
    with pytest.raises(ValueError, match="no beginning"):
        tree.consistency(0)
    with pytest.raises(ValueError, match="has 3 leaves"):
        tree.root(4)
    with pytest.raises(ValueError, match="peaks"):
        Peaks(3, b"")
    assert not is_included(b"", 3, 3, [], b"")
    assert not is_beginning(4, b"", 3, b"", [])
