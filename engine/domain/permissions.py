"""Who may do what to a work item or an incident: one answer for buttons and for use cases.

What is not granted here is denied.  A newcomer would ask for a role first: most rights come from
the standing towards the one incident (`standing.py`); roles only widen what is seen.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from engine.domain.incident import IncidentState, Priority
from engine.domain.mark import Mark
from engine.domain.standing import Standing, by_name


class Role(StrEnum):
    """What goes with a person everywhere; counts only inside our own organisation."""

    # sees every incident that is not restricted
    STAFF = "staff"
    # sees everything, changes nothing, whatever else they are
    AUDITOR = "auditor"
    # runs the installation; sees no incident by that alone
    OPERATOR = "operator"
    # edits and publishes diagrams
    PROCESS_OWNER = "process_owner"


class Verb(StrEnum):
    """Everything that can be asked of a work item or an incident."""

    SEE = "see"
    # work items
    CLAIM = "claim"
    RELEASE = "release"
    HAND_OVER = "hand_over"
    SAVE_DRAFT = "save_draft"
    COMPLETE = "complete"
    # incidents
    TAKE_LEAD = "take_lead"
    HAND_LEAD = "hand_lead"
    PROPOSE = "propose"
    ACCEPT_PROPOSAL = "accept_proposal"
    ACCEPT_TARGETS = "accept_targets"
    ADD_NOTE = "add_note"
    ASK_FOR_HELP = "ask_for_help"
    SET_PRIORITY = "set_priority"
    CHANGE_CRITERIA = "change_criteria"
    SIGN_MAKE_GOOD = "sign_make_good"
    LOOK = "look"
    NAME_CHECKER = "name_checker"
    ACCEPT_UNCOVERED = "accept_uncovered"
    GIVE_CALLER_PAGE = "give_caller_page"
    MOVE_DUE = "move_due"
    NAME_CONFIRMERS = "name_confirmers"
    RECORD_ANSWER = "record_answer"
    LOG_TRY = "log_try"
    NAME_DELEGATE = "name_delegate"
    RESTRICT = "restrict"
    NAME_PEOPLE = "name_people"
    LIFT = "lift"
    AGREE_TO_LIFT = "agree_to_lift"
    SET_ASIDE = "set_aside"
    BRING_BACK = "bring_back"
    WITHDRAW = "withdraw"
    MERGE = "merge"
    UNDO_MERGE = "undo_merge"
    SPLIT = "split"
    RELATE = "relate"
    REPORT_RECURRENCE = "report_recurrence"
    ACCEPT_UNTIL = "accept_until"
    ANSWER_LATE = "answer_late"
    OBJECT = "object"
    ME_TOO = "me_too"
    DISPUTE = "dispute"
    DECIDE_DISPUTE = "decide_dispute"


@dataclass(frozen=True)
class Machine:
    """A timer, a replay or an import acting under its own name, never under a person's."""

    name: str


@dataclass(frozen=True)
class Actor:
    """A signed-in person; `organisation_id` None means one of our own.

    `led_team_ids` are the teams, out of `team_ids`, that this person leads.  `by_link`: whoever
    holds a link that was sent to the person, who has not signed in.
    """

    id: UUID
    name: str
    roles: frozenset[str] = frozenset()
    team_ids: frozenset[UUID] = frozenset()
    organisation_id: UUID | None = None
    led_team_ids: frozenset[UUID] = frozenset()
    by_link: bool = False

    @property
    def is_outside(self) -> bool:
        """Whether the person belongs to a customer or a supplier."""
        return self.organisation_id is not None

    def has_role(self, role: Role) -> bool:
        """Whether the role counts for this person: outside our organisation none does."""
        return role in self.roles and not self.is_outside


@dataclass(frozen=True)
class ItemView:
    """What permissions need to know of a work item.

    `people` and `team_id` say whom it is offered to, `barred` who may see it but not do it
    (see `barred_from`), `lead_id` is the lead of its incident, `readers` who alone may read
    anything of it; None unless it is for named people only.
    """

    ended: bool
    lane: str
    mark: Mark | None = None
    team_id: UUID | None = None
    people: frozenset[UUID] = frozenset()
    claimed_by: UUID | None = None
    barred: frozenset[UUID] = frozenset()
    lead_id: UUID | None = None
    readers: frozenset[UUID] | None = None


