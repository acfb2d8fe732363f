"""What an incident left, came from and led to: its ways out, as its page shows them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.permissions import Actor


@dataclass(frozen=True)
class WayOutLine:
    """How it was taken out of the handling; `into` is the number of the earlier report.

    `into_state` is where that stands now: it may have been set aside, or joined with another.
    """

    kind: str
    by: str
    reason: str
    left_at: datetime
    into: int | None
    into_state: str | None


@dataclass(frozen=True)
class LinkedLine:
    """Another incident that belongs to this one; `how` is an origin, `merged`, or
    `part_of`: a part of the major one, which is the earlier of the two.

    It is a number and no title: whether the reader may see more is asked there.
    """

    number: int
    how: str
    state: str
    is_later: bool


@dataclass(frozen=True)
class Ways:
    """`way_out` is None while it is in the handling.

    `late` is what those who were to answer said after it was closed: `contradicted` or
    `confirmed_late`, by the last word of each; None if nobody did.
    """

    way_out: WayOutLine | None
    linked: tuple[LinkedLine, ...]
    late: str | None


_WAYS = text("""
    SELECT w.kind, leaver.name AS by, w.reason, w.left_at, into_.number AS into,
      into_.state AS into_state,
      (SELECT json_agg(json_build_array(number, how, state, is_later) ORDER BY number) FROM (
         SELECT o.id, o.number, o.origin AS how, o.state, true AS is_later
           FROM incident o WHERE o.origin_id = i.id
         UNION ALL SELECT o.id, o.number, i.origin, o.state, false
           FROM incident o WHERE o.id = i.origin_id
         UNION ALL SELECT o.id, o.number, 'merged', o.state, true
           FROM way_out x JOIN incident o ON o.way_out_id = x.id WHERE x.into_id = i.id
         UNION ALL SELECT o.id, o.number, 'part_of', o.state, true
           FROM incident o WHERE o.major_id = i.id
         UNION ALL SELECT o.id, o.number, 'part_of', o.state, false
           FROM incident o WHERE o.id = i.major_id
       ) beside WHERE NOT :is_outside OR EXISTS (SELECT FROM incident o WHERE o.id = beside.id
         AND (o.reporter_id = :me OR o.customer_id = CAST(:organisation AS uuid)))) AS linked,
      (SELECT CASE WHEN bool_or(answer <> 'yes') THEN 'contradicted'
                   WHEN count(*) > 0 THEN 'confirmed_late' END
       FROM (SELECT DISTINCT ON (c.person_id) c.answer FROM confirmation c
             JOIN entry e ON e.incident_id = c.incident_id AND e.seq = c.entry_seq
             WHERE c.incident_id = i.id AND e.verb = 'confirmation:late'
             ORDER BY c.person_id, c.entry_seq DESC) said) AS late
    FROM incident i LEFT JOIN way_out w ON w.id = i.way_out_id
    LEFT JOIN person leaver ON leaver.id = w.person_id
    LEFT JOIN incident into_ ON into_.id = w.into_id
    WHERE i.id = :id
""")


def ways_of(conn: Connection, incident_id: UUID, actor: Actor) -> Ways:
    """Return the ways of an incident that `actor` has been found to may see.  One statement.

    Readers outside our organisation are told of their own only: how many others there are is no
    affair of theirs.
    """
    asked = {"id": incident_id, "me": actor.id, "organisation": actor.organisation_id}
    row = conn.execute(_WAYS, asked | {"is_outside": actor.is_outside}).one()
    left = None
    if row.kind:
        left = WayOutLine(row.kind, row.by, row.reason, row.left_at, row.into, row.into_state)
    return Ways(left, tuple(LinkedLine(*line) for line in row.linked or ()), row.late)


@dataclass(frozen=True)
class OwnWayOut:
    """A report of one's own that somebody took out of the handling; it can be brought back.

    `title`, `by` and `reason` are None if it is for named people only: they stand on its own page.
    """

    number: int
    title: str | None
    kind: str
    by: str | None
    reason: str | None
    left_at: datetime


_OWN = text("""
    SELECT i.number, CASE WHEN NOT i.is_restricted THEN i.title END AS title, w.kind,
      CASE WHEN NOT i.is_restricted THEN leaver.name END AS by,
      CASE WHEN NOT i.is_restricted THEN w.reason END AS reason, w.left_at
    FROM incident i JOIN way_out w ON w.id = i.way_out_id
    JOIN person leaver ON leaver.id = w.person_id
    WHERE i.reporter_id = :me AND w.left_at > :since ORDER BY w.left_at DESC LIMIT 10
""")


def own_ways_out(conn: Connection, person_id: UUID, since: datetime) -> tuple[OwnWayOut, ...]:
    """Return what of this person's reports was taken out since then, the latest first, at most 10.

    One statement.
    """
    rows = conn.execute(_OWN, {"me": person_id, "since": since})
    return tuple(OwnWayOut(**row._mapping) for row in rows)
