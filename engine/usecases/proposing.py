"""Proposing actions, at any time until the incident is closed; and the lead's word on proposals."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self
from uuid import UUID, uuid4

from sqlalchemy import func, select, text

from engine.domain.action import ActionKind, ActionState
from engine.domain.incident import IncidentState, Priority
from engine.domain.ladder import default_due
from engine.domain.party import Party
from engine.domain.permissions import Actor, Machine, Verb
from engine.errors import Conflict, IncidentClosed, InvalidAnswers
from engine.language import say
from engine.store import schema as t
from engine.store.calendars import Holder
from engine.store.rows import Action
from engine.store.work import no_such_action
from engine.usecases.actions import (
    add_action,
    start_action,
    start_followers,
    write_action,
)
from engine.usecases.belonging import check_asked
from engine.usecases.handling import Handling
from engine.usecases.running import PROPOSED, Mover
from engine.usecases.standing import over, require


@dataclass(frozen=True)
class Proposal:
    """One thing that one party is to do; only what and whose must be said."""

    title: str
    party: Party
    kind: ActionKind = ActionKind.PUTS_RIGHT
    detail: str = ""
    team_id: UUID | None = None
    person_id: UUID | None = None
    due_at: datetime | None = None
    # set by a law or a contract outside, and why; it cannot be moved
    deadline_at: datetime | None = None
    deadline_because: str | None = None
    ends_cause: bool = False
    # each of those it reaches says how it is for them
    targets_answer: bool = False
    # a supplier's or a customer's own number for it, and whom to talk to there
    reference: str | None = None
    contact: str | None = None
    after: tuple[UUID, ...] = ()
    targets: tuple[str, ...] = ()
    is_remedy: bool = False

    @classmethod
    def from_answers(cls, answers: Mapping[str, Any]) -> Self:
        """Return the proposal in checked answers of a form; targets are a line each."""

        def one(name: str) -> UUID | None:
            return UUID(answers[name]) if answers.get(name) else None

        def instant(name: str) -> datetime | None:
            return datetime.fromisoformat(answers[name]) if answers.get(name) else None

        listed = answers.get("targets") or ""
        lines = listed.splitlines() if isinstance(listed, str) else listed
        return cls(
            title=answers["title"],
            party=Party(answers["party"]),
            kind=ActionKind(answers.get("kind") or ActionKind.PUTS_RIGHT),
            detail=answers.get("detail") or "",
            team_id=one("team"),
            person_id=one("person"),
            due_at=instant("due_at"),
            deadline_at=instant("deadline_at"),
            deadline_because=answers.get("deadline_because"),
            ends_cause=bool(answers.get("ends_cause")),
            targets_answer=bool(answers.get("targets_answer")),
            reference=answers.get("reference"),
            contact=answers.get("contact"),
            after=tuple(UUID(before) for before in answers.get("after") or ()),
            targets=tuple(line.strip() for line in lines if line.strip()),
        )


def propose_action(
    handling: Handling,
    incident_id: UUID,
    proposal: Proposal,
    *,
    actor: Actor,
    key: str | None = None,
    by: Machine | None = None,
    now: datetime | None = None,
) -> UUID:
    """Add an action to the incident and return its id.

    While somebody verifies or confirms, a proposal waits for the lead's word, unless the lead
    or a confirmer made it; else its party is asked at once, or when what it comes after is
    settled.  `by` is the machine that replays a record, whose word is not asked for permission.
    Raises NotFound, NotAllowed, IncidentClosed or InvalidAnswers.
    """
    with handling.store.begin(now=now) as work:
        made, is_repeat = work.once(actor.id, key, f"{incident_id} {proposal}".encode())
        if is_repeat:
            return made
        case = work.incident(incident_id)
        mover = Mover(handling, case, by or actor)
        if by is None:
            require(mover, actor, Verb.PROPOSE)
        propose(mover, proposal, by=mover.by, action_id=made)
        mover.forget()
        mover.settle()
        return made


def propose(
    mover: Mover, proposal: Proposal, *, by: Actor | Machine, action_id: UUID | None = None
) -> Action:
    """Write the proposal as an action of the locked incident; ask its party if it is its turn."""
    case, incident = mover.case, mover.case.incident
    if incident.state != IncidentState.OPEN:
        raise IncidentClosed(over(incident.state))
    _check(mover, proposal)
    state = _first_state(mover, proposal, by)
    number = 1 + (
        case.conn.scalar(
            select(func.coalesce(func.max(t.action.c.number), 0)).where(
                t.action.c.incident_id == incident.id
            )
        )
        or 0
    )
    seq = case.record(
        "action:proposed",
        {
            "action": number,
            "title": proposal.title,
            "party": proposal.party,
            "kind": proposal.kind,
            "targets": len(proposal.targets),
            "state": state,
        },
        by,
    )
    counts = state != ActionState.PROPOSED and proposal.kind == ActionKind.PUTS_RIGHT
    if counts:
        case.change(work_seq=seq)
    action = Action(
        id=action_id or uuid4(),
        incident_id=incident.id,
        number=number,
        kind=proposal.kind,
        state=state,
        title=proposal.title,
        detail=proposal.detail,
        party=proposal.party,
        team_id=proposal.team_id,
        person_id=proposal.person_id,
        due_at=_due_at(mover, proposal),
        deadline_at=proposal.deadline_at,
        deadline_because=proposal.deadline_because,
        ends_cause=proposal.ends_cause,
        targets_answer=proposal.targets_answer,
        reference=proposal.reference,
        contact=proposal.contact,
        proposed_by=by.id if isinstance(by, Actor) else None,
        proposed_at=case.now,
        settled_at=None,
        outcome=None,
        evidence=None,
        declined_because=None,
        settled_by=None,
        climbed=0,
        work_seq=seq if counts else 0,
        is_remedy=proposal.is_remedy,
    )
    add_action(mover, action, after=list(proposal.after), targets=list(proposal.targets))
    return action


def _due_at(mover: Mover, proposal: Proposal) -> datetime:
    """Return when it is due: as proposed, else by the calendar of whoever is asked.

    It is never due after a deadline from outside.
    """
    due = proposal.due_at or _default_due(mover, proposal)
    return min(due, proposal.deadline_at or due)


def _default_due(mover: Mover, proposal: Proposal) -> datetime:
    case, person = mover.case, proposal.person_id
    if person is not None:
        calendar = case.around.calendars_of([person])[person]
    else:
        asked = Holder(party=proposal.party, team_id=proposal.team_id)
        calendar = case.around.calendars.at(asked, case.now)
    return default_due(Priority(case.incident.priority), case.now, calendar)


def _first_state(mover: Mover, proposal: Proposal, by: Actor | Machine) -> ActionState:
    is_asking = any(at["message"] == PROPOSED for at in mover.own_run.waiting)
    if is_asking and isinstance(by, Actor):
        own_word = by.id == mover.case.incident.lead_id or by.id in {
            who.person_id for who in mover.confirmers
        }
        if not own_word:
            return ActionState.PROPOSED
    if not proposal.after:
        return ActionState.OPEN
    unsettled = mover.case.conn.scalar(
        select(func.count())
        .select_from(t.action)
        .where(t.action.c.id.in_(proposal.after), t.action.c.settled_at.is_(None))
    )
    return ActionState.WAITING if unsettled else ActionState.OPEN


def _check(mover: Mover, proposal: Proposal) -> None:
    conn, incident = mover.case.conn, mover.case.incident
    if proposal.after:
        own = conn.scalar(
            select(func.count())
            .select_from(t.action)
            .where(t.action.c.id.in_(proposal.after), t.action.c.incident_id == incident.id)
        )
        if own != len(set(proposal.after)):
            raise InvalidAnswers({"after": say("Please choose from this incident's own actions.")})
    _check_deadline(proposal)
    check_asked(mover, proposal.party, proposal.team_id, proposal.person_id)


def _check_deadline(proposal: Proposal) -> None:
    if proposal.deadline_at is None:
        return
    if proposal.party not in (Party.CUSTOMER, Party.EXTERNAL):
        raise InvalidAnswers(
            {"deadline_at": say("Only suppliers and customers have one of these.")}
        )
    if not (proposal.deadline_because or "").strip():
        raise InvalidAnswers({"deadline_because": say("Please say which law or contract sets it.")})
    if proposal.due_at is not None and proposal.due_at > proposal.deadline_at:
        raise InvalidAnswers({"due_at": say("This is after the deadline.")})


def accept_proposal(handling: Handling, action_id: UUID, *, kind: ActionKind, actor: Actor) -> None:
    """Take a proposal up, as work that puts right or as one that prevents.

    Only the first takes the incident back from being checked or confirmed.  Raises NotFound,
    NotAllowed unless `actor` leads the incident, or Conflict if it is no longer only proposed.
    """
    with handling.store.begin() as work:
        case, action = work.action(action_id)
        mover = Mover(handling, case, actor)
        require(mover, actor, Verb.ACCEPT_PROPOSAL, missing=no_such_action(action_id))
        _still_proposed(action)
        seq = case.record("action:accepted", {"action": action.number, "kind": kind}, actor)
        unsettled = case.conn.scalar(
            text(
                "SELECT count(*) FROM action_after x JOIN action b ON b.id = x.before_id"
                " WHERE x.action_id = :id AND b.settled_at IS NULL"
            ),
            {"id": action.id},
        )
        counts = kind == ActionKind.PUTS_RIGHT
        if counts:
            case.change(work_seq=seq)
        write_action(
            mover,
            action,
            kind=kind,
            state=ActionState.WAITING if unsettled else ActionState.OPEN,
            work_seq=seq if counts else 0,
        )
        if not unsettled:
            start_action(mover, action)
        mover.forget()
        mover.settle()


def refuse_proposal(handling: Handling, action_id: UUID, *, reason: str, actor: Actor) -> None:
    """Do not take a proposal up, and say why.

    Raises NotFound, NotAllowed, InvalidAnswers without a reason, or Conflict.
    """
    if not reason.strip():
        raise InvalidAnswers({"reason": say("Please say why.")})
    with handling.store.begin() as work:
        case, action = work.action(action_id)
        mover = Mover(handling, case, actor)
        require(mover, actor, Verb.ACCEPT_PROPOSAL, missing=no_such_action(action_id))
        _still_proposed(action)
        case.record("action:refused", {"action": action.number, "reason": reason}, actor)
        write_action(mover, action, state=ActionState.REFUSED, settled_at=case.now, outcome=reason)
        start_followers(mover, action.id)
        mover.forget()
        mover.settle()


def _still_proposed(action: Action) -> None:
    if action.state != ActionState.PROPOSED:
        raise Conflict(
            say("Action %(number)s was decided on meanwhile.", number=action.number),
            state=action.state,
        )


def with_targets(proposal: Proposal, targets: list[str]) -> Proposal:
    """Return the same proposal for these targets."""
    return replace(proposal, targets=tuple(targets))
