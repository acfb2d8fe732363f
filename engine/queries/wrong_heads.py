"""Signed heads held against what there is: their log, their signatures, and those from outside.

Whoever has the key of the chains can write them anew, so that each entry holds: then only signed
heads show it, and of whoever has the signing key, too, only those that have left the house.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Connection

from engine.domain.audited import Finding, Question
from engine.domain.merkle import Peaks, leaf_hash
from engine.domain.signed_head import SignedHead, leaf
from engine.language import Said, say
from engine.queries.signed_heads import restorings
from engine.store.chains import called
from engine.store.signed_heads import leaves, leaves_that_stand_no_more, signed_heads

# public keys that are known to be ours, by the id of the key
Known = Mapping[str, AbstractSet[bytes]]


@dataclass(frozen=True)
class _Reading:
    """What signed heads are held against."""

    conn: Connection
    known: Known
    # those that went with a newer database, as was said when an older one was put back
    lost: AbstractSet[int]


def wrong_heads(conn: Connection, known: Known, given: Sequence[SignedHead]) -> Iterator[Finding]:
    """Yield what is wrong with the signed heads, their log, and those given from outside.

    `known` are the keys that Putright signs with, or did.
    """
    lost = {number for one in restorings(conn) for number in one.lost}
    reading = _Reading(conn, known, lost)
    heads = signed_heads(conn)
    yield from _wrong_row(reading, heads)
    here = {head.number: head for head in heads}
    # those that were lost tell of another log
    kept = [head for head in given if head.number not in lost]
    named = [(_name(head), head) for head in heads]
    yield from _wrong_log(
        reading, named + [(_outside(head), head) for head in kept if head.number in here]
    )
    yield from _wrong_leaves(reading)
    for head in given:
        yield from _unsigned(reading, head, _outside(head))
    for head in kept:
        yield from _not_here(head, here)


def _name(head: SignedHead) -> Said:
    return say("Signed head %(number)s", number=head.number)


def _outside(head: SignedHead) -> Said:
    return say("Signed head %(number)s from outside", number=head.number)


def _changed(where: Said, head: SignedHead, sentence: Said) -> Finding:
    return Finding(Question.INTEGRITY, where, head.number, "changed", sentence)


def _wrong_row(reading: _Reading, heads: Sequence[SignedHead]) -> Iterator[Finding]:
    """Yield what is wrong between one signed head and the next."""
    before: SignedHead | None = None
    for head in heads:
        where, last = _name(head), before.number if before else 0
        missing = [one for one in range(last + 1, head.number) if one not in reading.lost]
        for number in missing:
            name = say("Signed head %(number)s", number=number)
            yield Finding(Question.COMPLETENESS, name, number, "removed", say("It is missing."))
        yield from _unsigned(reading, head, where)
        if not missing and head.previous != (before.digest if before else b""):
            yield _changed(where, head, say("It does not follow from the one before."))
        if before is not None and head.at < before.at:
            sentence = say("It is dated before the one in front of it.")
            yield Finding(Question.INTEGRITY, where, head.number, "back_dated", sentence)
        before = head


def _unsigned(reading: _Reading, head: SignedHead, where: Said) -> Iterator[Finding]:
    if not head.is_genuine:
        sentence = say("It is not signed by the key that it names.")
    elif head.public_key not in reading.known.get(head.key_id, ()):
        sentence = say("It is signed by “%(key)s”, and that key is not ours.", key=head.key_id)
    else:
        return
    yield Finding(Question.AUTHENTICITY, where, head.number, "signature", sentence)


def _wrong_log(reading: _Reading, told: Sequence[tuple[Said, SignedHead]]) -> Iterator[Finding]:
    """Yield the heads whose root is not that of the leaves; the log is read once."""
    peaks = Peaks()
    with closing(leaves(reading.conn)) as coming:
        for where, head in sorted(told, key=lambda one: one[1].size):
            for row in islice(coming, head.size - peaks.size):
                peaks.add(leaf_hash(leaf(row.chain_id, row.seq, row.hash)))
            if (found := _wrong_root(where, head, peaks)) is not None:
                yield found


def _wrong_root(where: Said, head: SignedHead, peaks: Peaks) -> Finding | None:
    if peaks.size != head.size:
        sentence = say(
            "It stands for %(size)s heads of chains, and %(here)s are kept.",
            size=head.size,
            here=peaks.size,
        )
        return Finding(Question.COMPLETENESS, where, head.number, "truncated", sentence)
    if peaks.root() != head.root:
        return _changed(where, head, say("What it stands for has been written anew."))
    return None


def _wrong_leaves(reading: _Reading) -> Iterator[Finding]:
    """Yield the entries that signed heads tell of, and that are gone or others now."""
    for row in leaves_that_stand_no_more(reading.conn):
        where, told = called(reading.conn, row.chain_id), {"seq": row.seq, "head": row.head}
        if row.stands is None:
            sentence = say(
                "Record %(seq)s, which signed head %(head)s stands for, is gone.", **told
            )
            yield Finding(Question.COMPLETENESS, where, row.seq, "removed", sentence)
        else:
            sentence = say(
                "Record %(seq)s is not the one that signed head %(head)s stands for.", **told
            )
            yield Finding(Question.INTEGRITY, where, row.seq, "changed", sentence)


def _not_here(head: SignedHead, here: Mapping[int, SignedHead]) -> Iterator[Finding]:
    """Yield what a head from outside says that is not so here."""
    where, newest = _outside(head), max(here, default=0)
    if (same := here.get(head.number)) is not None:
        if same.digest != head.digest:
            yield _changed(where, head, say("The one here is not the one that has left."))
        return
    sentence = (
        say(
            "The newest one here is %(newest)s: this database is an older one, or has lost its"
            " end.",
            newest=newest,
        )
        if head.number > newest
        else say("It has left, and is missing here.")
    )
    yield Finding(Question.COMPLETENESS, where, head.number, "truncated", sentence)
