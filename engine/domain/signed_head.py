"""Signed heads: where all chains stood at an instant, signed so that anybody can check it.

The log: the heads of all chains are the leaves of one Merkle tree (`merkle.py`).  A signed head
adds a leaf for each chain that grew since the one before, by chain id, and changes none; the last
leaf of a chain is its head.  Leaf: the canonical array `[chain id, seq, hash]`.
Statement: the canonical array `["putright signed head 1", number, at, chains, entries, size, root,
previous, key id, public key]`; `size` counts the leaves, `previous` is the digest of the signed
head before, empty for the first.  Bytes are lower-case hex, ids lower-case text with hyphens.
Digest of a signed head: SHA-256 of its statement.  Signature: Ed25519 over the statement.
File: one JSON object in a line, with `format` (the statement's first field), the statement's other
fields by name and `signature`.

A newcomer would trust the public key that a signed head brings: anybody can make one.  It has to be
a key that is known from elsewhere.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from engine.domain.canonical import canonical

FORMAT = "putright signed head 1"


@dataclass(frozen=True)
class SigningKey:
    """An Ed25519 key as its 32 bytes, and the id that signed heads name it by."""

    id: str
    secret: bytes = field(repr=False)

    @property
    def public_key(self) -> bytes:
        """The 32 bytes that check what it signs."""
        return self._private().public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Return the signature, the same for the same message."""
        return self._private().sign(message)

    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.secret)


@dataclass(frozen=True)
class SignedHead:
    """Where all chains stood; `chains` and `entries` count what there was then."""

    number: int
    at: datetime
    chains: int
    entries: int
    size: int
    root: bytes
    previous: bytes
    key_id: str
    public_key: bytes
    signature: bytes = b""

    @property
    def statement(self) -> bytes:
        """What is signed."""
        values = [getattr(self, name) for name in _STATED]
        return canonical(
            [FORMAT, *(one.hex() if isinstance(one, bytes) else one for one in values)]
        )

    @property
    def digest(self) -> bytes:
        """What the next signed head names this one by."""
        return sha256(self.statement).digest()

    @property
    def is_genuine(self) -> bool:
        """Whether the key that it names has signed it; whose key that is, is another question."""
        try:
            key = Ed25519PublicKey.from_public_bytes(self.public_key)
            key.verify(self.signature, self.statement)
        except (InvalidSignature, ValueError):
            return False
        return True


_STATED = tuple(one.name for one in fields(SignedHead) if one.name != "signature")
_IN_HEX = frozenset({"root", "previous", "public_key", "signature"})


def leaf(chain_id: UUID, seq: int, hashed: bytes) -> bytes:
    """Return the bytes of a leaf: that the chain's entry with this number has this hash."""
    # canonical JSON, written out: there are as many as there are chains
    return f'["{chain_id}",{seq},"{hashed.hex()}"]'.encode()


def as_line(head: SignedHead) -> str:
    """Return the signed head as it leaves the house, without a line's end."""
    values = {one.name: getattr(head, one.name) for one in fields(head)}
    told = {name: one.hex() if name in _IN_HEX else one for name, one in values.items()}
    return canonical({"format": FORMAT} | told).decode()


def read_line(line: str) -> SignedHead:
    """Return the signed head that `as_line` wrote; ValueError if it is none."""
    try:
        told = json.loads(line)
        if not isinstance(told, Mapping) or told.get("format") != FORMAT:
            raise ValueError("it is not a signed head")
        return SignedHead(
            **{one.name: _read(one.name, told[one.name]) for one in fields(SignedHead)}
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"This is no signed head of Putright ({error}).") from error


def _read(name: str, value: Any) -> Any:
    if name in _IN_HEX:
        return bytes.fromhex(value)
    if name == "at":
        return datetime.fromisoformat(value)
    if not isinstance(value, str if name == "key_id" else int):
        raise ValueError(f"{name} is of the wrong kind")
    return value
