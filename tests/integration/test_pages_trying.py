"""Trying a draft out on a page: moves travel with it, and nothing is kept but what is asked for."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import pytest
from lxml import html
from sqlalchemy import text

from engine.bpmn.scenarios import Answer, Waits, read_scenarios
from engine.queries.drafts import draft_file
from engine.usecases.drafting import begin_draft, save_file
from tests.visitor import Visitor, hidden_in, words_of
from tests.world import World, shipped_files

Visit = Callable[[str | None], Visitor]
SHIPPED = shipped_files()


@pytest.fixture
def draft(world: World) -> UUID:
    return begin_draft(world.handling, "Ask the bank first", actor=world.actor("dora"))


class Trying:
    """Somebody who tries a diagram, move by move."""

    def __init__(self, visitor: Visitor, draft: UUID, diagram: str = "incident") -> None:
        self.visitor, self.path = visitor, f"/studio/drafts/{draft}/try/{diagram}"
        self.page = visitor.get(self.path)

    def move(self, deed: str, status: int = 200, **more: str) -> "Trying":
        assert f'action="{self.path}"' in self.page
        sent: Mapping[str, Any] = hidden_in(self.page) | {"deed": deed} | more
        self.page = self.visitor.send_as_it_is(self.path, sent, status)
        return self

    def answer(self, step: str, **decisions: str) -> "Trying":
        chosen = {f"{step}.{name}": f'"{value}"' for name, value in decisions.items()}
        return self.move(f"answer:{step}", **chosen)

    @property
    def words(self) -> str:
        return words_of(self.page)

    def to_confirmation(self) -> "Trying":
        self.answer("agree_what_right_means").move("told:actions_settled")
        return self.answer("verify_outcome", verdict="right")


@pytest.fixture
def trying(visit: Visit, draft: UUID) -> Trying:
    return Trying(visit("dora"), draft)


def rows(world: World) -> int:
    with world.handling.store.read() as conn:
        counted = text("""SELECT (SELECT count(*) FROM incident) + (SELECT count(*) FROM run)
          + (SELECT count(*) FROM entry)""")
        return int(conn.scalar(counted) or 0)


def test_a_try_goes_to_its_end_and_leaves_no_trace(world: World, trying: Trying) -> None:
    before = rows(world)

    trying.to_confirmation()
    assert "Confirm the outcome" in trying.words
    trying.answer("confirm_outcome", answer="yes")

    assert "The end: closed confirmed – closed as confirmed" in trying.words
    assert rows(world) == before


def test_a_step_back_is_one_move_less(trying: Trying) -> None:
    trying.answer("agree_what_right_means").move("told:actions_settled")
    assert json.loads(hidden_in(trying.page)["moves"])[-1] == {"told": "actions_settled"}

    trying.move("back")

    assert "News: Every action is settled" in trying.words
    assert len(json.loads(hidden_in(trying.page)["moves"])) == 1
    trying.move("again")
    assert json.loads(hidden_in(trying.page)["moves"]) == []


def test_time_passes_on_a_clock_of_its_own(trying: Trying) -> None:
    trying.to_confirmation().move("passes", count="6", unit="days")
    assert "Decide without an answer" in trying.words
    trying.move("timer")
    assert "Remind the confirmers" in trying.words


def test_the_drawings_show_what_waits_and_what_was_just_taken(trying: Trying) -> None:
    trying.to_confirmation()

    beside = {
        one: json.loads(found.text or "")["state"]
        for one in ("incident", "confirmation")
        for found in html.fromstring(trying.page).xpath(f"//*[@id='drawing-{one}-data']")
    }
    assert beside["incident"]["waiting"] == [
        "obtain_confirmation",
        "proposed_while_confirming",
    ]
    assert "verify_outcome" in beside["incident"]["done"]
    assert beside["incident"]["token"] == ["check", "checked", "right"]
    assert beside["confirmation"]["waiting"] == ["confirm_outcome", "remind", "unanswered"]


def test_it_begins_with_what_is_chosen(trying: Trying) -> None:
    given = {"given.impact": "low", "given.urgency": "low"}
    trying.move("", **given)
    assert hidden_in(trying.page)["given.impact"] == "low"


def test_a_finished_try_is_kept_as_a_scenario(
    world: World, visit: Visit, trying: Trying, draft: UUID
) -> None:
    trying.to_confirmation().answer("confirm_outcome", answer="yes")
    sent = hidden_in(trying.page) | {"name": "The bank agrees", "shows": "All is well."}
    trying.visitor.send_as_it_is(f"{trying.path}/keep", sent, 303)

    with world.handling.store.read() as conn:
        content = draft_file(conn, draft, "incident.scenarios.yaml").content
    assert content is not None
    assert content.startswith(SHIPPED["incident.scenarios.yaml"])
    story = read_scenarios("incident.scenarios.yaml", content)[0][-1]
    assert (story.name, story.shows, story.ends) == (
        "The bank agrees", "All is well.", "closed_confirmed",
    )  # fmt: skip
    assert story.moves[-1] == Answer("confirm_outcome", {"answer": "yes"})
    assert "✓ 17 scenarios go as they say." in words_of(
        visit("dora").get(f"/studio/drafts/{draft}")
    )


def test_one_that_waits_still_says_for_what(world: World, trying: Trying, draft: UUID) -> None:
    trying.answer("agree_what_right_means")
    sent = hidden_in(trying.page) | {"name": "At work", "shows": ""}
    trying.visitor.send_as_it_is(f"{trying.path}/keep", sent, 303)
    with world.handling.store.read() as conn:
        content = draft_file(conn, draft, "incident.scenarios.yaml").content
    story = read_scenarios("incident.scenarios.yaml", content or b"")[0][-1]
    assert story.moves[-1] == Waits(frozenset({"every_action_is_settled"}))


def test_a_second_one_of_that_name_is_refused(trying: Trying) -> None:
    sent = hidden_in(trying.page) | {"name": "Confirmed by the customer"}
    page = trying.visitor.send_as_it_is(f"{trying.path}/keep", sent, 422)
    assert "There are two called “Confirmed by the customer”" in words_of(page)


def test_a_scenario_that_fails_keeps_a_draft_from_being_published(
    world: World, visit: Visit, draft: UUID
) -> None:
    changed = SHIPPED["action.scenarios.yaml"].replace(b"ends: settled", b"ends: nowhere", 1)
    save_file(
        world.handling, draft, "action.scenarios.yaml", changed,
        revision=0, actor=world.actor("dora"),
    )  # fmt: skip
    page = words_of(visit("dora").get(f"/studio/drafts/{draft}"))
    assert (
        "action.scenarios.yaml, “IT does it, late”: It ends at settled and not at nowhere" in page
    )


@pytest.mark.parametrize(
    "moves",
    ["", "{", "1", "[1]", '[{"jumps": 1}]', '[{"passes": "P1Y"}]', '[{"told": "a b"}]',
     json.dumps([{"told": "a"}] * 201)],
)  # fmt: skip
def test_moves_that_are_none_are_refused(trying: Trying, moves: str) -> None:
    trying.move("told:actions_settled", 422, moves=moves)
    assert "Nothing waits" not in trying.words


@pytest.mark.parametrize(("count", "unit"), [("0", "days"), ("x", "days"), ("1", "years")])
def test_time_that_is_none_is_refused(trying: Trying, count: str, unit: str) -> None:
    trying.move("passes", 422, count=count, unit=unit)


def test_a_draft_that_cannot_run_says_why(world: World, visit: Visit, draft: UUID) -> None:
    broken = SHIPPED["incident.bpmn"].replace(b'gate == "confirmed"', b"().__class__")
    save_file(world.handling, draft, "incident.bpmn", broken, revision=0, actor=world.actor("dora"))
    page = words_of(visit("dora").get(f"/studio/drafts/{draft}/try/incident"))
    assert re.search(r"These files cannot be published: incident.bpmn, confirmed: ", page)


def test_auditors_try_and_keep_nothing(visit: Visit, draft: UUID) -> None:
    egon = Trying(visit("egon"), draft)
    egon.answer("agree_what_right_means")
    assert "Keep it as a scenario" not in egon.words
    sent = hidden_in(egon.page) | {"name": "A"}
    egon.visitor.send_as_it_is(f"{egon.path}/keep", sent, 403)


def test_what_is_not_there_is_not_tried(visit: Visit, draft: UUID) -> None:
    visit("dora").get(f"/studio/drafts/{draft}/try/nothing", 404)
    visit("ada").get(f"/studio/drafts/{draft}/try/incident", 403)
