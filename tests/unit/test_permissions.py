"""Who may do what, by the fixed people: Ada, Bruno, Carla, Dora, Egon, Fay."""

from dataclasses import replace
from uuid import UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.incident import IncidentState, Priority
from engine.domain.mark import Mark
from engine.domain.permissions import (
    Actor,
    IncidentView,
    ItemView,
    Machine,
    Role,
    Verb,
    available_actions,
    barred_from,
    incident_verbs,
)
from engine.domain.standing import ADMITTING, NAMED, IncidentPeople, Standing, by_name, standing_of

ROOM = UUID(int=0)


def _id(name: str) -> UUID:
    return uuid5(ROOM, name)


IT, DESK, CLIENT = _id("it team"), _id("desk"), _id("client")
STAFF = frozenset({Role.STAFF})
ADA = Actor(_id("Ada"), "Ada", STAFF, frozenset({IT}))
BRUNO = Actor(_id("Bruno"), "Bruno", STAFF)
CARLA = Actor(_id("Carla"), "Carla", organisation_id=CLIENT)
DORA = Actor(_id("Dora"), "Dora", STAFF)
EGON = Actor(_id("Egon"), "Egon", frozenset({Role.AUDITOR, Role.STAFF}), frozenset({IT}))
FAY = Actor(_id("Fay"), "Fay")
TEAM_LEAD = Actor(_id("Tom"), "Tom", STAFF, frozenset({IT}), led_team_ids=frozenset({IT}))

ITEM = ItemView(ended=False, lane="it", team_id=IT, lead_id=DORA.id)
OPEN = IncidentView(IncidentState.OPEN)
DEEDS = {Verb.SEE, Verb.CLAIM, Verb.COMPLETE, Verb.SAVE_DRAFT, Verb.HAND_OVER}


def test_a_member_of_the_team_may_claim_and_complete_an_offered_item() -> None:
    assert available_actions(ITEM, ADA) == DEEDS


def test_a_person_named_on_an_item_may_claim_and_complete_it() -> None:
    item = ItemView(ended=False, lane="customer", people=frozenset({CARLA.id}))

    assert available_actions(item, CARLA) == DEEDS


def test_staff_outside_the_team_only_see_the_item() -> None:
    assert available_actions(ITEM, BRUNO) == {Verb.SEE}


def test_somebody_with_no_part_and_no_role_sees_nothing() -> None:
    assert available_actions(ITEM, FAY) == frozenset()
    assert incident_verbs(OPEN, FAY, frozenset()) == frozenset()


def test_a_claimed_item_is_only_for_its_holder() -> None:
    item = replace(ITEM, claimed_by=ADA.id)
    colleague = replace(ADA, id=_id("Alan"), name="Alan")

    assert available_actions(item, ADA) == DEEDS - {Verb.CLAIM} | {Verb.RELEASE}
    assert available_actions(item, colleague) == {Verb.SEE}


@pytest.mark.parametrize("actor", [DORA, TEAM_LEAD], ids=["lead", "team lead"])
def test_the_lead_and_the_team_lead_may_release_what_somebody_holds(actor: Actor) -> None:
    item = replace(ITEM, claimed_by=ADA.id)

    assert available_actions(item, actor) == {Verb.SEE, Verb.RELEASE}


def test_an_ended_item_can_only_be_looked_at() -> None:
    item = replace(ITEM, ended=True, claimed_by=ADA.id)

    assert available_actions(item, ADA) == {Verb.SEE}


def test_an_auditor_sees_an_item_of_their_own_team_and_changes_nothing() -> None:
    assert available_actions(ITEM, EGON) == {Verb.SEE}
    assert available_actions(replace(ITEM, claimed_by=EGON.id), EGON) == {Verb.SEE}


def test_a_barred_person_may_pass_the_item_on_but_not_do_it() -> None:
    item = replace(ITEM, mark=Mark.CONFIRMATION, barred=frozenset({ADA.id}))

    assert available_actions(item, ADA) == {Verb.SEE, Verb.HAND_OVER}
    held = replace(item, claimed_by=ADA.id)
    assert available_actions(held, ADA) == {Verb.SEE, Verb.HAND_OVER, Verb.RELEASE}


def test_a_closing_decision_is_never_handed_to_somebody_of_ones_choice() -> None:
    item = replace(ITEM, mark=Mark.CLOSING_DECISION)

    assert available_actions(item, ADA) == DEEDS - {Verb.HAND_OVER}


