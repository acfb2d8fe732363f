"""Public holidays by country and subdivision, from the library that keeps them for everybody.

A newcomer would ask the library's own object: it fills itself in while it is asked, which two
threads must not see half done.  Here each year is worked out once and never changes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import holidays


@dataclass(frozen=True)
class FreeDays:
    """The days on which nobody works: a country's public holidays, and an organisation's own.

    `country` is an ISO 3166-1 code, `subdivision` the code of its part; None has no holidays.
    """

    country: str | None = None
    subdivision: str | None = None
    own: frozenset[date] = frozenset()

    def __contains__(self, day: object) -> bool:
        """Whether it is a free day."""
        if not isinstance(day, date):
            return False
        return day in self.own or (
            self.country is not None and day in _of_year(self.country, self.subdivision, day.year)
        )


def free_days(
    country: str | None, subdivision: str | None = None, own: Iterable[date] = ()
) -> FreeDays:
    """Return the free days.  Raises ValueError for a country or a part of it that is not known."""
    found = FreeDays(country or None, subdivision or None, frozenset(own))
    if found.subdivision is not None and found.country is None:
        raise ValueError("A part of a country needs its country.")
    if found.country is not None:
        try:
            _of_year(found.country, found.subdivision, 2026)
        except NotImplementedError as error:
            raise ValueError(f"No holidays are known of {country} {subdivision or ''}.") from error
    return found


@lru_cache(maxsize=2_000)
def _of_year(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    return frozenset(
        holidays.country_holidays(country, subdiv=subdivision, years=[year], expand=False)
    )
