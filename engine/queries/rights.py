"""Who had which right when, told by the register's entries and held against what stands today.

A right is held from the entry that gave it until the entry that took it.  What stands in the tables
today without an entry that gave it is shown as just that: a newcomer would take today's row for
what was then.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, text

from engine.errors import NotFound
from engine.language import Said, say

# (kind of record, field of its form) -> what whoever stands there may do, or has to
_MEANS: Mapping[tuple[str, str], str] = {
    ("process", "owner"): say("Owner of “%(name)s”"),
    ("process", "owner_deputies"): say("Deputy of the owner of “%(name)s”"),
    ("process", "duty_lead"): say("Lead on duty for “%(name)s”"),
    ("process", "duty_lead_deputies"): say("Deputy of the lead on duty for “%(name)s”"),
    ("process", "authority"): say("Decides for “%(name)s” without the customer’s answer"),
    ("process", "authority_deputies"): say("Deputy of who decides for “%(name)s”"),
    ("process", "representatives"): say("Answers for those who receive “%(name)s”"),
    ("team", "members"): say("Member of the team “%(name)s”"),
    ("team", "leader"): say("Leads the team “%(name)s”"),
    ("team", "head"): say("Head of the team “%(name)s”"),
    ("person", "deputy"): say("Stands in for %(name)s"),
    ("person", "superior"): say("Is told when %(name)s is silent"),
    ("self", "staff"): say("One of ours: sees every incident that is not for named people only"),
    ("self", "auditor"): say("Auditor: sees everything, changes nothing"),
    ("self", "operator"): say("Operator: enters people, teams and business processes"),
    ("self", "process_owner"): say("Edits and publishes diagrams"),
    ("self", "has_left"): say("Has left"),
}


class Place(NamedTuple):
    """Where somebody stands: a record and the field of it that names them."""

    kind: str
    subject_id: UUID
    field: str


@dataclass(frozen=True)
class Right:
    """What somebody was, `since` inclusive and `until` exclusive.

    `since` None: from before the first entry that tells of it; `until` None: still.  The numbers
    are those of the register's entries.  `lacks`: it is so today and no entry has given it
    (`start`), or it is not so today and no entry has taken it (`end`).
    """

    what: Said
    kind: str
    subject_id: UUID
    field: str
    since: datetime | None
    since_seq: int | None
    until: datetime | None
    until_seq: int | None
    lacks: Literal["start", "end"] | None = None

    def was_held(self, at: datetime) -> bool:
        """Whether it was so at that instant (aware)."""
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)


@dataclass(frozen=True)
class Away:
    """When somebody was away, as they said; `ended_at` is when they were back earlier."""

    since: datetime
    until: datetime
    entered_at: datetime
    ended_at: datetime | None

    def was_away(self, at: datetime) -> bool:
        """Whether they were away at that instant (aware)."""
        return self.since <= at < min(self.until, self.ended_at or self.until)


@dataclass(frozen=True)
class Rights:
    """Everything that somebody was at any time, the latest first, and when they were away."""

    person_id: UUID
    name: str
    rights: tuple[Right, ...]
    away: tuple[Away, ...]

    def at(self, at: datetime) -> "Rights":
        """Return what held at that instant (aware) only."""
        return Rights(
            self.person_id,
            self.name,
            tuple(one for one in self.rights if one.was_held(at)),
            tuple(one for one in self.away if one.was_away(at)),
        )


_PERSON = text("SELECT id, name, roles, NOT is_active AS has_left FROM person WHERE id = :person")
# Only what names the person can give or take a right of theirs; a deputy named anew takes that of
# the one before without naming them.
_ENTRIES = text("""
    SELECT seq, kind, subject_id, at, verb, content FROM register_entry
    WHERE subject_id = :person OR verb = 'person:deputy_named'
      OR kind IN ('process', 'team', 'person') AND strpos(content::text, CAST(:person AS text)) > 0
    ORDER BY seq
""")
_TODAY = text("""
    SELECT 'process' AS kind, id AS subject_id, f.field FROM business_process p
      CROSS JOIN LATERAL (VALUES ('owner', owner_id), ('duty_lead', duty_lead_id),
        ('authority', authority_id)) f (field, who) WHERE f.who = :person
    UNION SELECT 'process', process_id, of || '_deputies' FROM deputy WHERE person_id = :person
    UNION SELECT 'process', process_id, 'representatives' FROM representative
      WHERE person_id = :person
    UNION SELECT 'team', team_id, 'members' FROM membership WHERE person_id = :person
    UNION SELECT 'team', team_id, 'leader' FROM membership WHERE person_id = :person AND is_lead
    UNION SELECT 'team', id, 'head' FROM team WHERE head_id = :person
    UNION SELECT 'person', id, 'deputy' FROM person WHERE deputy_id = :person
    UNION SELECT 'person', id, 'superior' FROM person WHERE superior_id = :person
