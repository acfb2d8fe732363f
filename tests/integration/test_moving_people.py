"""What a move means for people: other questions, other teams, steps under other names."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from engine.domain.permissions import Actor
from engine.errors import DiagramRefused, InvalidAnswers
from engine.language import kept, told_again
from engine.proof.standing import Stands
from engine.queries.ledger import incident_ledger
from engine.queries.moves import MoveLine, move_lines
from engine.queries.trail import trail
from engine.usecases.holding import claim, save_draft
from engine.usecases.holding import release as give_back
from engine.usecases.move_plans import Plan, plan_moves
from engine.usecases.moving import begin_move, move_all
from tests.integration.test_moving import GONE, SHIPPED, at_work, first, release
from tests.world import World

FORM = json.loads(SHIPPED["do_it_action.json"])
TO_WORK = {"action": {"do_it_action": "do_it_work"}}


@pytest.fixture
def owner(world: World) -> Actor:
    return world.actor("dora")


def plan_of(world: World, after: UUID, mapped: Any = None) -> Plan:
    return plan_moves(
        world.handling, first(world), after, actor=world.actor("dora"), mapped=mapped or {}
    )


def moved(world: World, after: UUID, **more: Any) -> list[MoveLine]:
    made = begin_move(
        world.handling, first(world), after, reason="Newer", actor=world.actor("dora"), **more
    )
    move_all(world.handling, made)
    with world.handling.store.read() as conn:
        return list(move_lines(conn, made))


def items(world: World, incident: UUID) -> list[Any]:
    with world.handling.store.read() as conn:
        return list(
            conn.execute(
                text("""SELECT * FROM work_item WHERE incident_id = :id
                  AND action_id IS NOT NULL ORDER BY opened_at, ended_at NULLS LAST"""),
                {"id": incident},
            )
        )


def asking(**properties: Any) -> dict[str, bytes]:
    """Return the form of IT's step with other questions; None takes one out."""
    form = {**FORM, "properties": {**FORM["properties"]}}
    for name, schema in properties.items():
        if schema is None:
            del form["properties"][name]
            form["allOf"] = [one for one in form.get("allOf", []) if name not in json.dumps(one)]
        else:
            form["properties"][name] = schema
    form = {name: value for name, value in form.items() if value or name != "allOf"}
    form["required"] = [one for one in form.get("required", []) if one in form["properties"]]
    return {"do_it_action.json": json.dumps(form).encode()}


MORE = {"type": "string", "title": "Which change it was", "maxLength": 200}


def test_the_dry_run_says_what_is_asked_now_and_what_is_lost_of_a_draft(
    world: World,
) -> None:
    at_work(world)
    after = release(world, asking(what_was_done=None, change=MORE))

    action = plan_of(world, after).fates[1]

    label = FORM["properties"]["what_was_done"]["title"]
    lost = "Of what was saved for later at “Do the action (IT)” this is asked no more, and is kept"
    assert action.refusal is None
    assert action.changes == (
        "“Do the action (IT)” also asks: Which change it was.",
        f"“Do the action (IT)” no longer asks: {label}.",
        f"{lost} beside the form: {label}.",
    )


def test_what_a_draft_said_of_what_is_asked_no_more_is_kept_beside_it(world: World) -> None:
    incident = at_work(world)
    after = release(world, asking(what_was_done=None, change=MORE))

    moved(world, after)

    item = items(world, incident)[0]
    assert item.draft == {}
    assert item.left_over == [
        {"label": FORM["properties"]["what_was_done"]["title"], "words": "half"}
    ]
    assert item.claimed_by == world.people["ada"]


def test_a_draft_that_fits_stays_as_it_is(world: World) -> None:
    incident = at_work(world)
    moved(world, release(world, asking(change=MORE)))
    item = items(world, incident)[0]
    assert (item.draft, item.left_over) == ({"what_was_done": "half"}, None)


