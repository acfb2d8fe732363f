"""What happened to incidents, as process mining reads it: a stream of one incident after another.

Persons and customers are pseudonyms, and nothing that people wrote is in it, unless asked for.
Of an incident for named people only there is its number, for whoever asks (rules, Restricted
incidents).
"""

import hashlib
import hmac
from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine.errors import NotFound
from engine.language import say
from engine.queries.mined_sql import CASES, MASTERS, WANTED
from engine.store.connect import is_masked, streamed, transaction


@dataclass(frozen=True)
class Mined:
    """Which incidents: first told of in [`since`, `until`), aware or None, of one process or all.

    `in_clear`: persons and customers by name, and with the words people wrote.  `secret` makes
    pseudonyms that are the same in every file of this house.
    """

    secret: bytes
    since: datetime | None = None
    until: datetime | None = None
    process_id: UUID | None = None
    in_clear: bool = False

    @property
    def asked(self) -> dict[str, Any]:
        """Return the parameters of the statements."""
        salt = hmac.new(self.secret, b"pseudonyms for process mining", hashlib.sha256)
        return {
            "since": self.since,
            "until": self.until,
            "process": self.process_id,
            "in_clear": self.in_clear,
            "salt": salt.hexdigest(),
        }


@dataclass(frozen=True)
class MinedCase:
    """One incident: its objects and events, each OCEL's JSON, comma-separated; events in order.

    Empty events where it is for named people only.
    """

    number: int
    is_restricted: bool
    objects: str
    events: str


_COUNT = text(f"SELECT count(*) FROM incident i WHERE {WANTED}")  # noqa: S608 - a constant
_CASES, _MASTERS = text(CASES), text(MASTERS)
_PROCESS = text("SELECT id FROM business_process WHERE name = :name")


def count_mined(conn: Connection, mined: Mined) -> int:
    """Return how many incidents there are."""
    return conn.scalar(_COUNT, mined.asked) or 0


def mined_masters(conn: Connection, mined: Mined) -> Sequence[str]:
    """Return what incidents refer to (people, teams, ...) as OCEL's JSON, one object each."""
    return conn.execute(_MASTERS, mined.asked).scalars().all()


def mined_cases(conn: Connection, mined: Mined) -> Generator[MinedCase]:
    """Yield incident after incident, by number, while the next ones are made: in flat memory.

    Two statements, begun together: on another connection PostgreSQL makes every second one at the
    same time.  Each incident is of one moment.  Nothing else can be asked of `conn` meanwhile.
    """
    with ExitStack() as opened:
        shares: list[tuple[Connection, int | None]] = [(conn, None)]
        if not is_masked(conn):  # how another connection would have to be masked is not known here
            shares = [(conn, 0), (opened.enter_context(transaction(conn.engine)), 1)]
        rows = [
            opened.enter_context(closing(streamed(one, _CASES, mined.asked | {"share": share})))
            for one, share in shares
        ]
        for number, is_restricted, objects, events in merge(*rows, key=itemgetter(0)):
            yield MinedCase(number, is_restricted, objects, events or "")


def process_named(conn: Connection, name: str) -> UUID:
    """Return the business process of this name.  Raises NotFound."""
    found: UUID | None = conn.scalar(_PROCESS, {"name": name})
    if found is None:
        raise NotFound(say("There is no business process of that name."), process=name)
    return found
