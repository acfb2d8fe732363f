"""What was let go by one person where two are asked for, and which numbers were set otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class Waiver:
    """A release that one person published, and who had signed that this is enough, and why."""

    number: int
    published_at: datetime
    published_by: str
    touches: tuple[str, ...]
    waived: str


@dataclass(frozen=True)
class NumbersSet:
    """The numbers of a priority's ladder as somebody last set them; `seq` is the record of it."""

    priority: str
    at: datetime
    by: str
    seq: int


_WAIVERS = text("""
    SELECT number, published_at, published_by, touches, waived FROM release
    WHERE waived IS NOT NULL ORDER BY number DESC LIMIT :most
""")
_SET = text("""
    SELECT r.priority, e.at, e.actor AS by, e.seq FROM rungs r
    JOIN LATERAL (SELECT at, actor, seq FROM register_entry e WHERE e.subject_id = r.id
      ORDER BY e.seq DESC LIMIT 1) e ON true
    ORDER BY r.priority
""")


def waivers(conn: Connection, *, most: int = 200) -> Sequence[Waiver]:
    """Return the releases for which a second person was waived, the latest first."""
    rows = conn.execute(_WAIVERS, {"most": most})
    return [Waiver(**{**row._mapping, "touches": tuple(row.touches)}) for row in rows]


def numbers_set(conn: Connection) -> Sequence[NumbersSet]:
    """Return which priorities' numbers are set otherwise, and by whom, by priority."""
    return [NumbersSet(**row._mapping) for row in conn.execute(_SET)]
