"""A run goes on, on another release, just as if it had been there from the beginning."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from engine.bpmn import Release
from engine.errors import Conflict
from engine.proof import Verdict
from engine.proof.standing import Stands, stands
from engine.runtime import Advanced, Answered, Specs, Waiting, advance, start
from engine.runtime.moving import Moved, move
from engine.usecases.form_rules import read_forms
from engine.usecases.verifying import domains_of
from tests.world import shipped_files

SHIPPED = shipped_files()
OLD = Specs.parse(SHIPPED)
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
Files = Mapping[str, bytes]


def changed(name: str, *pairs: tuple[str, str]) -> dict[str, bytes]:
    """Return the shipped files with one of them changed."""
    text = SHIPPED[name].decode()
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return {**SHIPPED, name: text.encode()}


class Told:
    """One run, told move by move; `moved_to` carries it to another release."""

    def __init__(self, diagram: str, given: Mapping[str, str]) -> None:
        self.specs, self.diagram, self.now = OLD, diagram, NOW
        self.facts: dict[str, object] = {
            "remind_every": "PT8H",
            "decide_at": (NOW + timedelta(days=5)).isoformat(),
            "ask_again_at": (NOW + timedelta(days=9)).isoformat(),
            "watch_until": (NOW + timedelta(days=2)).isoformat(),
            "due_at": (NOW + timedelta(days=1)).isoformat(),
            "climb_every": "P1D",
            "tries": "enough",
        }
        self.state: Advanced = start(OLD, diagram, data=given, facts=self.facts, now=NOW)
        self.passed = [one.element for one in self.state.passages]

    def go(self, kind: str, what: str = "", **decisions: str) -> None:
        assert self.state.snapshot is not None
        how: dict[str, object] = {}
        if kind == "answer":
            task = next(one for one in self.state.waiting if one.element == what)
            how["answered"] = Answered(task.task_id, what, decisions)
            self.facts["gate"] = {"yes": "confirmed", "close": "escalated"}.get(
                next(iter(decisions.values()), ""), "shut"
            )
        elif kind == "told":
            how["message"] = what
        else:
            self.now = min(one.due_at for one in self.state.waiting if one.due_at is not None)
        self.state = advance(
            self.specs,
            self.diagram,
            self.state.snapshot,
            facts=self.facts,
            now=self.now,
            **how,  # type: ignore[arg-type]
        )
        self.passed += [one.element for one in self.state.passages]

    def moved_to(self, new: Specs) -> Moved:
        assert self.state.snapshot is not None
        moved = move(self.specs, new, self.diagram, self.state.snapshot, now=self.now)
        self.specs = new
        self.state = Advanced(
            moved.snapshot, moved.waiting, (), moved.due_at, None, None, self.state.data
        )
        return moved


RIGHT = ("answer", "verify_outcome", {"verdict": "right"})
AGREED = ("answer", "agree_what_right_means", {})
SETTLED = ("told", "actions_settled", {})
STORIES: dict[str, tuple[str, dict[str, str], list[tuple[str, str, dict[str, str]]]]] = {
    "confirmed": (
        "incident",
        {"impact": "high", "urgency": "low"},
        [AGREED, SETTLED, RIGHT, ("answer", "confirm_outcome", {"answer": "yes"})],
    ),
    "reminded, decided": (
        "incident",
        {"impact": "high", "urgency": "low"},
        [
            AGREED, SETTLED, RIGHT, ("timer", "", {}), ("timer", "", {}),
            *[("timer", "", {})] * 14,
            ("answer", "decide_without_answer", {"decided": "close"}),
        ],
    ),
    "watched, disturbed, not right": (
        "incident",
        {"impact": "low", "urgency": "low"},
        [
            AGREED, SETTLED, ("answer", "verify_outcome", {"verdict": "watch_until"}),
            ("told", "action_proposed", {}), SETTLED,
            ("answer", "verify_outcome", {"verdict": "not_right"}), AGREED, SETTLED, RIGHT,
            ("told", "action_proposed", {}), SETTLED, RIGHT,
            ("answer", "confirm_outcome", {"answer": "no"}), AGREED, SETTLED, RIGHT,
            ("answer", "confirm_outcome", {"answer": "yes"}),
        ],
    ),
    "late, declined, done": (
        "action",
        {"party": "it"},
        [
            ("timer", "", {}), ("timer", "", {}),
            ("answer", "do_it_action", {"outcome": "declined"}),
            ("answer", "decide_declined_action", {"decided": "ask_again"}),
            ("answer", "do_it_action", {"outcome": "done"}),
        ],
    ),
}  # fmt: skip
STAGES = [(name, at) for name, (_, _, moves) in STORIES.items() for at in range(len(moves))]


def told(name: str, carry: Callable[[int, Told], None] | None = None) -> Told:
    """Tell a story to its end; `carry` comes before each of its moves."""
    diagram, given, moves = STORIES[name]
    one = Told(diagram, given)
    for at, (kind, what, decisions) in enumerate(moves):
        if carry is not None:
            carry(at, one)
        one.go(kind, what, **decisions)
    assert one.state.snapshot is None, one.state.waiting
    return one


def moved_at(name: str, at: int, new: Specs) -> tuple[Told, Moved]:
    """Tell a story that is moved before its move number `at`."""
    found: list[Moved] = []

    def carry(place: int, one: Told) -> None:
        if place == at:
            found.append(one.moved_to(new))

    return told(name, carry), found[0]


def until(name: str, at: int) -> Told:
    diagram, given, moves = STORIES[name]
    one = Told(diagram, given)
    for kind, what, decisions in moves[:at]:
        one.go(kind, what, **decisions)
    return one


@pytest.fixture(scope="module")
def same() -> Specs:
    """The same diagrams, with everything called otherwise."""
    files = {
        name: re.sub(rb'(<bpmn:(?:\w+) id="[^"]+" name=")', rb"\1New: ", content)
        if name.endswith(".bpmn")
        else content
        for name, content in SHIPPED.items()
    }
    lanes = {
        name: re.sub(rb'(<bpmn:lane id="[^"]+" name=")New: ', rb"\1", content)
        for name, content in files.items()
    }
    messages = {
        name: re.sub(rb'(<bpmn:message id="[^"]+" name=")New: ', rb"\1", content)
        for name, content in lanes.items()
    }
    return Specs.parse(messages)


@pytest.mark.parametrize(("name", "at"), STAGES)
def test_a_run_that_was_moved_ends_as_one_that_was_not(name: str, at: int, same: Specs) -> None:
    plain = told(name)

    carried, moved = moved_at(name, at, same)

    assert carried.passed == plain.passed
    assert carried.state.end_element == plain.state.end_element
    assert carried.state.closes == plain.state.closes
    assert moved.changes == ()
    assert {one.title for one in moved.waiting if one.title} <= {
        one.name for process in same.release.processes.values() for one in process.elements.values()
    }


def _as_they_wait(waiting: Iterable[Waiting]) -> list[tuple[object, ...]]:
    """Return all but what things are called, in an order that does not depend on the tree's."""
    return sorted(
        (str(one.task_id), one.element, one.kind, one.due_at, one.since, one.lane, one.mark)
        for one in waiting
    )


