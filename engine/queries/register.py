"""What an organisation has told Putright of itself, as its forms ask it, and who changed what.

Answers hold ids; what an export or a list shows of them are the words in `Names`.  A newcomer would
leave out who has left: whoever still names them must be able to say so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from holidays.registry import COUNTRIES
from sqlalchemy import Connection, text

from engine.domain.party import Party
from engine.domain.register import BESIDE, Answers, Beside, RecordKind, calendar_of
from engine.language import say, say_of
from engine.queries.choices import Choices

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_ANSWERS = {
    RecordKind.ORGANISATION: text("""
        SELECT json_build_object('name', name, 'kind', kind, 'contact', contact_id,
          'second_contact', second_contact_id, 'our_owner', our_owner_id)
        FROM organisation WHERE id = :id"""),
    RecordKind.PERSON: text("""
        SELECT json_build_object('name', name, 'login', login, 'email', email, 'phone', phone,
          'time_zone', time_zone, 'organisation', organisation_id, 'roles', roles,
          'deputy', deputy_id, 'superior', superior_id, 'has_left', NOT is_active)
        FROM person WHERE id = :id"""),
    RecordKind.TEAM: text("""
        SELECT json_build_object('name', name, 'party', party, 'organisation', organisation_id,
          'members', (SELECT json_agg(m.person_id ORDER BY p.name, p.id) FROM membership m
            JOIN person p ON p.id = m.person_id WHERE m.team_id = team.id),
          'leader', (SELECT person_id FROM membership WHERE team_id = team.id AND is_lead LIMIT 1),
          'head', head_id)
        FROM team WHERE id = :id"""),
    RecordKind.PROCESS: text("""
        SELECT json_build_object('name', p.name, 'product', d.name, 'owner', owner_id,
          'owner_deputies', (SELECT json_agg(person_id ORDER BY person_id) FROM deputy d
            WHERE d.process_id = p.id AND d.of = 'owner'),
          'duty_lead', duty_lead_id,
          'duty_lead_deputies', (SELECT json_agg(person_id ORDER BY person_id) FROM deputy d
            WHERE d.process_id = p.id AND d.of = 'duty_lead'),
          'authority', authority_id,
          'authority_deputies', (SELECT json_agg(person_id ORDER BY person_id) FROM deputy d
            WHERE d.process_id = p.id AND d.of = 'authority'),
          'desk', desk_id, 'default_criteria', d.default_criteria,
          'representatives', (SELECT json_agg(json_build_object('person', person_id,
            'stands_for', stands_for) ORDER BY person_id) FROM representative r
            WHERE r.process_id = p.id),
          'carries_mail', carries_mail, 'is_public', is_public)
        FROM business_process p JOIN product d ON d.id = p.id WHERE p.id = :id"""),
    RecordKind.PRODUCT: text("""
        SELECT json_build_object('process', process_id, 'name', name,
          'default_criteria', default_criteria, 'no_longer_made', NOT is_made)
        FROM product WHERE id = :id AND id <> process_id"""),
    RecordKind.LADDER: text("""
        SELECT numbers || jsonb_build_object('priority', priority) FROM rungs WHERE id = :id"""),
    RecordKind.CALENDAR: text("""
        SELECT json_build_object('whose', CASE WHEN team_id IS NOT NULL THEN 'team'
            WHEN organisation_id IS NOT NULL THEN 'organisation' ELSE party END,
          'team', team_id, 'organisation', organisation_id, 'time_zone', time_zone,
          'opens', to_char(opens, 'HH24:MI'), 'closes', to_char(closes, 'HH24:MI'),
          'days', days, 'country', country, 'subdivision', subdivision, 'free_days', free_days)
        FROM calendar WHERE team_id = :id OR organisation_id = :id OR party = :party
        ORDER BY valid_from DESC, id DESC LIMIT 1"""),
}


def answers_of(conn: Connection, kind: RecordKind, record_id: UUID) -> Answers | None:
    """Return the record as its form asks it, without what is blank; None if there is none."""
    party = next((one for one in Party if calendar_of(one) == record_id), None)
    found = conn.scalar(_ANSWERS[kind], {"id": record_id, "party": party})
    return None if found is None else without_blanks(_named_days(found))


def without_blanks(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers without those that say nothing: nobody, no lines, an unticked box."""
    return {name: one for name, one in answers.items() if one not in (None, "", [], False)}


def _named_days(answers: dict[str, Any]) -> dict[str, Any]:
    if "days" in answers:
        answers["days"] = [DAYS[day] for day in sorted(answers["days"])]
    return answers


