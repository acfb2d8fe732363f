"""Each promised figure, as one function that returns what the command prints.

Times are medians in milliseconds.  What is compared is measured in turns, so that a machine that
slows down slows both down.
"""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import Any

from sqlalchemy import text

from api.bench.cloning import clone
from api.bench.counting import counted
from api.bench.logs import write_log
from api.bench.moving import move_1000
from api.bench.pages import my_work
from api.bench.place import DONE, Place
from api.releasing import read_release
from api.wiring import plain_handling
from api.worker import WorkerThread
from engine.clock import now
from engine.runtime.bare import bare_step
from engine.usecases.replay import preset, replay_log

Figure = dict[str, Any]

_WARM = 10
_SAMPLES = 150
_ROUNDS = 1_000
_EDGE = 50
_WAITING = 100_000
_DUE = 1_000


def spread(seconds: Sequence[float]) -> Figure:
    """Return the median and the 95th percentile in milliseconds."""
    return {
        "median_ms": round(median(seconds) * 1000, 2),
        "p95_ms": round(quantiles(seconds, n=20)[-1] * 1000, 2),
    }


def engine_ms() -> float:
    """Return the same step's median in SpiffWorkflow alone, in memory."""
    run = bare_step(
        read_release(),
        "action",
        "do_it_action",
        DONE,
        party="it",
        due_at="2099-01-01T00:00:00+00:00",
        climb_every="PT4H",
    )
    return round(median([run() for _ in range(60)][_WARM:]) * 1000, 3)


def complete_item(place: Place) -> Figure:
    """Complete a to-do of an incident with ten actions."""
    samples: list[float] = []
    while len(samples) < _SAMPLES + _WARM:
        items = place.items(place.incident(9))
        samples += [place.timed(item.id, "ada", DONE) for item in items[:-1]]
    items = place.items(place.incident(1))
    with counted(place.store.engine) as one:
        place.timed(items[0].id, "ada", DONE)
    with counted(place.store.engine) as last:
        place.timed(items[1].id, "ada", DONE)
    return {
        **spread(samples[_WARM:]),
        "sql": len(one.statements),
        "commits": one.commits,
        "sql_when_the_incident_moves": len(last.statements),
        "engine_ms": engine_ms(),
    }


def complete_item_1000_actions(place: Place) -> Figure:
    """The same with a thousand actions, in turns with ten."""
    many = place.items(place.incident(999))
    place.analyze()
    few: list[float] = []
    lots: list[float] = []
    while len(few) < _SAMPLES + _WARM:
        for item in place.items(place.incident(9))[:-1]:
            few.append(place.timed(item.id, "ada", DONE))
            lots.append(place.timed(many.pop().id, "ada", DONE))
    figure = spread(lots[_WARM:])
    ten = median(few[_WARM:]) * 1000
    return figure | {"with_10_ms": round(ten, 2), "ratio": round(figure["median_ms"] / ten, 3)}


def sixteen_at_once(place: Place) -> Figure:
    """Sixteen people complete different to-dos of one incident at the same moment."""
    samples: list[float] = []
    for _ in range(6):
        items = place.items(place.incident(15))
        ready = threading.Barrier(len(items))

        def act(item_id: Any, ready: threading.Barrier = ready) -> float:
            ready.wait()
            return place.timed(item_id, "ada", DONE)

        with ThreadPoolExecutor(len(items)) as pool:
            samples += pool.map(act, [item.id for item in items])
    return {**spread(samples), "worst_ms": round(max(samples) * 1000, 1), "people": 16}


def thousand_rejections(place: Place) -> Figure:
    """One incident is rejected a thousand times, and then confirmed."""
    incident = place.incident(0)
    steps = []
    for _ in range(_ROUNDS):
        _put_right(place, incident)
        steps.append(place.confirm(incident, "no"))
        place.agree(incident)
    _put_right(place, incident)
    place.confirm(incident, "yes")
    with place.store.read() as conn:
        state = conn.scalar(text("SELECT state FROM incident WHERE id = :id"), {"id": incident})
    ratio = median(steps[-_EDGE:]) / median(steps[:_EDGE])
    return {**spread(steps), "ratio": round(ratio, 3), "rounds": _ROUNDS, "state": state}


def _put_right(place: Place, incident: Any) -> None:
    for item in place.items(incident):
        place.timed(item.id, "ada", DONE)
    place.verify(incident)


def timers(place: Place) -> Figure:
    """Of 101,000 waiting runs, 1,000 come due at once and are fired by the real worker."""
    long_ago = now() - timedelta(days=5)
    asked = place.incident(0, at=long_ago)
    for item in place.items(asked):
        place.complete(asked, item.step, "ada", DONE, at=long_ago)
    place.verify(asked, at=long_ago)
    clone(place, asked, _WAITING, "now() + interval '30 days'")
    clone(place, asked, _DUE, "now() + interval '1 hour'")
    place.analyze()
    worker = WorkerThread(place.handling, place.app_url)
    worker.start()
    try:
        begun = _come_due(place)
        while left := _still_due(place):
            if perf_counter() - begun > 300:
                break
            sleep(0.02)
        took = perf_counter() - begun
    finally:
        worker.stop()
    return {"waiting": _WAITING, "due": _DUE, "left": left, "elapsed_s": round(took, 2)}


def _come_due(place: Place) -> float:
    with place.store.begin() as work:
        work.conn.execute(
            text("UPDATE run SET due_at = now() WHERE due_at BETWEEN now() AND now() + :hour"),
            {"hour": timedelta(hours=2)},
        )
    return perf_counter()


def _still_due(place: Place) -> int:
    with place.store.read() as conn:
        return int(conn.scalar(text("SELECT count(*) FROM run WHERE due_at <= now()")) or 0)


def replay(place: Place) -> Figure:
    """Replay a whole log, the given one or one made up, with a process for each core."""
    with TemporaryDirectory() as folder:
        log = place.log or Path(folder) / "log.csv"
        if place.log is None:
            write_log(log)
        summary = replay_log(
            partial(plain_handling, place.app_url, place.store.key),
            log,
            preset("servicenow"),
            limit=None,
            workers=os.cpu_count() or 1,
            on_unreadable=lambda *_: None,
            progress=lambda *_: None,
        )
    said = summary.as_json()
    return {name: said[name] for name in ("incidents", "events", "elapsed_s", "events_per_s")}


FIGURES: dict[str, Callable[[Place], Figure]] = {
    "complete_item": complete_item,
    "complete_item_1000_actions": complete_item_1000_actions,
    "sixteen_at_once": sixteen_at_once,
    "thousand_rejections": thousand_rejections,
    "timers": timers,
    "my_work": my_work,
    "move_1000": move_1000,
    "replay": replay,
}
