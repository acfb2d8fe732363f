"""Running the controls over a period: each with its population, its exceptions and its test run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version

from sqlalchemy import Connection, text

from engine.errors import NotFound
from engine.language import say
from engine.queries.closure_checks import last_check
from engine.queries.controls import CONTROLS
from engine.queries.controls.control import Asked, CheckedClosures, Control, Exceptional


@dataclass(frozen=True)
class ControlRun:
    """What a control came to; `tested_at` None: what it goes by was never checked.

    `exceptions` are the latest first.
    """

    control: Control
    population: int
    exceptions: tuple[Exceptional, ...]
    tested_at: datetime | None
    version: str


_FOUND = text("SELECT number FROM closure_finding WHERE check_id = :check ORDER BY number")


def last_checked(conn: Connection) -> CheckedClosures | None:
    """Return what the last check of all closures found; None if there was none."""
    last = last_check(conn)
    if last is None:
        return None
    numbers = conn.scalars(_FOUND, {"check": last.id})
    return CheckedClosures(last.asked_at, last.version, tuple(numbers))


def run_controls(
    conn: Connection, asked: Asked, now: datetime, controls: Sequence[Control] = CONTROLS
) -> Iterator[ControlRun]:
    """Yield what each control comes to in the period."""
    for control in controls:
        tested_at: datetime | None = now
        by = version("putright")
        if control.needs_check:
            tested_at = asked.checked.at if asked.checked else None
            by = asked.checked.version if asked.checked else by
        exceptions = tuple(control.exceptions(conn, asked))
        yield ControlRun(control, control.population(conn, asked), exceptions, tested_at, by)


def control_named(name: str) -> Control:
    """Return the control of this name.  Raises NotFound."""
    found = next((one for one in CONTROLS if one.name == name), None)
    if found is None:
        raise NotFound(say("There is no such control."), control=name)
    return found
