"""Every moment of an incident's life, and what was so at it: facts that hold for a span of time.

A moment is an instant at which something was entered; what was entered together is one.  A newcomer
would keep a picture of each moment: there may be thousands, and most facts outlive many of them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property, partial
from itertools import groupby, pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.signer import Signer, signer_of
from engine.domain.wording import VERBS, sentence, word
from engine.language import Said, say
from engine.queries.answered import ANSWERING, signatures
from engine.queries.ledger import IncidentLedger, LedgerLine


class FactKind(StrEnum):
    """What a fact is about, in the order in which facts are shown."""

    STATE = "state"
    LEAD = "lead"
    PRIORITY = "priority"
    WHOSE = "whose"
    CRITERION = "criterion"
    OPEN = "open"
    ANSWERED = "answered"


@dataclass(frozen=True)
class Fact:
    """Something that was so from `since` until before `until` (None: from then on).

    `signer` says as what it was signed, where it was.
    """

    kind: FactKind
    since: datetime
    until: datetime | None
    said: Callable[[], str] = field(repr=False, compare=False)
    signer: Signer | None = None

    @property
    def words(self) -> str:
        """The fact in words; said when asked: there are many, and a page shows a few."""
        return self.said()

    def holds(self, at: datetime) -> bool:
        """Whether it was so at this instant."""
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True)
class Moment:
    """What was entered at one instant, as the entries `first` to `seq`.

    `verb` and `actor` are those of the first entry that a person signed, else of the first.
    """

    first: int
    seq: int
    at: datetime
    verb: str
    actor: str
    signer: Signer

    @property
    def deed(self) -> str:
        """What was done, in a sentence without full stop; said when asked: there are many."""
        return said_of(self.verb, self.actor)


@dataclass(frozen=True)
class Moments:
    """The moments in order, never empty, and every fact."""

    moments: tuple[Moment, ...]
    facts: tuple[Fact, ...]

    def at_seq(self, seq: int) -> Moment:
        """Return the moment of an entry; the first or last for a number outside."""
        firsts = [one.first for one in self.moments]
        return self.moments[max(0, bisect_right(firsts, seq) - 1)]

    def at_instant(self, at: datetime) -> Moment:
        """Return the last moment that had come by then; the first if none had."""
        return self.moments[max(0, bisect_right(self._instants, at) - 1)]

    def place(self, at: datetime) -> int:
        """Return the place of the first moment at which what came at `at` is seen."""
        return bisect_left(self._instants, at)

    @cached_property
    def _instants(self) -> list[datetime]:
        return [one.at for one in self.moments]


_ENTRIES = text("""
    SELECT seq, at, actor, person_id, verb,
      CASE WHEN verb = ANY (:told) THEN content END AS content
    FROM entry WHERE incident_id = :id ORDER BY seq
""")
# masked answers are made once, not for each of their parts
_ITEMS = text("""
    SELECT w.id, w.title, a.title AS action, w.mark, w.action_id, w.opened_at, w.ended_at, w.how,
      w.ended_by, by.name AS by, coalesce(team.name, nullif(array_to_string(
        ARRAY(SELECT name FROM person WHERE id = ANY (w.people) ORDER BY name), ', '), '')) AS who,
      coalesce(given.answers->>'verdict', given.answers->>'answer', given.answers->>'decided',
        given.answers->>'outcome') AS said
    FROM work_item w CROSS JOIN LATERAL (SELECT w.answers OFFSET 0) given
    LEFT JOIN action a ON a.id = w.action_id
    LEFT JOIN person by ON by.id = w.ended_by AND w.how = 'completed'
    LEFT JOIN team ON team.id = w.team_id
    WHERE w.incident_id = :id ORDER BY w.opened_at, w.id
""")
_ABOUT = text("SELECT lead_id, priority FROM incident WHERE id = :id")
_CRITERIA = text("""
    SELECT id, measure, threshold, changed_seq, withdrawn_at FROM criterion
    WHERE incident_id = :id ORDER BY withdrawn_at NULLS LAST, position
