"""What it costs to write what happened for the tools of process mining.

The incidents are copies of one that was handled as most are, made by SQL: only their number is
unusual.  Each export runs in a process of its own, whose memory is its own too.
"""

import resource
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Any

import psycopg

from api.bench.place import DONE, Place
from api.mining import Format, write_mined
from api.wiring import plain_handling
from engine.clock import now
from engine.queries.mining import Mined
from engine.store.chaining import AuditKey

_FEW, _MANY = 10_000, 100_000
# tables to copy, in an order that references allow, each with its columns that are ids of copies
_COPIED = {
    "incident": ("id",),
    "action": ("id", "incident_id"),
    "run": ("id", "incident_id", "action_id"),
    "criterion": ("id", "incident_id"),
    "confirmer": ("incident_id",),
    "visit": ("run_id",),
    "work_item": ("id", "incident_id", "run_id", "action_id"),
    "entry": ("incident_id",),
}
_COLUMNS = """
    SELECT attname, atttypid = 'timestamptz'::regtype FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attidentity = ''
"""
# how long before the one before it each copy was told of
_APART = "interval '5 minutes'"


def export_ocel(place: Place) -> dict[str, Any]:
    """Write 10,000 and 100,000 incidents as OCEL 2.0 JSON: how fast, and in how much memory."""
    like = handled(place)
    figures: dict[str, Any] = {}
    begun = 0
    for many in (_FEW, _MANY):
        copy(place, like, begun, many)
        begun = many
        place.analyze()
        figures[str(many)] = measured(place, Format.OCEL_JSON)
    return {
        "incidents_per_s": figures[str(_MANY)]["incidents_per_s"],
        "promised_per_s": 2_000,
        **figures,
    }


def measured(place: Place, kind: Format) -> dict[str, Any]:
    """Return what an export of all there is costs, in a process of its own."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(_export, (place.app_url, kind))


def _export(app_url: str, kind: Format) -> dict[str, Any]:
    handling = plain_handling(app_url, AuditKey("bench", bytes(32)))
    before = _peak_mb()
    with tempfile.TemporaryDirectory() as folder, handling.store.read() as conn:
        file = Path(folder) / "log"
        begun = perf_counter()
        count = write_mined(conn, Mined(bytes(32)), file, kind)
        took = perf_counter() - begun
        size = file.stat().st_size
    return {
        "incidents_per_s": round(count / took),
        "elapsed_s": round(took, 2),
        "file_mb": round(size / 1e6),
        "peak_mb": _peak_mb(),
        "peak_before_mb": before,
    }


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def handled(place: Place) -> Any:
    """Return an incident that was put right by three actions and waits for its customer."""
    at = now() - timedelta(days=2)
    incident = place.incident(2, at=at)
    for hours, item in enumerate(place.items(incident), start=1):
        place.complete(incident, item.step, "ada", DONE, at=at + timedelta(hours=hours))
    place.verify(incident, at=at + timedelta(hours=9))
    return incident


def copy(place: Place, incident: Any, begun: int, many: int) -> None:
    """Have `many` copies of an incident, where there are `begun`; each a little older."""
    with psycopg.connect(place.owner_url) as conn:
        for table in _COPIED:
            conn.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for table, ids in _COPIED.items():
            columns = conn.execute(_COLUMNS, [table]).fetchall()
            conn.execute(_copying(table, columns, ids), [begun + 1, many, incident])
        for table in _COPIED:
            conn.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _copying(table: str, columns: Sequence[tuple[Any, ...]], ids: Sequence[str]) -> str:
    names = [str(name) for name, _ in columns]
    picked = [_picked(str(name), is_instant, ids) for name, is_instant in columns]
    whose = {"incident": "x.id", "visit": "r.incident_id"}.get(table, "x.incident_id")
    run = " JOIN run r ON r.id = x.run_id" if table == "visit" else ""
    return (
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(picked)}"  # noqa: S608
        f" FROM generate_series(%s::int, %s::int) n, {table} x{run} WHERE {whose} = %s"
    )


def _picked(name: str, is_instant: bool, ids: Sequence[str]) -> str:
    if name in ids:
        return f"CAST(md5(x.{name} || '.' || n) AS uuid)"
    return f"x.{name} - n * {_APART}" if is_instant else f"x.{name}"
