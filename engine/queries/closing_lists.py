"""One list for many answers that are missing: what may stand on it, and how far it is.

How a line stands is read from what was answered and tried since the list was made, never kept: a
*not right* stops the list at once, whoever wrote it down.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.closing_list import Heard, heard
from engine.domain.incident import Answer, Priority
from engine.domain.permissions import Actor, Role
from engine.errors import Conflict, NotFound
from engine.language import say

# Left out (rules, The ladder): money, an objection, a recurrence, a lowered priority, a request
# that did not arrive.  What is for named people only is reviewed where its words are.
_CANDIDATES = text("""
    SELECT w.id AS item_id, i.id, i.process_id, p.name AS process, i.highest_priority AS priority
    FROM work_item w JOIN incident i ON i.id = w.incident_id
    JOIN business_process p ON p.id = i.process_id
    WHERE w.mark = 'closing_decision' AND w.ended_at IS NULL
      AND w.people @> ARRAY[CAST(:me AS uuid)]
      AND (w.claimed_by IS NULL OR w.claimed_by = :me)
      AND i.highest_priority IN ('P3', 'P4') AND i.priority = i.highest_priority
      AND NOT i.is_restricted AND i.money IS NULL AND i.origin IS DISTINCT FROM 'recurs'
      AND NOT EXISTS (SELECT FROM incident o WHERE o.origin_id = i.id
        AND o.origin IN ('recurs', 'objected') AND o.state <> 'set_aside')
      AND NOT EXISTS (SELECT FROM confirmation c WHERE c.incident_id = i.id
        AND c.answer IN ('no', 'partly'))
      AND NOT EXISTS (SELECT FROM priority_lowering l WHERE l.incident_id = i.id)
      AND NOT EXISTS (SELECT FROM work_item c WHERE c.incident_id = i.id
        AND c.mark = 'confirmation' AND c.ended_at IS NULL AND c.waits_for_mail)
      AND (CAST(:process AS uuid) IS NULL OR i.process_id = :process)
      AND (CAST(:priority AS text) IS NULL OR i.highest_priority = :priority)
      AND (CAST(:incident AS uuid) IS NULL OR i.id = :incident)
    ORDER BY p.name, i.process_id, i.highest_priority, w.opened_at, i.number
""")


@dataclass(frozen=True)
class Group:
    """What the reader may put on one list now: of one process and priority, oldest first."""

    process_id: UUID
    process: str
    priority: Priority
    incidents: tuple[UUID, ...]


def groups(
    conn: Connection,
    person_id: UUID,
    *,
    process_id: UUID | None = None,
    priority: Priority | None = None,
    incident_id: UUID | None = None,
) -> list[Group]:
    """Return what this person may decide on by list, by process and priority.  One statement."""
    narrowed = {"process": process_id, "priority": priority, "incident": incident_id}
    rows = conn.execute(_CANDIDATES, {"me": person_id, **narrowed}).all()
    found: dict[tuple[UUID, str], list[Any]] = {}
    for row in rows:
        found.setdefault((row.process_id, row.priority), []).append(row)
    return [
        Group(which, of[0].process, Priority(of_priority), tuple(row.id for row in of))
        for (which, of_priority), of in found.items()
    ]


_LAST = text("""
    SELECT max(made_at) FROM closing_list WHERE process_id = :process AND priority = :priority
""")


def last_made_at(conn: Connection, process_id: UUID, priority: Priority) -> datetime | None:
    """Return when the last list of this process and priority was made; None for none."""
    at: datetime | None = conn.scalar(_LAST, {"process": process_id, "priority": priority})
    return at


@dataclass(frozen=True)
class ListLine:
    """One incident of a list, with what somebody has to know who reviews it.

    `heard` is what came of phoning since the list was made, None while nobody has; `item_id` is the
    decision that is open, None once it is not.  `confirmation_id` is the to-do of who is asked.
    """

    incident_id: UUID
    number: int
    title: str
    actual: str
    asked: str
    asked_at: datetime | None
    reminders: int
    tries: int
    last_words: str | None
    right_since: datetime | None
    is_phoned: bool
    heard: Heard | None
    item_id: UUID | None
    confirmation_id: UUID | None
    state: str
    closed_by: str | None
    is_by_list: bool


@dataclass(frozen=True)
class ClosingList:
    """A list as it stands.  `is_stopped`: somebody phoned said that it is not right."""

    id: UUID
    number: int
    process: str
    priority: str
    made_by_id: UUID
    made_by: str
    made_at: datetime
    seed: int
    lines: tuple[ListLine, ...]

    @property
    def is_stopped(self) -> bool:
        """Whether one *not right* has stopped it."""
        return any(line.is_phoned and line.heard is Heard.NOT_RIGHT for line in self.lines)

    @property
    def to_be_phoned(self) -> int:
        """How many are still to be phoned before anything is closed."""
        return sum(1 for line in self.lines if line.is_phoned and line.heard is None)

    @property
    def open_lines(self) -> int:
        """How many can still be decided."""
        return sum(1 for line in self.lines if line.item_id is not None)


_LIST = text("""
    SELECT l.id, l.number, p.name AS process, l.priority, l.made_by AS made_by_id,
      who.name AS made_by, l.made_at, l.seed
    FROM closing_list l JOIN business_process p ON p.id = l.process_id
    JOIN person who ON who.id = l.made_by
    WHERE l.number = :number OR l.id = :id
