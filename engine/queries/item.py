"""One work item with everything its page needs: the question, what is known, who may answer.

A newcomer would offer a button for each verb there is: `verbs` is what this actor may do now,
from the same rule that the use case asks again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select, text

from engine.domain.action import TargetOutcome
from engine.domain.ladder import DEFAULT, Ladder
from engine.domain.mark import Mark
from engine.domain.permissions import Actor, ItemView, Verb, available_actions
from engine.errors import NotFound
from engine.language import say
from engine.queries.deciders import who_may_decide
from engine.queries.permitted import item_view
from engine.queries.prefill import prefill_for
from engine.queries.rewording import Reworded, reworded_since
from engine.store import facts as ask
from engine.store import schema as t
from engine.store.facts import IN_FORCE, TargetFacts
from engine.store.rows import Incident, Item, Run, split
from forms import Form, LeftOver


@dataclass(frozen=True)
class Criterion:
    """How we know that it is right, and what was found last."""

    measure: str
    threshold: str
    evidence: str
    measured: str | None


@dataclass(frozen=True)
class OtherAction:
    """Another thing that is done, or was, to put it right."""

    number: int
    title: str
    state: str
    party: str
    due_at: datetime


@dataclass(frozen=True)
class Context:
    """What somebody has to know of the incident to do their step."""

    incident_id: UUID
    number: int
    title: str
    expected: str
    actual: str
    harmed: str
    size: Decimal | None
    size_unit: str | None
    money: Decimal | None
    currency: str | None
    priority: str
    is_restricted: bool
    process: str
    product: str
    reporter: str
    lead: str
    told_at: datetime
    criteria: tuple[Criterion, ...]
    actions: tuple[OtherAction, ...]
    # names of those who are to answer in the end
    confirmers: tuple[str, ...]


@dataclass(frozen=True)
class OwnAction:
    """The action that the work item belongs to."""

    id: UUID
    number: int
    title: str
    detail: str
    kind: str
    state: str
    due_at: datetime
    reference: str | None
    declined_because: str | None
    targets: tuple[TargetFacts, ...]


@dataclass(frozen=True)
class Ended:
    """How the work item ended: completed, cancelled or handed_on; `by` None if nobody did it."""

    how: str
    at: datetime
    by: str | None
    answers: Mapping[str, Any] | None


@dataclass(frozen=True)
class ItemPage:
    """A work item for its page and for the API.

    `prefill` are given rows and read-only values; `values` what the page shows as answered so
    far: a draft, or an earlier answer of this confirmer (`is_asked_again`: is it still right?),
    or what is known from the tables; None when there is nothing.  `left_over` was saved for
    questions that are asked no more since the run was moved to another release.
    """

    id: UUID
    step: str
    mark: str | None
    title: str
    lane: str
    party: str
    team: str | None
    people: tuple[str, ...]
    claimed_by: UUID | None
    claimed_by_name: str | None
    opened_at: datetime
    due_at: datetime | None
    is_overdue: bool
    reminders: int
    verbs: frozenset[Verb]
    release_id: UUID
    form: Form
    prefill: Mapping[str, Any]
    values: Mapping[str, Any] | None
    is_draft: bool
    left_over: tuple[LeftOver, ...]
    is_asked_again: bool
    # None unless this confirmer was asked before and a point was worded anew since
    reworded: Reworded | None
    action: OwnAction | None
    context: Context
    ended: Ended | None

    @property
    def form_name(self) -> str:
        """The form's name is the step's."""
        return self.step


_MORE = text("""
    SELECT p.name AS process, made.name AS product, reporter.name AS reporter, lead.name AS lead,
      team.name AS team, holder.name AS claimed_by_name, ender.name AS ended_by_name,
      ARRAY(SELECT name FROM person WHERE id = ANY (w.people) ORDER BY name) AS people,
      v.content AS form, a.id AS action_id, a.number AS action_number, a.title AS action_title,
      a.detail, a.kind, a.state AS action_state, a.due_at AS action_due, a.reference,
      a.declined_because
    FROM work_item w JOIN incident i ON i.id = w.incident_id
    JOIN business_process p ON p.id = i.process_id
    JOIN product made ON made.id = i.product_id
    JOIN person reporter ON reporter.id = i.reporter_id
    JOIN person lead ON lead.id = i.lead_id
    JOIN run r ON r.id = w.run_id
    LEFT JOIN team ON team.id = w.team_id
    LEFT JOIN person holder ON holder.id = w.claimed_by
    LEFT JOIN person ender ON ender.id = w.ended_by
    LEFT JOIN action a ON a.id = w.action_id
    LEFT JOIN release_part part ON part.release_id = r.release_id
      AND part.name = w.step || '.json'
    LEFT JOIN diagram_version v ON v.hash = part.hash
    WHERE w.id = :item
