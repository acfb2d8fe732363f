"""Moving running incidents to another release: seen before it is done, then done run by run.

A run moves only if it can be carried over and the new release, proved anew, itself comes to stand
just where the run stands (`proof/standing.py`).  Each is moved in a transaction of its own, under
its incident's lock, so that a move that is killed goes on where it was.  What cannot move stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Connection, bindparam, insert, select, text, update

from engine.domain.permissions import Actor, Machine
from engine.errors import Conflict, InvalidAnswers, NotFound
from engine.language import say
from engine.proof import Verdict
from engine.proof.standing import Stands, stands
from engine.queries.moves import open_runs
from engine.runtime.moving import Moved, move
from engine.store import schema as t
from engine.store.jobs import defer_moving
from engine.store.work import Work
from engine.usecases.drafting import require_process_owner, require_reason
from engine.usecases.handling import Handling, Release
from engine.usecases.verifying import domains_of
from engine.usecases.waiting import as_json

MOVER = Machine("Putright's move")
MOST_SHOWN = 500
"""Runs that a dry run looks at one by one."""
_AT_ONCE = 200


@dataclass(frozen=True)
class Fate:
    """What would become of one run: what changes for it, or why it stays (`refusal`)."""

    incident: int
    action: int | None
    stands_at: tuple[str, ...]
    changes: tuple[str, ...]
    refusal: str | None


@dataclass(frozen=True)
class Plan:
    """A dry run over the first runs of a release; `total` are open on it."""

    fates: tuple[Fate, ...]
    total: int


@dataclass
class _Target:
    """A release that runs are moved to, and how runs of it stand, by diagram."""

    release: Release
    known: dict[str, Stands] = field(default_factory=dict)

    def prove(self, diagram: str) -> Stands:
        """Return how runs of a diagram stand, explored once.  KeyError if there is none."""
        if diagram not in self.known:
            model = self.release.specs.release
            self.known[diagram] = stands(model, diagram, domains_of(model, self.release.forms))
        return self.known[diagram]

    def carry(self, old: Release, diagram: str, snapshot: bytes, now: datetime) -> Moved:
        """Return the run as it would stand here.  Raises Conflict with why it cannot."""
        moved = move(old.specs, self.release.specs, diagram, snapshot, now=now)
        found = self.prove(diagram)
        if found.verdict is not Verdict.SOUND or not found.is_whole:
            raise Conflict(say("It could not be proved that the new release is safe from there."))
        if not found.include([(one.place, one.data) for one in moved.standing]):
            raise Conflict(
                say("No run of the new release ever stands just there, and it might never end.")
            )
        return moved


def plan_moves(handling: Handling, before_id: UUID, after_id: UUID, *, actor: Actor) -> Plan:
    """Say of each open run of a release what moving it would do; nothing is changed.

    Raises NotAllowed, NotFound, or InvalidAnswers if both are the same.
    """
    require_process_owner(actor)
    with handling.store.read() as conn:
        old, target = _both(handling, conn, before_id, after_id)
        runs, total = open_runs(conn, before_id, most=MOST_SHOWN)
    now = handling.store.clock()
    fates = []
    for run in runs:
        stands_at = tuple(dict.fromkeys(at["title"] for at in run.waiting if at["title"]))
        try:
            changes = target.carry(old, run.diagram, run.snapshot, now).changes
            fates.append(Fate(run.incident, run.action, stands_at, changes, None))
        except Conflict as refusal:
            fates.append(Fate(run.incident, run.action, stands_at, (), refusal.sentence))
    return Plan(tuple(fates), total)


def begin_move(
    handling: Handling, before_id: UUID, after_id: UUID, *, reason: str, actor: Actor
) -> UUID:
    """Have every open run of a release moved to another, soon; return the move's id.

    Raises NotAllowed, NotFound, InvalidAnswers without a reason or for the same release, or
    Conflict if nothing runs there.
    """
    require_process_owner(actor)
    reason = require_reason(reason)
    with handling.store.begin() as work:
        _both(handling, work.conn, before_id, after_id)
        move_id = uuid4()
        values = {
            "id": move_id,
            "from_id": before_id,
            "to_id": after_id,
            "asked_by": actor.id,
            "asked_at": work.now,
            "reason": reason,
        }
        work.conn.execute(insert(t.move), values)
        if not work.conn.execute(_EVERY_RUN, {"move": move_id, "release": before_id}).rowcount:
            raise Conflict(say("Nothing runs on that release any more."))
        defer_moving(work.conn, move_id)
    return move_id


def go_on(handling: Handling, move_id: UUID, *, actor: Actor) -> None:
    """Go on with a move whose worker was lost; one that goes on, or has ended, is no matter."""
    require_process_owner(actor)
    with handling.store.begin() as work:
        if work.conn.scalar(select(t.move.c.id).where(t.move.c.id == move_id)) is None:
            raise NotFound(say("There is no such move."), move=str(move_id))
        defer_moving(work.conn, move_id)


def move_all(handling: Handling, move_id: UUID) -> None:
    """Move what waits to be moved, run by run; done again, it goes on where it was.

    Raises Busy or Unavailable, to be tried again.
    """
    with handling.store.read() as conn:
        row = conn.execute(select(t.move).where(t.move.c.id == move_id)).one_or_none()
        if row is None or row.ended_at is not None:
            return
        asked_by = conn.scalar(select(t.person.c.name).where(t.person.c.id == row.asked_by))
        old, target = _both(handling, conn, row.from_id, row.to_id)
    while waiting := _waiting(handling, move_id):
        for run_id, diagram in waiting:
            if diagram in target.release.specs.diagrams():
                target.prove(diagram)  # while nobody waits for the incident
            _move_one(handling, move_id, run_id, old, target, f"{asked_by}: {row.reason}")
    with handling.store.begin() as work:
        work.conn.execute(
            update(t.move)
            .where(t.move.c.id == move_id, t.move.c.ended_at.is_(None))
            .values(ended_at=work.now)
        )


_EVERY_RUN = text("""
    INSERT INTO move_line (move_id, run_id, state)
    SELECT :move, id, 'waits' FROM run WHERE release_id = :release AND ended_at IS NULL
