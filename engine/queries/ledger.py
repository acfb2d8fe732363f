"""Whose time it was: one incident's ledger, derived anew each time from its work items.

Only what puts right holds time: the items of actions that prevent are left out.  What the reader
may see of the incident is asked before (`seen.py`); nothing here hides anything.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from engine.domain.attribution import (
    Attributed,
    Dispute,
    DisputeState,
    Late,
    attribute,
    disputed,
    totals,
)
from engine.domain.ledger import Reason, Stint, cut
from engine.domain.mark import Mark
from engine.domain.party import Party
from engine.domain.working_calendar import split
from engine.errors import NotFound
from engine.language import say
from engine.store.calendars import THEIR_TEAMS, Calendars, Holder, load_calendars


@dataclass(frozen=True)
class LedgerLine:
    """A segment: one party's, `since` inclusive, `until` exclusive, whole seconds, UTC.

    `what` and `item_id` name the work item charged; None where nobody was asked or it was being
    watched.  `in_hours` and `out_of_hours` add up to `length`, by the charged party's calendar as
    it stood then.  `is_claimed`: theirs by a late note of another's.  `charged` is the party by the
    charging rule, `party` whose it counts as; they differ where a dispute has moved it
    (`moved_by`).  `disputed_by` is an undecided dispute about it.
    """

    since: datetime
    until: datetime
    length: timedelta
    party: Party
    charged: Party
    reason: Reason
    item_id: UUID | None
    what: str | None
    also_waiting: tuple[str, ...]
    in_hours: timedelta
    out_of_hours: timedelta
    is_claimed: bool
    disputed_by: UUID | None
    moved_by: UUID | None


@dataclass(frozen=True)
class DisputeLine:
    """Somebody disagrees about whose time it was, and how that ended.

    `is_late`: not decided in time.
    """

    id: UUID
    since: datetime
    until: datetime
    party: Party
    should_be: Party
    why: str
    raised_by_id: UUID
    raised_by: str
    raised_at: datetime
    decide_by: datetime
    is_late: bool
    state: DisputeState
    ended_by: str | None
    ended_at: datetime | None
    ended_because: str | None


@dataclass(frozen=True)
class IncidentLedger:
    """The whole time from told to `until`; the lines add up to `whole`, to the second.

    `disputed` is how much of it is disputed and undecided.
    """

    incident_id: UUID
    told_at: datetime
    until: datetime
    is_running: bool
    whole: timedelta
    lines: tuple[LedgerLine, ...]
    totals: Mapping[Party, timedelta]
    disputed: timedelta
    disputes: tuple[DisputeLine, ...]


_INCIDENT = text("""
    SELECT i.told_at, i.ended_at, i.observed_until, coalesce(
      (SELECT team.party FROM membership m JOIN team ON team.id = m.team_id
       WHERE m.person_id = i.lead_id ORDER BY team.id <> p.desk_id, team.name LIMIT 1),
      'business') AS lead_party
    FROM incident i JOIN business_process p ON p.id = i.process_id WHERE i.id = :id
""")
# Until two were made of one report, whoever was asked was asked for both.
_ITEMS = text(f"""
    WITH RECURSIVE part (id, until) AS (
      SELECT CAST(:id AS uuid), CAST(NULL AS timestamptz)
      UNION ALL SELECT i.origin_id, r.started_at FROM part
        JOIN incident i ON i.id = part.id AND i.origin = 'split'
        JOIN run r ON r.incident_id = i.id AND r.action_id IS NULL)
    SELECT w.id, coalesce(w.charged_to, w.party) AS party, w.opened_at, w.waits_for_mail,
      w.delivered_at,
      least(w.happened_at, w.ended_at, part.until) AS until,
      w.happened_at, least(w.ended_at, part.until) AS ended_at, w.mark, w.title,
      a.title AS action_title, coalesce(w.team_id, works.team_id) AS team_id,
      coalesce(team.organisation_id, p.organisation_id) AS organisation_id, p.time_zone
    FROM part JOIN work_item w ON w.incident_id = part.id
      AND (part.until IS NULL OR w.opened_at < part.until)
    LEFT JOIN action a ON a.id = w.action_id
    LEFT JOIN team ON team.id = w.team_id
    LEFT JOIN person p ON p.id = coalesce(w.ended_by, w.claimed_by, w.people[1])
    LEFT JOIN LATERAL (SELECT theirs.team_id FROM {THEIR_TEAMS}
      WHERE theirs.party = w.party ORDER BY theirs.name LIMIT 1) works ON true
    WHERE a.id IS NULL OR a.kind = 'puts_right'
    ORDER BY w.opened_at, w.id
""")  # noqa: S608 - a constant
_WATCHED = text("""
    SELECT verified_at FROM verification
    WHERE incident_id = :id AND verdict = 'watch_until' ORDER BY entry_seq
""")
_OUT = text("""
    SELECT o.left_at, b.returned_at FROM way_out o JOIN way_back b ON b.way_out_id = o.id
    WHERE o.incident_id = :id ORDER BY o.left_at
