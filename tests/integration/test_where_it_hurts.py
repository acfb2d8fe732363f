"""Where runs wait: exact numbers of a small story, and the page that shows them."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from lxml import html
from sqlalchemy import insert, text

from engine.queries.library import release_line
from engine.queries.where_it_hurts import StillWaiting, Waited, WhereItHurts, where_it_hurts
from engine.store import schema as t
from engine.usecases.restricting import restrict
from tests.visitor import Visitor, words_of
from tests.world import World

Visit = Callable[[str | None], Visitor]
HOUR = timedelta(hours=1)


def one_more(world: World, *, checked_after: float, answered_after: float | None = None) -> None:
    """Tell of an incident whose check, and perhaps whose answer, took so many hours."""
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    world.act(incident, "ada")
    world.clock.forward(hours=checked_after)
    world.verify(incident)
    if answered_after is not None:
        world.clock.forward(hours=answered_after)
        world.confirm(incident)


@pytest.fixture
def story(world: World) -> World:
    """Three checks that took 1, 2 and 10 hours; two answers of 4 and 6, one still awaited for 3."""
    one_more(world, checked_after=1, answered_after=4)
    one_more(world, checked_after=10, answered_after=6)
    one_more(world, checked_after=2)
    world.clock.forward(hours=3)
    return world


def hurts(
    world: World,
    diagram: str,
    *,
    since: timedelta | None = None,
    until: timedelta | None = None,
    borrowing: str | None = None,
) -> WhereItHurts:
    """Ask about all of the story, or from and until so long ago.

    `borrowing`: of a diagram with the steps of another one.
    """
    now = world.clock.now
    with world.handling.store.read() as conn:
        release = release_line(conn, 1)
        processes = world.handling.releases.get(conn, release.id).specs.release.processes
        process = replace(processes[borrowing or diagram], id=diagram)
        return where_it_hurts(
            conn,
            release.id,
            process,
            since=now - (since or timedelta(days=30)),
            until=now - (until or timedelta(seconds=-1)),
            now=now,
        )


def test_how_often_and_how_long_runs_waited_at_a_step_is_exact(story: World) -> None:
    check = hurts(story, "incident").elements["verify_outcome"]

    # nine in ten of 1, 2 and 10 hours: four fifths of the way from 2 to 10
    assert (check.done, check.undone, check.now) == (3, 0, None)
    assert check.waited == Waited(3, 2 * HOUR, 8.4 * HOUR)
    assert check.by_party == {"business": check.waited}


def test_what_still_waits_is_counted_apart_with_whom_it_waits_for(story: World) -> None:
    answer = hurts(story, "confirmation").elements["confirm_outcome"]

    assert (answer.done, answer.waited) == (2, Waited(2, 5 * HOUR, 5.8 * HOUR))
    assert answer.by_party == {"customer": answer.waited}
    assert answer.now == StillWaiting(1, 3 * HOUR)
    assert answer.now_by_party == {"customer": 1}


def test_for_whom_it_waited_is_told_apart_by_diagram(story: World) -> None:
    """In an earlier release another diagram had a step of this id; its runs were moved here."""
    before = hurts(story, "incident").elements["verify_outcome"].by_party
    begun = story.clock.now
    incident = story.report()
    story.lead(incident)
    story.agree(incident, story.for_team("databases"))
    with story.handling.store.begin() as work:
        run = work.conn.execute(
            text(
                "SELECT id AS run_id, incident_id, action_id FROM run"
                " WHERE action_id IS NOT NULL ORDER BY started_at DESC LIMIT 1"
            )
        ).one()
        elsewhere = run._asdict() | {
            "id": uuid4(),
            "task_id": uuid4(),
            "step": "verify_outcome",
            "title": "Check",
            "lane": "it",
            "party": "it",
            "opened_at": begun,
            "ended_at": begun + HOUR,
            "how": "completed",
        }
        work.conn.execute(insert(t.work_item), elsewhere)
        work.conn.execute(
            insert(t.visit),
            {
                "run_id": run.run_id,
                "diagram": "action",
                "element": "verify_outcome",
                "entered_at": begun,
                "left_at": begun + HOUR,
                "how": "completed",
            },
        )
    story.clock.forward(hours=2)

    assert hurts(story, "incident").elements["verify_outcome"].by_party == before
    step = hurts(story, "action", borrowing="incident").elements["verify_outcome"]
    assert step.by_party == {"it": Waited(1, HOUR, HOUR)}


def test_what_waits_in_a_called_diagram_waits_at_its_call(story: World) -> None:
    called = hurts(story, "incident").elements["obtain_confirmation"]

    assert (called.done, called.now) == (2, StillWaiting(1, 3 * HOUR))


def test_each_way_is_counted(story: World) -> None:
    found = hurts(story, "incident")

    assert found.flows["right"] == 2, "of the third, what it led to is not over"
    assert found.flows["check"] == found.flows["checked"] == 3
    assert "not_right" not in found.flows
    assert found.elements["obtain_confirmation"].waited == Waited(2, 5 * HOUR, 5.8 * HOUR)


def test_only_what_was_over_within_the_period_counts(story: World) -> None:
    # the second check was over after 1 + 4 + 10 hours, 11 before now
    assert hurts(story, "incident", since=11 * HOUR).elements["verify_outcome"].done == 2
    assert hurts(story, "incident", since=10 * HOUR).elements["verify_outcome"].done == 1
    only = hurts(story, "incident", since=11 * HOUR, until=10 * HOUR).elements["verify_outcome"]
    assert only.waited == Waited(1, 10 * HOUR, 10 * HOUR)
    later = hurts(story, "confirmation", since=HOUR)
    assert later.elements["confirm_outcome"].waited is None
    assert later.elements["confirm_outcome"].now == StillWaiting(1, 3 * HOUR)


def test_a_timer_beside_a_step_waits_for_nobody(story: World) -> None:
    story.clock.forward(days=15)
    story.fire(story.numbered(3))

    found = hurts(story, "confirmation").elements
    assert found["remind"].done == found["unanswered"].done == 1
    assert (found["remind"].waited, found["remind"].now) == (None, None)


def test_a_restricted_incident_is_left_out(story: World) -> None:
    restrict(story.handling, story.numbered(3), reason="It is about Ada", actor=story.actor("hugo"))

    found = hurts(story, "incident")

    assert found.elements["verify_outcome"].waited == Waited(2, 5.5 * HOUR, 9.1 * HOUR)
    assert hurts(story, "confirmation").elements["confirm_outcome"].now is None


def test_nothing_hurts_where_nothing_ran(world: World) -> None:
    assert hurts(world, "incident") == WhereItHurts({}, {})


# --- the page ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("story")
def test_the_page_says_where_runs_waited_the_longest_first(visit: Visit) -> None:
    page = visit("dora").get("/studio/releases/1/hurts/incident")
    words = words_of(page)

    assert "Verify the outcome" in words
    assert "the business: 3×, 2 h (nine in ten: 8 h 24 min)" in words.replace("\xa0", " ")
    rows = html.fromstring(page).xpath("//table[contains(@class, 'stacks')]/tbody/tr/th/a[1]")
    assert [row.text for row in rows][:2] == ["Obtain confirmation", "Verify the outcome"]
    data = json.loads(html.fromstring(page).xpath("//script[@id='drawing-data']/text()")[0])
    assert data["heat"] == {"obtain_confirmation": 5, "verify_outcome": 2}
    assert data["signs"]["verify_outcome"].replace("\xa0", " ") == "3× · 2 h"
    assert data["flows"]["checked"] == "3"


@pytest.mark.usefixtures("story")
def test_the_page_says_what_waits_now_for_whom(visit: Visit) -> None:
    page = words_of(visit("egon").get("/studio/releases/1/hurts/confirmation"))

    assert "1, for 3 h the customer: 1" in page.replace("\xa0", " ")


def test_the_period_is_two_days_of_the_readers_calendar(story: World, visit: Visit) -> None:
    day, dora = story.clock.now.date(), visit("dora")
    at = "/studio/releases/1/hurts/incident"

    for first, last in ((day, day), (day - timedelta(days=9), day)):
        page = dora.get(f"{at}?since={first}&until={last}")
        assert f'value="{first}"' in page
    before = dora.get("/studio/releases/1/hurts/action?since=2020-01-01&until=2020-02-01")
    assert "Nothing has waited anywhere in this time." in words_of(before)
    for wrong in (
        "since=2020-02-01&until=2020-01-01",
        "since=x",
        "until=9999-12-31&since=0001-01-01",
    ):
        assert "Please give two days, the earlier one first." in words_of(dora.get(f"{at}?{wrong}"))


def test_what_is_not_there_is_not_found(visit: Visit) -> None:
    dora = visit("dora")

    dora.get("/studio/releases/1/hurts/nothing", 404)
    dora.get("/studio/releases/9/hurts/incident", 404)


def test_it_is_for_process_owners_and_auditors(visit: Visit) -> None:
    for login in ("ada", "carla", "fay"):
        visit(login).get("/studio/releases/1/hurts/incident", 403)