@dataclass(frozen=True)
class RecordLine:
    """One record in a list; `about` is a line for people, `has_left` says it counts no more."""

    id: UUID
    name: str
    about: str
    has_left: bool


_LISTED = {
    RecordKind.ORGANISATION: """SELECT id, name, kind AS about, NULL AS more, false AS has_left
        FROM organisation""",
    RecordKind.PERSON: """SELECT p.id, p.name, p.login || coalesce(' · ' || o.name, '') AS about,
          CASE WHEN p.unreachable_since IS NOT NULL THEN 'unreachable' END AS more,
          NOT p.is_active AS has_left
        FROM person p LEFT JOIN organisation o ON o.id = p.organisation_id""",
    RecordKind.TEAM: """SELECT t.id, t.name, coalesce(o.name, '') AS about,
          (SELECT count(*) FROM membership m WHERE m.team_id = t.id) AS more, false AS has_left
        FROM team t LEFT JOIN organisation o ON o.id = t.organisation_id""",
    RecordKind.PROCESS: """SELECT p.id, p.name, w.name AS about, NULL AS more, false AS has_left
        FROM business_process p JOIN person w ON w.id = p.owner_id""",
    RecordKind.PRODUCT: """SELECT d.id, d.name, p.name AS about, NULL AS more,
          NOT d.is_made AS has_left
        FROM product d JOIN business_process p ON p.id = d.process_id WHERE d.id <> p.id""",
    RecordKind.LADDER: """SELECT id, priority AS name, '' AS about, NULL AS more, false AS has_left
        FROM rungs""",
    RecordKind.CALENDAR: """SELECT DISTINCT ON (name) id, name, about,
          NULL AS more, false AS has_left FROM (
        SELECT coalesce(c.team_id, c.organisation_id, (SELECT id FROM unnest(
            CAST(:parties AS text[]), CAST(:party_ids AS uuid[])) x (party, id)
            WHERE x.party = c.party)) AS id,
          coalesce(t.name, o.name, CASE c.party WHEN 'it' THEN 'IT' WHEN 'business' THEN 'Business'
            WHEN 'external' THEN 'Suppliers' ELSE 'Customers' END) AS name,
          to_char(c.opens, 'HH24:MI') || ' – ' || to_char(c.closes, 'HH24:MI') || ', '
            || c.time_zone AS about, c.valid_from, c.id AS version
        FROM calendar c LEFT JOIN team t ON t.id = c.team_id
        LEFT JOIN organisation o ON o.id = c.organisation_id) z
        ORDER BY name, valid_from DESC, version DESC""",
}
_FOUND = """SELECT x.*, count(*) OVER () AS total FROM ({listed}) x
    WHERE CAST(:words AS text) IS NULL OR strpos(lower(name || ' ' || about), lower(:words)) > 0
    ORDER BY has_left, lower(name), id LIMIT :most"""


def records(
    conn: Connection, kind: RecordKind, *, words: str | None = None, most: int = 200
) -> tuple[Sequence[RecordLine], int]:
    """Return the first records by name, those who left last, and how many there are in all.

    `words` are looked for in what the line shows.
    """
    rows = conn.execute(
        text(_FOUND.format(listed=_LISTED[kind])),
        {"words": words or None, "most": most, **_parties()},
    ).all()
    lines = [RecordLine(row.id, row.name, _about(kind, row), row.has_left) for row in rows]
    return lines, rows[0].total if rows else 0


def _about(kind: RecordKind, row: Any) -> str:
    match kind:
        case RecordKind.ORGANISATION:
            return say("Customer") if row.about == "customer" else say("Supplier")
        case RecordKind.PERSON if row.more:
            return say("%(about)s · mail comes back", about=row.about)
        case RecordKind.TEAM:
            people = say_of(row.more, "%(num)s person", "%(num)s people")
            return say("%(one)s · %(other)s", one=people, other=row.about) if row.about else people
        case RecordKind.PROCESS:
            return say("Owned by %(name)s", name=row.about)
    return str(row.about)


def record_ids(conn: Connection, kind: RecordKind) -> Sequence[UUID]:
    """Return the ids of all records of a kind, by name."""
    listed = text(f"SELECT id FROM ({_LISTED[kind]}) x ORDER BY lower(name), id")  # noqa: S608
    return conn.scalars(listed, _parties()).all()


def _parties() -> dict[str, object]:
    return {
        "parties": [one.value for one in Party],
        "party_ids": [calendar_of(one) for one in Party],
    }


