"""A Merkle tree as RFC 6962 has it: one hash stands for a list that only ever grows.

Leaf hash: SHA-256 of a zero byte and the leaf.  Node hash: SHA-256 of a one byte, the left hash
and the right hash.  The left part of a tree of n leaves is the largest power of two below n.  The
root of no leaves is SHA-256 of nothing.

An inclusion proof shows that a leaf is in a tree, a consistency proof that one tree is the
beginning of another; whoever checks them needs roots, sizes and the proof, and none of the rest.
A newcomer would sort the leaves: a tree that is sorted anew each day is the beginning of none.
"""

import hmac
from collections.abc import Iterable, Sequence
from hashlib import sha256

HASH_BYTES = 32


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf; no node has it."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash over two others."""
    return sha256(b"\x01" + left + right).digest()


class Peaks:
    """The perfect trees that make up a growing one, the largest first: all that adding needs.

    Memory grows with the logarithm of the number of leaves.
    """

    def __init__(self, size: int = 0, peaks: bytes = b"") -> None:
        """Go on with what `as_bytes` gave at that size; ValueError if that cannot be."""
        if len(peaks) != size.bit_count() * HASH_BYTES:
            raise ValueError(f"A tree of {size} leaves has {size.bit_count()} peaks.")
        self.size = size
        self._peaks = [peaks[at : at + HASH_BYTES] for at in range(0, len(peaks), HASH_BYTES)]

    def add(self, hashed: bytes) -> None:
        """Add a leaf by its hash."""
        peaks, size = self._peaks, self.size
        while size & 1:
            hashed = node_hash(peaks.pop(), hashed)
            size >>= 1
        peaks.append(hashed)
        self.size += 1

    def root(self) -> bytes:
        """Return the root over all leaves so far."""
        if not self._peaks:
            return sha256().digest()
        root = self._peaks[-1]
        for peak in self._peaks[-2::-1]:
            root = node_hash(peak, root)
        return root

    def as_bytes(self) -> bytes:
        """Return the peaks in a row, the largest first."""
        return b"".join(self._peaks)


class Tree:
    """A tree held whole, 64 bytes a leaf, to prove things with."""

    def __init__(self, hashes: Iterable[bytes]) -> None:
        """Build it over leaf hashes, in order."""
        # of each level only nodes over perfect trees, one after the other
        self._levels = [bytearray(b"".join(hashes))]
        self.size = len(self._levels[0]) // HASH_BYTES
        while len(below := self._levels[-1]) >= 2 * HASH_BYTES:
            pair, above = 2 * HASH_BYTES, bytearray()
            for at in range(0, len(below) - pair + 1, pair):
                above += sha256(b"\x01" + below[at : at + pair]).digest()
            self._levels.append(above)

    def root(self, size: int | None = None) -> bytes:
        """Return the root over the first `size` leaves, all unless said."""
        size = self._known(self.size if size is None else size)
        return self._over(0, size) if size else sha256().digest()

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """Prove that the leaf at `index` is among the first `size`; the nearest hash first."""
        size = self._known(self.size if size is None else size)
        if not 0 <= index < size:
            raise ValueError(f"There is no leaf {index} among {size}.")
        path: list[bytes] = []
        begin, end = 0, size
        while end - begin > 1:
            middle = begin + _left(end - begin)
            if index < middle:
                path.append(self._over(middle, end))
                end = middle
            else:
                path.append(self._over(begin, middle))
                begin = middle
        return path[::-1]

    def consistency(self, old: int, size: int | None = None) -> list[bytes]:
        """Prove that the first `old` leaves are how the first `size` begin."""
        size = self._known(self.size if size is None else size)
        if not 0 < old <= size:
            raise ValueError(f"{old} leaves are no beginning of {size}.")
        path: list[bytes] = []
        begin, end, is_whole = 0, size, True
        while old != end:
            middle = begin + _left(end - begin)
            if old <= middle:
                path.append(self._over(middle, end))
                end = middle
            else:
                path.append(self._over(begin, middle))
                begin, is_whole = middle, False
        if not is_whole:
            path.append(self._over(begin, end))
        return path[::-1]

    def _known(self, size: int) -> int:
        if size > self.size:
            raise ValueError(f"The tree has {self.size} leaves, not {size}.")
        return size

    def _over(self, begin: int, end: int) -> bytes:
        count = end - begin
        level = count.bit_length() - 1
        if count == 1 << level and begin % count == 0:
            at = (begin >> level) * HASH_BYTES
            return bytes(self._levels[level][at : at + HASH_BYTES])
        middle = begin + _left(count)
        return node_hash(self._over(begin, middle), self._over(middle, end))


def _left(count: int) -> int:
    """Return how many of so many leaves, two at least, are in the left part."""
    return 1 << (count - 1).bit_length() - 1


def is_included(hashed: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof shows that the leaf with this hash stands at `index` of `size` leaves."""
    if not 0 <= index < size:
        return False
    at, last = index, size - 1
    for one in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            hashed = node_hash(one, hashed)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            hashed = node_hash(hashed, one)
        at, last = at >> 1, last >> 1
    return last == 0 and hmac.compare_digest(hashed, root)


def is_beginning(old: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the proof shows that a tree of `old` leaves is how one of `size` begins."""
    if not 0 < old <= size:
        return False
    hashes = list(path)
    if old == size:
        return not hashes and hmac.compare_digest(old_root, root)
    if old & (old - 1) == 0:
        # a perfect tree is a node of the new one
        hashes.insert(0, old_root)
    if not hashes:
        return False
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = hashes[0]
    for one in hashes[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            before, after = node_hash(one, before), node_hash(one, after)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            after = node_hash(after, one)
        at, last = at >> 1, last >> 1
    return last == 0 and hmac.compare_digest(before, old_root) and hmac.compare_digest(after, root)