def test_a_team_does_not_open_an_item_of_a_restricted_incident() -> None:
    item = replace(ITEM, readers=frozenset({DORA.id}))

    assert available_actions(item, ADA) == frozenset()
    assert available_actions(item, BRUNO) == frozenset()
    by_name = replace(item, readers=frozenset({ADA.id}))
    assert available_actions(replace(by_name, people=frozenset({ADA.id})), ADA) == DEEDS
    assert available_actions(by_name, ADA) == frozenset()
    held = replace(item, claimed_by=ADA.id)
    assert available_actions(held, TEAM_LEAD) == frozenset()


def test_who_was_asked_for_a_restricted_item_once_reads_it_no_more_once_taken_off() -> None:
    item = replace(ITEM, readers=frozenset({DORA.id}), people=frozenset({ADA.id}), team_id=None)

    for was in (item, replace(item, ended=True), replace(item, claimed_by=ADA.id)):
        assert available_actions(was, ADA) == frozenset()
        assert available_actions(was, EGON) == {Verb.SEE}


def test_a_role_of_somebody_outside_the_organisation_counts_for_nothing() -> None:
    outsider = replace(CARLA, roles=frozenset(Role))

    assert available_actions(ITEM, outsider) == frozenset()
    assert incident_verbs(OPEN, outsider, frozenset()) == frozenset()


def test_a_machine_has_no_hands() -> None:
    assert available_actions(ITEM, Machine("timer")) == frozenset()
    assert incident_verbs(OPEN, Machine("timer"), frozenset(Standing)) == frozenset()


@pytest.mark.parametrize(
    ("mark", "priority", "barred"),
    [
        (Mark.CONFIRMATION, Priority.P4, "led worked verified"),
        (Mark.CLOSING_DECISION, Priority.P1, "led worked verified"),
        (Mark.CLOSING_DECISION, Priority.P2, "led worked verified"),
        (Mark.CLOSING_DECISION, Priority.P3, "led worked"),
        (Mark.CLOSING_DECISION, Priority.P4, "led worked"),
        (Mark.VERIFICATION, Priority.P1, "worked"),
        (Mark.WORK, Priority.P1, ""),
        (Mark.AGREEMENT, Priority.P1, ""),
        (None, Priority.P1, ""),
    ],
)
def test_nobody_judges_their_own_work(mark: Mark | None, priority: Priority, barred: str) -> None:
    found = barred_from(
        mark,
        highest_priority=priority,
        led=frozenset({_id("led")}),
        worked=frozenset({_id("worked")}),
        verified=frozenset({_id("verified")}),
    )

    assert found == {_id(name) for name in barred.split()}


def test_one_of_several_who_did_the_work_may_verify_it() -> None:
    barred = barred_from(
        Mark.VERIFICATION,
        highest_priority=Priority.P1,
        led=frozenset(),
        worked=frozenset({ADA.id, BRUNO.id}),
        verified=frozenset(),
    )

    assert barred == frozenset()


PEOPLE = IncidentPeople(
    reporter_id=CARLA.id,
    lead_id=BRUNO.id,
    owner_id=DORA.id,
    duty_lead_id=BRUNO.id,
    authority_id=_id("Zoe"),
    desk_id=DESK,
    customer_id=CLIENT,
    confirmers=frozenset({CARLA.id}),
    workers=frozenset({ADA.id}),
    leads=frozenset({BRUNO.id}),
    team_ids=frozenset({IT}),
)


def test_standing_is_worked_out_from_the_person_the_teams_and_the_organisation() -> None:
    def of(actor: Actor) -> frozenset[Standing]:
        return standing_of(
            actor.id, PEOPLE, team_ids=actor.team_ids, organisation_id=actor.organisation_id
        )

    assert of(CARLA) == {Standing.REPORTER, Standing.CONFIRMER, Standing.CUSTOMER}
    assert of(BRUNO) == {Standing.LEAD, Standing.HAS_LED, Standing.DUTY_LEAD}
    assert of(ADA) == {Standing.WORKER, Standing.TEAM}
    assert of(DORA) == {Standing.OWNER}
    assert of(FAY) == frozenset()


def test_nobody_inside_is_the_customer_of_an_incident_without_outside_customer() -> None:
    assert standing_of(FAY.id, replace(PEOPLE, customer_id=None)) == frozenset()


def test_every_standing_can_be_had() -> None:
    ada = frozenset({ADA.id})
    everybody = IncidentPeople(
        reporter_id=ADA.id,
        lead_id=ADA.id,
        owner_id=ADA.id,
        duty_lead_id=ADA.id,
        authority_id=ADA.id,
        desk_id=DESK,
        customer_id=CLIENT,
        deputy_owners=ada,
        deputy_duty_leads=ada,
        deputy_authorities=ada,
        leads=ada,
        workers=ada,
        verifiers=ada,
        confirmers=ada,
        asked=ada,
        named=ada,
        taken_off=ada,
        team_ids=frozenset({IT}),
    )

    words = standing_of(ADA.id, everybody, team_ids={IT, DESK}, organisation_id=CLIENT)

    assert words == frozenset(Standing)


