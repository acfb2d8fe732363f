"""Sentences that were made of what is written, as a masked reader may be told them.

What is recomputed is read as it was written (`Store.read_as_written`), and names people in its
reasons.  A newcomer would show these: masking stands in front of tables, and not of sentences.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, text

from engine.language import Said

_IS_MASKED = text("SELECT coalesce(current_setting('putright.masked', true), '') = 'yes'")
_WORDS = text("""
    SELECT array_agg(masked.words(one) ORDER BY place)
    FROM unnest(CAST(:words AS text[])) WITH ORDINALITY AS listed (one, place)
""")


def as_shown(conn: Connection, sentences: Iterable[str]) -> tuple[str, ...]:
    """Return the sentences as whoever reads through `conn` is told them, in the same order."""
    told = tuple(sentences)
    if not told or not conn.scalar(_IS_MASKED):
        return told
    words = [value for one in told for value in _values(one)]
    masked = iter(conn.scalar(_WORDS, {"words": words}) or ())
    return tuple(_with(one, masked) for one in told)


def _values(sentence: str) -> list[str]:
    if not isinstance(sentence, Said):
        return [sentence]
    return [value for value in sentence.values.values() if isinstance(value, str)]


def _with(sentence: str, masked: Iterable[str]) -> str:
    words = iter(masked)
    if not isinstance(sentence, Said):
        return next(words)
    values = {
        name: next(words) if isinstance(value, str) else value
        for name, value in sentence.values.items()
    }
    return Said(sentence.template, values, sentence.many, sentence.number)
