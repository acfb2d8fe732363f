"""How many incidents took which way out, and some that were set aside or merged, at random.

Whoever was harmed confirms a closure; of a set-aside or a merge only its reporter would complain.
So somebody has to look at some of them, and everybody can see that they were not chosen: the seed
that they were drawn with draws the same ones again.
"""

from dataclasses import dataclass
from datetime import datetime
from random import Random
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.incident import WayOut
from engine.domain.permissions import Actor, Role


@dataclass(frozen=True)
class WayOutCounts:
    """How many took each way; `brought_back` and `undone` are how often one was, ever.

    `confirmed` are closed by an answer, `escalated` by a decision without one, `withdrawn` by their
    only one harmed; `set_aside` and `merged` are out of the handling now.
    """

    confirmed: int
    escalated: int
    withdrawn: int
    set_aside: int
    brought_back: int
    merged: int
    undone: int


@dataclass(frozen=True)
class SampleLine:
    """One that is out of the handling; `into` is the number of the earlier report it was merged in.

    One that is for named people only has a number, and neither a title nor anybody's words or name.
    """

    id: UUID
    number: int
    title: str | None
    process: str
    priority: str
    kind: WayOut
    by: str | None
    reason: str | None
    left_at: datetime
    into: int | None


@dataclass(frozen=True)
class WayOutSample:
    """The counts, and what was drawn with `seed`: of each kind at most as many as were asked."""

    counts: WayOutCounts
    seed: int
    lines: tuple[SampleLine, ...]


_OURS = """(CAST(:owner AS uuid) IS NULL OR p.owner_id = :owner OR p.id IN (
    SELECT process_id FROM deputy WHERE person_id = :owner AND of = 'owner'))"""
_COUNTS = text(f"""
    SELECT count(*) FILTER (WHERE i.closed_by = 'confirmed' AND NOT c.is_withdrawal) AS confirmed,
      count(*) FILTER (WHERE i.closed_by = 'escalated') AS escalated,
      count(*) FILTER (WHERE c.is_withdrawal) AS withdrawn,
      count(*) FILTER (WHERE i.state = 'set_aside') AS set_aside,
      coalesce(sum(back.set_aside), 0) AS brought_back,
      count(*) FILTER (WHERE i.state = 'merged') AS merged,
      coalesce(sum(back.merged), 0) AS undone
    FROM incident i JOIN business_process p ON p.id = i.process_id
    LEFT JOIN confirmation c ON c.id = i.confirmation_id
    LEFT JOIN (SELECT w.incident_id, count(*) FILTER (WHERE w.kind = 'set_aside') AS set_aside,
        count(*) FILTER (WHERE w.kind = 'merged') AS merged
      FROM way_back b JOIN way_out w ON w.id = b.way_out_id GROUP BY w.incident_id) back
      ON back.incident_id = i.id
    WHERE {_OURS}
""")  # noqa: S608 - a constant of this module
_OUT = text(f"""
    SELECT i.id, i.state FROM incident i JOIN business_process p ON p.id = i.process_id
    WHERE i.state IN ('set_aside', 'merged') AND {_OURS} ORDER BY i.number
""")  # noqa: S608 - as above
_LINES = text("""
    SELECT i.id, i.number, CASE WHEN NOT i.is_restricted THEN i.title END AS title,
      p.name AS process, i.priority, w.kind,
      CASE WHEN NOT i.is_restricted THEN who.name END AS by,
      CASE WHEN NOT i.is_restricted THEN w.reason END AS reason, w.left_at, into_.number AS into
    FROM incident i JOIN business_process p ON p.id = i.process_id
    JOIN way_out w ON w.id = i.way_out_id JOIN person who ON who.id = w.person_id
    LEFT JOIN incident into_ ON into_.id = w.into_id
    WHERE i.id = ANY (:ids) ORDER BY w.kind, i.number
""")


def owner_in_scope(actor: Actor) -> UUID | None:
    """Return whose business processes `actor` may draw from; None: everybody's, for an auditor."""
    return None if actor.has_role(Role.AUDITOR) else actor.id


def sample_ways_out(
    conn: Connection, *, most: int, seed: int, owner: UUID | None = None
) -> WayOutSample:
    """Return the counts, and at most `most` of each kind, the same ones with the same `seed`.

    `owner`: only of business processes that this person owns or is a deputy of.  Three statements.
    """
    asked = {"owner": owner}
    counted = conn.execute(_COUNTS, asked).one()
    out = conn.execute(_OUT, asked).all()
    draw = Random(seed)  # noqa: S311 - to be drawn again by everybody, and no secret
    drawn: list[UUID] = []
    for kind in WayOut:
        ids = [row.id for row in out if row.state == kind]
        drawn += draw.sample(ids, min(most, len(ids)))
    lines = conn.execute(_LINES, {"ids": drawn})
    return WayOutSample(
        WayOutCounts(**{name: int(count) for name, count in counted._mapping.items()}),
        seed,
        tuple(SampleLine(**{**row._mapping, "kind": WayOut(row.kind)}) for row in lines),
    )
