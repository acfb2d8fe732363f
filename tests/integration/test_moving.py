"""Running incidents go on, on another release: due times, drafts, claims and the ledger survive."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from engine.domain.permissions import Actor
from engine.errors import Conflict, InvalidAnswers, ItemEnded, NotAllowed, NotFound
from engine.queries.closures import closures_without_evidence
from engine.queries.ledger import incident_ledger
from engine.queries.moves import MoveLine, MoveShown, move_lines, move_shown
from engine.queries.run import run_page
from engine.store import schema as t
from engine.usecases.complete import complete
from engine.usecases.holding import claim, save_draft
from engine.usecases.move_plans import plan_moves
from engine.usecases.moving import begin_move, go_on, move_all
from engine.usecases.publish import publish
from tests.at_once import at_once
from tests.world import KEY, World, shipped_files

SHIPPED = shipped_files()
# what is called otherwise, and two elements that come later
RENAMED = {
    "incident.bpmn": SHIPPED["incident.bpmn"].replace(b'name="Verify', b'name="Look at'),
    "action.bpmn": SHIPPED["action.bpmn"].replace(b'name="Do the action', b'name="Do the work'),
}
# a step that was there is called by another id
GONE = {
    "action.bpmn": SHIPPED["action.bpmn"].replace(b"do_it_action", b"do_it_work"),
    "do_it_work.json": SHIPPED["do_it_action.json"],
    "route_action.dmn": SHIPPED["route_action.dmn"],
}


@pytest.fixture
def owner(world: World) -> Actor:
    return world.actor("dora")


def release(world: World, files: Mapping[str, bytes]) -> UUID:
    without = {
        name: content for name, content in SHIPPED.items() if not name.endswith(".scenarios.yaml")
    }
    return publish(world.handling.store, without | files, by="Dora", reason="a test")[0]


def first(world: World) -> UUID:
    with world.handling.store.read() as conn:
        found: UUID = (
            conn.execute(select(t.release.c.id).order_by(t.release.c.number)).scalars().first()
        )
    return found


def moved(world: World, owner: Actor, after: UUID) -> tuple[MoveShown, list[MoveLine]]:
    made = begin_move(world.handling, first(world), after, reason="Newer", actor=owner)
    move_all(world.handling, made)
    with world.handling.store.read() as conn:
        return move_shown(conn, made), list(move_lines(conn, made))


def at_work(world: World) -> UUID:
    """An incident with an action that IT holds, half written, and a reminder ahead."""
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    item = next(one for one in world.items(incident) if one.action_id)
    claim(world.handling, item.id, actor=world.actor("ada"))
    save_draft(world.handling, item.id, {"what_was_done": "half"}, actor=world.actor("ada"))
    return incident


def asked(world: World) -> UUID:
    """An incident that waits for the customer's answer."""
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    world.act(incident, "ada")
    world.verify(incident, "hugo")
    return incident


def kept(world: World, incident: UUID) -> dict[str, Any]:
    """Return all that must not change by a move."""
    with world.handling.store.read() as conn:
        items = conn.execute(
            text("""SELECT id, task_id, step, lane, party, team_id, people, claimed_by, opened_at,
              due_at, reminders, draft, ended_at FROM work_item
              WHERE incident_id = :id ORDER BY id"""),
            {"id": incident},
        ).all()
        runs = conn.execute(
            text("SELECT id, due_at, started_at FROM run WHERE incident_id = :id ORDER BY id"),
            {"id": incident},
        ).all()
        ledger = incident_ledger(conn, incident, world.clock.now)
        visits = conn.execute(
            text(
                "SELECT count(*) FROM visit v JOIN run r ON r.id = v.run_id"
                " WHERE r.incident_id = :id"
            ),
            {"id": incident},
        ).scalar_one()
    return {
        "items": [tuple(row) for row in items],
        "runs": [tuple(row) for row in runs],
        "ledger": ledger.totals,
        "visits": visits,
    }


def test_a_dry_run_says_of_each_run_what_would_happen(world: World, owner: Actor) -> None:
    at_work(world)
    after = release(world, GONE)

    plan = plan_moves(world.handling, first(world), after, actor=owner)

    assert plan.total == 2
    own, action = plan.fates
    assert (own.incident, own.action, own.stands_at, own.refusal) == (
        1, None, ("Every action is settled",), None,
    )  # fmt: skip
    assert (action.action, action.stands_at) == (1, ("Do the action (IT)", "Overdue"))
    assert str(action.refusal).startswith("It stands at “Do the action (IT)”")