""")
_NAMES = text("""
    SELECT id, name FROM business_process UNION ALL SELECT id, name FROM team
    UNION ALL SELECT id, name FROM person WHERE id = ANY (:people)
""")
_AWAY = text("""
    SELECT since, until, entered_at, ended_at FROM absence WHERE person_id = :person
    ORDER BY since DESC
""")


class _Change(NamedTuple):
    """An entry gave or took something; `had` None: it does not say what was before."""

    seq: int
    at: datetime
    had: bool | None
    has: bool


def rights_of(conn: Connection, person_id: UUID) -> Rights:
    """Return everything that somebody was at any time.  Five statements.  Raises NotFound."""
    asked = {"person": person_id}
    person = conn.execute(_PERSON, asked).one_or_none()
    if person is None:
        raise NotFound(say("There is no such person."), person=str(person_id))
    changes: dict[Place, list[_Change]] = {}
    for entry in conn.execute(_ENTRIES, asked):
        for place, had, has in _told(entry, person_id):
            changes.setdefault(place, []).append(_Change(entry.seq, entry.at, had, has))
    today = {Place(*row) for row in conn.execute(_TODAY, asked)}
    today |= {Place("self", person_id, role) for role in person.roles}
    if person.has_left:
        today.add(Place("self", person_id, "has_left"))
    places = dict.fromkeys([*changes, *sorted(today)])
    people = [one.subject_id for one in places if one.kind in ("person", "self")]
    names = dict(tuple(row) for row in conn.execute(_NAMES, {"people": people}))
    found = [
        right
        for place in places
        if (place.kind, place.field) in _MEANS
        for right in _spans(place, changes.get(place, []), place in today, names)
    ]
    found.sort(key=lambda one: (one.until is not None, -(one.since_seq or 0), one.what))
    away = tuple(Away(**row._mapping) for row in conn.execute(_AWAY, asked))
    return Rights(person_id, person.name, tuple(found), away)


def _told(entry: Any, person_id: UUID) -> Iterator[tuple[Place, bool | None, bool]]:
    """Yield where an entry says whether this person stands, before (None: not said) and after."""
    content, who = entry.content or {}, str(person_id)
    if entry.verb == "person:deputy_named":
        if entry.subject_id != person_id:
            yield Place("person", entry.subject_id, "deputy"), None, content.get("deputy") == who
        return
    for field, (before, after) in (content.get("changed") or {}).items():
        if entry.subject_id == person_id:
            if field == "roles":
                for role in sorted({*(before or ()), *(after or ())}):
                    place = Place("self", person_id, role)
                    yield place, role in (before or ()), role in (after or ())
            elif field == "has_left":
                yield Place("self", person_id, field), bool(before), bool(after)
        elif (entry.kind, field) in _MEANS:
            had, has = _names(before, who), _names(after, who)
            if had or has:
                yield Place(entry.kind, entry.subject_id, field), had, has


def _names(value: object, who: str) -> bool:
    if isinstance(value, list):
        return any(_names(one, who) for one in value)
    if isinstance(value, Mapping):
        return value.get("person") == who
    return value == who


def _spans(
    place: Place, changes: Sequence[_Change], is_so_today: bool, names: Mapping[UUID, str]
) -> Iterator[Right]:
    what = say(_MEANS[place.kind, place.field], name=names.get(place.subject_id, "?"))
    # from before the first entry, as far as that says so
    holds = bool(changes[0].had) if changes else is_so_today
    since: _Change | None = None
    for change in changes:
        if holds and not change.has:
            yield _right(what, place, since, change)
        elif change.has and not holds:
            since = change
        holds = change.has
    if holds or is_so_today:
        lacks: Literal["start", "end"] | None = None
        if not holds or not changes:
            lacks = "start"
        elif not is_so_today:
            lacks = "end"
        yield _right(what, place, since if holds else None, None, lacks)


def _right(
    what: Said,
    place: Place,
    since: _Change | None,
    until: _Change | None,
    lacks: Literal["start", "end"] | None = None,
) -> Right:
    return Right(
        what,
        place.kind,
        place.subject_id,
        place.field,
        since and since.at,
        since and since.seq,
        until and until.at,
        until and until.seq,
        lacks,
    )


def offices_at(
    conn: Connection, person_id: UUID, process_id: UUID, at: datetime
) -> Collection[Right]:
    """Return what somebody was for a business process at that instant (aware)."""
    held = rights_of(conn, person_id).at(at).rights
    return [one for one in held if one.kind == "process" and one.subject_id == process_id]