@dataclass(frozen=True)
class IncidentView:
    """What permissions need to know of an incident.

    `is_taken_up`: somebody took the lead (before that the duty lead answers for it);
    `has_begun`: an action has begun; `is_reporter_alone_harmed`: nobody else is harmed;
    `is_disputable`: open, or closed no longer than the days allowed for a dispute;
    `is_delegable`: its owner may let somebody else decide without the customer's answer (P4);
    `is_found_right`: our check found it right, and nobody has sent it back since;
    `is_erased`: it was kept long enough, and what was written of it is gone.
    """

    state: IncidentState
    is_restricted: bool = False
    is_taken_up: bool = False
    has_begun: bool = False
    is_reporter_alone_harmed: bool = False
    is_disputable: bool = False
    is_delegable: bool = False
    is_found_right: bool = False
    is_erased: bool = False


def barred_from(
    mark: Mark | None,
    *,
    highest_priority: Priority,
    led: frozenset[UUID],
    worked: frozenset[UUID],
    verified: frozenset[UUID],
) -> frozenset[UUID]:
    """Return the people who may not do a step with this mark (rules, Who; Right again).

    Nobody closes or confirms their own work, and the only person who did the work does not
    verify it.  `highest_priority` is the highest the incident ever had, so that lowering it
    frees nobody.
    """
    if mark is Mark.CONFIRMATION:
        return led | worked | verified
    if mark is Mark.CLOSING_DECISION:
        is_grave = highest_priority in (Priority.P1, Priority.P2)
        return led | worked | (verified if is_grave else frozenset())
    if mark is Mark.VERIFICATION and len(worked) == 1:
        return worked
    return frozenset()


def may_report(actor: Actor) -> bool:
    """Whether the person may report an incident: everybody but an auditor, who changes nothing."""
    return not actor.has_role(Role.AUDITOR)


def may_set_up(actor: Actor) -> bool:
    """Whether the actor enters people, teams, business processes and all else there is."""
    return actor.has_role(Role.OPERATOR) and not actor.has_role(Role.AUDITOR)


def may_change_diagrams(actor: Actor) -> bool:
    """Whether the actor changes diagrams, tables and forms, and publishes them."""
    return actor.has_role(Role.PROCESS_OWNER) and not actor.has_role(Role.AUDITOR)


def may_read_diagrams(actor: Actor) -> bool:
    """Whether the actor sees the studio: who changes diagrams, and auditors."""
    return actor.has_role(Role.PROCESS_OWNER) or actor.has_role(Role.AUDITOR)


def may_audit(actor: Actor) -> bool:
    """Whether the person inspects what happened, at the auditor's desk: auditors alone."""
    return actor.has_role(Role.AUDITOR)


def may_see_signals(actor: Actor) -> bool:
    """Whether the person sees what monitoring says: our own organisation's people and auditors."""
    return actor.has_role(Role.STAFF) or actor.has_role(Role.AUDITOR)


def may_sample_ways_out(actor: Actor) -> bool:
    """Whether the person draws from what was set aside or merged: auditors and process owners."""
    return actor.has_role(Role.AUDITOR) or actor.has_role(Role.PROCESS_OWNER)


def may_see_figures(actor: Actor) -> bool:
    """Whether the person sees figures over all incidents: they count, and name nobody."""
    return may_sample_ways_out(actor) or actor.has_role(Role.OPERATOR)


def available_actions(item: ItemView, actor: Actor | Machine) -> frozenset[Verb]:
    """Return what `actor` may do to the work item now; a machine has no hands here.

    An unclaimed item may be completed by whoever it is offered to: completing claims it.
    """
    if isinstance(actor, Machine):
        return frozenset()
    is_restricted = item.readers is not None
    if item.readers is not None and actor.id not in item.readers:
        return frozenset({Verb.SEE} if actor.has_role(Role.AUDITOR) else ())
    is_offered = actor.id in item.people or (
        # a team never opens a restricted incident (rules, Restricted incidents)
        item.team_id in actor.team_ids and not is_restricted
    )
    verbs: set[Verb] = set()
    if is_offered or _oversees(item, actor):
        verbs.add(Verb.SEE)
    if item.ended or actor.has_role(Role.AUDITOR):
        return frozenset(verbs)
    if item.claimed_by == actor.id:
        verbs |= {Verb.SEE, Verb.RELEASE} | _deeds(item, actor)
    elif item.claimed_by is not None:
        if actor.id == item.lead_id or (is_offered and item.team_id in actor.led_team_ids):
            verbs.add(Verb.RELEASE)
    elif is_offered:
        verbs |= _deeds(item, actor)
        if actor.id not in item.barred:
            verbs.add(Verb.CLAIM)
    return frozenset(verbs)


