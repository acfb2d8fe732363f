"""Pages about an incident: reporting, following, leading, proposing, and its history."""

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import select

from engine.store import schema as t
from tests.visitor import Visitor, hidden_in, todo_path, words_of
from tests.world import World

Visit = Callable[[str | None], Visitor]
REPORT = {
    "title": "Statements show wrong balances",
    "actual": "Payments are missing",
    "expected": "All payments",
    "impact": "medium",
    "urgency": "low",
}


def test_a_customer_reports_and_follows_it(world: World, visit: Visit) -> None:
    carla = visit("carla")

    carla.send("/report", REPORT | {"product": str(world.process_id)})

    page = words_of(carla.get("/incidents/1"))
    assert "Somebody answers for this from now on" in page
    assert "nobody has taken it up yet" in page


def test_a_report_sent_twice_is_one_incident(world: World, visit: Visit) -> None:
    carla = visit("carla")
    sent = hidden_in(carla.get("/report")) | REPORT | {"product": str(world.process_id)}

    carla.send_as_it_is("/report", sent, 303)
    carla.send_as_it_is("/report", sent, 303)
    carla.send_as_it_is("/report", sent | {"title": "Another"}, 409)

    assert "Incidents" in carla.get("/incidents")
    carla.get("/incidents/2", 404)


def test_a_report_with_gaps_comes_back_with_what_was_written(visit: Visit) -> None:
    page = visit("carla").send("/report", {"actual": "It is blue"}, 422)

    assert "It is blue" in page
    assert "Please choose where it came from." in page
    assert "Please say in one line what it is about." in page


def test_incidents_are_listed_by_what_the_address_says(world: World, visit: Visit) -> None:
    world.report(title="Still open")
    world.confirmed()
    hugo = visit("hugo")

    assert "Still open" in hugo.get("/incidents")
    closed = words_of(hugo.get("/incidents?show=closed"))
    assert "Wrong balances" in closed
    assert "Still open" not in closed
    assert "Nothing has these words" in hugo.get("/incidents?words=zebra")
    assert "Still open" in visit("carla").get("/incidents?show=reported")
    assert "Nothing here" in visit("olga").get("/incidents")


def test_a_long_list_goes_on_behind_a_link(world: World, visit: Visit) -> None:
    for place in range(31):
        world.report(title=f"Report {place}")
    hugo = visit("hugo")

    first = hugo.get("/incidents")
    assert "Show the next ones" in first
    following = next(
        part.split('"')[0]
        for part in first.split('href="')
        if part.startswith("/incidents?") and "after=" in part
    )
    second = words_of(hugo.get(following.replace("&amp;", "&")))
    assert "Report 0" in second
    assert "Back to the first" in second
    assert "There is no such page" in hugo.get("/incidents?after=rubbish", 422)


def test_taking_the_lead(world: World, visit: Visit) -> None:
    incident = world.report()
    assert "Take the lead" not in visit("carla").get("/incidents/1")

    visit("hugo").send("/incidents/1/lead", {}, at="/incidents/1")

    assert world.row(incident).taken_up_at is not None
    assert "Take the lead" not in visit("hugo").get("/incidents/1")
    assert "You cannot take the lead" in visit("carla").send(
        "/incidents/1/lead", {}, 403, at="/report"
    )


@pytest.mark.parametrize(
    "path",
    ["", "/time", "/record", "/history", "/actions/new", "/actions/1", "/states/incident.json"],
)
def test_strangers_find_nothing(world: World, visit: Visit, path: str) -> None:
    world.asked()

    for stranger in ("fay", "olga"):
        page = visit(stranger).get(f"/incidents/1{path}", 404)
        assert "There is no such incident" in page
        assert "Wrong balances" not in page
    visit("hugo").get(f"/incidents/1{path}")


def test_an_auditor_sees_everything_and_has_no_buttons(world: World, visit: Visit) -> None:
    incident = world.asked()
    egon = visit("egon")

    for path in ("", "/time", "/record", "/history"):
        page = egon.get(f"/incidents/1{path}")
        # signing out and another language are all that can be sent
        assert page.count('method="post"') == 2
        assert "Report something" not in page
    egon.send(todo_path(world.item(incident, "confirm_outcome").id), {}, 403, at="/report")


def test_an_action_needs_only_what_and_whose(world: World, visit: Visit) -> None:
    incident = world.report()
    world.lead(incident)
    hugo = visit("hugo")

    missing = hugo.send("/incidents/1/actions/new", {}, 422)
    assert "Please say whose turn it is." in missing
    hugo.send("/incidents/1/actions/new", {"title": "Call them", "party": "business"})

    assert "Call them" in hugo.get("/incidents/1")
    assert "do_business_action" in world.steps(incident)


def test_a_key_that_stands_for_another_sending_is_given_up(world: World, visit: Visit) -> None:
    world.lead(world.report())
    hugo, path = visit("hugo"), "/incidents/1/actions/new"
    sent = hidden_in(hugo.get(path)) | {"title": "Call them", "party": "business"}
    hugo.send_as_it_is(path, sent, 303)

    refused = hugo.send_as_it_is(path, sent | {"title": "Write to them"}, 409)
    hugo.send_as_it_is(path, sent | hidden_in(refused) | {"title": "Write to them"}, 303)

    assert "Write to them" in hugo.get("/incidents/1")


def _proposed(world: World) -> UUID:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    world.act(incident, "ada")
    world.propose(incident, "ada", "accounting", title="Credit the difference")
    return incident


