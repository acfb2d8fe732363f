"""OCEL 2.0 as a relational database in one SQLite file.

Each type has a table of its own; what changes with time is one row for each change, as the format
has it (`ocel_changed_field`).
"""

import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from api.mining.declared import EVENTS, OBJECTS, source_of
from engine.queries.mining import MinedCase

# the key of a relation is all there is of it: kept once, and not beside an index of the same
_TABLES = """
CREATE TABLE event (ocel_id TEXT PRIMARY KEY, ocel_type TEXT REFERENCES event_map_type (ocel_type));
CREATE TABLE event_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT);
CREATE TABLE object (ocel_id TEXT PRIMARY KEY,
  ocel_type TEXT REFERENCES object_map_type (ocel_type));
CREATE TABLE object_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT);
CREATE TABLE event_object (ocel_event_id TEXT REFERENCES event (ocel_id),
  ocel_object_id TEXT REFERENCES object (ocel_id), ocel_qualifier TEXT,
  PRIMARY KEY (ocel_event_id, ocel_object_id, ocel_qualifier)) WITHOUT ROWID;
CREATE TABLE object_object (ocel_source_id TEXT REFERENCES object (ocel_id),
  ocel_target_id TEXT REFERENCES object (ocel_id), ocel_qualifier TEXT,
  PRIMARY KEY (ocel_source_id, ocel_target_id, ocel_qualifier)) WITHOUT ROWID;
"""
_COLUMN = {"integer": "INTEGER", "boolean": "BOOLEAN", "time": "TIMESTAMP", "string": "TEXT"}
_AT_ONCE = 200


def write_ocel_sqlite(file: Path, masters: Iterable[str], cases: Iterable[MinedCase]) -> None:
    """Write a whole log; the file must not be there yet."""
    with closing(sqlite3.connect(file, isolation_level=None)) as conn:
        # a file that is not finished is thrown away: nothing of it has to survive
        conn.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _TABLES)
        conn.execute("BEGIN")
        log = _Log(conn)
        for said in masters:
            log.add_object(json.loads(said))
        for place, case in enumerate(cases):
            for one in json.loads(f"[{case.objects}]"):
                log.add_object(one)
            for one in json.loads(f"[{case.events}]"):
                log.add_event(one)
            if place % _AT_ONCE == 0:
                log.flush()
        log.flush()
        conn.execute("COMMIT")


class _Log:
    """Rows on their way into the tables, many at once."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn
        self._rows: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)
        self._events: dict[str, tuple[str, tuple[str, ...]]] = {}
        self._taken: set[str] = set()
        self._objects = {
            kind: (self._table("object", kind, attributes), tuple(attributes))
            for kind, attributes in OBJECTS.items()
        }

    def add_object(self, one: Mapping[str, Any]) -> None:
        insert, names = self._objects[one["type"]]
        self._rows["INSERT INTO object VALUES (?, ?)"].append((one["id"], one["type"]))
        self._rows[insert] += _states(one, names)
        self._rows["INSERT OR IGNORE INTO object_object VALUES (?, ?, ?)"] += [
            (one["id"], to["objectId"], to["qualifier"]) for to in one["relationships"]
        ]

    def add_event(self, one: Mapping[str, Any]) -> None:
        if one["type"] not in self._events:
            attributes = EVENTS[source_of(one["id"])]
            insert = self._table("event", one["type"], attributes)
            self._events[one["type"]] = insert, tuple(attributes)
        insert, names = self._events[one["type"]]
        said = {attribute["name"]: attribute["value"] for attribute in one["attributes"]}
        self._rows["INSERT INTO event VALUES (?, ?)"].append((one["id"], one["type"]))
        self._rows[insert].append((one["id"], one["time"], *(said.get(name) for name in names)))
        self._rows["INSERT OR IGNORE INTO event_object VALUES (?, ?, ?)"] += [
            (one["id"], to["objectId"], to["qualifier"]) for to in one["relationships"]
        ]

    def flush(self) -> None:
        for insert, rows in self._rows.items():
            self._conn.executemany(insert, rows)
        self._rows.clear()

    def _table(self, of: str, kind: str, attributes: Mapping[str, str]) -> str:
        """Make the table of a type; return the statement that fills it."""
        mapped = self._mapped(re.sub(r"\W+", "_", kind).strip("_").lower())
        columns = [f'"{name}" {_COLUMN[said]}' for name, said in attributes.items()]
        fixed = [f"ocel_id TEXT REFERENCES {of} (ocel_id)", "ocel_time TIMESTAMP"]
        if of == "object":
            fixed.append("ocel_changed_field TEXT")
        else:
            columns.append("PRIMARY KEY (ocel_id)")
        self._conn.execute(f'CREATE TABLE "{of}_{mapped}" ({", ".join([*fixed, *columns])})')
        self._conn.execute(f"INSERT INTO {of}_map_type VALUES (?, ?)", (kind, mapped))  # noqa: S608
        marks = ", ".join("?" * (len(fixed) + len(attributes)))
        return f'INSERT INTO "{of}_{mapped}" VALUES ({marks})'  # noqa: S608 - a name of ours

    def _mapped(self, plain: str) -> str:
        """Return a name for a table that no other type has."""
        name = plain if plain not in self._taken else f"{plain}_{len(self._taken)}"
        self._taken.add(name)
        return name


def _states(one: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
    """Yield what an object was at first, and then each change."""
    first: dict[str, Any] = {}
    later = []
    for said in one["attributes"]:
        if said["name"] in first:
            later.append(said)
        else:
            first[said["name"]] = said["value"]
            first.setdefault("ocel_time", said["time"])
    yield one["id"], first.get("ocel_time"), None, *(first.get(name) for name in names)
    for said in later:
        row = [said["value"] if name == said["name"] else None for name in names]
        yield one["id"], said["time"], said["name"], *row