def _oversees(item: ItemView, actor: Actor) -> bool:
    if actor.id in (item.lead_id, item.claimed_by) or actor.has_role(Role.AUDITOR):
        return True
    return actor.has_role(Role.STAFF) and item.readers is None


def _deeds(item: ItemView, actor: Actor) -> set[Verb]:
    # A decision is handed on by the ladder only: else it would go to whoever decides as wished.
    deeds = set() if item.mark is Mark.CLOSING_DECISION else {Verb.HAND_OVER}
    return deeds if actor.id in item.barred else deeds | {Verb.SAVE_DRAFT, Verb.COMPLETE}


_S = Standing
_OWNERS = frozenset({_S.OWNER, _S.DEPUTY_OWNER})
_DUTY = frozenset({_S.DUTY_LEAD, _S.DEPUTY_DUTY_LEAD})
_HANDLERS = frozenset({_S.LEAD, _S.DESK}) | _DUTY
_DECIDERS = _OWNERS | {_S.AUTHORITY, _S.DEPUTY_AUTHORITY}
_ANYBODY_INVOLVED = frozenset(Standing) - {_S.TAKEN_OFF}

_WHO_NAMES = frozenset({_S.LEAD, _S.OWNER, _S.AUTHORITY})

# verb -> the standings that grant it while the incident is open
_WHILE_OPEN = {
    Verb.HAND_LEAD: _OWNERS | {_S.LEAD},
    Verb.PROPOSE: _ANYBODY_INVOLVED,
    Verb.ADD_NOTE: _ANYBODY_INVOLVED,
    Verb.ASK_FOR_HELP: _ANYBODY_INVOLVED,
    Verb.DISPUTE: _ANYBODY_INVOLVED,
    Verb.DECIDE_DISPUTE: _DECIDERS,
    Verb.ACCEPT_PROPOSAL: frozenset({_S.LEAD}),
    Verb.ACCEPT_TARGETS: _OWNERS,
    Verb.SET_PRIORITY: _HANDLERS | _OWNERS,
    Verb.CHANGE_CRITERIA: _OWNERS | {_S.LEAD},
    Verb.SIGN_MAKE_GOOD: _OWNERS | {_S.CONFIRMER},
    Verb.LOOK: frozenset({_S.LEAD}),
    Verb.NAME_CHECKER: frozenset({_S.LEAD}),
    Verb.ACCEPT_UNCOVERED: _OWNERS,
    Verb.GIVE_CALLER_PAGE: _HANDLERS,
    Verb.MOVE_DUE: frozenset({_S.LEAD}),
    Verb.NAME_CONFIRMERS: _OWNERS | {_S.LEAD},
    Verb.RECORD_ANSWER: _OWNERS | _DUTY | {_S.DESK},
    Verb.LOG_TRY: _HANDLERS | _OWNERS,
    Verb.NAME_DELEGATE: _OWNERS,
    Verb.RESTRICT: _HANDLERS | _OWNERS,
    Verb.NAME_PEOPLE: _WHO_NAMES,
    Verb.LIFT: frozenset({_S.LEAD, _S.OWNER}),
    Verb.AGREE_TO_LIFT: _WHO_NAMES | {_S.REPORTER, _S.DUTY_LEAD, _S.NAMED},
    Verb.SET_ASIDE: _HANDLERS,
    Verb.WITHDRAW: frozenset({_S.REPORTER}),
    Verb.MERGE: _HANDLERS,
    Verb.SPLIT: _HANDLERS,
    Verb.RELATE: _HANDLERS,
    Verb.ACCEPT_UNTIL: _OWNERS,
}
_AFTER = {
    IncidentState.SET_ASIDE: {
        Verb.BRING_BACK: frozenset({_S.REPORTER}),
        Verb.NAME_PEOPLE: _WHO_NAMES,
    },
    IncidentState.MERGED: {
        Verb.UNDO_MERGE: frozenset({_S.REPORTER}),
        Verb.NAME_PEOPLE: _WHO_NAMES,
    },
    IncidentState.CLOSED: {
        Verb.NAME_PEOPLE: _WHO_NAMES,
        Verb.REPORT_RECURRENCE: _ANYBODY_INVOLVED,
        Verb.DISPUTE: _ANYBODY_INVOLVED,
        Verb.DECIDE_DISPUTE: _DECIDERS,
        Verb.ACCEPT_UNTIL: _OWNERS,
        Verb.ANSWER_LATE: frozenset({_S.CONFIRMER}),
    },
}
# Whose word on the outcome is not that of somebody harmed, or is asked for in another way.
_NOT_JUST_HARMED = frozenset({_S.CONFIRMER, _S.LEAD, _S.HAS_LED, _S.WORKER, _S.VERIFIER})
# Deeds of our own organisation: a supplier's or a customer's person is never granted these.
_INSIDE_ONLY = frozenset(
    {
        Verb.TAKE_LEAD,
        Verb.SET_PRIORITY,
        Verb.SET_ASIDE,
        Verb.MERGE,
        Verb.SPLIT,
        Verb.RELATE,
        Verb.RESTRICT,
        Verb.NAME_PEOPLE,
        Verb.LIFT,
        Verb.RECORD_ANSWER,
        Verb.LOG_TRY,
        Verb.NAME_DELEGATE,
        Verb.DECIDE_DISPUTE,
        Verb.GIVE_CALLER_PAGE,
    }
)


