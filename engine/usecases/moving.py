"""Moving running incidents to another release, run by run.

A run moves only if it can be carried over and the new release, proved anew, itself comes to stand
just where the run stands (`carrying.py`).  Each is moved in a transaction of its own, under its
incident's lock, so that a move that is killed goes on where it was.  What cannot move stays.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, Update, insert, select, text, update

from engine.bpmn.counterparts import is_of_one_kind
from engine.domain.permissions import Actor
from engine.errors import Conflict, InvalidAnswers, NotFound
from engine.language import Said, kept, say
from engine.queries.moves import open_items
from engine.runtime.moving import Mapped
from engine.store import schema as t
from engine.store.jobs import defer_moving
from engine.store.rows import Run
from engine.store.work import Case, Work
from engine.usecases.carrying import Carried, CarriedItem, Target
from engine.usecases.drafting import require_process_owner, require_reason
from engine.usecases.handling import Handling, Release
from engine.usecases.move_proofs import Prover
from engine.usecases.running import Mover
from engine.usecases.standing_proof import prove_here
from engine.usecases.waiting import as_json

_AT_ONCE = 200
_NOTHING: Mapped = {}


def begin_move(
    handling: Handling,
    before_id: UUID,
    after_id: UUID,
    *,
    reason: str,
    actor: Actor,
    process_id: UUID | None = None,
    runs: Collection[UUID] | None = None,
    mapped: Mapped = _NOTHING,
) -> UUID:
    """Have open runs of a release moved to another, soon; return the move's id.

    All of them, those of one business process, or `runs` alone.  `mapped` says by diagram which
    element of the new release one of the old one stands for.  Raises NotAllowed, NotFound,
    InvalidAnswers without a reason, for the same release or for a mapping that cannot be, or
    Conflict if nothing of it runs there.
    """
    require_process_owner(actor)
    reason = require_reason(reason)
    with handling.store.begin() as work:
        target_of(handling, work.conn, before_id, after_id, mapped)
        own = t.business_process.c.id
        if process_id is not None and not work.conn.scalar(select(own).where(own == process_id)):
            raise NotFound(say("There is no such business process."), process=str(process_id))
        move_id = uuid4()
        values = {
            "id": move_id,
            "from_id": before_id,
            "to_id": after_id,
            "asked_by": actor.id,
            "asked_at": work.now,
            "reason": reason,
            "process_id": process_id,
            "is_chosen": runs is not None,
            "mapping": {diagram: dict(names) for diagram, names in mapped.items()},
        }
        work.conn.execute(insert(t.move), values)
        which = {
            "move": move_id,
            "release": before_id,
            "process": process_id,
            "runs": None if runs is None else list(runs),
        }
        if not work.conn.execute(_EVERY_RUN, which).rowcount:
            raise Conflict(say("Nothing of that runs on that release any more."))
        defer_moving(work.conn, move_id)
    return move_id


def go_on(handling: Handling, move_id: UUID, *, actor: Actor) -> None:
    """Go on with a move whose worker was lost; one that goes on, or has ended, is no matter."""
    require_process_owner(actor)
    with handling.store.begin() as work:
        if work.conn.scalar(select(t.move.c.id).where(t.move.c.id == move_id)) is None:
            raise NotFound(say("There is no such move."), move=str(move_id))
        defer_moving(work.conn, move_id)


def move_all(handling: Handling, move_id: UUID, prover: Prover = prove_here) -> None:
    """Move what waits to be moved, run by run; done again, it goes on where it was.

    Raises Busy or Unavailable, to be tried again.
    """
    with handling.store.read() as conn:
        row = conn.execute(select(t.move).where(t.move.c.id == move_id)).one_or_none()
        if row is None or row.ended_at is not None:
            return
        target = target_of(handling, conn, row.from_id, row.to_id, row.mapping, prover)
        name = conn.scalar(select(t.person.c.name).where(t.person.c.id == row.asked_by))
    # whoever asked for it has moved each of them, also if they have left since
    moving = _Moving(handling, row, target, Actor(row.asked_by, str(name)))
    while waiting := _waiting(handling, move_id):
        for run_id, diagram in waiting:
            target.prove(diagram)  # while nobody waits for the incident
            moving.one(run_id)
    with handling.store.begin() as work:
        work.conn.execute(
            update(t.move)
            .where(t.move.c.id == move_id, t.move.c.ended_at.is_(None))
            .values(ended_at=work.now)
        )


def target_of(
    handling: Handling,
    conn: Connection,
    before_id: UUID,
    after_id: UUID,
    mapped: Mapped,
    prover: Prover = prove_here,
) -> Target:
    """Return what runs are moved to.  Raises NotFound, or InvalidAnswers."""
    if before_id == after_id:
        raise InvalidAnswers({"to": say("Please choose another release.")})
    old, new = (handling.releases.get(conn, one) for one in (before_id, after_id))
    _require_mapping(old, new, mapped)
    return Target(handling.store, old, new, mapped, prover)


def _require_mapping(old: Release, new: Release, mapped: Mapped) -> None:
    """Raise InvalidAnswers unless each element stands for one of its kind, and no two for one."""
    for diagram, names in mapped.items():
        processes = [one.specs.release.processes.get(diagram) for one in (old, new)]
        for name, other in names.items():
            one, two = (
                process.elements.get(element) if process is not None else None
                for process, element in zip(processes, (name, other), strict=True)
            )
            if one is None or two is None or not is_of_one_kind(one, two):
                said = say("“%(one)s” cannot stand for “%(two)s”.", one=name, two=other)
                raise InvalidAnswers({"mapping": said})
        if len(set(names.values())) < len(names):
            raise InvalidAnswers({"mapping": say("Two elements cannot stand for the same one.")})


_EVERY_RUN = text("""
    INSERT INTO move_line (move_id, run_id, state)
    SELECT :move, r.id, 'waits' FROM run r JOIN incident i ON i.id = r.incident_id
    WHERE r.release_id = :release AND r.ended_at IS NULL
      AND (CAST(:process AS uuid) IS NULL OR i.process_id = :process)
      AND (CAST(:runs AS uuid[]) IS NULL OR r.id = ANY (CAST(:runs AS uuid[])))
