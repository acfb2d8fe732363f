"""What becomes of actions: they start when their turn comes, climb when overdue, and settle."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Uuid,
    and_,
    bindparam,
    insert,
    select,
    text,
    update,
)

from engine.domain.action import ActionKind, ActionState
from engine.domain.incident import IncidentState
from engine.domain.milestones import repaired_at
from engine.runtime import Passage
from engine.store import schema as t
from engine.store.rows import Action, Run, split
from engine.usecases.line import next_in_line

if TYPE_CHECKING:
    from engine.usecases.running import Mover


_CHANGE_ACTION = update(t.action).where(t.action.c.id == bindparam("the_id", type_=Uuid))
_ENDING = (
    "SELECT json_agg(json_build_array(o.state, o.settled_at)) FROM action o"
    " WHERE o.incident_id = {incident} AND o.id <> {action}"
    " AND o.kind = 'puts_right' AND o.ends_cause"
)
_OTHERS_ENDING = text(_ENDING.format(incident=":incident", action=":action"))
_CHANGE_ENDING = _CHANGE_ACTION.returning(
    text(f"({_ENDING.format(incident='action.incident_id', action='action.id')})")
)


def start_action(mover: "Mover", action: Action) -> None:
    """Ask the action's party: it gets a run of its own, on the release in force."""
    release = mover.handling.releases.in_force(mover.case.conn)
    run, moved = mover.begin("action", release, {"party": action.party}, action)
    mover.case.record("action:started", {"action": action.number, "party": action.party}, mover.by)
    mover.apply(run, moved, action=action, is_new=True)


def add_action(mover: "Mover", action: Action, *, after: list[UUID], targets: list[str]) -> None:
    """Write a new action; ask its party at once unless it is only proposed or waits its turn."""
    conn = mover.case.conn
    conn.execute(insert(t.action), _columns(action))
    if after:
        conn.execute(
            insert(t.action_after),
            [{"action_id": action.id, "before_id": before} for before in after],
        )
    if targets:
        conn.execute(
            text(
                "INSERT INTO target (id, action_id, incident_id, position, label)"
                " SELECT gen_random_uuid(), :action, :incident, at, label"
                " FROM unnest(CAST(:labels AS text[])) WITH ORDINALITY AS listed (label, at)"
            ),
            {"action": action.id, "incident": action.incident_id, "labels": targets},
        )
    if action.ends_cause:
        others = conn.scalar(_OTHERS_ENDING, {"incident": action.incident_id, "action": action.id})
        note_repair(mover, action, others or ())
    if action.state == ActionState.OPEN:
        start_action(mover, action)


def _columns(action: Action) -> dict[str, Any]:
    return {name: getattr(action, name) for name in t.action.c.keys()}  # noqa: SIM118 - not a dict


def write_action(mover: "Mover", action: Action, **columns: Any) -> None:
    """Change columns of an action, here and in its row, and when the cause was fixed by it."""
    for name, value in columns.items():
        setattr(action, name, value)
    changing = {"the_id": action.id, **columns}
    if not action.ends_cause:
        mover.case.conn.execute(_CHANGE_ACTION, changing)
        return
    # who else ends the cause comes with the same statement: a completion has few to spend
    others = mover.case.conn.execute(_CHANGE_ENDING, changing).scalar_one()
    note_repair(mover, action, others or ())


def note_repair(mover: "Mover", action: Action, others: Iterable[tuple[str, str | None]]) -> None:
    """Write when the cause was fixed: `others` are the states and ends of what ends it, too."""
    ending = [
        (state, datetime.fromisoformat(settled) if settled else None) for state, settled in others
    ]
    if action.kind == ActionKind.PUTS_RIGHT:
        ending.append((action.state, action.settled_at))
    fixed_at = repaired_at((ActionState(state), settled) for state, settled in ending)
    if fixed_at != mover.case.incident.repaired_at:
        mover.case.change(repaired_at=fixed_at)


def settle_action(mover: "Mover", action: Action) -> None:
    """Write that the action's run has ended: done, or dropped after it was declined.

    What came after it gets its turn.  The entry that said so is the last work of the incident.
    """
    case = mover.case
    state = ActionState.DROPPED if action.declined_because else ActionState.DONE
    seq = case.incident.head_seq
    columns: dict[str, Any] = {
        "state": state,
        "settled_at": case.now,
        "outcome": action.outcome,
        "evidence": action.evidence,
        "settled_by": action.settled_by,
    }
    if action.kind == ActionKind.PUTS_RIGHT:
        columns["work_seq"] = seq
        case.change(work_seq=seq)
    write_action(mover, action, **columns)
    mover.forget()


def start_followers(mover: "Mover", settled: UUID) -> None:
    """Ask the parties of the actions that waited for this one, if nothing else holds them."""
    waited = select(t.action_after.c.action_id).where(t.action_after.c.before_id == settled)
    _start_ready(mover, t.action.c.id.in_(waited))


def start_whose_turn_came(mover: "Mover") -> None:
    """Ask for what had to wait although its turn had come: the incident was out meanwhile."""
    _start_ready(mover, t.action.c.incident_id == mover.case.incident.id)


def _start_ready(mover: "Mover", which: ColumnElement[bool]) -> None:
    if mover.case.incident.state != IncidentState.OPEN:
        # nothing more is put right while it is out; what prevents lives on
        which = and_(which, t.action.c.kind == ActionKind.PREVENTS)
    ready = mover.case.conn.execute(
        select(t.action)
        .where(
            which,
            t.action.c.state == ActionState.WAITING,
            text(
                "NOT EXISTS (SELECT FROM action_after x JOIN action b ON b.id = x.before_id"
                " WHERE x.action_id = action.id AND b.settled_at IS NULL)"
            ),
        )
        .order_by(t.action.c.number)
    ).all()
    for row in ready:
        action = split(row, (t.action, Action))[0]
        write_action(mover, action, state=ActionState.OPEN)
        start_action(mover, action)


def refuse_open_proposals(mover: "Mover") -> None:
    """Proposals that nobody took up before the incident closed end with it, and say so."""
    refused = mover.case.conn.execute(
        update(t.action)
        .where(
            t.action.c.incident_id == mover.case.incident.id,
            t.action.c.state == ActionState.PROPOSED,
        )
        .values(
            state=ActionState.REFUSED,
            settled_at=mover.case.now,
            outcome="Not taken up before this was closed.",
        )
        .returning(t.action.c.number)
    ).all()
    for row in refused:
        mover.case.record("action:refused", {"action": row.number, "reason": "closed"}, mover.by)


def climb(mover: "Mover", run: Run, passage: Passage, action: Action | None) -> None:
    """An overdue action goes one rung up the line of the party asked (rules, Actions).

    The next in line is asked beside those who were asked before.
    """
    del passage
    if action is None:
        return
    write_action(mover, action, climbed=action.climbed + 1)
    asked = [who for who in next_in_line(mover, action) if who not in mover.taken_off]
    if asked:
        mover.case.conn.execute(
            text(
                "UPDATE work_item SET people = ARRAY(SELECT DISTINCT unnest(people || :asked))"
                " WHERE run_id = :run AND ended_at IS NULL"
            ).bindparams(bindparam("asked", type_=ARRAY(Uuid))),
            {"asked": asked, "run": run.id},
        )
    mover.case.record(
        "action:overdue",
        {"action": action.number, "rung": action.climbed, "asked": [str(who) for who in asked]},
        mover.by,
    )
