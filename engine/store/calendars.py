"""Whose working calendar is whose: a team's own, else its organisation's, else its party's.

A newcomer would ask for the calendar in force: the ledger counts hours of long ago, so that each
calendar comes as all its versions.  There are few of them, and one statement reads them all.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from engine.domain.party import Party
from engine.domain.public_holidays import free_days
from engine.domain.working_calendar import WorkingCalendar

Versions = Sequence[tuple[datetime, WorkingCalendar]]
ALWAYS = datetime(1, 1, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Holder:
    """Whose calendar is sought; `zone` is the clock of whoever has none: Monday to Friday, 8 to 18.

    `party` None: that of a person of ours who is in no team.
    """

    zone: tzinfo = UTC
    party: Party | None = None
    team_id: UUID | None = None
    organisation_id: UUID | None = None


@dataclass(frozen=True)
class Calendars:
    """Every calendar there is, by whose it is, oldest version first."""

    _versions: Mapping[tuple[str, Any], Versions] = field(default_factory=dict)

    def versions(self, holder: Holder) -> Versions:
        """Return the holder's calendar, each version with the instant it is valid from."""
        for key in (
            ("team", holder.team_id),
            ("organisation", holder.organisation_id),
            ("party", holder.party or Party.BUSINESS),
        ):
            if key in self._versions:
                first = self._versions[key][0][1]
                return [(ALWAYS, first), *self._versions[key]]
        return [(ALWAYS, WorkingCalendar(holder.zone))]

    def at(self, holder: Holder, instant: datetime) -> WorkingCalendar:
        """Return the calendar that the holder has at that instant."""
        return [calendar for since, calendar in self.versions(holder) if since <= instant][-1]


_ALL = text("SELECT * FROM calendar ORDER BY valid_from, id")


def load_calendars(conn: Connection) -> Calendars:
    """Return every calendar.  One statement."""
    found: defaultdict[tuple[str, Any], list[tuple[datetime, WorkingCalendar]]] = defaultdict(list)
    for row in conn.execute(_ALL):
        whose = (
            ("team", row.team_id)
            if row.team_id
            else ("organisation", row.organisation_id)
            if row.organisation_id
            else ("party", Party(row.party))
        )
        found[whose].append(
            (
                row.valid_from,
                WorkingCalendar(
                    ZoneInfo(row.time_zone),
                    row.opens,
                    row.closes,
                    frozenset(row.days),
                    free_days(row.country, row.subdivision, row.free_days),
                ),
            )
        )
    return Calendars(found)


# A person's first team by name is where they work; outside, their organisation is.
_PEOPLE = text("""
    SELECT p.id, p.time_zone, p.organisation_id, o.kind, works.team_id, works.party
    FROM person p LEFT JOIN organisation o ON o.id = p.organisation_id
    LEFT JOIN LATERAL (SELECT m.team_id, team.party FROM membership m
      JOIN team ON team.id = m.team_id WHERE m.person_id = p.id
      ORDER BY team.name LIMIT 1) works ON true
    WHERE p.id = ANY (:ids)
""")


def holders(conn: Connection, people: Iterable[UUID]) -> dict[UUID, Holder]:
    """Return each person as the holder of a calendar.  One statement."""
    return {
        row.id: Holder(
            ZoneInfo(row.time_zone), _party(row.kind, row.party), row.team_id, row.organisation_id
        )
        for row in conn.execute(_PEOPLE, {"ids": list(people)})
    }


def _party(kind: str | None, of_team: str | None) -> Party | None:
    if kind is not None:
        return Party.EXTERNAL if kind == "supplier" else Party.CUSTOMER
    return Party(of_team) if of_team else None
