"""What moving costs: a thousand incidents are looked at in a dry run, and moved in bulk.

All wait for their customer's answer, each with a to-do, a reminder and what a deadline opens.
"""

from time import perf_counter
from typing import Any

from sqlalchemy import text

from api.bench.cloning import clone
from api.bench.place import DONE, Place
from api.proving import stands_apart
from api.releasing import read_release
from engine.domain.permissions import Actor
from engine.queries.library import in_force
from engine.queries.moves import move_shown
from engine.usecases.move_plans import plan_moves
from engine.usecases.moving import begin_move, move_all
from engine.usecases.publish import publish

Figure = dict[str, Any]

MOVED = 1_000
_ITEMS = text("""
    INSERT INTO work_item (id, incident_id, run_id, task_id, step, mark, title, lane, party, people,
      opened_at)
    SELECT gen_random_uuid(), r.incident_id, r.id, w.task_id, w.step, w.mark, w.title, w.lane,
      w.party, w.people, w.opened_at
    FROM run r, work_item w
    WHERE r.release_id = :release AND r.action_id IS NULL AND r.incident_id <> :of
      AND w.incident_id = :of AND w.ended_at IS NULL
""")


def move_1000(place: Place) -> Figure:
    """Dry run, again, and bulk move of a thousand incidents, each in its own transaction."""
    before = _published(place, "Look at the outcome")
    asked = place.incident(0)
    for item in place.items(asked):
        place.complete(asked, item.step, "ada", DONE)
    place.verify(asked)
    clone(place, asked, MOVED - 1, "r.due_at")
    with place.store.begin() as work:
        work.conn.execute(_ITEMS, {"release": before, "of": asked})
    place.analyze()
    after = _published(place, "Look at what came of it")
    dora = place.house.people["dora"]
    first, _ = _looked(place, before, after, dora)
    again, able = _looked(place, before, after, dora)
    move = begin_move(place.handling, before, after, reason="measured", actor=dora)
    begun = perf_counter()
    move_all(place.handling, move, stands_apart)
    took = perf_counter() - begun
    with place.store.read() as conn:
        shown = move_shown(conn, move)
    return {
        "incidents": MOVED,
        "would_move": able,
        "moved": shown.moved,
        "dry_run_s": round(first, 2),
        "second_look_s": round(again, 2),
        "move_s": round(took, 2),
        "ms_each": round(took / MOVED * 1000, 2),
    }


def _published(place: Place, title: str) -> Any:
    files = read_release()
    drawn = files["incident.bpmn"].replace(b'name="Verify the outcome"', f'name="{title}"'.encode())
    plain = {name: one for name, one in files.items() if not name.endswith(".yaml")}
    publish(place.store, plain | {"incident.bpmn": drawn}, by="bench", reason="to be measured")
    with place.store.read() as conn:
        return in_force(conn)


def _looked(place: Place, before: Any, after: Any, actor: Actor) -> tuple[float, int]:
    begun = perf_counter()
    plan = plan_moves(place.handling, before, after, actor=actor, prover=stands_apart)
    return perf_counter() - begun, len(plan.fates) - plan.stay
