"""Who may read an incident that is for named people only: since when, why, and who asks to end it.

Who may see the incident is asked before (`seen.py`): the names are for those who are among them.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.standing import ADMITTING, IncidentPeople, standing_of
from engine.domain.wording import READS_AS
from engine.queries.people import involved
from engine.queries.seen import named_sql


@dataclass(frozen=True)
class NamedPerson:
    """Somebody who may read it, or was taken off; `why` are plain words, empty once taken off.

    `is_named`: by name, and not only for as long as something else is true of them.
    """

    id: UUID
    name: str
    organisation: str | None
    is_named: bool
    why: tuple[str, ...]


@dataclass(frozen=True)
class Restriction:
    """`lift_asked_by` and what goes with it are None unless somebody asked that it ends.

    `declined_by` and what goes with it are None unless that was declined and not asked anew.
    """

    by: str
    reason: str
    since: datetime
    readers: tuple[NamedPerson, ...]
    taken_off: tuple[NamedPerson, ...]
    lift_asked_by_id: UUID | None
    lift_asked_by: str | None
    lift_reason: str | None
    lift_asked_at: datetime | None
    declined_by: str | None
    declined_because: str | None
    declined_at: datetime | None


_IN_FORCE = text("""
    SELECT who.name AS by, r.reason, r.restricted_at AS since, r.lift_asked_by AS lift_asked_by_id,
      asker.name AS lift_asked_by, r.lift_reason, r.lift_asked_at,
      decliner.name AS declined_by, r.declined_because, r.declined_at
    FROM restriction r JOIN person who ON who.id = r.restricted_by
    LEFT JOIN person asker ON asker.id = r.lift_asked_by
    LEFT JOIN person decliner ON decliner.id = r.declined_by
    WHERE r.incident_id = :id AND r.lifted_at IS NULL
""")
_NAMES = text("""
    SELECT p.id, p.name, o.name AS organisation
    FROM person p LEFT JOIN organisation o ON o.id = p.organisation_id
    WHERE p.id = ANY (:ids) ORDER BY p.name, p.id
""")


def restriction_of(conn: Connection, incident_id: UUID) -> Restriction | None:
    """Return the restriction in force; None unless there is one.  Three statements."""
    row = conn.execute(_IN_FORCE, {"id": incident_id}).first()
    if row is None:
        return None
    people = involved(conn, incident_id).people
    ids = list(people.readers | people.taken_off)
    rows = conn.execute(_NAMES, {"ids": ids}).all()
    everybody = [
        NamedPerson(**one._mapping, is_named=one.id in people.named, why=_why(one.id, people))
        for one in rows
    ]
    return Restriction(
        readers=tuple(one for one in everybody if one.why),
        taken_off=tuple(one for one in everybody if not one.why),
        **row._mapping,
    )


@dataclass(frozen=True)
class DeclinedLift:
    """What the reader asked for was declined: by whom and why stands on the incident's page."""

    incident_number: int
    declined_at: datetime


_DECLINED = text(f"""
    SELECT i.number AS incident_number, r.declined_at
    FROM restriction r JOIN incident i ON i.id = r.incident_id
    JOIN business_process p ON p.id = i.process_id
    WHERE r.lift_asked_by = :me AND r.lifted_at IS NULL AND r.declined_at > :since
      AND {named_sql("i", "p")} ORDER BY r.declined_at DESC LIMIT 10
""")  # noqa: S608 - of the queries' own module


def declined_lifts(conn: Connection, person_id: UUID, since: datetime) -> tuple[DeclinedLift, ...]:
    """Return what this person asked to be lifted and was declined since then, the latest first.

    At most 10.  One statement.
    """
    rows = conn.execute(_DECLINED, {"me": person_id, "since": since})
    return tuple(DeclinedLift(**row._mapping) for row in rows)


def _why(person_id: UUID, people: IncidentPeople) -> tuple[str, ...]:
    if person_id not in people.readers:
        return ()
    true = standing_of(person_id, people) & ADMITTING
    return tuple(words for standing, words in READS_AS.items() if standing in true)
