"""The list of incidents, newest first, as far as the reader may see them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.incident import ClosedBy, IncidentState, Priority
from engine.domain.permissions import Actor
from engine.queries.paging import FIRST, Page, cursor, place_of
from engine.queries.seen import asking, named_sql, seen_sql
from engine.queries.words import (
    ACTION_TEXT,
    INCIDENT_TEXT,
    all_of,
    any_of,
    number_in,
)


@dataclass(frozen=True)
class Filters:
    """What the list is narrowed to; None leaves a question out.

    `words` are looked for in what incidents say and, by our own people, in their actions; never
    in those for named people only.  A number alone finds the incident of that number too.
    `is_out`: only what is set aside or merged.  `led_by_me` and `reported_by_me` are about the
    reader.
    """

    state: IncidentState | None = None
    closed_by: ClosedBy | None = None
    priority: Priority | None = None
    process_id: UUID | None = None
    words: str | None = None
    is_out: bool = False
    led_by_me: bool = False
    reported_by_me: bool = False


EVERYTHING = Filters()


@dataclass(frozen=True)
class IncidentLine:
    """One line; an incident for named people only is a number here, for them too.

    `may_open`: the reader is one of them, or it is not restricted.
    `waiting_for` (the action's title, else the step's) and `waiting_party` name what was asked for
    longest ago and is still open.  `times` is how often it has happened, this time included:
    what came back is one line, the latest.  `found_in` is the title of an action that has the words
    looked for.
    """

    id: UUID
    number: int
    is_restricted: bool
    may_open: bool
    title: str | None
    process: str
    product: str
    priority: str
    state: str
    closed_by: str | None
    lead: str | None
    told_at: datetime
    ended_at: datetime | None
    open_actions: int
    waiting_for: str | None
    waiting_party: str | None
    times: int
    found_in: str | None = None


@dataclass(frozen=True)
class IncidentCounts:
    """How many of those in the reader's sight are open, and which way out the others took.

    What came back counts once, as it is the last time.
    """

    open: int
    confirmed: int
    escalated: int
    set_aside: int
    merged: int


@dataclass(frozen=True)
class Incidents:
    """One page; `next` is the cursor of the page behind it, None on the last."""

    lines: tuple[IncidentLine, ...]
    counts: IncidentCounts
    next: str | None


_NAMED, _SEEN = named_sql("i", "p"), seen_sql("i", "p")
# One that came back is shown where it is back, unless the reader would not find it there.
_NOT_BACK = f"""NOT EXISTS (SELECT FROM incident n JOIN business_process np ON np.id = n.process_id
  WHERE n.origin_id = i.id AND n.origin = 'recurs' AND n.state <> 'set_aside'
  AND {seen_sql("n", "np")}
  AND (NOT :led_by_me OR n.lead_id = :me) AND (NOT :reported_by_me OR n.reporter_id = :me))"""
_ACTION = ACTION_TEXT.format(a="a")
# Those found by each index, put together: one condition of all three would be asked of each row.
_HAS_WORDS = f"""(i.number = :number OR NOT i.is_restricted) AND i.id IN (
  SELECT id FROM incident WHERE number = :number
  UNION SELECT x.id FROM incident x
    WHERE {INCIDENT_TEXT.format(i="x")} @@ to_tsquery('simple', :words)
  UNION SELECT a.incident_id FROM action a
    WHERE :is_ours AND {_ACTION} @@ to_tsquery('simple', :words))"""  # noqa: S608 - constants
_FOUND_IN = f"""(SELECT a.title FROM action a WHERE a.incident_id = found.id AND :is_ours
  AND NOT found.is_restricted AND {_ACTION} @@ to_tsquery('simple', :words)
  ORDER BY a.number LIMIT 1)"""  # noqa: S608 - constants
_LISTED = f"""
    SELECT found.*, lead.name AS lead_name, {{found_in}} AS found_in,
      (SELECT count(*) FROM action a WHERE a.incident_id = found.id AND a.kind = 'puts_right'
        AND a.state IN ('waiting', 'open')) AS open_actions,
      w.title AS waiting_for, w.party AS waiting_party,
      (WITH RECURSIVE back (origin, origin_id, state) AS (
        SELECT found.origin, found.origin_id, found.state
        UNION ALL SELECT b.origin, b.origin_id, b.state FROM back
          JOIN incident b ON b.id = back.origin_id WHERE back.origin = 'recurs')
       SELECT count(*) FILTER (WHERE state <> 'set_aside') FROM back) AS times
    FROM (
      SELECT i.id, i.number, i.is_restricted, i.title, p.name AS process,
        made.name AS product, i.priority,
        i.state, i.closed_by, i.lead_id, i.told_at, i.ended_at, i.origin, i.origin_id,
        NOT i.is_restricted OR {_NAMED} AS may_open
      FROM incident i JOIN business_process p ON p.id = i.process_id
      JOIN product made ON made.id = i.product_id
      WHERE i.number < :before
        AND (CAST(:state AS text) IS NULL OR i.state = :state)
        AND (CAST(:closed_by AS text) IS NULL OR i.closed_by = :closed_by)
        AND (CAST(:priority AS text) IS NULL OR i.priority = :priority)
        AND (CAST(:process AS uuid) IS NULL OR i.process_id = :process)
        AND (NOT :is_out OR i.way_out_id IS NOT NULL)
        AND (NOT :led_by_me OR i.lead_id = :me)
        AND (NOT :reported_by_me OR i.reporter_id = :me)
        AND {{has_words}} AND {_SEEN} AND {_NOT_BACK}
      ORDER BY i.number DESC LIMIT :most) found
    JOIN person lead ON lead.id = found.lead_id
    LEFT JOIN LATERAL (SELECT coalesce(a.title, x.title) AS title, x.party
      FROM work_item x LEFT JOIN action a ON a.id = x.action_id
      WHERE x.incident_id = found.id AND x.ended_at IS NULL
      ORDER BY x.opened_at, x.id LIMIT 1) w ON true
    ORDER BY found.number DESC
