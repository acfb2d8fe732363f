"""What a replay came to: counted case by case, added up over all workers."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta

from engine.domain.party import Party

# As the figures name them; not the order that breaks ties on the ledger.
PARTIES = (Party.IT, Party.BUSINESS, Party.CUSTOMER, Party.EXTERNAL)


@dataclass
class Tally:
    """Counts of what this run has done; what an earlier run did is in `known` only.

    `events` are rows that became a transaction each.  `reopened` counts each time a case went
    from resolved, closed or not, back to work.  `confirmation_debt` are the refused closures
    after which it did not go back to work.  `known` are cases that were replayed to the end
    before; `rows` are the rows of all cases seen.  `faults` names the cases that could not go
    on, and why.
    """

    rows: int = 0
    incidents: int = 0
    events: int = 0
    known: int = 0
    closures_tried: int = 0
    closures_refused: int = 0
    confirmed: int = 0
    escalated: int = 0
    reopened: int = 0
    confirmation_debt: int = 0
    seconds_by_party: dict[Party, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Add what another one has counted."""
        for one in fields(self):
            mine, others = getattr(self, one.name), getattr(other, one.name)
            if isinstance(mine, int):
                setattr(self, one.name, mine + others)
        self.faults += other.faults
        self.charge({party: timedelta(seconds=s) for party, s in other.seconds_by_party.items()})

    def charge(self, lengths: Mapping[Party, timedelta]) -> None:
        """Add the ledger of one incident: whole seconds, which add up exactly."""
        for party, length in lengths.items():
            seconds = length // timedelta(seconds=1)
            self.seconds_by_party[party] = self.seconds_by_party.get(party, 0) + seconds


@dataclass(frozen=True)
class Summary:
    """A replay that has come to its end.  `elapsed_s` includes reading the log."""

    tally: Tally
    rows_skipped: int
    elapsed_s: float

    @property
    def events_per_s(self) -> float:
        """How many rows a second became transactions."""
        return self.tally.events / self.elapsed_s if self.elapsed_s else 0.0

    def as_json(self) -> dict[str, object]:
        """Return the figures under the names that `putright replay --json` promises."""
        tally = self.tally
        return {
            "incidents": tally.incidents,
            "events": tally.events,
            "rows_skipped": self.rows_skipped,
            "closures_tried": tally.closures_tried,
            "closures_refused": tally.closures_refused,
            "confirmed": tally.confirmed,
            "escalated": tally.escalated,
            "reopened": tally.reopened,
            "confirmation_debt": tally.confirmation_debt,
            "seconds_by_party": {
                party.value: tally.seconds_by_party.get(party, 0) for party in PARTIES
            },
            "elapsed_s": round(self.elapsed_s, 3),
            "events_per_s": round(self.events_per_s, 1),
        }
