"""Whose time it was: one incident's ledger, derived anew each time from its work items.

Only what puts right holds time: the items of actions that prevent are left out.  What the reader
may see of the incident is asked before (`seen.py`); nothing here hides anything.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.ledger import Reason, Segment, Stint, cut, totals
from engine.domain.mark import Mark
from engine.domain.office_hours import OfficeHours, split
from engine.domain.party import Party
from engine.errors import NotFound

# Until an organisation says otherwise: Monday to Friday, 8 to 18, by the clock of UTC.
DEFAULT_HOURS = OfficeHours(zone=UTC)


@dataclass(frozen=True)
class LedgerLine:
    """A segment: one party's, `since` inclusive, `until` exclusive, whole seconds, UTC.

    `what` and `item_id` name the work item charged; None where nobody was asked or it was being
    watched.  `in_hours` and `out_of_hours` add up to `length`.
    """

    since: datetime
    until: datetime
    length: timedelta
    party: Party
    reason: Reason
    item_id: UUID | None
    what: str | None
    also_waiting: tuple[str, ...]
    in_hours: timedelta
    out_of_hours: timedelta


@dataclass(frozen=True)
class IncidentLedger:
    """The whole time from told to `until`; the lines add up to `whole`, to the second."""

    incident_id: UUID
    told_at: datetime
    until: datetime
    is_running: bool
    whole: timedelta
    lines: tuple[LedgerLine, ...]
    totals: Mapping[Party, timedelta]


_INCIDENT = text("""
    SELECT i.told_at, i.ended_at, i.observed_until, coalesce(
      (SELECT team.party FROM membership m JOIN team ON team.id = m.team_id
       WHERE m.person_id = i.lead_id ORDER BY team.id <> p.desk_id, team.name LIMIT 1),
      'business') AS lead_party
    FROM incident i JOIN business_process p ON p.id = i.process_id WHERE i.id = :id
""")
# Until two were made of one report, whoever was asked was asked for both.
_ITEMS = text("""
    WITH RECURSIVE part (id, until) AS (
      SELECT CAST(:id AS uuid), CAST(NULL AS timestamptz)
      UNION ALL SELECT i.origin_id, r.started_at FROM part
        JOIN incident i ON i.id = part.id AND i.origin = 'split'
        JOIN run r ON r.incident_id = i.id AND r.action_id IS NULL)
    SELECT w.id, w.party, w.opened_at, least(w.ended_at, part.until) AS ended_at, w.mark, w.title,
      a.title AS action_title
    FROM part JOIN work_item w ON w.incident_id = part.id
      AND (part.until IS NULL OR w.opened_at < part.until)
    LEFT JOIN action a ON a.id = w.action_id
    WHERE a.id IS NULL OR a.kind = 'puts_right'
    ORDER BY w.opened_at, w.id
""")
_WATCHED = text("""
    SELECT verified_at FROM verification
    WHERE incident_id = :id AND verdict = 'watch_until' ORDER BY entry_seq
""")
_OUT = text("""
    SELECT o.left_at, b.returned_at FROM way_out o JOIN way_back b ON b.way_out_id = o.id
    WHERE o.incident_id = :id ORDER BY o.left_at
""")


def incident_ledger(
    conn: Connection, incident_id: UUID, now: datetime, *, hours: OfficeHours = DEFAULT_HOURS
) -> IncidentLedger:
    """Return the incident's time from told to its end, or to `now` (aware) while it is open.

    A replayed incident that is still open ends where its log did.  Time in which nobody is asked
    goes to the party of today's lead.  Four statements.  Raises NotFound.
    """
    about = conn.execute(_INCIDENT, {"id": incident_id}).first()
    if about is None:
        raise NotFound("There is no such incident.", incident=str(incident_id))
    items = conn.execute(_ITEMS, {"id": incident_id}).all()
    watched = conn.execute(_WATCHED, {"id": incident_id}).scalars().all()
    out = conn.execute(_OUT, {"id": incident_id}).all()
    until = max(about.ended_at or about.observed_until or now, about.told_at)
    segments = cut(
        about.told_at,
        until,
        [_stint(row) for row in items],
        lead_party=Party(about.lead_party),
        watching=list(_watching(watched, [row.opened_at for row in items])),
        out=[(row.left_at, row.returned_at) for row in out],
    )
    names = {row.id: _what(row) for row in items}
    lines = tuple(_line(segment, names, hours) for segment in segments)
    return IncidentLedger(
        incident_id,
        about.told_at,
        until,
        about.ended_at is None,
        sum((line.length for line in lines), timedelta(0)),
        lines,
        totals(segments),
    )


def _stint(row: Any) -> Stint:
    return Stint(
        row.id,
        Party(row.party),
        row.opened_at,
        row.ended_at,
        _what(row),
        is_decision=row.mark == Mark.CLOSING_DECISION,
    )


def _what(row: Any) -> str:
    return f"{row.title}: {row.action_title}" if row.action_title else str(row.title)


def _watching(
    begun: Sequence[datetime], opened: Sequence[datetime]
) -> Iterator[tuple[datetime, datetime | None]]:
    """It is watched from the verifier's word until anybody is asked for anything again."""
    for since in begun:
        yield since, min((at for at in opened if at > since), default=None)


def _line(segment: Segment, names: Mapping[UUID, str], hours: OfficeHours) -> LedgerLine:
    parts = split(segment, [(segment.since, hours)])
    return LedgerLine(
        segment.since,
        segment.until,
        segment.length,
        segment.party,
        segment.reason,
        segment.stint_id,
        names[segment.stint_id] if segment.stint_id else None,
        segment.also_waiting,
        parts.in_hours,
        parts.out_of_hours,
    )