@pytest.mark.parametrize(("name", "at"), STAGES)
def test_ids_dates_and_data_stay(name: str, at: int, same: Specs) -> None:
    one = until(name, at)
    before = one.state

    moved = one.moved_to(same)

    assert _as_they_wait(moved.waiting) == _as_they_wait(before.waiting)
    assert moved.due_at == before.due_at
    assert json.loads(moved.snapshot)["specs"] == same.content_hash


@pytest.mark.parametrize(("name", "at"), STAGES)
def test_there_and_back_again_is_where_it_was(name: str, at: int, same: Specs) -> None:
    one = until(name, at)
    before = one.state
    one.moved_to(same)
    back = one.moved_to(OLD)
    by_id = {one.task_id: one for one in before.waiting}
    assert {one.task_id: one for one in back.waiting} == by_id


STEP = (
    '<bpmn:userTask id="ask_bank" name="Ask the bank"><bpmn:incoming>right</bpmn:incoming>'
    "<bpmn:outgoing>bank_asked</bpmn:outgoing></bpmn:userTask>"
)


@pytest.fixture(scope="module")
def with_step() -> Specs:
    """A step more, between the check and the customer's answer."""
    files = changed(
        "incident.bpmn",
        ("<bpmn:callActivity", STEP + "<bpmn:callActivity"),
        (
            'sourceRef="what_did_the_check_say" targetRef="obtain_confirmation"',
            'sourceRef="what_did_the_check_say" targetRef="ask_bank"',
        ),
        (
            '<bpmn:sequenceFlow id="answered_or_decided"',
            (
                '<bpmn:sequenceFlow id="bank_asked" sourceRef="ask_bank"'
                ' targetRef="obtain_confirmation" /><bpmn:sequenceFlow id="answered_or_decided"'
            ),
        ),
        (
            "<bpmn:flowNodeRef>obtain_confirmation</bpmn:flowNodeRef>",
            (
                "<bpmn:flowNodeRef>obtain_confirmation</bpmn:flowNodeRef>"
                "<bpmn:flowNodeRef>ask_bank</bpmn:flowNodeRef>"
            ),
        ),
    )
    return Specs.parse({**files, "ask_bank.json": files["make_good.json"]})