""")
# Phoned by somebody who did not work on it: a try of who led it or worked on it does not count,
# and an answer is written down by nobody else anyway (`phoning`).
_LINES = text("""
    SELECT x.place, x.is_phoned, i.id AS incident_id, i.number, i.title, i.actual, i.right_since,
      i.state, i.closed_by, d.list_id IS NOT NULL AS is_by_list,
      w.id AS item_id, c.id AS confirmation_id, c.opened_at AS asked_at,
      coalesce(c.reminders, 0) AS reminders,
      coalesce((SELECT string_agg(p.name, ', ' ORDER BY p.name) FROM confirmer f
        JOIN person p ON p.id = f.person_id
        WHERE f.incident_id = i.id AND f.withdrawn_at IS NULL), '') AS asked,
      (SELECT count(*) FROM tried t JOIN work_item o ON o.id = t.item_id
        WHERE o.incident_id = i.id) AS tries,
      (SELECT t.words FROM tried t JOIN work_item o ON o.id = t.item_id
        WHERE o.incident_id = i.id ORDER BY t.entry_seq DESC LIMIT 1) AS last_words,
      ARRAY(SELECT answer FROM confirmation a WHERE a.incident_id = i.id
        AND a.answered_at >= l.made_at) AS answers,
      EXISTS (SELECT FROM tried t JOIN work_item o ON o.id = t.item_id
        WHERE o.incident_id = i.id AND t.entered_at >= l.made_at AND t.channel = 'call'
        AND t.tried_by <> i.lead_id
        AND NOT EXISTS (SELECT FROM entry e WHERE e.incident_id = i.id
          AND e.verb = 'incident:lead_taken' AND e.person_id = t.tried_by)
        AND NOT EXISTS (SELECT FROM work_item k WHERE k.incident_id = i.id
          AND k.action_id IS NOT NULL AND k.lane <> 'customer' AND k.how = 'completed'
          AND k.ended_by = t.tried_by)) AS is_tried
    FROM closing_list_line x JOIN closing_list l ON l.id = x.list_id
    JOIN incident i ON i.id = x.incident_id
    LEFT JOIN decision d ON d.id = i.decision_id AND d.list_id = l.id
    LEFT JOIN work_item w ON w.incident_id = i.id AND w.mark = 'closing_decision'
      AND w.ended_at IS NULL
    LEFT JOIN LATERAL (SELECT o.id, o.opened_at, o.reminders FROM work_item o
      WHERE o.incident_id = i.id AND o.mark = 'confirmation' AND o.ended_at IS NULL
      ORDER BY o.opened_at LIMIT 1) c ON true
    WHERE x.list_id = :id AND (CAST(:line AS uuid) IS NULL OR x.is_phoned OR i.id = :line)
    ORDER BY x.place
""")


def closing_list(conn: Connection, number: int, actor: Actor) -> ClosingList:
    """Return a list as it stands, to our own people and auditors.  Raises NotFound."""
    missing = NotFound(say("There is no such list."))
    if not (actor.has_role(Role.STAFF) or actor.has_role(Role.AUDITOR)):
        raise missing
    row = conn.execute(_LIST, {"number": number, "id": None}).first()
    if row is None:
        raise missing
    return ClosingList(**row._mapping, lines=_lines(conn, row.id))


def _lines(
    conn: Connection, list_id: UUID, incident_id: UUID | None = None
) -> tuple[ListLine, ...]:
    """Return the lines; with `incident_id` those that decide whether its own may be closed."""
    asked = {"id": list_id, "line": incident_id}
    return tuple(_line(row) for row in conn.execute(_LINES, asked))


def _line(row: Any) -> ListLine:
    told = dict(row._mapping)
    answers = [Answer(one) for one in told.pop("answers")]
    told.pop("place")
    return ListLine(**told | {"heard": heard(answers, is_tried=told.pop("is_tried"))})


def require_line(conn: Connection, list_id: UUID, incident_id: UUID) -> int:
    """Return the number of a list whose line on the incident may be closed now.

    Raises Conflict once it is stopped, before all that have to be were phoned, or for an incident
    that does not belong on it any more.
    """
    row = conn.execute(_LIST, {"number": None, "id": list_id}).one()
    found = ClosingList(**row._mapping, lines=_lines(conn, list_id, incident_id))
    if found.is_stopped:
        raise Conflict(
            say("Somebody who was phoned says that it is not right: this list is stopped.")
        )
    if found.to_be_phoned:
        raise Conflict(
            say("%(count)s have to be phoned first, by somebody else.", count=found.to_be_phoned)
        )
    line = next((one for one in found.lines if one.incident_id == incident_id), None)
    if line is None:
        raise Conflict(say("This is not on the list."))
    if not groups(conn, found.made_by_id, incident_id=incident_id):
        raise Conflict(say("#%(number)s is to be decided by itself now.", number=line.number))
    return found.number


@dataclass(frozen=True)
class MadeList:
    """A list among others."""

    number: int
    process: str
    priority: str
    made_by: str
    made_at: datetime
    lines: int
    closed: int


_MADE = text("""
    SELECT l.number, p.name AS process, l.priority, who.name AS made_by, l.made_at,
      (SELECT count(*) FROM closing_list_line x WHERE x.list_id = l.id) AS lines,
      (SELECT count(*) FROM decision d JOIN incident i ON i.decision_id = d.id
        WHERE d.list_id = l.id) AS closed
    FROM closing_list l JOIN business_process p ON p.id = l.process_id
    JOIN person who ON who.id = l.made_by
    ORDER BY l.made_at DESC, l.number DESC LIMIT :most
""")


def made_lists(conn: Connection, *, most: int = 20) -> Sequence[MadeList]:
    """Return the latest lists; whoever sees them sees all of our incidents.  One statement."""
    return [MadeList(**row._mapping) for row in conn.execute(_MADE, {"most": most})]