def test_a_step_under_another_name_is_answered_by_its_new_form(world: World) -> None:
    incident = at_work(world)
    after = release(world, GONE)
    before = items(world, incident)[0]

    lines = moved(world, after, mapped=TO_WORK)

    assert [line.state for line in lines] == ["moved", "moved"]
    item = items(world, incident)[0]
    assert (item.id, item.step, item.claimed_by, item.draft, item.opened_at) == (
        before.id, "do_it_work", before.claimed_by, before.draft, before.opened_at,
    )  # fmt: skip
    answers = {"outcome": "done", "what_was_done": "All", "evidence": "the log"}
    world.do(incident, "ada", "do_it_work", **answers)
    world.verify(incident, "hugo")
    world.confirm(incident)
    assert world.row(incident).state == "closed"


def test_the_entry_keeps_the_mapping_and_its_sentences_in_any_language(world: World) -> None:
    incident = at_work(world)
    moved(world, release(world, GONE | asking(change=MORE)), mapped=TO_WORK)
    with world.handling.store.read() as conn:
        content = conn.scalar(
            text("""SELECT content FROM entry WHERE incident_id = :id AND verb = 'run:moved'
              AND content->>'diagram' = 'action'"""),
            {"id": incident},
        )
    assert content["mapping"] == TO_WORK
    assert all(kept(told_again(one)) == one for one in content["changes"])


def in_lane(step: str, lane: str) -> dict[str, bytes]:
    """Return the action's diagram with a step moved to another lane."""
    drawn = SHIPPED["action.bpmn"].decode()
    ref = f"<bpmn:flowNodeRef>{step}</bpmn:flowNodeRef>"
    assert ref in drawn
    without = drawn.replace(ref, "")
    head, name, rest = without.partition(f'name="{lane}"')
    assert name
    opening, closing, more = rest.partition(">")
    return {"action.bpmn": f"{head}{name}{opening}{closing}{ref}{more}".encode()}


IN_PLACE = {"action": {"do_it_action": "do_it_action"}}
DESK = in_lane("do_it_action", "service_desk")


def free(world: World) -> UUID:
    """An incident whose action nobody has taken."""
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    return incident


def test_a_step_in_another_lane_is_offered_anew_to_whom_it_means(world: World) -> None:
    incident = free(world)
    after = release(world, DESK)
    stays = plan_of(world, after).fates[1]
    assert "asks it of others" in str(stays.refusal)
    action = plan_of(world, after, IN_PLACE).fates[1]
    assert "“Do the action (IT)” is offered anew, to those it is asked of now." in action.changes
    world.clock.forward(hours=2)

    moved(world, after, mapped=IN_PLACE)

    old, new = items(world, incident)
    assert (old.how, old.ended_at, old.ended_by) == ("cancelled", world.clock.now, None)
    assert (new.lane, new.step, new.ended_at) == ("service_desk", "do_it_action", None)
    assert (old.task_id, new.opened_at) == (new.task_id, world.clock.now)
    with world.handling.store.read() as conn:
        ledger = incident_ledger(conn, incident, world.clock.now)
    assert sum(ledger.totals.values(), start=timedelta()) == timedelta(hours=2)
    world.act(incident, "hugo")
    world.verify(incident, "dora")
    world.confirm(incident)
    assert world.row(incident).state == "closed"


def test_who_has_taken_a_step_keeps_it_whatever_its_lane(world: World) -> None:
    incident = at_work(world)
    after = release(world, DESK)
    action = plan_of(world, after, IN_PLACE).fates[1]
    assert "“Do the action (IT)” is asked of others now; who has taken it keeps it." in (
        action.changes
    )

    moved(world, after, mapped=IN_PLACE)

    (item,) = items(world, incident)
    assert (item.claimed_by, item.ended_at, item.draft) == (
        world.people["ada"], None, {"what_was_done": "half"},
    )  # fmt: skip


