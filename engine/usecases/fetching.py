"""Whether a file that names people may still be fetched: only while a purpose for that holds.

A newcomer would ask when the file is made, and never again: it is kept for a day, and a purpose
ends long before that.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from engine.domain.access import LONGEST_PURPOSE
from engine.domain.permissions import Actor
from engine.errors import NotAllowed
from engine.language import say
from engine.queries.purposes import are_covered, purposes_during, purposes_in_force
from engine.store.sight import masked_for
from engine.usecases.result_files import ResultFile

Named = Sequence[tuple[int, ...]]
"""Of which incidents people are named, by number, for each purpose; no number: of all."""


def lacks_purpose(
    conn: Connection, file: ResultFile, own: Named | None, now: datetime, *, actor: Actor
) -> bool:
    """Whether the file names people whose names its reader has no purpose for any more.

    `own` is what it says itself that names are for, which holds for a working day; None: it was
    masked as the pages were when it was made.  A program that says its purpose lacks none.
    """
    if masked_for() is None or not file.is_there:
        return False
    named = own
    if named is None:
        made = (file.begun_at or file.asked_at, file.ended_at or now)
        named = [one.incidents for one in purposes_during(conn, actor, *made)]
    elif now < file.asked_at + LONGEST_PURPOSE:
        return False
    stated = purposes_in_force(conn, actor, now)
    return not all(are_covered(stated, one) for one in named)


def require_purpose(
    conn: Connection, file: ResultFile, own: Named | None, now: datetime, *, actor: Actor
) -> None:
    """Raise NotAllowed if the file names people and the purpose for that is over."""
    if lacks_purpose(conn, file, own, now, actor=actor):
        raise NotAllowed(
            say(
                "This file names people, and the purpose it was made for is over:"
                " please state one again to fetch it."
            )
        )
