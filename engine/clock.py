"""The only place that asks the machine for the time: everything else is handed a `Clock`."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def now() -> datetime:
    """Return this instant, aware UTC, cut to microseconds as PostgreSQL keeps them."""
    return datetime.now(UTC)  # noqa: TID251 - this is the clock
