"""Canonical JSON, version 1: the only bytes that the audit chain ever hashes.

- UTF-8, no white space; object keys are text, sorted by code point, and appear once;
- numbers are integers in decimal; true, false, null; arrays keep their order;
- text is escaped only where JSON demands it: `"` and `\\` by a backslash, U+0008, U+0009,
  U+000A, U+000C and U+000D as `\\b \\t \\n \\f \\r`, other controls below U+0020 as `\\u00xx`;
- floats, lone surrogates and U+0000 are refused, since JSONB would not return them unchanged.
An instant is text: UTC, six decimals, `2026-03-29T01:00:00.000000Z`.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

# made once: to make one takes as long as to write an entry with it
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def plain(value: object) -> object:
    """Return `value` as JSON can hold it: instants, dates, decimals and ids become text.

    Tuples and sets become lists, sets in sorted order.  Raises TypeError for anything else
    (floats first of all) and ValueError for a naive instant or for text JSONB cannot keep.
    """
    if value is None or isinstance(value, bool | int):
        return value if value is None or isinstance(value, bool) else int(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Decimal) and value.is_finite():
        return format(value, "f")
    if isinstance(value, Mapping):
        return {_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((plain(item) for item in value), key=canonical)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    raise TypeError(f"An entry cannot hold {type(value).__name__}.")


def canonical(value: object) -> bytes:
    """Return the canonical bytes of `plain(value)`; equal before and after a JSONB round trip."""
    return canonical_of_plain(plain(value))


def canonical_of_plain(value: object) -> bytes:
    """Return the canonical bytes of what `plain` has returned, or the database has read.

    Nothing is refused: what no entry can hold has bytes that no entry was made of.
    """
    return _ENCODER.encode(value).encode("utf-8")


def instant_text(at: datetime) -> str:
    """Return an aware instant as `2026-03-29T01:00:00.000000Z`; ValueError if it is naive."""
    if at.utcoffset() is None:
        raise ValueError("An entry takes aware instants only.")
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError("The names in an entry are text.")
    return _text(key)


def _text(text: str) -> str:
    try:
        # a lone surrogate is the one thing that UTF-8 has no bytes for
        encoded = text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("An entry cannot hold text with U+0000 or half a character.") from error
    if b"\x00" in encoded:
        raise ValueError("An entry cannot hold text with U+0000 or half a character.")
    return str(text)
