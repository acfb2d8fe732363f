"""Asking for a file for process mining: the same words by a page, a program and a job."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from api.mining.writing import Format, Told, write_mined
from engine.domain.access import wanting_in
from engine.domain.permissions import Actor
from engine.errors import InvalidAnswers
from engine.language import say
from engine.queries.mining import Mined, process_named
from engine.usecases.handling import Handling
from engine.usecases.noting import note_read

_FIRST, _LAST = date(1970, 1, 1), date(9000, 1, 1)


@dataclass(frozen=True)
class MiningAsked:
    """Incidents first told of from a day until another, both included, in UTC.

    `with_names`: people and customers by name, and what people wrote; else pseudonyms, and no
    words.  `purpose` is what names are needed for.
    """

    since: date | None = None
    until: date | None = None
    process: str | None = None
    with_names: bool = False
    purpose: str = ""
    by_run: bool = False

    @property
    def query(self) -> str:
        """What a job is told, and `of_query` reads."""
        told = {name: "yes" if value is True else value for name, value in vars(self).items()}
        return urlencode({name: value for name, value in told.items() if value})


def of_query(query: str, kind: Format) -> MiningAsked:
    """Return what is asked for.  Raises InvalidAnswers, by the name of the field."""
    said = {name: value.strip() for name, value in parse_qsl(query)}
    by_run = said.get("by_run") == "yes"
    if by_run and kind not in (Format.XES, Format.XES2):
        raise InvalidAnswers({"by_run": say("A trace for each run is for XES alone.")})
    with_names, purpose = said.get("with_names") == "yes", said.get("purpose", "")
    if with_names and (wanting := wanting_in(purpose)):
        raise InvalidAnswers({"purpose": wanting})
    since, until = _day(said, "since"), _day(said, "until")
    return MiningAsked(since, until, said.get("process") or None, with_names, purpose, by_run)


def make_mined(
    handling: Handling, asked: MiningAsked, kind: Format, to: Path, *, actor: Actor, told: Told
) -> None:
    """Write the file; with names, what they are needed for is an entry of who asks."""
    store = handling.store
    with store.read() as conn:
        process_id = process_named(conn, asked.process) if asked.process else None
    if asked.with_names:
        noted = {"where": "mining", "about": asked.query, "purpose": asked.purpose}
        note_read(store, noted, actor=actor)
    until = asked.until + timedelta(days=1) if asked.until else None
    mined = Mined(
        store.key.secret, _midnight(asked.since), _midnight(until), process_id, asked.with_names
    )
    # pseudonyms are the same in every file; who reads with names has said why
    with store.read_as_written() as conn:
        write_mined(conn, mined, to, kind, by_run=asked.by_run, told=told)


def _day(said: Mapping[str, str], name: str) -> date | None:
    if not said.get(name):
        return None
    try:
        day = date.fromisoformat(said[name])
    except ValueError as error:
        raise InvalidAnswers({name: say("Please give a day.")}) from error
    if not _FIRST <= day <= _LAST:
        raise InvalidAnswers({name: say("Please give a day.")})
    return day


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), UTC) if day else None