def test_what_somebody_holds_writes_and_is_due_survives(world: World, owner: Actor) -> None:
    incident = at_work(world)
    world.clock.forward(hours=3)
    before = kept(world, incident)

    shown, lines = moved(world, owner, release(world, RENAMED))

    assert (shown.moved, shown.stays, shown.waits) == (2, 0, 0)
    assert shown.ended_at is not None
    assert [line.state for line in lines] == ["moved", "moved"]
    assert kept(world, incident) == before
    assert {item.title for item in world.items(incident)} >= {"Do the work (IT)"}


def test_a_moved_incident_goes_on_to_its_confirmed_end(world: World, owner: Actor) -> None:
    incident = at_work(world)
    moved(world, owner, release(world, RENAMED))

    world.act(incident, "ada")
    world.verify(incident, "hugo")
    world.confirm(incident)

    assert world.row(incident).state == "closed"
    assert world.row(incident).closed_by == "confirmed"


def test_one_that_waits_for_its_customer_is_reminded_when_it_would_have_been(
    world: World, owner: Actor
) -> None:
    incident = asked(world)
    with world.handling.store.read() as conn:
        due = conn.execute(
            select(t.run.c.due_at).where(
                t.run.c.incident_id == incident, t.run.c.action_id.is_(None)
            )
        ).scalar_one()
    moved(world, owner, release(world, RENAMED))

    world.clock.now = due + timedelta(seconds=1)
    world.fire(incident)

    with world.handling.store.read() as conn:
        passed = conn.execute(
            text("""SELECT v.element FROM visit v JOIN run r ON r.id = v.run_id
              WHERE r.incident_id = :id AND v.left_at = :at ORDER BY v.id"""),
            {"id": incident, "at": world.clock.now},
        ).scalars()
        assert [*passed] == ["remind", "remind_confirmers", "reminded"]
    world.confirm(incident)
    assert world.row(incident).state == "closed"


def test_each_move_is_an_entry_of_a_chain_that_holds(world: World, owner: Actor) -> None:
    incident = at_work(world)
    moved(world, owner, release(world, RENAMED))
    world.act(incident, "ada")
    world.verify(incident, "hugo")
    world.confirm(incident)

    with world.handling.store.read() as conn:
        found = conn.execute(
            text("""SELECT actor, person_id, content FROM entry
              WHERE incident_id = :id AND verb = 'run:moved' ORDER BY seq"""),
            {"id": incident},
        ).all()
    assert [(row.actor, row.person_id) for row in found] == [("Dora Diaz", owner.id)] * 2
    assert (found[0].content["from"], found[0].content["to"]) == (1, 2)
    assert found[0].content["reason"] == "Newer"
    with world.handling.store.read() as conn:
        closed, unproven = closures_without_evidence(conn, {KEY.id: KEY.secret})
    assert (closed, unproven) == (1, [])


def test_what_cannot_move_says_why_and_goes_on_where_it_is(world: World, owner: Actor) -> None:
    incident = at_work(world)
    before = kept(world, incident)

    shown, lines = moved(world, owner, release(world, GONE))

    assert (shown.moved, shown.stays) == (1, 1)
    stays = lines[0]
    assert (stays.incident, stays.action, stays.state) == (1, 1, "stays")
    assert stays.says[0].startswith("It stands at “Do the action (IT)”")
    assert kept(world, incident) == before
    world.act(incident, "ada")
    world.verify(incident, "hugo")
    world.confirm(incident)
    assert world.row(incident).state == "closed"


def test_a_move_that_was_killed_goes_on_where_it_was(world: World, owner: Actor) -> None:
    for _ in range(3):
        at_work(world)
    after = release(world, RENAMED)
    made = begin_move(world.handling, first(world), after, reason="Newer", actor=owner)
    with world.handling.store.begin() as work:
        lost = text(
            "UPDATE move_line SET state = 'over' WHERE move_id = :id AND run_id IN "
            "(SELECT run_id FROM move_line WHERE move_id = :id LIMIT 2)"
        )
        work.conn.execute(lost, {"id": made})

    go_on(world.handling, made, actor=owner)
    for _ in range(2):
        move_all(world.handling, made)

    with world.handling.store.read() as conn:
        shown = move_shown(conn, made)
        entries = conn.scalar(text("SELECT count(*) FROM entry WHERE verb = 'run:moved'"))
    assert (shown.moved, shown.over, shown.waits) == (4, 2, 0)
    assert entries == 4


