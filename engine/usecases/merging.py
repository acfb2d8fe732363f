"""Two reports of one thing become one: always the earliest, and undone by who reported the later.

Criteria and confirmers come along, so that each person is asked once.  A newcomer would move rows
from one incident to the other: they are copied and marked with where they came from, for the later
one stays as it was and may go its own way again.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from engine.domain.incident import IncidentState, WayOut
from engine.domain.permissions import Actor, Verb
from engine.errors import Conflict, InvalidAnswers
from engine.language import say
from engine.store import facts as ask
from engine.store import schema as t
from engine.store.work import Case
from engine.usecases.handling import Handling
from engine.usecases.running import Mover
from engine.usecases.setting_aside import come_back, leave, require_reason
from engine.usecases.standing import require


def merge(
    handling: Handling, incident_id: UUID, into_id: UUID, *, reason: str, actor: Actor
) -> None:
    """Join a report with an earlier one that is open, which is then checked again.

    Raises NotFound, NotAllowed unless `actor` handles both, IncidentClosed, InvalidAnswers, or
    Conflict: the other way round, while work on the later one goes on, or when a confirmer of
    the later one has had a hand in the earlier.
    """
    require_reason(reason)
    if incident_id == into_id:
        raise InvalidAnswers({"into": say("Please choose another incident.")})
    with handling.store.begin() as work:
        movers = {
            one: Mover(handling, work.incident(one), actor)
            for one in sorted((incident_id, into_id))
        }
        later, earlier = movers[incident_id], movers[into_id]
        require(later, actor, Verb.MERGE)
        require(earlier, actor, Verb.SEE)
        _check(later, earlier)
        require(earlier, actor, Verb.MERGE)
        told = {"reason": reason, "into": earlier.case.incident.number}
        seq = later.case.record("incident:merged", told, actor)
        leave(later, WayOut.MERGED, reason=reason, actor=actor, seq=seq, into=into_id)
        _bring_along(later, earlier)
        earlier.check_again()


def undo_merge(
    handling: Handling, incident_id: UUID, *, actor: Actor, words: str | None = None
) -> None:
    """Separate the later report again; what came from it leaves the earlier, unless that is over.

    Separating what is open changes nothing.  Raises NotFound, IncidentClosed, NotAllowed for
    anybody but who reported the later one, or Conflict if it went elsewhere meanwhile.
    """
    with handling.store.begin() as work:
        into = _joined_with(work.conn, incident_id)
        movers = {
            one: Mover(handling, work.incident(one), actor)
            for one in sorted({incident_id} | ({into} if into else set()))
        }
        later = movers[incident_id]
        is_reporter = actor.id == later.case.incident.reporter_id
        if later.case.incident.state == IncidentState.OPEN and is_reporter:
            return
        require(later, actor, Verb.UNDO_MERGE)
        if into is None or into != _joined_with(work.conn, incident_id):
            raise Conflict(say("This was joined with another report meanwhile; please look again."))
        seq = later.case.record("incident:merge_undone", {"words": words or ""}, actor)
        come_back(later, actor=actor, words=words, seq=seq)
        if movers[into].case.incident.state == IncidentState.OPEN:
            _take_out(later, movers[into])


_INTO = text(
    "SELECT w.into_id FROM incident i JOIN way_out w ON w.id = i.way_out_id WHERE i.id = :id"
)


def _joined_with(conn: Connection, incident_id: UUID) -> UUID | None:
    found: UUID | None = conn.scalar(_INTO, {"id": incident_id})
    return found


def _check(later: Mover, earlier: Mover) -> None:
    one, other = later.case.incident, earlier.case.incident
    if other.state != IncidentState.OPEN:
        raise Conflict(
            say(
                "#%(number)s is no longer open; nothing can be joined with it.", number=other.number
            )
        )
    if one.is_restricted != other.is_restricted:
        raise Conflict(say("One of them is for named people only, so they stay apart."))
    if other.told_at > one.told_at:
        raise Conflict(
            say(
                "#%(number)s was told first: please join #%(number2)s with it instead.",
                number=one.number,
                number2=other.number,
            ),
            earliest=one.number,
        )
    begun = ask.work_under_way(later.case.conn, one.id)
    if begun:
        raise Conflict(
            say(
                "Somebody is at work on action %(begun)s; that has to be finished first.",
                begun=begun[0],
            )
        )
    if any(row["missed_at"] or row["instead_of"] for row in _criteria(later.case.conn, one.id)):
        raise Conflict(
            say(
                "#%(number)s has a point that was missed, so it is handled by itself.",
                number=one.number,
            )
        )
    off = [who.name for who in later.confirmers if who.person_id in earlier.taken_off]
    if off:
        raise Conflict(
            say(
                "%(off)s may not read #%(number)s, and cannot answer for it.",
                off=", ".join(off),
                number=other.number,
            )
        )
    barred = [who.name for who in later.confirmers if who.person_id in earlier.hands.everybody]
    if barred:
        raise Conflict(
            say(
                "%(barred)s would have to answer for #%(number)s, and led it, worked "
                "on it or checked it.",
                barred=", ".join(barred),
                number=other.number,
            ),
            people=barred,
        )


def _bring_along(later: Mover, earlier: Mover) -> None:
    """Add what the earlier one does not have: criteria by their wording, confirmers by person."""
    case, source = earlier.case, later.case.incident
    there = {_wording(row) for row in _criteria(case.conn, case.incident.id)}
    new = [row for row in _criteria(case.conn, source.id) if _wording(row) not in there]
    named = [who.person_id for who in earlier.confirmers]
    along = {who.person_id: who.name for who in later.confirmers if who.person_id not in named}
    seq = case.record(
        "incident:joined",
        {
            "report": source.number,
            "criteria": [f"{row['measure']}: {row['threshold']}" for row in new],
            "who_answers_too": list(along.values()),
            "confirmers": [str(who) for who in (*named, *along)],
        },
        earlier.by,
    )
    if new:
        case.conn.execute(insert(t.criterion), [_copied(row, case, source.id, seq) for row in new])
    if along:
        _name(case, along, source.id)
    earlier.forget()


_CARRIED = ("position", "measure", "threshold", "evidence", "must_hold")


def _copied(row: Mapping[str, Any], case: Case, source: UUID, seq: int) -> dict[str, Any]:
    return {name: row[name] for name in _CARRIED} | {
        "id": uuid4(),
        "incident_id": case.incident.id,
        "changed_seq": seq,
        "came_from_id": source,
    }


def _name(case: Case, people: Iterable[UUID], source: UUID) -> None:
    adding = upsert(t.confirmer).values(
        [
            {
                "incident_id": case.incident.id,
                "person_id": who,
                "named_at": case.now,
                "came_from_id": source,
            }
            for who in people
        ]
    )
    case.conn.execute(
        adding.on_conflict_do_update(
            index_elements=["incident_id", "person_id"],
            set_={"withdrawn_at": None, "came_from_id": source},
        )
    )


def _criteria(conn: Connection, incident_id: UUID) -> Sequence[Mapping[str, Any]]:
    return [
        dict(row._mapping)
        for row in conn.execute(
            select(t.criterion)
            .where(t.criterion.c.incident_id == incident_id, t.criterion.c.withdrawn_at.is_(None))
            .order_by(t.criterion.c.position)
        )
    ]


def _wording(row: Mapping[str, Any]) -> tuple[str, str, str, int]:
    return row["measure"], row["threshold"], row["evidence"], row["must_hold"]


# What another report that was joined too needs stays, and is marked as that one's.
_OTHERS = """
    FROM {table} b
    JOIN incident m ON m.id = b.incident_id AND m.state = 'merged' AND m.id <> :source
    JOIN way_out w ON w.id = m.way_out_id AND w.into_id = :id
    WHERE a.incident_id = :id AND a.came_from_id = :source AND b.withdrawn_at IS NULL
