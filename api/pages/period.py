"""The period that a page is about: two days of the reader's own calendar, both part of it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import request

from api import identity
from api.filters import now
from engine.language import Said, say


@dataclass(frozen=True)
class Period:
    """Two days, both part of it; `problem` says why these are not the ones that were asked for."""

    first: date
    last: date
    problem: Said | None = None

    @property
    def instants(self) -> tuple[datetime, datetime]:
        """The first instant of it, and the first behind it, in the reader's zone."""
        zone = identity.zone()
        since, until = (
            datetime(day.year, day.month, day.day, tzinfo=zone)
            for day in (self.first, self.last + timedelta(days=1))
        )
        return since, until

    @property
    def args(self) -> dict[str, str]:
        """What an address says of it."""
        return {"since": self.first.isoformat(), "until": self.last.isoformat()}


def asked_period(usual: timedelta) -> Period:
    """Return the period of this request's address; without one, the last days up to today."""
    today = now().astimezone(identity.zone()).date()
    first_shown = today - usual, today
    asked = [request.args.get(name, "") for name in ("since", "until")]
    if not any(asked):
        return Period(*first_shown)
    problem = say("Please give two days, the earlier one first.")
    try:
        first, last = (date.fromisoformat(one) for one in asked)
    except ValueError:
        return Period(*first_shown, problem)
    # beyond these no instant can be told in every zone
    if not date(1900, 1, 1) <= first <= last <= date(2900, 1, 1):
        return Period(*first_shown, problem)
    return Period(first, last)