def test_who_finishes_a_step_while_it_moves_does_it_once(world: World, owner: Actor) -> None:
    incident = at_work(world)
    item = next(one for one in world.items(incident) if one.action_id)
    made = begin_move(
        world.handling, first(world), release(world, RENAMED), reason="Newer", actor=owner
    )
    answers = {"outcome": "done", "what_was_done": "All", "evidence": "the log"}

    refused = at_once(
        lambda: move_all(world.handling, made),
        lambda: complete(world.handling, item.id, answers, actor=world.actor("ada")),
    )

    assert refused == [None, None]
    with world.handling.store.read() as conn:
        assert move_shown(conn, made).waits == 0
    with pytest.raises(ItemEnded):
        complete(world.handling, item.id, answers, actor=world.actor("ada"))
    world.verify(incident, "hugo")
    world.confirm(incident)
    assert world.row(incident).state == "closed"


def test_the_history_of_a_moved_run_is_shown_on_its_new_release(world: World, owner: Actor) -> None:
    incident = asked(world)
    with world.handling.store.read() as conn:
        page = run_page(conn, incident_id=incident)
    assert (page.began_on, page.release_number) == (1, 1)
    moved(world, owner, release(world, RENAMED))
    with world.handling.store.read() as conn:
        page = run_page(conn, incident_id=incident)
    assert (page.began_on, page.release_number) == (1, 2)
    assert {one.element for one in page.steps} >= {"agree_what_right_means", "verify_outcome"}


@pytest.mark.parametrize("login", ["ada", "egon", "fay", "carla"])
def test_only_process_owners_move(world: World, login: str) -> None:
    at_work(world)
    after = release(world, RENAMED)
    actor = world.actor(login)
    with pytest.raises(NotAllowed):
        begin_move(world.handling, first(world), after, reason="Newer", actor=actor)
    with pytest.raises(NotAllowed):
        plan_moves(world.handling, first(world), after, actor=actor)


def test_a_move_says_why_and_goes_elsewhere(world: World, owner: Actor) -> None:
    after = release(world, RENAMED)
    before = first(world)
    with pytest.raises(InvalidAnswers):
        begin_move(world.handling, before, before, reason="Newer", actor=owner)
    with pytest.raises(InvalidAnswers):
        begin_move(world.handling, before, after, reason=" ", actor=owner)
    with pytest.raises(Conflict):
        begin_move(world.handling, before, after, reason="Newer", actor=owner)
    with pytest.raises(NotFound):
        begin_move(world.handling, before, world.process_id, reason="Newer", actor=owner)


def releases_of_visits(world: World, incident: UUID, action: UUID | None = None) -> dict[str, int]:
    """Return on which release the run of the incident, or of its action, left what it passed."""
    with world.handling.store.read() as conn:
        page = run_page(conn, incident_id=None if action else incident, action_id=action)
    return {one.element: drawn.release_number for drawn in page.diagrams for one in drawn.visits}


def test_what_waited_for_a_move_counts_to_the_later_release(world: World, owner: Actor) -> None:
    incident = at_work(world)
    item = next(one for one in world.items(incident) if one.action_id)
    done = {"outcome": "done", "what_was_done": "Done as asked"}
    after = release(world, RENAMED)

    with world.handling.store.begin() as early:
        world.clock.forward(seconds=5)
        moved(world, owner, after)
        complete(world.handling.within(early), item.id, done, actor=world.actor("ada"))

    on = releases_of_visits(world, incident, item.action_id)
    assert (on["requested"], on["do_it_action"], on["settled"]) == (1, 2, 2)


def test_what_a_move_waited_for_counts_to_the_earlier_release(world: World, owner: Actor) -> None:
    incident = world.report()
    world.lead(incident)
    after = release(world, RENAMED)
    made = begin_move(world.handling, first(world), after, reason="Newer", actor=owner)

    with world.handling.store.begin() as early:
        world.clock.forward(seconds=5)
        world.agree(incident, world.for_team("databases"))
        move_all(world.handling.within(early), made)
    world.act(incident, "ada")

    on = releases_of_visits(world, incident)
    assert (on["agree_what_right_means"], on["every_action_is_settled"]) == (1, 2)