def test_anybody_involved_may_propose_an_action_until_the_incident_is_closed() -> None:
    for word in set(Standing) - {Standing.TAKEN_OFF}:
        assert Verb.PROPOSE in incident_verbs(OPEN, CARLA, frozenset({word}))
        for state in set(IncidentState) - {IncidentState.OPEN}:
            view = IncidentView(state)
            assert Verb.PROPOSE not in incident_verbs(view, CARLA, frozenset({word}))


def test_staff_without_a_part_see_it_and_may_take_the_free_lead() -> None:
    assert incident_verbs(OPEN, ADA, frozenset()) == {Verb.SEE, Verb.TAKE_LEAD, Verb.ME_TOO}
    taken = replace(OPEN, is_taken_up=True)
    assert incident_verbs(taken, ADA, frozenset()) == {Verb.SEE, Verb.ME_TOO}


def test_only_those_who_answer_for_the_process_take_the_lead_from_somebody() -> None:
    taken = replace(OPEN, is_taken_up=True)
    granting = {
        word
        for word in Standing
        if Verb.TAKE_LEAD in incident_verbs(taken, DORA, frozenset({word}))
    }

    assert granting == {
        Standing.OWNER,
        Standing.DEPUTY_OWNER,
        Standing.DUTY_LEAD,
        Standing.DEPUTY_DUTY_LEAD,
    }
    both = frozenset({Standing.OWNER, Standing.LEAD})
    assert Verb.TAKE_LEAD not in incident_verbs(taken, DORA, both)


def test_only_the_lead_accepts_a_proposal_and_only_the_owner_what_is_not_done() -> None:
    def granting(verb: Verb) -> set[Standing]:
        return {w for w in Standing if verb in incident_verbs(OPEN, DORA, frozenset({w}))}

    assert granting(Verb.ACCEPT_PROPOSAL) == {Standing.LEAD}
    assert granting(Verb.ACCEPT_TARGETS) == {Standing.OWNER, Standing.DEPUTY_OWNER}


def test_setting_aside_ends_when_an_action_has_begun() -> None:
    lead = frozenset({Standing.LEAD})

    assert Verb.SET_ASIDE in incident_verbs(OPEN, BRUNO, lead)
    assert Verb.SET_ASIDE not in incident_verbs(replace(OPEN, has_begun=True), BRUNO, lead)


def test_only_a_reporter_who_alone_is_harmed_may_withdraw() -> None:
    alone = replace(OPEN, is_reporter_alone_harmed=True)
    reporter = frozenset({Standing.REPORTER})

    assert Verb.WITHDRAW in incident_verbs(alone, CARLA, reporter)
    assert Verb.WITHDRAW not in incident_verbs(OPEN, CARLA, reporter)
    assert Verb.WITHDRAW not in incident_verbs(alone, CARLA, frozenset({Standing.CONFIRMER}))


@pytest.mark.parametrize("doer", [Standing.LEAD, Standing.HAS_LED, Standing.WORKER])
def test_an_answer_by_phone_is_not_written_down_by_who_led_or_worked(doer: Standing) -> None:
    assert Verb.RECORD_ANSWER in incident_verbs(OPEN, ADA, frozenset({Standing.DESK}))
    assert Verb.RECORD_ANSWER not in incident_verbs(OPEN, ADA, frozenset({Standing.DESK, doer}))


@pytest.mark.parametrize(
    ("state", "verb"),
    [
        (IncidentState.SET_ASIDE, Verb.BRING_BACK),
        (IncidentState.MERGED, Verb.UNDO_MERGE),
        (IncidentState.CLOSED, Verb.REPORT_RECURRENCE),
    ],
)
def test_the_reporter_can_answer_every_way_out(state: IncidentState, verb: Verb) -> None:
    found = incident_verbs(IncidentView(state), CARLA, frozenset({Standing.REPORTER}))

    assert found - {Verb.OBJECT} == {Verb.SEE, verb}


@pytest.mark.parametrize(
    "view", [replace(OPEN, is_found_right=True), IncidentView(IncidentState.CLOSED)]
)
def test_who_is_harmed_and_asked_in_no_other_way_may_say_that_it_is_not_right(
    view: IncidentView,
) -> None:
    having_a_part = {Standing.LEAD, Standing.WORKER, Standing.VERIFIER, Standing.CONFIRMER}

    assert Verb.OBJECT in incident_verbs(view, CARLA, frozenset({Standing.CUSTOMER}))
    assert Verb.OBJECT in incident_verbs(view, BRUNO, frozenset())
    assert Verb.OBJECT not in incident_verbs(view, CARLA, frozenset({Standing.TEAM}))
    for word in having_a_part:
        standing = frozenset({Standing.CUSTOMER, word})
        assert Verb.OBJECT not in incident_verbs(view, CARLA, standing)


