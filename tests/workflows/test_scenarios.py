"""Tries on the real engine, and the shipped scenarios, which take every way that there is."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from api.cli import main
from engine.bpmn.scenarios import (
    Answer,
    Known,
    Passes,
    Scenario,
    Told,
    Waits,
    read_scenarios,
    with_scenario,
)
from engine.runtime import Specs
from engine.runtime.trial import BEGINS_AT, Moved, try_out
from engine.usecases.scenarios import run_scenarios
from tests.world import shipped_files

SHIPPED = shipped_files()
SPECS = Specs.parse(SHIPPED)
STRAIGHT = (
    Answer("agree_what_right_means", {}),
    Told("actions_settled"),
    Answer("verify_outcome", {"verdict": "right"}),
    Answer("confirm_outcome", {"answer": "yes"}),
)
GIVEN = {"impact": "high", "urgency": "high"}
STORIES = [
    (file, one.name)
    for file in sorted(SHIPPED)
    if file.endswith(".scenarios.yaml")
    for one in read_scenarios(file, SHIPPED[file])[0]
]


def tried(*moves: object, diagram: str = "incident") -> tuple[Moved, ...]:
    return try_out(SPECS, diagram, GIVEN, moves)  # type: ignore[arg-type]


def waits(state: Moved) -> set[str]:
    return {one.element for one in state.waiting}


# --- tries ---------------------------------------------------------------------------------------


def test_a_try_goes_the_straight_way_to_the_end() -> None:
    begun, *_, last = tried(*STRAIGHT)

    assert waits(begun) == {"agree_what_right_means"}
    assert begun.data["priority"] == "P1"
    assert (last.ends, last.closes, last.wrong) == ("closed_confirmed", "confirmed", None)
    assert [one.element for one in last.passages][-3:] == [
        "obtain_confirmation",
        "may_it_close",
        "closed_confirmed",
    ]


def test_stepping_back_is_trying_with_one_move_less() -> None:
    whole = tried(*STRAIGHT)
    for place in range(len(STRAIGHT)):
        again = tried(*STRAIGHT[:place])
        assert [(one.at, waits(one), one.ends) for one in again] == [
            (one.at, waits(one), one.ends) for one in whole[: place + 1]
        ]


def test_time_passes_until_the_next_timer() -> None:
    *_, reminded = tried(*STRAIGHT[:3], Passes(None))
    assert "remind" in {one.element for one in reminded.passages}
    assert reminded.at == BEGINS_AT + timedelta(hours=8)

    *_, later = tried(*STRAIGHT[:3], Passes(timedelta(days=6)))
    assert "decide_without_answer" in waits(later)


def test_no_answer_counts_after_new_work() -> None:
    moves = (*STRAIGHT[:3], Told("action_proposed"), Told("actions_settled"))
    *_, asked_again = tried(*moves)
    assert waits(asked_again) == {"verify_outcome", "proposed_while_checking"}


def test_a_no_leads_back_to_work() -> None:
    *_, back = tried(*STRAIGHT[:3], Answer("confirm_outcome", {"answer": "no"}))
    assert waits(back) == {"agree_what_right_means"}


def test_what_is_known_opens_another_way() -> None:
    late = Passes(timedelta(days=6))
    *_, missing = try_out(SPECS, "confirmation", {"tries": "missing"}, (late,))
    *_, enough = try_out(
        SPECS,
        "confirmation",
        {"tries": "missing"},
        (late, Known({"tries": "enough"}), Told("tried")),
    )
    assert "tried_once_more" in waits(missing)
    assert "decide_without_answer" in waits(enough)


def test_nobody_opens_the_gate_from_outside() -> None:
    forged = Known({"gate": "confirmed"})
    *_, back = tried(*STRAIGHT[:3], forged, Answer("confirm_outcome", {"answer": "no"}))
    assert back.ends is None


@pytest.mark.parametrize(
    ("moves", "said"),
    [
        ((Answer("verify_outcome", {}),), "Nobody is asked “verify_outcome” now"),
        ((Told("actions_settled"),), "Nothing waits for “actions_settled”"),
        ((Passes(None),), "No timer waits"),
        ((*STRAIGHT, Told("actions_settled")), "Nothing waits for"),
        ((*STRAIGHT, Passes(timedelta(days=1))), "It has ended before"),
    ],
)
def test_what_cannot_happen_says_so_and_ends_the_try(moves: tuple[object, ...], said: str) -> None:
    states = tried(*moves, *STRAIGHT)
    assert len(states) == len(moves) + 1
    assert said in str(states[-1].wrong)


def test_a_diagram_that_fails_is_told_and_not_raised() -> None:
    files = SHIPPED | {
        "incident.bpmn": SHIPPED["incident.bpmn"].replace(b'gate == "confirmed"', b"nobody == 1")
    }
    states = try_out(Specs.parse(files), "incident", GIVEN, STRAIGHT)
    assert "nobody" in str(states[-1].wrong)
    (unknown,) = try_out(SPECS, "elsewhere", {}, ())
    assert "There is no diagram" in str(unknown.wrong)
    (reserved,) = try_out(SPECS, "incident", {"verify_outcome": "right"}, ())
    assert reserved.wrong is not None


# --- scenarios -----------------------------------------------------------------------------------


def test_the_shipped_scenarios_take_every_way() -> None:
    found = run_scenarios(SPECS, SHIPPED)

    assert found.failed == ()
    assert {*found.coverage} == {"incident", "confirmation", "action"}
    for one in found.coverage.values():
        assert (one.of_elements, one.of_flows) == (1.0, 1.0)


@pytest.mark.parametrize(("file", "name"), STORIES)
def test_each_of_them_fails_if_it_ends_otherwise(file: str, name: str) -> None:
    text = SHIPPED[file].decode()
    at = text.index("  ends: ", text.index(f"- name: {name}\n"))
    changed = text[:at] + "  ends: elsewhere" + text[text.index("\n", at) :]

    found = run_scenarios(SPECS, SHIPPED | {file: changed.encode()})

    assert [one.name for one in found.failed] == [name]


def story(*moves: object, ends: str | None = None, closes: str | None = None) -> str | None:
    one = Scenario("A", "", "incident", GIVEN, moves, ends, closes)  # type: ignore[arg-type]
    found = run_scenarios(SPECS, {**SHIPPED, "incident.scenarios.yaml": with_scenario(b"", one)})
    return next(one.failed for one in found.outcomes if one.diagram == "incident")


def test_an_expectation_that_is_not_met_says_what_was_instead() -> None:
    assert story(*STRAIGHT, ends="closed_confirmed", closes="confirmed") is None
    assert story(Waits(frozenset({"verify_outcome"}))) == (
        "Move 1: it waits for agree_what_right_means and not for verify_outcome."
    )
    assert story(*STRAIGHT) == "It ends at closed_confirmed and not at nothing."
    assert story(*STRAIGHT, ends="closed_confirmed", closes="escalated") == (
        "It closes as confirmed and not as escalated."
    )


def test_an_answer_that_no_form_offers_is_no_story() -> None:
    said = story(*STRAIGHT[:2], Answer("verify_outcome", {"verdict": "perhaps"}))
    assert said == "Move 3: “verify_outcome” does not offer perhaps as “verdict”."


def test_what_none_of_them_passes_is_named() -> None:
    files = {name: one for name, one in SHIPPED.items() if name != "action.scenarios.yaml"}
    action = run_scenarios(SPECS, files).coverage["action"]
    assert action.of_elements == action.of_flows == 0.0
    assert "do_it_action" in action.missed_elements


# --- the command ---------------------------------------------------------------------------------


def test_the_command_says_what_came_of_them() -> None:
    said = CliRunner().invoke(main, ["scenarios", "--json"])
    assert said.exit_code == 0
    told = json.loads(said.stdout)
    assert (told["scenarios"], told["failed"]) == (len(STORIES), 0)
    assert told["element_coverage"] == {"action": 1.0, "confirmation": 1.0, "incident": 1.0}
    assert "100% of flows" in CliRunner().invoke(main, ["scenarios"]).stdout


def test_the_command_fails_with_what_failed(tmp_path: Path) -> None:
    for name, content in SHIPPED.items():
        (tmp_path / name).write_bytes(content.replace(b"ends: settled", b"ends: nowhere"))
    said = CliRunner().invoke(main, ["scenarios", str(tmp_path)])
    assert said.exit_code == 1
    assert "- action.scenarios.yaml, “IT does it, late”: It ends at settled" in said.stdout

    (tmp_path / "action.bpmn").write_bytes(b"<")
    said = CliRunner().invoke(main, ["scenarios", str(tmp_path)])
    assert said.exit_code == 2
    assert "action.bpmn" in said.stderr
