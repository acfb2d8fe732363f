"""What somebody without an account sees of what they told us, on their secret page.

A number, when they told us, and how far it is: no title, no name and none of our words, for the
page may be seen by whoever holds the link.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, text

from engine.errors import NotFound
from engine.language import say


class Stage(StrEnum):
    """How far it is, for whoever told us."""

    WORKING = "working"
    ASKING = "asking"
    CONFIRMED = "confirmed"
    DECIDED = "decided"
    OVER = "over"


@dataclass(frozen=True)
class CallerPage:
    """All there is to see; `ended_at` None while it is being handled."""

    number: int
    told_at: datetime
    stage: Stage
    ended_at: datetime | None


_PAGE = text("""
    SELECT i.number, i.told_at, i.ended_at, i.state, i.closed_by, EXISTS (SELECT FROM work_item w
      WHERE w.incident_id = i.id AND w.ended_at IS NULL AND w.mark = 'confirmation') AS is_asking
    FROM caller c JOIN incident i ON i.id = c.incident_id WHERE c.digest = :digest
""")


def caller_page(conn: Connection, digest: bytes) -> CallerPage:
    """Return the page whose token has this digest.  Raises NotFound for any other."""
    row = conn.execute(_PAGE, {"digest": digest}).first()
    if row is None:
        raise NotFound(say("There is no such page."))
    if row.state == "open":
        stage = Stage.ASKING if row.is_asking else Stage.WORKING
    elif row.closed_by is None:
        stage = Stage.OVER
    else:
        stage = Stage.CONFIRMED if row.closed_by == "confirmed" else Stage.DECIDED
    return CallerPage(row.number, row.told_at, stage, row.ended_at)