"""
_KEEP_CONFIRMERS = text(
    "UPDATE confirmer a SET came_from_id = b.incident_id"  # noqa: S608 - constants of this module
    f" {_OTHERS.format(table='confirmer')} AND b.person_id = a.person_id"
)
_KEEP_CRITERIA = text(
    "UPDATE criterion a SET came_from_id = b.incident_id"  # noqa: S608 - as above
    f" {_OTHERS.format(table='criterion')}"
    " AND (b.measure, b.threshold, b.evidence, b.must_hold)"
    " = (a.measure, a.threshold, a.evidence, a.must_hold)"
)
_WITHDRAW_CONFIRMERS = text(
    "UPDATE confirmer SET withdrawn_at = :now"
    " WHERE incident_id = :id AND came_from_id = :source AND withdrawn_at IS NULL"
)
_WITHDRAW_CRITERIA = text(
    "UPDATE criterion SET withdrawn_at = :now, changed_seq = :seq"
    " WHERE incident_id = :id AND came_from_id = :source AND withdrawn_at IS NULL"
)


def _take_out(later: Mover, earlier: Mover) -> None:
    case, source = earlier.case, later.case.incident
    asked = {"id": case.incident.id, "source": source.id, "now": case.now}
    case.conn.execute(_KEEP_CONFIRMERS, asked)
    case.conn.execute(_KEEP_CRITERIA, asked)
    gone = case.conn.execute(_WITHDRAW_CONFIRMERS, asked).rowcount
    earlier.forget()
    # the guard asks for the entry that names those who stay
    stay = [str(who.person_id) for who in earlier.confirmers]
    seq = case.record("incident:parted", {"report": source.number, "confirmers": stay}, earlier.by)
    gone += case.conn.execute(_WITHDRAW_CRITERIA, {**asked, "seq": seq}).rowcount
    if gone:
        earlier.check_again()