"""  # noqa: S608 - constants of the queries' own modules
_LINES = text(_LISTED.format(has_words="true", found_in="CAST(NULL AS text)"))
_LINES_WITH_WORDS = text(_LISTED.format(has_words=_HAS_WORDS, found_in=_FOUND_IN))
_COUNTS = text(f"""
    SELECT count(*) FILTER (WHERE i.state = 'open') AS open,
      count(*) FILTER (WHERE i.closed_by = 'confirmed') AS confirmed,
      count(*) FILTER (WHERE i.closed_by = 'escalated') AS escalated,
      count(*) FILTER (WHERE i.state = 'set_aside') AS set_aside,
      count(*) FILTER (WHERE i.state = 'merged') AS merged
    FROM incident i JOIN business_process p ON p.id = i.process_id
    WHERE {_SEEN} AND {_NOT_BACK}
""")  # noqa: S608 - as above
_BEYOND_ALL = 2**62

# The newest that have any of the words are ordered by how many: however many there are, so much
# and no more is looked at.
_SIMILAR = text(f"""
    SELECT found.number, found.title, found.told_at FROM (
      SELECT i.number, i.title, i.told_at, i.process_id, i.product_id,
        ts_rank({INCIDENT_TEXT.format(i="i")}, to_tsquery('simple', :words)) AS likeness
      FROM incident i JOIN business_process p ON p.id = i.process_id
      WHERE i.state = 'open' AND NOT i.is_restricted
        AND {INCIDENT_TEXT.format(i="i")} @@ to_tsquery('simple', :words) AND {_SEEN}
      ORDER BY i.number DESC LIMIT 200) found
    ORDER BY found.product_id = CAST(:product AS uuid) DESC NULLS LAST,
      found.process_id = (SELECT process_id FROM product WHERE id = :product) DESC NULLS LAST,
      likeness DESC, number DESC
    LIMIT 4
""")  # noqa: S608 - constants of the queries' own modules


@dataclass(frozen=True)
class Similar:
    """An open incident that has some of the same words."""

    number: int
    title: str
    told_at: datetime


def similar(
    conn: Connection, actor: Actor, words: str, *, product_id: UUID | None = None
) -> tuple[Similar, ...]:
    """Return the open incidents most like these words that the actor may see, four at most.

    Those of the same product come first, then those of its process; never one that is for named
    people only.
    """
    asked_for = any_of(words)
    if asked_for is None:
        return ()
    asked = asking(actor) | {"words": asked_for, "product": product_id}
    return tuple(Similar(*row) for row in conn.execute(_SIMILAR, asked))


def incidents(
    conn: Connection, actor: Actor, filters: Filters = EVERYTHING, page: Page = FIRST
) -> Incidents:
    """Return the incidents that the actor may see and that fit, newest first.

    The counts are over all that the actor may see, whatever the filters.  Two statements.
    Raises InvalidAnswers for a bad cursor.
    """
    (before,) = place_of(page.after, (int,)) if page.after else (_BEYOND_ALL,)
    asked = asking(actor) | {
        "before": min(before, _BEYOND_ALL),
        "most": page.size + 1,
        "state": filters.state,
        "closed_by": filters.closed_by,
        "priority": filters.priority,
        "process": filters.process_id,
        "words": all_of(filters.words or ""),
        "number": number_in(filters.words or ""),
        "is_ours": not actor.is_outside,
        "is_out": filters.is_out,
        "led_by_me": filters.led_by_me,
        "reported_by_me": filters.reported_by_me,
    }
    lines_sql = _LINES_WITH_WORDS if (filters.words or "").strip() else _LINES
    rows = conn.execute(lines_sql, asked).all()
    counted = conn.execute(_COUNTS, asked).one()
    lines = [
        IncidentLine(
            id=row.id,
            number=row.number,
            is_restricted=row.is_restricted,
            may_open=row.may_open,
            title=None if row.is_restricted else row.title,
            process=row.process,
            product=row.product,
            priority=row.priority,
            state=row.state,
            closed_by=row.closed_by,
            lead=None if row.is_restricted else row.lead_name,
            told_at=row.told_at,
            ended_at=row.ended_at,
            open_actions=row.open_actions,
            waiting_for=None if row.is_restricted else row.waiting_for,
            waiting_party=None if row.is_restricted else row.waiting_party,
            times=row.times,
            found_in=row.found_in,
        )
        for row in rows[: page.size]
    ]
    return Incidents(
        tuple(lines),
        IncidentCounts(**counted._mapping),
        cursor(lines[-1].number) if len(rows) > page.size else None,
    )