def test_nobody_objects_before_anybody_says_that_it_is_right() -> None:
    assert Verb.OBJECT not in incident_verbs(OPEN, BRUNO, frozenset())


def test_a_dispute_is_possible_while_the_days_for_it_last() -> None:
    closed = IncidentView(IncidentState.CLOSED, is_disputable=True)
    worker = frozenset({Standing.WORKER})

    assert Verb.DISPUTE in incident_verbs(closed, ADA, worker)
    assert Verb.DISPUTE not in incident_verbs(replace(closed, is_disputable=False), ADA, worker)


def test_a_supplier_never_steers_the_incident() -> None:
    supplier = replace(CARLA, name="Sven")

    found = incident_verbs(OPEN, supplier, frozenset({Standing.DESK, Standing.TEAM}))

    assert found == {Verb.SEE, Verb.PROPOSE, Verb.ADD_NOTE, Verb.ASK_FOR_HELP}


def test_a_restricted_incident_does_not_exist_for_teams_organisations_and_staff() -> None:
    view = replace(OPEN, is_restricted=True)

    assert incident_verbs(view, ADA, frozenset(Standing) - NAMED) == frozenset()
    assert incident_verbs(view, ADA, frozenset(Standing) - ADMITTING) == frozenset()
    assert incident_verbs(view, ADA, frozenset(Standing)) == frozenset(), "taken off by name"
    for word in ADMITTING:
        assert Verb.SEE in incident_verbs(view, ADA, frozenset({word}))
    assert Verb.TAKE_LEAD not in incident_verbs(view, ADA, frozenset({Standing.CONFIRMER}))


@settings(deadline=None, derandomize=True)
@given(
    view=st.builds(
        IncidentView,
        st.sampled_from(IncidentState),
        *[st.booleans() for _ in range(6)],
    ),
    standing=st.frozensets(st.sampled_from(Standing)),
)
def test_an_auditor_sees_every_incident_and_changes_none(
    view: IncidentView, standing: frozenset[Standing]
) -> None:
    assert incident_verbs(view, EGON, standing) == {Verb.SEE}


@settings(deadline=None, derandomize=True)
@given(
    view=st.builds(
        IncidentView,
        st.sampled_from(IncidentState),
        *[st.booleans() for _ in range(6)],
    ),
    standing=st.frozensets(st.sampled_from(Standing)),
    actor=st.sampled_from([ADA, CARLA, FAY]),
)
def test_who_may_do_anything_may_also_see_it(
    view: IncidentView, standing: frozenset[Standing], actor: Actor
) -> None:
    verbs = incident_verbs(view, actor, standing)

    assert not verbs or Verb.SEE in verbs


_SOMEBODY = st.sampled_from([_id(str(number)) for number in range(4)])


@settings(deadline=None, derandomize=True)
@given(
    people=st.builds(
        IncidentPeople,
        *[_SOMEBODY] * 5,
        desk_id=st.just(DESK),
        **dict.fromkeys(
            ("leads", "workers", "verifiers", "deputy_owners", "confirmers", "asked", "named",
             "taken_off"),
            st.frozensets(_SOMEBODY),
        ),
    ),
    who=_SOMEBODY,
)  # fmt: skip
def test_those_who_read_a_restricted_incident_are_those_whom_their_standing_lets_in(
    people: IncidentPeople, who: UUID
) -> None:
    assert bool(by_name(standing_of(who, people))) is (who in people.readers)


def test_a_restriction_is_lifted_by_those_who_answer_for_it_and_named_people_only() -> None:
    view = replace(OPEN, is_restricted=True)

    assert Verb.RESTRICT in incident_verbs(OPEN, DORA, frozenset({Standing.OWNER}))
    found = incident_verbs(view, DORA, frozenset({Standing.OWNER}))
    assert {Verb.NAME_PEOPLE, Verb.LIFT, Verb.AGREE_TO_LIFT} <= found
    assert Verb.RESTRICT not in found
    asked = incident_verbs(view, ADA, frozenset({Standing.ASKED}))
    assert not asked & {Verb.NAME_PEOPLE, Verb.LIFT, Verb.AGREE_TO_LIFT}
    assert Verb.LIFT not in incident_verbs(OPEN, DORA, frozenset({Standing.OWNER}))