""")
_PEOPLE = text("SELECT id, name FROM person WHERE id = ANY (:ids)")

_STATES = {
    "incident:reported": "open",
    "incident:set_aside": "set_aside",
    "incident:brought_back": "open",
    "incident:merged": "merged",
    "incident:merge_undone": "open",
    "incident:closed": "closed",
}
_WORDINGS = ("incident:agreed", "incident:criteria_changed")
_FOUND = ("outcome:verified", "outcome:not_right", "outcome:watching")
_TOLD = (*_STATES, *_WORDINGS, *_FOUND, "incident:lead_taken", "incident:priority_set")


def moments(
    conn: Connection, incident_id: UUID, ledger: IncidentLedger, *, is_outside: bool
) -> Moments:
    """Return the incident's moments and facts.  Five statements.

    Who is outside our organisation is not told who else is asked, nor what others answered.
    """
    asked = {"id": incident_id, "told": list(_TOLD)}
    entries = conn.execute(_ENTRIES, asked).all()
    items = conn.execute(_ITEMS, asked).all()
    about = conn.execute(_ABOUT, asked).one()
    criteria = conn.execute(_CRITERIA, asked).all()
    facts = [
        *_states(entries),
        *_leads(conn, entries, about.lead_id),
        *_priorities(entries, about.priority),
        *_whose(ledger),
        *_criteria(entries, criteria, is_outside=is_outside),
        *_to_dos(entries, items, is_outside=is_outside),
    ]
    order = {kind: place for place, kind in enumerate(FactKind)}
    facts.sort(key=lambda fact: (order[fact.kind], fact.since))
    return Moments(
        tuple(_moment(list(of)) for _, of in groupby(entries, key=lambda one: one.at)),
        tuple(facts),
    )


def _moment(entries: Sequence[Any]) -> Moment:
    told = next((one for one in entries if one.person_id is not None), entries[0])
    return Moment(
        entries[0].seq,
        entries[-1].seq,
        told.at,
        told.verb,
        told.actor,
        signer_of(told.actor, told.person_id),
    )


def said_of(verb: str, actor: str | None) -> str:
    """Return an entry in a sentence without full stop, also of a verb that is unknown here."""
    return sentence(verb, actor) if verb in VERBS else f"{actor}: {verb}"


def _changing(kind: FactKind, values: Iterable[tuple[datetime, str]]) -> Iterator[Fact]:
    """Return what held one after the other; what came at one instant is the last of it."""
    latest = dict(values)
    for (since, words), following in pairwise([*latest.items(), None]):  # type: ignore[misc]
        yield Fact(kind, since, following[0] if following else None, partial(_as_it_is, words))


def _as_it_is(words: str) -> str:
    return words


def _states(entries: Sequence[Any]) -> Iterator[Fact]:
    def words(one: Any) -> str:
        how = (one.content or {}).get("closed_by") if one.verb == "incident:closed" else None
        return word(how or _STATES[one.verb])

    told = [(one.at, words(one)) for one in entries if one.verb in _STATES]
    yield from _changing(FactKind.STATE, told)


def _leads(conn: Connection, entries: Sequence[Any], today: UUID) -> Iterator[Fact]:
    taken = [one for one in entries if one.verb == "incident:lead_taken"]
    before = (taken[0].content or {}).get("before") if taken else None
    first = before or (None if taken else str(today))
    who: list[tuple[datetime, str]] = [(entries[0].at, first or "")]
    who += [(one.at, (one.content or {}).get("lead") or str(one.person_id)) for one in taken]
    ids = {one for _, one in who if one not in ("", "None")}
    names = {str(row.id): row.name for row in conn.execute(_PEOPLE, {"ids": list(ids)})}
    yield from _changing(FactKind.LEAD, [(at, names.get(one, "–")) for at, one in who])


def _priorities(entries: Sequence[Any], today: str) -> Iterator[Fact]:
    set_ = [one for one in entries if one.verb == "incident:priority_set" and one.content]
    first = set_[0].content.get("before", today) if set_ else today
    told = [(entries[0].at, str(first))]
    told += [(one.at, str(one.content.get("now", today))) for one in set_]
    yield from _changing(FactKind.PRIORITY, told)


def _whose(ledger: IncidentLedger) -> Iterator[Fact]:
    for place, line in enumerate(ledger.lines, 1):
        is_last = place == len(ledger.lines) and ledger.is_running
        until = None if is_last else line.until
        yield Fact(FactKind.WHOSE, line.since, until, partial(_of_line, line))


def _of_line(line: LedgerLine) -> Said:
    return say(
        "%(party)s: %(what)s",
        party=word(line.party),
        what=line.what if line.what is not None else word(line.reason),
    )


def _criteria(
    entries: Sequence[Any], criteria: Sequence[Any], *, is_outside: bool
) -> Iterator[Fact]:
    """Each wording from when it was agreed until it was withdrawn, with what was found last."""
    wordings = [
        (one.seq, one.at, {_wording(row) for row in _rows(one)})
        for one in entries
        if one.verb in _WORDINGS
    ]
    ats = {one.seq: one.at for one in entries}
    taken: dict[tuple[str, str], datetime] = {}
    for row in criteria:
        wording = (row.measure, row.threshold)
        begun = [
            at
            for _, at, rows in wordings
            if wording in rows and (wording not in taken or at > taken[wording])
        ]
        stands = entries[0].at if row.withdrawn_at else ats.get(row.changed_seq, entries[0].at)
        since = min([*begun, stands]) if row.withdrawn_at is None else min(begun, default=stands)
        if row.withdrawn_at is not None:
            taken[wording] = row.withdrawn_at
            if row.withdrawn_at <= since:
                continue
        plain = say("%(measure)s: %(threshold)s", measure=row.measure, threshold=row.threshold)
        found = [] if is_outside else _found(entries, str(row.id))
        words = [(since, str(plain))]
        words += [(at, f"{plain} ({measured})") for at, measured in found if at >= since]
        for fact in _changing(FactKind.CRITERION, words):
            until = fact.until or row.withdrawn_at
            yield replace(fact, until=until)


def _rows(entry: Any) -> Iterable[Mapping[str, Any]]:
    content = entry.content or {}
    name = "criteria" if entry.verb == "incident:agreed" else "now"
    return [row for row in content.get(name) or [] if isinstance(row, dict)]


def _wording(row: Mapping[str, Any]) -> tuple[str, str]:
    return str(row.get("measure")), str(row.get("threshold"))


def _found(entries: Sequence[Any], criterion: str) -> list[tuple[datetime, str]]:
    """Return (when, what was measured) of each check of a criterion."""
    return [
        (one.at, str(row.get("measured")))
        for one in entries
        if one.verb in _FOUND
        for row in (one.content or {}).get("measured") or []
        if row.get("criterion") == criterion and row.get("measured")
    ]


def _to_dos(entries: Sequence[Any], items: Sequence[Any], *, is_outside: bool) -> Iterator[Fact]:
    answering = frozenset(ANSWERING)
    signed = signatures((one for one in entries if one.verb in answering), items)
    for item in items:
        if item.ended_at is None or item.opened_at < item.ended_at:
            who = None if is_outside else item.who
            asked = partial(_asked, item, who)
            yield Fact(FactKind.OPEN, item.opened_at, item.ended_at, asked)
        if item.how == "completed":
            actor, signer = signed.get(item.id, (item.by, None))
            told = partial(_answered, item, actor, None if is_outside else item.said)
            yield Fact(FactKind.ANSWERED, item.ended_at, None, told, signer)


def _title(item: Any) -> Said:
    step = say(item.title)
    return say("%(step)s: %(action)s", step=step, action=item.action) if item.action else step


def _asked(item: Any, who: str | None) -> Said:
    title = _title(item)
    return say("%(title)s (%(who)s)", title=title, who=who) if who else title


def _answered(item: Any, actor: str, said: str | None) -> Said:
    told = say("%(title)s – %(actor)s", title=_title(item), actor=actor)
    return say("%(title)s: %(said)s", title=told, said=_plain(said)) if said else told


def _plain(machine: str) -> str:
    try:
        return word(machine)
    except KeyError:
        return machine
