"""What is done about answers that are missing, for an incident's page and for who was told.

What the reader may see of the incident is asked before (`seen.py`), but for what somebody was told:
that is a list.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.incident import Priority
from engine.domain.ladder import DEFAULT, Ladder, tries_needed
from engine.domain.permissions import Actor
from engine.domain.silence import Channel, Rung
from engine.queries.seen import named_sql


@dataclass(frozen=True)
class Whom:
    """Somebody who is asked."""

    id: UUID
    name: str


@dataclass(frozen=True)
class TryLine:
    """A try to reach somebody; readers outside our organisation get no `words`."""

    by: str
    whom: str
    channel: Channel
    words: str | None
    tried_at: datetime


@dataclass(frozen=True)
class RungLine:
    """What the ladder did, and whom it asked or told."""

    kind: Rung
    people: tuple[str, ...]
    reached_at: datetime


@dataclass(frozen=True)
class Missing:
    """An answer, or a decision (`mark`), that is missing, and what was done about it.

    `people` begin with who was asked first.  `tries_left`: how many more have to be logged
    before a decision opens; None for a decision.
    """

    item_id: UUID
    mark: str
    people: tuple[Whom, ...]
    asked_at: datetime
    asked_again_at: datetime | None
    # it has not reached them yet
    waits_for_mail: bool
    reminders: int
    reminded_at: datetime | None
    rungs: tuple[RungLine, ...]
    tries: tuple[TryLine, ...]
    tries_left: int | None


_MISSING = text("""
    SELECT w.id, w.mark, w.opened_at, w.asked_again_at, w.reminders, w.reminded_at,
      w.waits_for_mail, i.highest_priority, coalesce(w.asked_again_at, w.opened_at) AS since,
      (SELECT json_agg(json_build_array(p.id, p.name) ORDER BY asked.place)
        FROM unnest(w.people) WITH ORDINALITY asked (id, place) JOIN person p ON p.id = asked.id
        ) AS people,
      (SELECT json_agg(json_build_array(r.kind, r.reached_at, ARRAY(
          SELECT p.name FROM person p WHERE p.id = ANY (r.people) ORDER BY p.name))
        ORDER BY r.entry_seq) FROM rung r WHERE r.item_id = w.id) AS rungs,
      (SELECT json_agg(json_build_array(who.name, whom.name, x.channel, x.words, x.tried_at)
        ORDER BY x.tried_at, x.entry_seq) FROM tried x JOIN person who ON who.id = x.tried_by
        JOIN person whom ON whom.id = x.whom_id WHERE x.item_id = w.id) AS tries
    FROM work_item w JOIN incident i ON i.id = w.incident_id
    WHERE w.incident_id = :id AND w.ended_at IS NULL
      AND w.mark IN ('confirmation', 'closing_decision') ORDER BY w.opened_at, w.id
""")


def missing_answers(
    conn: Connection, incident_id: UUID, actor: Actor, *, ladder: Ladder = DEFAULT
) -> list[Missing]:
    """Return the answers and the decision that are missing now, asked longest ago first.

    One statement.
    """
    return [_missing(row, actor, ladder) for row in conn.execute(_MISSING, {"id": incident_id})]


def _missing(row: Any, actor: Actor, ladder: Ladder) -> Missing:
    tries = tuple(
        TryLine(
            by,
            whom,
            Channel(channel),
            None if actor.is_outside else words,
            datetime.fromisoformat(at),
        )
        for by, whom, channel, words, at in row.tries or ()
    )
    counted = sum(1 for one in tries if one.tried_at >= row.since)
    needed = tries_needed(Priority(row.highest_priority), ladder=ladder)
    return Missing(
        item_id=row.id,
        mark=row.mark,
        people=tuple(Whom(UUID(one), name) for one, name in row.people or ()),
        asked_at=row.opened_at,
        asked_again_at=row.asked_again_at,
        waits_for_mail=row.waits_for_mail,
        reminders=row.reminders,
        reminded_at=row.reminded_at,
        rungs=tuple(
            RungLine(Rung(kind), tuple(people), datetime.fromisoformat(at))
            for kind, at, people in row.rungs or ()
        ),
        tries=tries,
        tries_left=max(needed - counted, 0) if row.mark == "confirmation" else None,
    )


@dataclass(frozen=True)
class Told:
    """The ladder has told the reader: somebody has to be phoned, or somebody does not decide.

    `people` are those who are silent; `tries_left` as long as there is phoning to be done.  An
    incident that is for named people only has a number here, no title and nobody's name.
    """

    kind: Rung
    incident_id: UUID
    incident_number: int
    incident_title: str | None
    people: tuple[str, ...]
    asked_at: datetime
    told_at: datetime
    tries_left: int


_TOLD = text(f"""
    WITH told AS (
      SELECT r.item_id, r.kind, max(r.reached_at) AS told_at FROM rung r
        WHERE r.people @> ARRAY[CAST(:me AS uuid)] AND r.kind IN ('owner_told', 'superior_told')
        GROUP BY r.item_id, r.kind
      UNION
      SELECT r.item_id, r.kind, max(r.reached_at) FROM incident i
        JOIN work_item w ON w.incident_id = i.id AND w.ended_at IS NULL
        JOIN rung r ON r.item_id = w.id AND r.kind = 'owner_told'
        WHERE i.lead_id = :me AND i.state = 'open' GROUP BY r.item_id, r.kind)
    SELECT told.kind, told.told_at, i.id, i.number, i.highest_priority, w.opened_at,
      CASE WHEN NOT i.is_restricted THEN i.title END AS title,
      ARRAY(SELECT name FROM person WHERE id = ANY (w.people) AND NOT i.is_restricted
        ORDER BY name) AS people,
      (SELECT count(*) FROM tried WHERE tried.item_id = w.id
        AND tried_at >= coalesce(w.asked_again_at, w.opened_at)) AS tries,
      EXISTS (SELECT FROM tried WHERE tried.item_id = w.id AND tried_at >= told.told_at)
        AS is_tried
    FROM told JOIN work_item w ON w.id = told.item_id AND w.ended_at IS NULL
    JOIN incident i ON i.id = w.incident_id JOIN business_process p ON p.id = i.process_id
    WHERE NOT i.is_restricted OR {named_sql("i", "p")} ORDER BY told.told_at, i.number
""")  # noqa: S608 - constants of the queries' own modules


def told(conn: Connection, actor: Actor, *, ladder: Ladder = DEFAULT) -> list[Told]:
    """Return what the ladder has told the reader and nobody has answered yet, oldest first.

    A call is on the list until the tries needed are logged, one at least since it was asked for.
    One statement.
    """
    found = [_told(row, ladder) for row in conn.execute(_TOLD, {"me": actor.id})]
    return [one for one in found if one.kind is not Rung.OWNER_TOLD or one.tries_left]


def _told(row: Any, ladder: Ladder) -> Told:
    needed = tries_needed(Priority(row.highest_priority), ladder=ladder)
    return Told(
        kind=Rung(row.kind),
        incident_id=row.id,
        incident_number=row.number,
        incident_title=row.title,
        people=tuple(row.people),
        asked_at=row.opened_at,
        told_at=row.told_at,
        tries_left=max(needed - row.tries, 0 if row.is_tried else 1),
    )
