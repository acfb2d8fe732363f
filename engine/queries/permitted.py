"""What permissions need to know, built from rows: one builder for pages and for use cases.

A newcomer would build a view where it is needed; then a button and the check behind it come to
disagree about who is barred.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from engine.domain.incident import IncidentState, Priority
from engine.domain.mark import Mark
from engine.domain.permissions import (
    Actor,
    IncidentView,
    ItemView,
    Verb,
    barred_from,
    incident_verbs,
)
from engine.domain.rules import DEFAULT_RULES, Rules
from engine.domain.standing import Standing, standing_of
from engine.queries.people import Involved, involved
from engine.store.facts import Hands
from engine.store.rows import Incident, Item

_ASKS_WHO_HANDLED = frozenset({Mark.CONFIRMATION, Mark.CLOSING_DECISION, Mark.VERIFICATION})


def item_view(
    conn: Connection,
    item: Item,
    incident: Incident,
    hands: Callable[[], Hands],
    may_decide: Callable[[], Collection[UUID]],
) -> ItemView:
    """Return the work item as permissions see it.

    More is asked only where it matters: `hands`, and `may_decide`, who may decide without the
    customer's answer now, as an office may have changed hands since the decision was offered.
    """
    mark = Mark(item.mark) if item.mark else None
    had = hands() if mark in _ASKS_WHO_HANDLED else None
    people = frozenset(item.people)
    may = frozenset(may_decide()) if mark is Mark.CLOSING_DECISION else people
    return ItemView(
        ended=item.ended_at is not None,
        lane=item.lane,
        mark=mark,
        team_id=item.team_id,
        people=people,
        claimed_by=item.claimed_by,
        barred=barred_from(
            mark,
            highest_priority=Priority(incident.highest_priority),
            led=had.led,
            worked=had.worked,
            verified=had.verified,
        )
        | (people - may)
        if had
        else frozenset(),
        lead_id=incident.lead_id,
        readers=readers_of(conn, incident),
    )


def readers_of(conn: Connection, incident: Incident) -> frozenset[UUID] | None:
    """Return who alone may read the incident; None unless it is for named people only."""
    return involved(conn, incident.id).people.readers if incident.is_restricted else None


def towards(
    conn: Connection,
    incident: Incident,
    actor: Actor,
    now: datetime | None = None,
    rules: Rules = DEFAULT_RULES,
) -> tuple[frozenset[Standing], frozenset[Verb]]:
    """Return what the actor is towards the incident, and may do to it.  One statement.

    `now` is aware; None is soon after its end.
    """
    found = involved(conn, incident.id)
    standing = standing_of(
        actor.id, found.people, team_ids=actor.team_ids, organisation_id=actor.organisation_id
    )
    view = _incident_view(incident, found, now, rules)
    return standing, incident_verbs(view, actor, standing)


def _incident_view(
    incident: Incident, found: Involved, now: datetime | None, rules: Rules
) -> IncidentView:
    ended_at = incident.ended_at
    return IncidentView(
        IncidentState(incident.state),
        is_restricted=incident.is_restricted,
        is_taken_up=incident.taken_up_at is not None,
        is_delegable=incident.highest_priority == Priority.P4,
        is_disputable=now is None or ended_at is None or now <= ended_at + rules.disputable_for,
        has_begun=found.has_begun,
        is_found_right=incident.right_since is not None,
        is_reporter_alone_harmed=found.is_reporter_alone_harmed,
        is_erased=incident.erased_by is not None,
    )