_COUNTS = text("""
    SELECT (SELECT count(*) FROM organisation) AS organisation,
      (SELECT count(*) FROM person WHERE is_active) AS person,
      (SELECT count(*) FROM team) AS team,
      (SELECT count(*) FROM business_process) AS process,
      (SELECT count(*) FROM product WHERE id <> process_id AND is_made) AS product,
      (SELECT count(DISTINCT coalesce(team_id::text, organisation_id::text, party))
        FROM calendar) AS calendar,
      (SELECT count(*) FROM rungs) AS ladder,
      EXISTS (SELECT FROM incident) AS has_incident
""")


@dataclass(frozen=True)
class Standing:
    """How far an organisation is set up: how many there are of each kind, who are with us still."""

    counts: Mapping[RecordKind, int]
    has_incident: bool


def standing(conn: Connection) -> Standing:
    """Return how far it is set up."""
    row = conn.execute(_COUNTS).mappings().one()
    return Standing({kind: row[kind.value] for kind in RecordKind}, row["has_incident"])


def is_empty(conn: Connection) -> bool:
    """Whether nobody is known here yet."""
    return not conn.scalar(text("SELECT EXISTS (SELECT FROM person)"))


# --- names -------------------------------------------------------------------------------------

_OFFERED = text("""
    SELECT 'person' AS format, p.id, p.login AS key,
      p.name || coalesce(' (' || o.name || ')', '') AS label, NOT p.is_active AS has_left
    FROM person p LEFT JOIN organisation o ON o.id = p.organisation_id
    UNION ALL SELECT 'team', id, name, name, false FROM team
    UNION ALL SELECT 'organisation', id, name, name, false FROM organisation
    UNION ALL SELECT 'process', id, name, name, false FROM business_process
    UNION ALL SELECT 'product', id, name, name, false FROM product WHERE id <> process_id
    ORDER BY format, label, id
""")


@dataclass(frozen=True)
class Names:
    """What can be named in a form, by format: what people choose, and what a file calls it."""

    choices: Choices
    keys: Mapping[str, Mapping[str, str]]


def names(conn: Connection) -> Names:
    """Return everything that records name each other by: people by login, all else by name."""
    choices: dict[str, list[tuple[str, str]]] = {
        "person": [],
        "team": [],
        "organisation": [],
        "process": [],
        "time_zone": [(zone, zone) for zone in time_zones()],
        "country": list(_countries()),
    }
    # no form chooses a product, and one asks for its words under that name
    keys: dict[str, dict[str, str]] = {name: {} for name in (*choices, "product")}
    for row in conn.execute(_OFFERED):
        label = say("%(name)s (has left)", name=row.label) if row.has_left else row.label
        if row.format in choices:
            choices[row.format].append((str(row.id), label))
        keys[row.format][str(row.id)] = row.key
    for name in ("time_zone", "country"):
        keys[name] = {value: value for value, _ in choices[name]}
    return Names(choices, keys)


@cache
def time_zones() -> Sequence[str]:
    """Return the time zones that people choose from, by name."""
    # without the aliases of old, that nobody looks for
    return sorted(
        zone
        for zone in available_timezones()
        if zone == "UTC"
        or ("/" in zone and not zone.startswith(("Etc/", "posix/", "right/", "SystemV/")))
    )


@cache
def _countries() -> Sequence[tuple[str, str]]:
    # the library calls its parts after the countries: united_states
    return sorted(
        ((code, name.replace("_", " ").title()) for name, (_, code, *_rest) in COUNTRIES.items()),
        key=lambda country: country[1],
    )


# --- what was changed --------------------------------------------------------------------------


@dataclass(frozen=True)
class RegisterLine:
    """One entry of the register; `content` is None once erased, and so is `actor`."""

    seq: int
    kind: RecordKind | Beside
    subject_id: UUID
    at: datetime
    actor: str | None
    verb: str
    content: Mapping[str, Any] | None


_TRAIL = text("""
    SELECT seq, kind, subject_id, at, actor, verb, content FROM register_entry
    WHERE (CAST(:before AS integer) IS NULL OR seq < :before)
      AND (CAST(:subject AS uuid) IS NULL OR subject_id = :subject)
    ORDER BY seq DESC LIMIT :most
""")


def register_trail(
    conn: Connection, *, before: int | None = None, subject: UUID | None = None, most: int = 50
) -> Sequence[RegisterLine]:
    """Return the newest entries first: those before a number, those about one record."""
    rows = conn.execute(_TRAIL, {"before": before, "subject": subject, "most": most})
    return [
        RegisterLine(
            row.seq,
            row.kind if row.kind in BESIDE else RecordKind(row.kind),
            row.subject_id,
            row.at,
            row.actor,
            row.verb,
            row.content,
        )
        for row in rows
    ]