""")
_RENAMED = text(
    "UPDATE work_item SET step = :step, mark = :mark, title = :title"
    " WHERE id = :item AND ended_at IS NULL"
)
_LEFT_OVER = text("""
    UPDATE work_item SET draft = CAST(:draft AS jsonb),
      left_over = coalesce(left_over, '[]') || CAST(:left AS jsonb)
    WHERE id = :item AND ended_at IS NULL
""")


def _waiting(handling: Handling, move_id: UUID) -> Sequence[tuple[UUID, str]]:
    """Return the next runs that wait to be moved, each with its diagram."""
    found = (
        select(t.move_line.c.run_id, t.run.c.diagram)
        .join(t.run, t.run.c.id == t.move_line.c.run_id)
        .where(t.move_line.c.move_id == move_id, t.move_line.c.state == "waits")
        .order_by(t.move_line.c.run_id)
        .limit(_AT_ONCE)
    )
    with handling.store.read() as conn:
        return [(row.run_id, row.diagram) for row in conn.execute(found)]


class _Moving:
    """Moves the runs of one move."""

    def __init__(self, handling: Handling, row: Row[Any], target: Target, by: Actor) -> None:
        self.handling, self.move, self.target, self.by = handling, row, target, by

    def one(self, run_id: UUID) -> None:
        """Move one run, or note why it stays; once only, whoever else is at it."""
        with self.handling.store.begin() as work:
            case, run = work.run(run_id)
            line = (t.move_line.c.move_id == self.move.id, t.move_line.c.run_id == run_id)
            if work.conn.scalar(select(t.move_line.c.state).where(*line)) != "waits":
                return
            state, says = self._moved(work, case, run)
            noted = {
                "state": state,
                "sentence": " ".join(says) or None,
                "said": [kept(one) for one in says],
                "done_at": work.now,
            }
            work.conn.execute(update(t.move_line).where(*line).values(**noted))

    def _moved(self, work: Work, case: Case, run: Run) -> tuple[str, Sequence[str]]:
        if run.snapshot is None or run.release_id != self.target.old.id:
            return "over", ()
        items = open_items(work.conn, [run.id]).get(run.id, ())
        try:
            carried = self.target.carry(run.diagram, run.snapshot, items, work.now)
        except Conflict as refusal:
            return "stays", (refusal.sentence,)
        self._write(work, case, run, carried)
        return "moved", carried.changes

    def _write(self, work: Work, case: Case, run: Run, carried: Carried) -> None:
        moved = carried.moved
        changed = update(t.run).where(t.run.c.id == run.id)
        work.conn.execute(changed.values(release_id=self.target.release.id))
        run.release_id = self.target.release.id
        run.snapshot = moved.snapshot
        run.waiting = [as_json(one) for one in moved.waiting]
        # what begins to wait now finds out with the next advance when it is due
        run.due_at = work.now if moved.has_new_events else moved.due_at
        run.handed_out_at = None
        case.moved(run)
        _write_items(work, carried.items)
        case.record("run:moved", self._told(run, carried.changes), self.by, is_look=False)
        if carried.anew:
            tasks = [step.task_id for step in carried.anew]
            work.conn.execute(_withdrawn(run, tasks, work))
            mover = Mover(self.handling, case, self.by)
            action = mover.load_action(run.action_id) if run.action_id is not None else None
            mover.ask(run, carried.anew, action)

    def _told(self, run: Run, changes: Sequence[Said]) -> Mapping[str, Any]:
        return {
            "run": str(run.id),
            "diagram": run.diagram,
            "from": self.target.old.number,
            "to": self.target.release.number,
            "reason": self.move.reason,
            "changes": [kept(one) for one in changes],
            "mapping": self.move.mapping,
        }


def _write_items(work: Work, items: Sequence[CarriedItem]) -> None:
    """Let open to-dos be those of the new release; what they ask no more is kept beside them."""
    for one in items:
        step = {"step": one.step.element, "mark": one.step.mark, "title": one.step.title}
        if step != {name: getattr(one.item, name) for name in step}:
            work.conn.execute(_RENAMED, step | {"item": one.item.id})
        if one.left:
            left = [{"label": left.label, "words": left.words} for left in one.left]
            kept_beside = {
                "item": one.item.id,
                "draft": json.dumps(one.draft),
                "left": json.dumps(left),
            }
            work.conn.execute(_LEFT_OVER, kept_beside)


def _withdrawn(run: Run, tasks: Sequence[UUID], work: Work) -> Update:
    """Take to-dos back from those they are offered to: they are offered anew."""
    open_now = (
        t.work_item.c.run_id == run.id,
        t.work_item.c.task_id.in_(tasks),
        t.work_item.c.ended_at.is_(None),
    )
    return update(t.work_item).where(*open_now).values(ended_at=work.now, how="cancelled")
