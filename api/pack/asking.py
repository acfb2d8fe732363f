"""Asking for a pack: which incidents, and why; the same words by a page, a job and a command.

A newcomer would pack what was signed last night: what happened since is signed first, so that the
pack has nothing that no signed head covers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import Connection

from api.pack.writing import Asked, write_pack
from engine.domain.access import wanting_in
from engine.domain.permissions import Actor
from engine.errors import InvalidAnswers, Unavailable
from engine.language import say
from engine.queries.mining import process_named
from engine.queries.pack import Packed, of_number, of_period
from engine.usecases.at_the_desk import require_auditor
from engine.usecases.handling import Handling
from engine.usecases.noting import note_read
from engine.usecases.reading import note_reading
from engine.usecases.signing_heads import sign_heads

MOST = 20_000
"""So many incidents are in one pack at most."""
_LONGEST_NUMBER = 16

Tell = Callable[[int, int], None]
"""Is told how many incidents are done, of how many."""


@dataclass(frozen=True)
class Period:
    """Incidents that were open at any time from a day until another, both included, in UTC."""

    since: date
    until: date
    process: str | None = None


@dataclass(frozen=True)
class PackAsked:
    """What a pack is to be about, an incident by its number or a period, and why."""

    about: int | Period
    why: str

    @property
    def query(self) -> str:
        """What a job is told, and `of_query` reads."""
        about = {"number": self.about} if isinstance(self.about, int) else vars(self.about)
        told = {name: value for name, value in about.items() if value is not None}
        return urlencode(told | {"why": self.why})

    @property
    def scope(self) -> str:
        """What it is about, in words."""
        if isinstance(self.about, int):
            return say("Incident %(number)s", number=self.about)
        period = {"since": str(self.about.since), "until": str(self.about.until)}
        if self.about.process:
            process = self.about.process
            return say("%(process)s, %(since)s to %(until)s", process=process, **period)
        return say("%(since)s to %(until)s", **period)


def of_query(query: str) -> PackAsked:
    """Return what is asked for.  Raises InvalidAnswers, by the name of the field."""
    said = {name: value.strip() for name, value in parse_qsl(query)}
    why, number = said.get("why", ""), said.get("number", "").lstrip("#")
    if wanting := wanting_in(why):
        raise InvalidAnswers({"why": wanting})
    if not number:
        return PackAsked(_period(said), why)
    if not (number.isascii() and number.isdigit() and len(number) < _LONGEST_NUMBER):
        raise InvalidAnswers({"number": say("Please give the number of an incident.")})
    return PackAsked(int(number), why)


def _period(said: Mapping[str, str]) -> Period:
    since, until = _day(said, "since"), _day(said, "until")
    if until < since:
        raise InvalidAnswers({"until": say("The last day is before the first one.")})
    return Period(since, until, said.get("process") or None)


def _day(said: Mapping[str, str], name: str) -> date:
    try:
        return date.fromisoformat(said.get(name, ""))
    except ValueError:
        sentence = say("Please give the number of an incident, or a first and a last day.")
        raise InvalidAnswers({"number" if not said.get(name) else name: sentence}) from None


def make_pack(handling: Handling, asked: PackAsked, to: Path, *, actor: Actor, tell: Tell) -> int:
    """Write a pack to a file and return how many incidents are in it; `tell` is told how far it is.

    What it is for is an entry of who asks, and nothing in it is masked: an entry with another name
    in it would not be the one that was signed.  What happened until now is signed first; reading
    incidents that are for named people only is an
    entry of each.  Raises NotAllowed for all but auditors, NotFound, InvalidAnswers for too many,
    Unavailable if nothing can be signed.
    """
    require_auditor(actor)
    if wanting := wanting_in(asked.why):
        raise InvalidAnswers({"why": wanting})
    if handling.signing is None:
        raise Unavailable(say("Nothing can be signed: PUTRIGHT_SIGNING_KEY is missing."))
    with handling.store.read() as conn:
        incidents = _incidents(conn, asked.about)
    total = len(incidents)
    if total > MOST:
        sentence = say("These are %(count)s incidents, too many for one pack.", count=total)
        raise InvalidAnswers({"until": sentence})
    # what it is for is the purpose for which it is shown unmasked
    noted = {"where": "pack", "about": asked.scope, "purpose": asked.why, "incidents": total}
    note_read(handling.store, noted, actor=actor)
    for one in incidents:
        note_reading(handling, one.id, "pack", actor=actor)
    sign_heads(handling)
    told = Asked(asked.scope, asked.why, actor, handling.store.clock())
    key = handling.signing.key
    read = handling.store.read_as_written()
    write_pack(read, told, incidents, to, key=key, tell=lambda done: tell(done, total))
    return total


def _incidents(conn: Connection, about: int | Period) -> Sequence[Packed]:
    if isinstance(about, int):
        return of_number(conn, about)
    process_id = process_named(conn, about.process) if about.process else None
    since, until = _midnight(about.since), _midnight(about.until + timedelta(days=1))
    found = of_period(conn, since, until, process_id)
    if not found:
        raise InvalidAnswers({"until": say("No incident was open then.")})
    return found


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
