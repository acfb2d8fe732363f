"""Whose working calendar is whose: a team's own, else its organisation's, else its party's.

A newcomer would ask for the calendar in force: the ledger counts hours of long ago, so that each
calendar comes as all its versions.  There are few of them, and one statement reads them all.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, tzinfo
from functools import lru_cache
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


# Every calendar, for `parsed`.
ALL_CALENDARS = "(SELECT CAST(json_agg(c ORDER BY c.valid_from, c.id) AS text) FROM calendar c)"
# Person `p` as a holder, for `holder`; who works nowhere has no first team.
A_HOLDER = "json_build_array(p.time_zone, o.kind, works.party, works.team_id, p.organisation_id)"
# The teams that person `p` is in, found before anything is asked of them: else PostgreSQL may go
# through all teams there are, in the order asked for.
THEIR_TEAMS = """(SELECT m.team_id, team.party, team.name
    FROM membership m JOIN team ON team.id = m.team_id
    WHERE m.person_id = p.id OFFSET 0) theirs"""
# A person's first team by name is where they work; outside, their organisation is.
WHERE_THEY_WORK = f"""LEFT JOIN organisation o ON o.id = p.organisation_id
    LEFT JOIN LATERAL (SELECT * FROM {THEIR_TEAMS} ORDER BY theirs.name LIMIT 1) works ON true"""  # noqa: S608 - a constant

_LOADED = text(f"""
    SELECT {ALL_CALENDARS}, (SELECT json_object_agg(p.id, {A_HOLDER})
      FROM person p {WHERE_THEY_WORK} WHERE p.id = ANY (:ids))
""")  # noqa: S608 - constants of this module


def load_calendars(
    conn: Connection, people: Iterable[UUID] = ()
) -> tuple[Calendars, dict[UUID, Holder]]:
    """Return every calendar, and each of these people as the holder of one.  One statement."""
    calendars, listed = conn.execute(_LOADED, {"ids": list(people)}).one()
    return parsed(calendars), {UUID(who): holder(*one) for who, one in (listed or {}).items()}


def holder(
    zone: str, kind: str | None, of_team: str | None, team: str | None, organisation: str | None
) -> Holder:
    """Return the holder that the database wrote as `A_HOLDER`."""
    return Holder(ZoneInfo(zone), _party(kind, of_team), _id(team), _id(organisation))


# Read anew every time, they are parsed again only when they have changed: holidays are costly.
@lru_cache(maxsize=4)
def parsed(listed: str | None) -> Calendars:
    """Return the calendars that the database wrote as `ALL_CALENDARS`."""
    found: defaultdict[tuple[str, Any], list[tuple[datetime, WorkingCalendar]]] = defaultdict(list)
    for row in json.loads(listed or "[]"):
        whose = (
            ("team", UUID(row["team_id"]))
            if row["team_id"]
            else ("organisation", UUID(row["organisation_id"]))
            if row["organisation_id"]
            else ("party", Party(row["party"]))
        )
        own_days = [date.fromisoformat(day) for day in row["free_days"]]
        found[whose].append(
            (
                datetime.fromisoformat(row["valid_from"]),
                WorkingCalendar(
                    ZoneInfo(row["time_zone"]),
                    time.fromisoformat(row["opens"]),
                    time.fromisoformat(row["closes"]),
                    frozenset(row["days"]),
                    free_days(row["country"], row["subdivision"], own_days),
                ),
            )
        )
    return Calendars(found)


def _id(written: str | None) -> UUID | None:
    return UUID(written) if written else None


def _party(kind: str | None, of_team: str | None) -> Party | None:
    if kind is not None:
        return Party.EXTERNAL if kind == "supplier" else Party.CUSTOMER
    return Party(of_team) if of_team else None