""")
_CRITERIA = text(f"""
    SELECT id, measure, threshold, evidence, measured, must_hold FROM criterion
    WHERE incident_id = :incident AND {IN_FORCE} ORDER BY position, changed_seq, id
""")  # noqa: S608 - a constant
_ACTIONS = text("""
    SELECT id, number, title, state, party, due_at FROM action
    WHERE incident_id = :incident ORDER BY number
""")
_TARGETS = text("""
    SELECT id, label, outcome, note FROM target WHERE action_id = :action ORDER BY position
""")
_CONFIRMERS = text("""
    SELECT c.person_id, p.name FROM confirmer c JOIN person p ON p.id = c.person_id
    WHERE c.incident_id = :incident AND c.withdrawn_at IS NULL ORDER BY c.named_at, p.name
""")
_EARLIER = text("""
    SELECT c.words, json_agg(json_build_array(l.criterion_id, l.answer, l.words)) AS lines
    FROM confirmation c LEFT JOIN confirmation_line l ON l.confirmation_id = c.id
    WHERE c.incident_id = :incident AND c.person_id = :me
    GROUP BY c.id, c.words, c.entry_seq ORDER BY c.entry_seq DESC LIMIT 1
""")


def item_page(
    conn: Connection, item_id: UUID, actor: Actor, now: datetime, *, ladder: Ladder = DEFAULT
) -> ItemPage:
    """Return the work item, open or ended, as `actor` may see it.

    Raises NotFound, in the same words for one that is not there and one that is not for them.
    """
    row = conn.execute(
        select(t.incident, t.work_item, t.run)
        .join_from(t.incident, t.work_item, t.work_item.c.incident_id == t.incident.c.id)
        .join(t.run, t.run.c.id == t.work_item.c.run_id)
        .where(t.work_item.c.id == item_id)
    ).first()
    if row is None:
        raise _not_found(item_id)
    incident, item, run = split(row, (t.incident, Incident), (t.work_item, Item), (t.run, Run))
    view = _view(conn, item, incident, now, ladder)
    verbs = available_actions(view, actor)
    if Verb.SEE not in verbs:
        raise _not_found(item_id)
    asked = {"item": item.id, "incident": incident.id, "action": item.action_id, "me": actor.id}
    more = conn.execute(_MORE, asked).one()
    criteria = conn.execute(_CRITERIA, asked).all()
    actions = conn.execute(_ACTIONS, asked).all()
    confirmers = conn.execute(_CONFIRMERS, asked).all()
    targets = _targets(conn, asked) if item.action_id else ()
    if more.form is None:
        raise NotFound(say("This step has no form in its release."), step=item.step)
    form = _parsed(item.step, bytes(more.form))
    reworded = reworded_since(conn, incident.id, actor) if item.mark == Mark.CONFIRMATION else None
    values, is_asked_again = _values(conn, item, asked, criteria, confirmers, targets)
    return ItemPage(
        id=item.id,
        step=item.step,
        mark=item.mark,
        title=item.title,
        lane=item.lane,
        party=item.party,
        team=more.team,
        people=tuple(more.people),
        claimed_by=item.claimed_by,
        claimed_by_name=more.claimed_by_name,
        opened_at=item.opened_at,
        due_at=item.due_at,
        is_overdue=item.ended_at is None and item.due_at is not None and item.due_at < now,
        reminders=item.reminders,
        verbs=verbs,
        release_id=run.release_id,
        form=form,
        prefill=prefill_for(conn, form, incident.id, targets),
        values=values,
        is_draft=item.ended_at is None and item.draft is not None,
        left_over=tuple(LeftOver(**one) for one in item.left_over or ()),
        is_asked_again=is_asked_again,
        reworded=reworded,
        action=_own(more, targets) if item.action_id else None,
        context=_context(incident, item, more, criteria, actions, confirmers),
        ended=None
        if item.ended_at is None
        else Ended(item.how, item.ended_at, more.ended_by_name, item.answers),
    )


def _view(
    conn: Connection, item: Item, incident: Incident, now: datetime, ladder: Ladder
) -> ItemView:
    @cache
    def had() -> ask.Hands:
        return ask.hands(conn, incident.id, incident.lead_id)

    return item_view(
        conn,
        item,
        incident,
        had,
        lambda: {one.who.id for one in who_may_decide(conn, incident, had(), now, ladder=ladder)},
    )


def _not_found(item_id: UUID) -> NotFound:
    return NotFound(say("There is no such to-do."), item=str(item_id))


@lru_cache(maxsize=256)
def _parsed(name: str, content: bytes) -> Form:
    # a version is its content: what was parsed once stays true
    return Form.parse(name, content)


def _targets(conn: Connection, asked: Mapping[str, Any]) -> tuple[TargetFacts, ...]:
    return tuple(
        TargetFacts(
            row.id, row.label, TargetOutcome(row.outcome) if row.outcome else None, row.note
        )
        for row in conn.execute(_TARGETS, asked)
    )


def _values(
    conn: Connection,
    item: Item,
    asked: Mapping[str, Any],
    criteria: Any,
    confirmers: Any,
    targets: tuple[TargetFacts, ...],
) -> tuple[Mapping[str, Any] | None, bool]:
    """Return what is answered so far, and whether it is this confirmer's earlier answer."""
    if item.ended_at is not None:
        return item.answers, False
    if item.draft is not None:
        return item.draft, False
    if item.mark == Mark.CONFIRMATION:
        earlier = conn.execute(_EARLIER, asked).first()
        return (_said_before(earlier, criteria), True) if earlier else (None, False)
    if item.mark == Mark.AGREEMENT:
        return _agreed_before(criteria, confirmers), False
    if targets:
        rows = [
            {"target": str(one.id), "outcome": one.outcome, "note": one.note or ""}
            for one in targets
            if one.outcome
        ]
        return ({"targets": rows}, False) if rows else (None, False)
    return None, False


