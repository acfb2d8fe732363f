"""OCEL 2.0 as JSON, written as it comes: PostgreSQL has put every object and event into words.

Objects wait in a file of their own, as both they and the events come from one reading of the
database; the types are named last, when it is known which there are.
"""

import json
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from api.mining.declared import EVENTS, OBJECTS
from engine.queries.mining import MinedCase

# An event begins just so; what people wrote has its quotation marks escaped, and never does.
_TYPE = re.compile(r'"id":"(\w+):[^"]*","type":"((?:[^"\\]+|\\.)*)"')


def write_ocel_json(file: Path, masters: Iterable[str], cases: Iterable[MinedCase]) -> None:
    """Write a whole log."""
    found: set[tuple[str, str]] = set()
    with file.open("w", encoding="utf-8") as out, _spool(file) as objects:
        objects.write(",\n".join(masters))
        between = ",\n" if objects.tell() else ""
        out.write('{"events":[')
        comma = ""
        for case in cases:
            objects.write(between + case.objects)
            between = ",\n"
            if case.events:
                out.write(comma + case.events)
                comma = ",\n"
                found.update(_TYPE.findall(case.events))
        out.write('],\n"objects":[')
        objects.seek(0)
        shutil.copyfileobj(objects, out, 1 << 20)
        out.write('],\n"objectTypes":' + json.dumps(_object_types()))
        out.write(',\n"eventTypes":' + json.dumps(_event_types(found)) + "}\n")


def _spool(file: Path) -> IO[str]:
    return TemporaryFile("w+", encoding="utf-8", dir=file.parent)


def _object_types() -> list[dict[str, object]]:
    return [_type(name, attributes) for name, attributes in OBJECTS.items()]


def _event_types(found: set[tuple[str, str]]) -> list[dict[str, object]]:
    return [_type(json.loads(f'"{name}"'), EVENTS[source]) for source, name in sorted(found)]


def _type(name: str, attributes: object) -> dict[str, object]:
    listed = dict(attributes) if isinstance(attributes, dict) else {}
    return {"name": name, "attributes": [{"name": k, "type": v} for k, v in listed.items()]}