def test_a_step_that_comes_later_is_met(with_step: Specs) -> None:
    one = until("confirmed", 2)
    one.moved_to(with_step)
    one.go("answer", "verify_outcome", verdict="right")
    assert [w.element for w in one.state.waiting if w.kind == "step"] == ["ask_bank"]


def test_what_stands_where_nothing_is_any_more_stays(with_step: Specs) -> None:
    one = until("confirmed", 2)
    one.moved_to(with_step)
    one.go("answer", "verify_outcome", verdict="right")
    with pytest.raises(Conflict, match="It stands at “Ask the bank”"):
        one.moved_to(OLD)


def test_a_step_that_is_asked_of_others_by_now_stays() -> None:
    lanes = changed(
        "confirmation.bpmn",
        ('lane_authority" name="authority"', 'lane_authority" name="business_owner"'),
    )
    one = until("reminded, decided", 18)
    assert "decide_without_answer" in {w.element for w in one.state.waiting}
    with pytest.raises(Conflict, match="asks it of others"):
        one.moved_to(Specs.parse(lanes))


TIMER = (
    '<bpmn:boundaryEvent id="too_long" name="Too long" attachedToRef="agree_what_right_means"'
    ' cancelActivity="false"><bpmn:outgoing>tell</bpmn:outgoing><bpmn:timerEventDefinition>'
    '<bpmn:timeDuration>"PT3H"</bpmn:timeDuration></bpmn:timerEventDefinition>'
    '</bpmn:boundaryEvent><bpmn:endEvent id="told_so" name="Told"/>'
    '<bpmn:sequenceFlow id="tell" sourceRef="too_long" targetRef="told_so"/>'
)


@pytest.fixture(scope="module")
def with_timer() -> Specs:
    """A timer on the border of the step that agrees what right means."""
    return Specs.parse(
        changed("incident.bpmn", ("<bpmn:callActivity", TIMER + "<bpmn:callActivity"))
    )


def test_a_new_event_on_the_border_begins_to_wait_and_goes_with_it(with_timer: Specs) -> None:
    one = until("confirmed", 0)
    moved = one.moved_to(with_timer)
    assert moved.has_new_events
    assert moved.changes == ("“Too long” begins to wait now.",)
    one.go("told", "nothing")
    assert one.state.due_at == NOW + timedelta(hours=3)

    back = one.moved_to(OLD)
    assert back.changes == ("“Too long” no longer comes.",)
    assert back.due_at is None
    one.go("answer", "agree_what_right_means")
    assert [w.element for w in one.state.waiting] == ["every_action_is_settled"]


def test_a_new_event_ends_with_what_it_stands_on(with_timer: Specs) -> None:
    one = until("confirmed", 0)
    one.moved_to(with_timer)
    one.go("timer" if one.state.due_at else "told", "nothing")
    one.go("answer", "agree_what_right_means")
    assert [w.element for w in one.state.waiting] == ["every_action_is_settled"]
    assert one.state.due_at is None


def test_a_snapshot_of_another_release_is_not_moved(same: Specs) -> None:
    one = until("confirmed", 0)
    assert one.state.snapshot is not None
    with pytest.raises(Conflict):
        move(same, OLD, "incident", one.state.snapshot, now=NOW)


# --- from its own marking ------------------------------------------------------------------------


def reached(files: Files, process: str) -> Stands:
    specs = Specs.parse(files)
    release: Release = specs.release
    return stands(release, process, domains_of(release, read_forms(files).forms))


@pytest.mark.parametrize(("name", "at"), STAGES)
def test_wherever_a_run_stands_its_own_release_comes_to_stand(name: str, at: int) -> None:
    one = until(name, at)
    assert one.state.snapshot is not None
    moved = move(OLD, OLD, one.diagram, one.state.snapshot, now=one.now)
    found = reached(SHIPPED, one.diagram)
    assert found.verdict is Verdict.SOUND
    assert found.is_whole
    assert found.include([(stand.place, stand.data) for stand in moved.standing])


FORK = """<?xml version="1.0"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">
<process id="p" isExecutable="true"><laneSet id="l"><lane id="it" name="it">{members}</lane>
</laneSet><startEvent id="begin"/>{steps}{gateways}<endEvent id="over"/>{flows}</process>
</definitions>"""


def fork(
    gateways: str,
    *flows: tuple[str, str],
    steps: Iterable[str] = ("first", "second"),
    when: Mapping[str, str] | None = None,
) -> dict[str, bytes]:
    """Return a release of one diagram; `when` has the conditions of flows, by id."""
    written = "".join(
        f'<sequenceFlow id="{name}" name="{name}" sourceRef="{one}" targetRef="{other}">'
        f"{f'<conditionExpression>{asked}</conditionExpression>' if asked else ''}</sequenceFlow>"
        for one, other in flows
        for name in [f"{one}_{other}"]
        for asked in [(when or {}).get(name)]
    )
    parts = {
        "members": "".join(f"<flowNodeRef>{one}</flowNodeRef>" for one in steps),
        "steps": "".join(f'<userTask id="{one}" name="{one.title()}"/>' for one in steps),
        "gateways": gateways,
        "flows": written,
    }
    return {"p.bpmn": FORK.format(**parts).encode()}


