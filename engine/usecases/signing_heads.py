"""Signing where all chains stand, daily and when asked; and saying that a backup was put back.

A newcomer would go on signing after an older database was put back: its next head would have the
number of one that has left the house, and say something else.
"""

from collections.abc import Sequence
from dataclasses import replace

from engine.domain.anchor import SIGNED_EVERY
from engine.domain.permissions import Machine
from engine.domain.register import DATABASE, REGISTER
from engine.domain.signed_head import SignedHead
from engine.errors import Conflict, InvalidAnswers, Unavailable
from engine.language import say
from engine.queries.signed_heads import RESTORED, restorings
from engine.store.jobs import defer_anchoring
from engine.store.receipts import SIGNING, fails, works_again
from engine.store.registering import register
from engine.store.signed_heads import grow, keep_head, lock_heads, newest_head, peaks_of
from engine.store.work import Work
from engine.usecases.handling import Handling, Signing

BACKUPS = Machine("putright audit restored")


def sign_heads(handling: Handling) -> SignedHead:
    """Sign where all chains stand now, and have the signed head sent out of the house.

    Raises Conflict if one that has left is newer than this database, and Unavailable without a key
    or if the log is not what was signed.
    """
    signing = _signing(handling)
    left = signing.left()
    with handling.store.begin() as work:
        lock_heads(work.conn)
        before = newest_head(work.conn)
        last = _last_number(work, before)
        if left > last:
            raise Conflict(_is_older(left, before), left=left)
        return _signed(work, signing, before, last + 1)


def sign_if_due(handling: Handling) -> SignedHead | None:
    """Sign if the newest signed head is a day old; keep why not, if it cannot be."""
    with handling.store.read() as conn:
        newest = newest_head(conn)
    fresh = newest is not None and newest.at > handling.store.clock() - SIGNED_EVERY
    # looked at each time: an older database may have been put back at any moment
    left = handling.signing.left() if handling.signing else 0
    if newest is not None and fresh and left <= newest.number:
        return None
    try:
        return sign_heads(handling)
    except (Conflict, Unavailable) as refusal:
        with handling.store.begin() as work:
            fails(work.conn, SIGNING, refusal.sentence, work.now)
        return None


def say_restored(
    handling: Handling, *, why: str, by: str, left: Sequence[SignedHead] = ()
) -> range:
    """Write down that an older database was put back; return the numbers of the heads it lost.

    `left` are signed heads that have left the house: those that are not here were lost with the
    newer database, and their numbers are not given again.  Raises InvalidAnswers without a reason.
    """
    if not why.strip():
        raise InvalidAnswers({"why": say("Say why the backup was put back.")})
    with handling.store.begin() as work:
        lock_heads(work.conn)
        last = _last_number(work, newest_head(work.conn))
        highest = max((head.number for head in left), default=0)
        lost = range(last + 1, max(highest, last) + 1)
        content = {
            "why": why.strip(),
            "by": by,
            "newest_here": last,
            "lost": [lost[0], lost[-1]] if lost else None,
        }
        register(work, RESTORED, DATABASE, REGISTER, content, BACKUPS)
        works_again(work.conn, SIGNING)
        return lost


def _signing(handling: Handling) -> Signing:
    if handling.signing is None:
        raise Unavailable(say("Nothing can be signed: PUTRIGHT_SIGNING_KEY is missing."))
    return handling.signing


def _last_number(work: Work, newest: SignedHead | None) -> int:
    """Return the highest number that was ever given, here or in a database that was lost."""
    lost = [one.lost[-1] for one in restorings(work.conn) if one.lost]
    return max([newest.number if newest else 0, *lost])


def _signed(work: Work, signing: Signing, before: SignedHead | None, number: int) -> SignedHead:
    peaks = peaks_of(work.conn, before)
    if before is not None and peaks.root() != before.root:
        raise Unavailable(
            say("Nothing is signed: signed head %(number)s is not as it was.", number=before.number)
        )
    chains, entries = grow(work.conn, number, peaks)
    # who waited for another one began before that was signed
    at = work.now if before is None else max(work.now, before.at)
    unsigned = SignedHead(
        number,
        at,
        chains,
        entries,
        peaks.size,
        peaks.root(),
        before.digest if before else b"",
        signing.key.id,
        signing.key.public_key,
    )
    head = replace(unsigned, signature=signing.key.sign(unsigned.statement))
    keep_head(work.conn, head, peaks)
    works_again(work.conn, SIGNING)
    defer_anchoring(work.conn)
    return head


def _is_older(left: int, here: SignedHead | None) -> str:
    return say(
        "Signed head %(left)s has left, and the newest here is %(here)s: was an older database put"
        " back? Then say so with “putright audit restored”.",
        left=left,
        here=here.number if here else 0,
    )