def test_what_somebody_is_at_and_means_something_else_stays_until_it_is_free(
    world: World,
) -> None:
    incident = world.report()
    world.lead(incident)
    item = world.items(incident)[0]
    assert item.step == "agree_what_right_means"
    hugo = world.actor("hugo")
    claim(world.handling, item.id, actor=hugo)
    drawn = SHIPPED["incident.bpmn"].decode()
    after = release(world, {"incident.bpmn": _without_mark(drawn, "agree_what_right_means")})
    mapped = {"incident": {"agree_what_right_means": "agree_what_right_means"}}

    stays = plan_of(world, after, mapped).fates[0]
    assert "means something else in the new release" in str(stays.refusal)

    give_back(world.handling, item.id, actor=hugo)
    again = plan_of(world, after, mapped).fates[0]
    assert again.refusal is None
    save_draft(world.handling, item.id, {"criteria": []}, actor=hugo)
    assert plan_of(world, after, mapped).fates[0].refusal is not None


def _without_mark(drawn: str, step: str) -> bytes:
    head, own, rest = drawn.partition(f'id="{step}"')
    before, _, after = rest.partition('<spiffworkflow:property name="mark"')
    assert before.count("userTask") == 0
    return f'{head}{own}{before}<spiffworkflow:property name="was"{after}'.encode()


def test_a_mapping_that_cannot_be_is_refused(world: World, owner: Actor) -> None:
    at_work(world)
    after = release(world, GONE)
    for mapped in (
        {"action": {"do_it_action": "settled"}},
        {"action": {"nothing": "do_it_work"}},
        {"nowhere": {"do_it_action": "do_it_work"}},
        {"action": {"do_it_action": "do_it_work", "do_business_action": "do_it_work"}},
    ):
        with pytest.raises(InvalidAnswers):
            begin_move(
                world.handling, first(world), after, reason="Newer", actor=owner, mapped=mapped
            )


def test_chosen_runs_alone_are_moved(world: World) -> None:
    for _ in range(2):
        at_work(world)
    after = release(world, GONE)
    plan = plan_of(world, after)
    own = [fate.run for fate in plan.fates if fate.action is None]

    lines = moved(world, after, runs=own[:1])

    assert [(line.incident, line.state) for line in lines] == [(1, "moved")]
    assert len(plan_of(world, after).fates) == 3


def test_runs_of_one_shape_are_worked_out_once_and_others_by_themselves(world: World) -> None:
    at_work(world)
    world.clock.forward(hours=1)
    at_work(world)
    free(world)
    plan = plan_of(world, release(world, DESK), IN_PLACE)
    says = [one.says for one in plan.fates if one.action]
    assert says[0] == says[1] != says[2]
    assert [one.count for one in plan.groups] == [3, 2, 1]


def test_what_takes_too_long_to_prove_stays_and_is_tried_again(world: World) -> None:
    at_work(world)
    after = release(world, asking(change=MORE))

    def too_long(_files: object, diagram: str) -> Stands:
        raise DiagramRefused([f"{diagram} takes too long"])

    plan = plan_moves(
        world.handling, first(world), after, actor=world.actor("dora"), prover=too_long
    )

    assert {str(one.refusal) for one in plan.fates} == {
        "It could not be proved that the new release is safe from there."
    }
    with world.handling.store.read() as conn:
        assert conn.scalar(text("SELECT count(*) FROM release_standing")) == 0
    assert plan_of(world, after).stay == 0


def test_what_was_proved_comes_back_as_it_was_kept(world: World) -> None:
    at_work(world)
    after = release(world, asking(change=MORE))
    first_look = plan_of(world, after)
    assert plan_of(world, after) == first_look
    with world.handling.store.read() as conn:
        found = conn.scalar(text("SELECT found FROM release_standing WHERE diagram = 'action'"))
    assert Stands.from_json(found).as_json() == found


def test_the_record_says_what_is_otherwise_since(world: World) -> None:
    incident = at_work(world)
    moved(world, release(world, asking(change=MORE)))
    with world.handling.store.read() as conn:
        lines = trail(conn, incident, world.actor("egon")).lines
    said = [dict(line.summary) for line in lines if line.verb == "run:moved"]
    assert "“Do the action (IT)” also asks: Which change it was." in [
        one.get("Changes") for one in said
    ]
    assert [line.actor for line in lines if line.verb == "run:moved"] == ["Dora Diaz"] * 2