ROW = fork("", ("begin", "first"), ("first", "second"), ("second", "over"))
BESIDE = fork(
    '<parallelGateway id="split"/><parallelGateway id="join"/>',
    ("begin", "split"), ("split", "first"), ("split", "second"),
    ("first", "join"), ("second", "join"), ("join", "over"),
)  # fmt: skip


def test_nobody_is_stranded_at_a_join() -> None:
    row, beside = Specs.parse(ROW), Specs.parse(BESIDE)
    state = start(row, "p", data={}, facts={}, now=NOW)
    assert state.snapshot is not None
    moved = move(row, beside, "p", state.snapshot, now=NOW)
    standing = [(one.place, one.data) for one in moved.standing]
    assert standing[0][0] == "first"

    found = stands(beside.release, "p", {})

    assert found.verdict is Verdict.SOUND
    assert not found.include(standing), "the join would wait for the second for ever"
    assert found.include([("first", {}), ("second", {})])
    assert found.include([("first", {}), ("second_join", {})])
    assert stands(row.release, "p", {}).include(standing)


def test_a_token_that_waits_at_a_join_stands_on_its_way_in() -> None:
    beside = Specs.parse(BESIDE)
    state = start(beside, "p", data={}, facts={}, now=NOW)
    second = next(one for one in state.waiting if one.element == "second")
    assert state.snapshot is not None
    state = advance(
        beside, "p", state.snapshot, facts={}, now=NOW,
        answered=Answered(second.task_id, "second", {}),
    )  # fmt: skip
    assert state.snapshot is not None
    moved = move(beside, beside, "p", state.snapshot, now=NOW)
    standing = [(one.place, one.data) for one in moved.standing]
    assert sorted(place for place, _ in standing) == ["first", "second_join"]
    assert stands(beside.release, "p", {}).include(standing)


FOUR = ("first", "asked", "second", "third")
ALL_ASKED = fork(
    "", ("begin", "first"), ("first", "asked"), ("asked", "second"), ("second", "third"),
    ("third", "over"), steps=FOUR,
)  # fmt: skip
# who was asked waits for the third at a join; who was not ends without it
SOME_ASKED = fork(
    '<exclusiveGateway id="ask" name="Ask?" default="ask_on"/><exclusiveGateway id="on"/>'
    '<parallelGateway id="split"/><parallelGateway id="join"/>'
    '<exclusiveGateway id="was" name="Asked?" default="was_over"/>',
    ("begin", "first"), ("first", "ask"), ("ask", "on"), ("ask", "asked"), ("asked", "split"),
    ("split", "on"), ("split", "third"), ("third", "join"), ("on", "second"), ("second", "was"),
    ("was", "over"), ("was", "join"), ("join", "over"),
    steps=FOUR,
    when={
        "ask_asked": "first.go == 'yes'",
        "was_join": "asked.choice == 'a' or asked.choice == 'b'",
    },
)  # fmt: skip


def test_an_answer_that_runs_do_not_have_there_strands_nobody() -> None:
    old, new = Specs.parse(ALL_ASKED), Specs.parse(SOME_ASKED)
    state = start(old, "p", data={}, facts={}, now=NOW)
    for step, answers in (("first", {"go": "no"}), ("asked", {"choice": "a"})):
        assert state.snapshot is not None
        answered = Answered(state.waiting[0].task_id, step, answers)
        state = advance(old, "p", state.snapshot, facts={}, now=NOW, answered=answered)
    assert state.snapshot is not None
    moved = move(old, new, "p", state.snapshot, now=NOW)
    standing = [(one.place, one.data) for one in moved.standing]
    assert [place for place, _ in standing] == ["second"]

    domains = {"first": {"go": ("yes", "no")}, "asked": {"choice": ("a", "b")}}
    found = stands(new.release, "p", domains)

    assert found.verdict is Verdict.SOUND
    assert not found.include(standing), "it would wait for the third, whom nobody asks"
    assert found.include([("second", {"first": {"go": "no"}})])
    both = {"first": {"go": "yes"}, "asked": {"choice": "a"}}
    assert found.include([("second", both), ("third", both)])


def test_what_a_run_knows_has_to_be_what_runs_know_there() -> None:
    found = reached(SHIPPED, "action")
    assert found.include([("do_it_action", {"party": "it", "lane": "it"}), ("it_overdue", {})])
    assert not found.include([("do_it_action", {}), ("do_business_action", {})])
