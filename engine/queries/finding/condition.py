"""One condition on incident `i`, and where what it is true of can be read from an index."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.queries.finding.asked import Sort


@dataclass(frozen=True)
class Condition:
    """`sql` is true of those wanted; `source` selects their ids, None where no index has them.

    `leads` is the order that this narrows to a stretch: a list in that order needs no source.
    `cheap`: asked of the incident's own row.  `guess` is a statement of which PostgreSQL
    can guess better than of `source` how many rows it has.
    """

    sql: str
    values: Mapping[str, Any]
    source: str | None = None
    leads: Sort | None = None
    cheap: bool = False
    guess: str | None = None
