"""What the audit chain costs: a million entries verified, and the entry that a completion writes.

The entries are made by the real chaining code and written by COPY; made one by one through use
cases they would take an hour.
"""

import os
import resource
import secrets
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from threading import Event, Thread
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import text

from api.bench.place import DONE, Place
from api.wiring import plain_handling
from engine.clock import now
from engine.domain.chain import Head
from engine.domain.permissions import Machine
from engine.store.chaining import COLUMNS, AuditKey, chained
from engine.usecases.auditing import Against, audit_chains

Figure = dict[str, Any]

_IN_A_CHAIN = 20
_SMALL, _LARGE = 100_000, 1_000_000
_CORES = 2
_COMPLETIONS = 150
_WARM = 10
_BY = Machine("Putright's bench")


def verify_million(place: Place) -> Figure:
    """Verify a hundred thousand entries, then a million, on two cores."""
    incident = place.incident(1)
    _write(place, incident, _SMALL)
    small = _verified(place)
    _write(place, incident, _LARGE - _SMALL)
    large = _verified(place)
    return {
        **large,
        "seconds_at_most": 60,
        "peak_mb_at_100000": small["peak_mb"],
        "processes": _CORES,
    }


def _verified(place: Place) -> Figure:
    place.analyze()
    against = Against(place.store.key.known, {})
    opening = partial(plain_handling, place.app_url, place.store.key)
    before = _processor_seconds()
    with _Watched() as watched:
        found = audit_chains(place.store, against, opening, workers=_CORES)
    return {
        "seconds": round(found.seconds, 1),
        # what the processes computed, however busy the machine was; PostgreSQL's own is not in it
        "processor_s": round(_processor_seconds() - before, 1),
        "entries": found.entries,
        "findings": found.wrong.total(),
        "peak_mb": watched.peak_mb,
    }


def _processor_seconds() -> float:
    """Return what the processes that this one started, and that have ended, computed."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime


class _Watched:
    """Looks how much memory this process and those that it started hold together, at most."""

    def __init__(self) -> None:
        self.peak_mb = 0
        self._over = Event()
        self._thread = Thread(target=self._look)

    def __enter__(self) -> "_Watched":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.1):
            held = sum(_resident(one) for one in [os.getpid(), *_children()])
            self.peak_mb = max(self.peak_mb, round(held / 2**20))


def _children() -> list[int]:
    tasks = Path("/proc/self/task").glob("*/children")
    return [int(one) for file in tasks for one in file.read_text().split()]


def _resident(process: int) -> int:
    try:
        pages = Path(f"/proc/{process}/statm").read_text().split()[1]
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(pages) * resource.getpagesize()


_TWINS = """
    INSERT INTO incident ({columns}) SELECT {picked} FROM incident i,
      unnest(%(ids)s::uuid[]) one(id)
    WHERE i.id = %(of)s
"""
_HEADS = """
    UPDATE incident SET head_seq = %(seq)s, head_hash = one.hash
    FROM unnest(%(ids)s::uuid[], %(hashes)s::bytea[]) one(id, hash) WHERE incident.id = one.id
"""


def _write(place: Place, incident: UUID, entries: int) -> None:
    """Write chains of twenty entries each: incidents like one that there is."""
    ids = [uuid4() for _ in range(entries // _IN_A_CHAIN)]
    with psycopg.connect(place.owner_url) as conn:
        # the guard would look at each row: what is measured comes later
        _guard(conn, "DISABLE")
        own = {"id": "one.id", "head_seq": "0", "head_hash": "''::bytea"}
        names = [
            name
            for (name,) in conn.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = 'incident'::regclass"
                " AND attnum > 0 AND NOT attisdropped AND attidentity = ''"
            )
        ]
        picked = ", ".join(own.get(name, f"i.{name}") for name in names)
        twins = _TWINS.format(columns=", ".join(names), picked=picked)
        conn.execute(twins.encode(), {"ids": ids, "of": incident})
        hashes = list(_copied(conn, place.store.key, ids))
        conn.execute(_HEADS, {"seq": _IN_A_CHAIN, "ids": ids, "hashes": hashes})
        conn.commit()  # with what the references of the rows wait for
        _guard(conn, "ENABLE")


def _guard(conn: psycopg.Connection[Any], deed: str) -> None:
    for table in ("incident", "entry"):
        conn.execute(f"ALTER TABLE {table} {deed} TRIGGER USER".encode())


def _copied(conn: psycopg.Connection[Any], key: AuditKey, ids: list[UUID]) -> Iterator[bytes]:
    """Write the entries of each chain, and yield the hash of its last."""
    columns, begun = ", ".join(("incident_id", *COLUMNS)), now()
    with conn.cursor().copy(f"COPY entry ({columns}) FROM STDIN".encode()) as copy:
        for chain_id in ids:
            head = Head(0, b"")
            for number in range(_IN_A_CHAIN):
                at = begun + timedelta(minutes=number)
                row = chained(key, chain_id, head, at, _BY, "item:completed", _content(chain_id))
                head = Head(row["seq"], row["hash"])
                row["content"] = Jsonb(row["content"])
                copy.write_row([chain_id, *(row[name] for name in COLUMNS)])
            yield head.hash


def append(place: Place) -> Figure:
    """What the entries of a completion cost of it: made, chained and written.

    The same row of an incident is written without an entry and with one, in turns; the difference
    is what an entry costs.
    """
    entries: list[int] = []
    whole: list[float] = []
    while len(whole) < _COMPLETIONS + _WARM:
        incident = place.incident(9)
        for item in place.items(incident)[:-1]:
            before = _newest(place, incident)
            whole.append(place.timed(item.id, "ada", DONE))
            entries.append(_newest(place, incident) - before)
    each = [_costs_of_an_entry(place, incident) for _ in range(_COMPLETIONS + _WARM)]
    entry_ms = median(each[_WARM:]) * 1000
    return {
        "ms": round(entry_ms * median(entries), 3),
        "at_most_ms": 0.5,
        "entry_ms": round(entry_ms, 3),
        "entries": median(entries),
        "completion_ms": round(median(whole[_WARM:]) * 1000, 2),
    }


def _newest(place: Place, incident: UUID) -> int:
    with place.store.read() as conn:
        found = text("SELECT head_seq FROM incident WHERE id = :id")
        return int(conn.scalar(found, {"id": incident}) or 0)


class _TakenBackError(Exception):
    """Leaves nothing of what was measured."""


def _costs_of_an_entry(place: Place, incident: UUID) -> float:
    took: list[float] = []
    with suppress(_TakenBackError), place.store.begin() as work:
        case = work.incident(incident)
        for with_entry in (False, True):
            begun = perf_counter()
            case.change(title=case.incident.title)
            if with_entry:
                case.record("item:completed", _content(incident), _BY)
            case.flush()
            took.append(perf_counter() - begun)
        raise _TakenBackError
    return took[1] - took[0]


def _content(chain_id: UUID) -> dict[str, Any]:
    """Return what is as large as the entry of a completion."""
    return {
        "step": "do_it_action",
        "item": str(chain_id),
        "answers": DONE | {"note": secrets.token_hex(40)},
        "release": 1,
        "flow": ["do_it_action", "outcome", "settled"],
    }
