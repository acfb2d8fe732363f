"""Who may decide without the customer's answer at this moment: one source for pages and deeds."""

from datetime import datetime

from sqlalchemy import Connection

from engine.domain.deciding import Candidate, who_may
from engine.domain.incident import Priority
from engine.domain.ladder import DEFAULT, Ladder
from engine.domain.mark import Mark
from engine.domain.permissions import barred_from
from engine.queries.people import involved
from engine.store.facts import Hands
from engine.store.lines import candidates
from engine.store.rows import Incident


def who_may_decide(
    conn: Connection, incident: Incident, had: Hands, now: datetime, *, ladder: Ladder = DEFAULT
) -> tuple[Candidate, ...]:
    """Return everybody who may decide on the incident now, the holder of the office first.

    By the highest priority it ever had; who had a hand in it may not.  One statement, or two
    where it is for named people only.
    """
    priority = Priority(incident.highest_priority)
    barred = barred_from(
        Mark.CLOSING_DECISION,
        highest_priority=priority,
        led=had.led,
        worked=had.worked,
        verified=had.verified,
    )
    asked = (incident.process_id, incident.delegate_id, now)
    if incident.is_restricted:
        # who was taken off it by name neither reads nor decides it: the line goes on
        people = involved(conn, incident.id).people
        barred |= people.taken_off
        known = candidates(conn, *asked, owner_id=people.owner_id, authority_id=people.authority_id)
    else:
        known = candidates(conn, *asked)
    return who_may(priority, known, barred=barred, ladder=ladder)