""")


_DISPUTES = text("""
    SELECT d.*, raiser.name AS raised_by_name, e.how, e.why AS ended_because, e.ended_at,
      ender.name AS ended_by
    FROM dispute d JOIN person raiser ON raiser.id = d.raised_by
    LEFT JOIN dispute_end e ON e.dispute_id = d.id LEFT JOIN person ender ON ender.id = e.ended_by
    WHERE d.incident_id = :id ORDER BY d.entry_seq
""")


def incident_ledger(conn: Connection, incident_id: UUID, now: datetime) -> IncidentLedger:
    """Return the incident's time from told to its end, or to `now` (aware) while it is open.

    A replayed incident that is still open ends where its log did.  Time in which nobody is asked
    goes to the party of today's lead.  Six statements.  Raises NotFound.
    """
    about = conn.execute(_INCIDENT, {"id": incident_id}).first()
    if about is None:
        raise NotFound(say("There is no such incident."), incident=str(incident_id))
    items = conn.execute(_ITEMS, {"id": incident_id}).all()
    watched = conn.execute(_WATCHED, {"id": incident_id}).scalars().all()
    disputes = tuple(_dispute(row, now) for row in conn.execute(_DISPUTES, {"id": incident_id}))
    out = conn.execute(_OUT, {"id": incident_id}).all()
    until = max(about.ended_at or about.observed_until or now, about.told_at)
    segments = cut(
        about.told_at,
        until,
        [stint for row in items for stint in stints_of(row, Party(about.lead_party))],
        lead_party=Party(about.lead_party),
        watching=list(watching_of(watched, [row.opened_at for row in items])),
        out=[(row.left_at, row.returned_at) for row in out],
    )
    attributed = attribute(
        segments,
        [
            Late(Party(row.party), row.until, row.ended_at)
            for row in items
            if row.happened_at is not None and row.until < row.ended_at
        ],
        [
            Dispute(one.id, one.since, one.until, one.party, one.should_be, one.state)
            for one in disputes
        ],
    )
    charged = {row.id: row for row in items}
    calendars, _ = load_calendars(conn)
    lines = tuple(_line(one, charged, calendars) for one in attributed)
    return IncidentLedger(
        incident_id,
        about.told_at,
        until,
        about.ended_at is None,
        sum((line.length for line in lines), timedelta(0)),
        lines,
        totals(attributed),
        disputed(attributed),
        disputes,
    )


def _dispute(row: Any, now: datetime) -> DisputeLine:
    return DisputeLine(
        id=row.id,
        since=row.since,
        until=row.until,
        party=Party(row.party),
        should_be=Party(row.should_be),
        why=row.why,
        raised_by_id=row.raised_by,
        raised_by=row.raised_by_name,
        raised_at=row.raised_at,
        decide_by=row.decide_by,
        is_late=row.how is None and row.decide_by < now,
        state=DisputeState(row.how or DisputeState.OPEN),
        ended_by=row.ended_by,
        ended_at=row.ended_at,
        ended_because=row.ended_because,
    )


def stints_of(row: Any, asker: Party) -> Iterator[Stint]:
    """Theirs from when it was delivered on; before, and if it never was, it is the asker's time."""
    stint = Stint(
        row.id,
        Party(row.party),
        row.opened_at,
        row.until,
        _what(row),
        is_decision=row.mark == Mark.CLOSING_DECISION,
    )
    if row.waits_for_mail:
        yield replace(stint, party=asker)
    elif row.delivered_at is None or row.delivered_at == row.opened_at:
        yield stint
    else:
        # answered by phone before the mail came: it was never theirs to wait for
        until = row.delivered_at if row.until is None else min(row.delivered_at, row.until)
        yield replace(stint, party=asker, until=until)
        if row.until is None or row.delivered_at < row.until:
            yield replace(stint, since=row.delivered_at)


def _what(row: Any) -> str:
    # a step is called what its diagram says, an action what somebody has called it
    step = say(str(row.title))
    return (
        say("%(step)s: %(action)s", step=step, action=row.action_title)
        if row.action_title
        else step
    )


def watching_of(
    begun: Sequence[datetime], opened: Sequence[datetime]
) -> Iterator[tuple[datetime, datetime | None]]:
    """It is watched from the verifier's word until anybody is asked for anything again."""
    for since in begun:
        yield since, min((at for at in opened if at > since), default=None)


def _line(one: Attributed, charged: Mapping[UUID, Any], calendars: Calendars) -> LedgerLine:
    segment = one.segment
    item = charged[segment.stint_id] if segment.stint_id else None
    holder = Holder(party=segment.party)
    if item is not None and segment.party == item.party:
        zone = ZoneInfo(item.time_zone or "UTC")
        holder = Holder(zone, segment.party, item.team_id, item.organisation_id)
    parts = split(segment, calendars.versions(holder))
    return LedgerLine(
        segment.since,
        segment.until,
        segment.length,
        one.party,
        segment.party,
        segment.reason,
        segment.stint_id,
        _what(item) if item is not None else None,
        segment.also_waiting,
        parts.in_hours,
        parts.out_of_hours,
        one.is_claimed,
        one.disputed_by,
        one.moved_by,
    )
