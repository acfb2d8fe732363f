"""Opens an incident beside another: what is back, what was two, what is not right for somebody.

It is an incident of its own from its first moment, with a run, a clock and confirmers of its own.
A newcomer would reopen the first: closed is final.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, text

from engine.domain.incident import Level, Origin
from engine.domain.permissions import Actor
from engine.domain.standing import IncidentPeople
from engine.queries.people import involved
from engine.store import schema as t
from engine.store.facts import IN_FORCE
from engine.store.work import Case, Work
from engine.usecases.handling import Handling
from engine.usecases.report import Beginning, Report, open_incident
from engine.usecases.running import Mover

_VERBS = {
    Origin.RECURS: "incident:recurred",
    Origin.SPLIT: "incident:split",
    Origin.OBJECTED: "incident:objected",
}


@dataclass(frozen=True)
class Beside:
    """What the new one takes from the first and what it has of its own.

    `texts` replace those of the first; `words` are what was said, for the first one's record.
    """

    origin: Origin
    reporter_id: UUID
    confirmers: tuple[UUID, ...]
    customer_id: UUID | None
    texts: Mapping[str, Any] = field(default_factory=dict)
    words: str = ""
    told_at: datetime | None = None
    criteria: Sequence[Mapping[str, str]] | None = None


def open_beside(
    handling: Handling,
    work: Work,
    first: Case,
    beside: Beside,
    *,
    by: Actor,
    made: UUID | None = None,
) -> Mover:
    """Open it, and say so in the record of the first, which is locked and stays as it is."""
    incident, people = first.incident, involved(first.conn, first.incident.id).people
    report = Report(
        product_id=incident.product_id,
        impact=Level(incident.impact),
        urgency=Level(incident.urgency),
        **{name: getattr(incident, name) for name in ("title", "expected", "actual", "harmed")}
        | dict(beside.texts),
    )
    beginning = Beginning(
        beside.reporter_id,
        beside.confirmers,
        customer_id=beside.customer_id,
        told_at=beside.told_at,
        is_restricted=incident.is_restricted,
        namings=_namings(people) if incident.is_restricted else {},
        answering=(people.owner_id, people.authority_id, people.lead_id),
        origin=beside.origin,
        origin_id=incident.id,
        origin_number=incident.number,
        criteria=beside.criteria,
    )
    mover = open_incident(handling, work, report, made or uuid4(), beginning, by)
    number = mover.case.incident.number
    first.record(_VERBS[beside.origin], {"opened": number, "words": beside.words}, by)
    return mover


def _namings(people: IncidentPeople) -> dict[UUID, bool]:
    return dict.fromkeys(people.named, True) | dict.fromkeys(people.taken_off, False)


def criteria_of(case: Case) -> list[Mapping[str, Any]]:
    """Return the criteria in force, to be agreed anew."""
    rows = case.conn.execute(
        select(
            t.criterion.c.measure,
            t.criterion.c.threshold,
            t.criterion.c.evidence,
            t.criterion.c.must_hold,
        )
        .where(t.criterion.c.incident_id == case.incident.id, text(IN_FORCE))
        .order_by(t.criterion.c.position)
    )
    return [dict(row._mapping) for row in rows]
