"""Writing a file for process mining: in flat memory, and whole or not at all."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from enum import StrEnum
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from api.mining.ocel_json import write_ocel_json
from api.mining.ocel_sqlite import write_ocel_sqlite
from api.mining.xes import VERSIONS, write_xes
from engine.queries.mining import Mined, MinedCase, count_mined, mined_cases, mined_masters

Told = Callable[[int, int], None]
"""Is told how many incidents are written, of how many."""
_TOLD_EVERY = 200
_Writer = Callable[[Path, Iterable[str], Iterable[MinedCase]], None]


class Format(StrEnum):
    """What the tools of process mining read."""

    XES = "xes"
    XES2 = "xes2"
    OCEL_JSON = "ocel-json"
    OCEL_SQLITE = "ocel-sqlite"


# how a file of each is called
FORMATS = {
    Format.XES: ".xes",
    Format.XES2: ".xes",
    Format.OCEL_JSON: ".jsonocel.json",
    Format.OCEL_SQLITE: ".sqlite",
}


def _writer(kind: Format, *, by_run: bool) -> _Writer:
    if kind is Format.OCEL_JSON:
        return write_ocel_json
    if kind is Format.OCEL_SQLITE:
        return write_ocel_sqlite
    return partial(write_xes, version=VERSIONS[kind], by_run=by_run)


def _tell_nobody(done: int, total: int) -> None:
    del done, total


def write_mined(
    conn: Connection,
    mined: Mined,
    file: Path,
    kind: Format,
    *,
    by_run: bool = False,
    told: Told = _tell_nobody,
) -> int:
    """Write what `mined` asks for into `file`, and return how many incidents are in it.

    The file is there when all of it is written.  `by_run` is for XES only.
    """
    writer = _writer(kind, by_run=by_run)
    counted = _Counted(count_mined(conn, mined), told)
    unfinished = file.with_name(f".{file.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    try:
        with closing(mined_cases(conn, mined)) as cases:
            writer(unfinished, mined_masters(conn, mined), counted.through(cases))
        os.replace(unfinished, file)
    finally:
        unfinished.unlink(missing_ok=True)
    told(counted.done, counted.done)
    return counted.done


class _Counted:
    """Counts what passes."""

    def __init__(self, total: int, told: Told) -> None:
        self.done, self._total, self._told = 0, total, told

    def through(self, cases: Iterable[MinedCase]) -> Iterator[MinedCase]:
        for case in cases:
            yield case
            self.done += 1
            if self.done % _TOLD_EVERY == 0:
                self._told(self.done, self._total)
