"""Words that people look for, as PostgreSQL's full-text search takes them.

Words are taken as they are written, in any language, each also as the beginning of a longer one;
digits are taken as they are.
A newcomer would hand over what was typed: it has an own language of signs, and errors.
"""

import re

_WORD = re.compile(r"[^\W_]+")
_MOST = 12
_LONG_ENOUGH = 4

# The text of incident `i` and of action `a`, word for word as their indexes have it.
INCIDENT_TEXT = (
    "to_tsvector('simple', {i}.title || ' ' || {i}.expected || ' ' || {i}.actual || ' '"
    " || {i}.harmed)"
)
ACTION_TEXT = (
    "to_tsvector('simple', {a}.title || ' ' || {a}.detail || ' ' || coalesce({a}.outcome, ''))"
)


def all_of(words: str) -> str | None:
    """Return the query that asks for all of these words; None if there are none."""
    found = _WORD.findall(words.lower())[:_MOST]
    return " & ".join(word if word.isdigit() else f"{word}:*" for word in found) or None


def any_of(words: str) -> str | None:
    """Return the query that asks for any of these words, short ones left out; None for none."""
    found = dict.fromkeys(
        word for word in _WORD.findall(words.lower()) if len(word) >= _LONG_ENOUGH
    )
    return " | ".join([*found][:_MOST]) or None


def number_in(words: str) -> int | None:
    """Return the incident's number, if that is all that was typed."""
    plain = words.strip().removeprefix("#")
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 18 else None
