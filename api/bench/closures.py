"""What the auditor's desk costs where 100,000 incidents were closed."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any

from sqlalchemy import Connection, DateTime, Table, text

from api.bench.place import DONE, Place
from engine.clock import now
from engine.queries.closure_evidence import closure_evidence
from engine.queries.closure_sample import ClosureChoice, sample_closures
from engine.queries.closures import closures_without_evidence
from engine.queries.controls import CONTROLS
from engine.queries.controls.control import Asked, CheckedClosures, Control
from engine.queries.controls.running import run_controls
from engine.queries.duties import duty_counts, duty_lines
from engine.queries.endings import Ending, authorities, ending_counts, endings
from engine.queries.gaps import gaps
from engine.queries.replayed import replayed_counts
from engine.store import schema as t
from engine.store.migrate import owner_engine

_MANY = 100_000
_ROUNDS = 3
# each with everything that its evidence is made of
_COPIED: tuple[Table, ...] = (
    t.incident,
    t.confirmer,
    t.criterion,
    t.action,
    t.run,
    t.work_item,
    t.verification,
    t.confirmation,
    t.entry,
)
_OWN = {"id", "incident_id", "action_id", "run_id", "confirmation_id", "task_id"}


def closures_at_the_desk(place: Place) -> dict[str, Any]:
    """Every list of the desk over a year in which 100,000 incidents were closed."""
    incident = place.incident(1)
    for item in place.items(incident):
        place.timed(item.id, "ada", DONE)
    place.verify(incident)
    place.confirm(incident, "yes")
    _copy(place, incident)
    place.analyze()
    keys = place.store.key.known
    until = now() + timedelta(minutes=1)
    since = until - timedelta(days=366)
    asked = Asked(since, until, CheckedClosures(until, "bench", ()))
    choice = ClosureChoice(since, until)
    measured: dict[str, Callable[[Any], object]] = {
        "endings": lambda conn: (
            ending_counts(conn, since, until),
            authorities(conn, since, until),
            endings(conn, Ending.CONFIRMED, since, until),
        ),
        "duties": lambda conn: duty_counts(conn, since, until),
        "duties_page": lambda conn: duty_lines(conn, since, until),
        "sample": lambda conn: sample_closures(conn, choice, most=25, seed=1),
        "gaps": gaps,
        "replayed": replayed_counts,
        "one_closure": lambda conn: closure_evidence(conn, incident, keys),
        "controls": lambda conn: list(run_controls(conn, asked, until)),
    }
    figures: dict[str, Any] = {"closed": _MANY + 1}
    for name, ask in measured.items():
        figures[name] = {"median_ms": _timed(place, ask)}
    for control in CONTROLS:
        ask = partial(_run, asked=asked, control=control)
        figures[f"control {control.name}"] = {"median_ms": _timed(place, ask)}
    begun = perf_counter()
    with place.store.read() as conn:
        for _ in closures_without_evidence(conn, keys)[1][:1]:
            pass
    figures["check_of_all_s"] = round(perf_counter() - begun, 1)
    return figures


def _run(conn: Connection, *, asked: Asked, control: Control) -> object:
    return list(run_controls(conn, asked, asked.until, [control]))


def _timed(place: Place, ask: Callable[[Any], object]) -> float:
    samples = []
    for _ in range(_ROUNDS):
        begun = perf_counter()
        with place.store.read() as conn:
            ask(conn)
        samples.append(perf_counter() - begun)
    return round(median(samples) * 1000, 1)


def _copy(place: Place, incident: Any) -> None:
    """Copy a closed incident as whoever owns the tables can: the guard would judge each of them."""
    engine = owner_engine(place.owner_url)
    with engine.begin() as conn:
        # an incident names its confirmation before that is there
        conn.execute(
            text(
                "ALTER TABLE incident ALTER CONSTRAINT fk_incident_confirmation_id"
                " DEFERRABLE INITIALLY DEFERRED"
            )
        )
        for table in _COPIED:
            conn.execute(text(f"ALTER TABLE {table.name} DISABLE TRIGGER USER"))
            columns = [one for one in table.c if one.identity is None]
            names = ", ".join(one.name for one in columns)
            picked = ", ".join(
                f"md5(x.{one.name}::text || n)::uuid"
                if one.name in _OWN
                else f"x.{one.name} - n * interval '5 minutes'"
                if isinstance(one.type, DateTime)
                else f"x.{one.name}"
                for one in columns
            )
            of = "id" if table is t.incident else "incident_id"
            conn.execute(
                text(
                    f"INSERT INTO {table.name} ({names}) SELECT {picked} FROM {table.name} x,"  # noqa: S608 - our own names
                    f" generate_series(1, :many) n WHERE x.{of} = :of"
                ),
                {"many": _MANY, "of": incident},
            )
        conn.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        for table in _COPIED:
            conn.execute(text(f"ALTER TABLE {table.name} ENABLE TRIGGER USER"))
    engine.dispose()