""")
_RENAMED = text("""
    UPDATE work_item SET title = :title
    WHERE run_id = :run AND task_id = :task AND ended_at IS NULL AND title <> :title
""")


def _waiting(handling: Handling, move_id: UUID) -> Sequence[tuple[UUID, str]]:
    """Return the next runs that wait to be moved, each with its diagram."""
    found = (
        select(t.move_line.c.run_id, t.run.c.diagram)
        .join(t.run, t.run.c.id == t.move_line.c.run_id)
        .where(t.move_line.c.move_id == move_id, t.move_line.c.state == "waits")
        .limit(_AT_ONCE)
    )
    with handling.store.read() as conn:
        return [(row.run_id, row.diagram) for row in conn.execute(found)]


def _move_one(
    handling: Handling, move_id: UUID, run_id: UUID, old: Release, target: _Target, asked: str
) -> None:
    with handling.store.begin() as work:
        case, run = work.run(run_id)
        line = (t.move_line.c.move_id == move_id, t.move_line.c.run_id == run_id)
        if work.conn.scalar(select(t.move_line.c.state).where(*line)) != "waits":
            return
        state, sentence = "over", None
        if run.snapshot is not None and run.release_id == old.id:
            try:
                moved = target.carry(old, run.diagram, run.snapshot, work.now)
            except Conflict as refusal:
                state, sentence = "stays", refusal.sentence
            else:
                state, sentence = "moved", " ".join(moved.changes) or None
                _rewrite(work, run_id, moved, target.release)
                run.snapshot = moved.snapshot
                run.waiting = [as_json(one) for one in moved.waiting]
                # what begins to wait now finds out with the next advance when it is due
                run.due_at = work.now if moved.has_new_events else moved.due_at
                run.handed_out_at = None
                case.moved(run)
                content = {
                    "run": str(run_id),
                    "diagram": run.diagram,
                    "from": old.number,
                    "to": target.release.number,
                    "asked_by": asked,
                    "changes": list(moved.changes),
                }
                case.record("run:moved", content, MOVER)
        work.conn.execute(
            update(t.move_line)
            .where(*line)
            .values(state=state, sentence=sentence, done_at=work.now)
        )


def _rewrite(work: Work, run_id: UUID, moved: Moved, release: Release) -> None:
    work.conn.execute(
        update(t.run).where(t.run.c.id == bindparam("the_run")).values(release_id=release.id),
        {"the_run": run_id},
    )
    for one in moved.waiting:
        if one.kind == "step":
            renamed = {"run": run_id, "task": one.task_id, "title": one.title}
            work.conn.execute(_RENAMED, renamed)


def _both(
    handling: Handling, conn: Connection, before_id: UUID, after_id: UUID
) -> tuple[Release, _Target]:
    if before_id == after_id:
        raise InvalidAnswers({"to": say("Please choose another release.")})
    releases = handling.releases
    old = releases.get(conn, before_id)
    return old, _Target(releases.get(conn, after_id))