def test_the_lead_takes_a_proposal_up(world: World, visit: Visit) -> None:
    incident = _proposed(world)
    page = "/incidents/1/actions/2"
    assert "Is it taken up?" in visit("hugo").get(page)
    assert "Is it taken up?" not in visit("bruno").get(page)
    assert "Only the lead decides" in visit("ada").send(
        f"{page}/accept", {"kind": "puts_right"}, 403, at="/report"
    )

    visit("hugo").send(f"{page}/accept", {"kind": "puts_right"}, at=page)

    assert world.steps(incident) == ["do_business_action"]
    assert "was decided on meanwhile" in visit("hugo").send(
        f"{page}/accept", {"kind": "puts_right"}, 409, at="/report"
    )


def test_a_proposal_is_not_taken_up_without_a_reason(world: World, visit: Visit) -> None:
    incident = _proposed(world)
    page, hugo = "/incidents/1/actions/2", visit("hugo")

    assert "Please say why." in hugo.send(f"{page}/refuse", {"reason": "  "}, 422, at=page)
    hugo.send(f"{page}/refuse", {"reason": "Nobody was charged"}, at=page)

    assert "Nobody was charged" in hugo.get("/incidents/1")
    assert world.steps(incident) == ["verify_outcome"]


def test_the_owner_accepts_by_name_what_is_not_done(world: World, visit: Visit) -> None:
    incident = world.report()
    world.lead(incident)
    world.propose(incident, "hugo", targets=("Costa", "Orlov"))
    with world.handling.store.read() as conn:
        costa, orlov = conn.scalars(select(t.target.c.id).order_by(t.target.c.position))
    rows = [
        {"target": str(costa), "outcome": "done"},
        {"target": str(orlov), "outcome": "declined"},
    ]
    world.do(incident, "ada", "do_it_action", outcome="done", what_was_done="Sent", targets=rows)
    page, dora = "/incidents/1/actions/1", visit("dora")
    assert "Accept those ticked" not in visit("hugo").get(page)

    chosen = {"target": str(orlov)}
    assert "Please say why" in dora.send(f"{page}/not-done", chosen, 422, at=page)
    assert "Please tick" in dora.send(f"{page}/not-done", {"reason": "x"}, 422, at=page)
    dora.send(f"{page}/not-done", chosen | {"reason": "They moved away"}, at=page)

    assert "Dora Diaz: They moved away" in words_of(dora.get(page))


def test_the_page_says_what_is_still_missing(world: World, visit: Visit) -> None:
    world.asked()

    page = words_of(visit("hugo").get("/incidents/1"))

    assert "What is still missing Carla Costa has not answered" in page
    assert "found right" in page


def test_whose_time_is_a_picture_and_a_table(world: World, visit: Visit) -> None:
    incident = world.report()
    world.clock.forward(hours=2)
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    world.clock.forward(days=2)

    page = visit("hugo").get("/incidents/1/time")

    assert page.count('class="ground" x=') == 2
    assert "2 d 2 h" in words_of(page).replace("\N{NO-BREAK SPACE}", " ")
    assert 'style="' not in page


def test_history_gives_the_drawing_and_what_was_passed(world: World, visit: Visit) -> None:
    world.asked()
    hugo = visit("hugo")

    page = hugo.get("/incidents/1/history")
    assert 'data-xml-url="/incidents/1/drawings/incident.bpmn"' in page
    assert 'data-xml-url="/incidents/1/drawings/confirmation.bpmn"' in page
    assert "<bpmn:definitions" in hugo.get("/incidents/1/drawings/incident.bpmn")
    state = hugo.client.get("/incidents/1/states/incident.json").get_json()
    assert {"begin", "plan", "work", "check", "checked"} <= set(state["flows"])
    assert "verify_outcome" in state["done"]
    assert "right" in state["flows"], "the way to where it waits was taken too"
    assert "obtain_confirmation" in state["waiting"], "it waits in the drawing that this one calls"
    own = hugo.client.get("/incidents/1/states/1/action.json").get_json()
    assert "do_it_action" in own["done"]
    assert "Put it right" in hugo.get("/incidents/1/history/1")
    hugo.get("/incidents/1/history/9", 404)
    hugo.get("/incidents/1/drawings/nothing.bpmn", 404)


def test_no_page_speaks_the_machine_s_words(world: World, visit: Visit) -> None:
    incident = world.asked()
    hugo = visit("hugo")
    paths = ["/", "/?scope=all", "/incidents", "/incidents/1", "/incidents/1/time", "/report"]
    paths += [todo_path(item.id) for item in world.items(incident, is_open=False)]

    for path in paths:
        page = words_of(hugo.get(path)).lower()
        for machine in ("work item", "lane", "puts_right", "verify_outcome", "escalate", "none"):
            assert machine not in page.replace("none of them", ""), (path, machine)


def test_what_no_database_can_keep_is_left_out_of_words_and_reasons(
    world: World, visit: Visit
) -> None:
    incident = world.asked()
    world.propose(incident, "ada")

    found = visit("hugo").get("/incidents?words=Wrong%00+balances")
    where = "/incidents/1/actions/2"
    visit("hugo").send(f"{where}/refuse", {"reason": "Not\x00 now"}, at=where)

    assert "1 has these words" in found
    assert "Not now" in visit("hugo").get(where)


def test_a_number_that_no_incident_can_have_is_not_there(visit: Visit) -> None:
    page = visit("hugo").get(f"/incidents/{2**63}", 404)

    assert "There is no such incident" in page


def test_an_address_that_does_not_exist_says_what_to_do(visit: Visit) -> None:
    page = words_of(visit("hugo").get("/nowhere", 404))

    assert "There is no such page." in page
    assert "To your to-dos" in page