def _said_before(earlier: Row[tuple[Any, ...]], criteria: Any) -> Mapping[str, Any]:
    in_force = {str(row.id) for row in criteria}
    rows = [
        {"criterion": criterion, "answer": answer, "words": words or ""}
        for criterion, answer, words in earlier.lines
        if criterion in in_force
    ]
    return {"criteria": rows, "words": earlier.words or ""}


def _agreed_before(criteria: Any, confirmers: Any) -> Mapping[str, Any]:
    return {
        "criteria": [
            {
                "measure": row.measure,
                "threshold": row.threshold,
                "evidence": row.evidence,
                "must_hold": row.must_hold,
            }
            for row in criteria
        ],
        "confirmers": [str(row.person_id) for row in confirmers],
    }


def _own(more: Row[tuple[Any, ...]], targets: tuple[TargetFacts, ...]) -> OwnAction:
    return OwnAction(
        id=more.action_id,
        number=more.action_number,
        title=more.action_title,
        detail=more.detail,
        kind=more.kind,
        state=more.action_state,
        due_at=more.action_due,
        reference=more.reference,
        declined_because=more.declined_because,
        targets=targets,
    )


def _context(
    incident: Incident,
    item: Item,
    more: Row[tuple[Any, ...]],
    criteria: Any,
    actions: Any,
    confirmers: Any,
) -> Context:
    return Context(
        incident_id=incident.id,
        number=incident.number,
        title=incident.title,
        expected=incident.expected,
        actual=incident.actual,
        harmed=incident.harmed,
        size=incident.size,
        size_unit=incident.size_unit,
        money=incident.money,
        currency=incident.currency,
        priority=incident.priority,
        is_restricted=incident.is_restricted,
        process=more.process,
        product=more.product,
        reporter=more.reporter,
        lead=more.lead,
        told_at=incident.told_at,
        criteria=tuple(
            Criterion(row.measure, row.threshold, row.evidence, row.measured) for row in criteria
        ),
        actions=tuple(
            OtherAction(row.number, row.title, row.state, row.party, row.due_at)
            for row in actions
            if row.id != item.action_id
        ),
        confirmers=tuple(row.name for row in confirmers),
    )