def incident_verbs(
    incident: IncidentView, actor: Actor | Machine, standing: frozenset[Standing]
) -> frozenset[Verb]:
    """Return what `actor`, being `standing` towards the incident, may do to it now.

    Empty when they may not even see it; then the caller says that it does not exist.
    """
    if isinstance(actor, Machine):
        return frozenset()
    counted = by_name(standing) if incident.is_restricted else standing
    is_staff = actor.has_role(Role.STAFF) and not incident.is_restricted
    if actor.has_role(Role.AUDITOR):
        return frozenset({Verb.SEE})
    if not counted and not is_staff:
        return frozenset()
    granting = _AFTER.get(incident.state, _WHILE_OPEN)
    verbs = {verb for verb, standings in granting.items() if counted & standings}
    if incident.state is IncidentState.OPEN and _may_take_lead(incident, counted, is_staff):
        verbs.add(Verb.TAKE_LEAD)
    if _may_object(incident, actor, counted):
        verbs.add(Verb.OBJECT)
    if _may_say_me_too(incident, actor, counted):
        verbs.add(Verb.ME_TOO)
    verbs -= _held_back(incident, counted)
    if incident.is_erased:
        # nothing is left that could be gone on with
        verbs -= {Verb.BRING_BACK, Verb.UNDO_MERGE}
    if actor.is_outside:
        verbs -= _INSIDE_ONLY
    return frozenset(verbs | {Verb.SEE})


def _may_take_lead(incident: IncidentView, standing: frozenset[Standing], is_staff: bool) -> bool:
    if incident.is_taken_up:
        # from somebody who has it, only those who answer for the process may take it
        return Standing.LEAD not in standing and bool(standing & (_OWNERS | _DUTY))
    may = _OWNERS | _HANDLERS | {Standing.WORKER, Standing.TEAM, Standing.NAMED}
    return is_staff or bool(standing & may)


def _may_object(incident: IncidentView, actor: Actor, standing: frozenset[Standing]) -> bool:
    """Anybody harmed who is asked in no other way; of those outside, who receives the product.

    There is nothing to object to before anybody says that it is right.
    """
    if incident.state is IncidentState.OPEN and not incident.is_found_right:
        return False
    if incident.state not in (IncidentState.OPEN, IncidentState.CLOSED):
        return False
    is_harmed = not actor.is_outside or bool(standing & {Standing.CUSTOMER, Standing.REPORTER})
    return is_harmed and not standing & _NOT_JUST_HARMED


def _may_say_me_too(incident: IncidentView, actor: Actor, standing: frozenset[Standing]) -> bool:
    """Anybody harmed who is not asked already; what is for named people only is found by nobody."""
    if incident.state is not IncidentState.OPEN or incident.is_restricted:
        return False
    is_harmed = not actor.is_outside or Standing.CUSTOMER in standing
    return is_harmed and not standing & (_NOT_JUST_HARMED | {Standing.REPORTER, Standing.DESK})


def _held_back(incident: IncidentView, standing: frozenset[Standing]) -> set[Verb]:
    held: set[Verb] = set()
    if incident.is_restricted:
        held.add(Verb.RESTRICT)
    else:
        held |= {Verb.NAME_PEOPLE, Verb.LIFT, Verb.AGREE_TO_LIFT}
    if incident.has_begun:
        held.add(Verb.SET_ASIDE)
    if not incident.is_reporter_alone_harmed:
        held.add(Verb.WITHDRAW)
    if not incident.is_disputable:
        held.add(Verb.DISPUTE)
    if not incident.is_delegable:
        held.add(Verb.NAME_DELEGATE)
    if standing & {Standing.LEAD, Standing.HAS_LED, Standing.WORKER}:
        held.add(Verb.RECORD_ANSWER)
    return held
