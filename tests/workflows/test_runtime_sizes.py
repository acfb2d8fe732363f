"""The largest diagrams that may be published do run; anything larger is refused beforehand."""

from collections.abc import Mapping
from itertools import pairwise

import pytest

from engine.bpmn.size_rules import MAX_CALLS_DEEP, MAX_ELEMENTS, MAX_FAN
from engine.errors import DiagramRefused
from engine.runtime import Answered, Specs, advance, start


def flow(source: str, target: str) -> str:
    return f'<bpmn:sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}"/>'


def row(*elements: str) -> str:
    return "".join(flow(one, other) for one, other in pairwise(elements))


def tasks(*names: str) -> str:
    return "".join(f'<bpmn:task id="{name}"/>' for name in names)


BEGIN = '<bpmn:startEvent id="begin"/><bpmn:userTask id="ask" name="Ask"/>' + flow("begin", "ask")
OVER = '<bpmn:endEvent id="over"/>'


def straight(elements: int) -> str:
    names = [f"task_{number}" for number in range(elements - 3)]
    return BEGIN + OVER + tasks(*names) + row("ask", *names, "over")


def splits(pairs: int, ways: int) -> str:
    """A row of parallel splits, each with so many ways of one task."""
    body, before = BEGIN + OVER, "ask"
    for number in range(pairs):
        split, join = f"split_{number}", f"join_{number}"
        names = [f"task_{number}_{way}" for way in range(ways)]
        body += f'<bpmn:parallelGateway id="{split}"/><bpmn:parallelGateway id="{join}"/>'
        body += tasks(*names) + flow(before, split)
        body += "".join(row(split, name, join) for name in names)
        before = join
    return body + flow(before, "over")


@pytest.fixture
def small(draw):
    return lambda body: {"p.bpmn": draw(body, steps=["ask"])}


def called(draw, deep: int, times: int = 1) -> Mapping[str, bytes]:
    """Processes that call each other, each the next one so many times; the last one asks."""
    files = {}
    for number in range(deep):
        here, after = f"p{number}", f"p{number + 1}"
        calls = [f"{here}_call_{time}" for time in range(times)]
        body = f'<bpmn:startEvent id="{here}_in"/><bpmn:endEvent id="{here}_out"/>'
        body += "".join(f'<bpmn:callActivity id="{one}" calledElement="{after}"/>' for one in calls)
        body += row(f"{here}_in", *calls, f"{here}_out")
        files[f"{here}.bpmn"] = draw(body, steps=[]).replace(b'id="p"', f'id="{here}"'.encode())
    last = draw(BEGIN + OVER + flow("ask", "over"), steps=["ask"])
    return files | {f"p{deep}.bpmn": last.replace(b'id="p"', f'id="p{deep}"'.encode())}


def end_of(files: Mapping[str, bytes], diagram: str, clock) -> str | None:
    specs = Specs.parse(files)
    state = start(specs, diagram, data={}, facts={}, now=clock.now)
    (step,) = (one for one in state.waiting if one.kind == "step")
    answered = Answered(step.task_id, "ask", {})
    state = advance(specs, diagram, state.snapshot, facts={}, now=clock.now, answered=answered)
    return state.end_element


def rules(files: Mapping[str, bytes]) -> set[tuple[str, str | None]]:
    with pytest.raises(DiagramRefused) as refused:
        Specs.parse(files)
    return {(one.rule, one.element) for one in refused.value.findings}


def test_the_longest_row_of_tasks_runs_and_a_longer_one_is_refused(small, clock):
    assert end_of(small(straight(MAX_ELEMENTS)), "p", clock) == "over"
    assert rules(small(straight(MAX_ELEMENTS + 1))) == {("too_many_elements", "p")}


def test_the_widest_split_runs_and_a_wider_one_is_refused(small, clock):
    assert end_of(small(splits(1, MAX_FAN)), "p", clock) == "over"
    assert rules(small(splits(1, MAX_FAN + 1))) == {("fan", "split_0")}


@pytest.mark.parametrize(
    ("runs", "refused"), [((6, 2), (7, 2)), ((3, 5), (3, 7)), ((2, 12), (2, 15))]
)
def test_splits_in_a_row_run_or_are_refused(small, clock, runs, refused):
    assert end_of(small(splits(*runs)), "p", clock) == "over"
    assert rules(small(splits(*refused))) == {("parallel_pairs", "split_0")}


def test_choices_between_splits_keep_the_engine_from_preparing_more(small, clock):
    body = splits(4, 2) + '<bpmn:exclusiveGateway id="well"/>' + flow("over", "well")
    body = body.replace(OVER, '<bpmn:task id="over"/>')
    again = splits(4, 2).replace(BEGIN, "").replace('"ask"', '"well"').replace("ask_", "well_")
    for name in ("split", "join", "task"):
        again = again.replace(f"{name}_", f"second_{name}_")
    again = again.replace('"over"', '"done"').replace("_over", "_done")

    assert end_of(small(body + again), "p", clock) == "done"


def test_calls_as_deep_as_may_be_run_and_deeper_ones_are_refused(draw, clock):
    assert end_of(called(draw, MAX_CALLS_DEEP - 1), "p0", clock) == "p0_out"
    assert rules(called(draw, MAX_CALLS_DEEP)) == {("calls_deep", "p0")}


def test_calls_that_double_at_each_level_are_refused(draw):
    assert ("too_many_steps", "p0") in rules(called(draw, 8, times=2))
    Specs.parse(called(draw, 5, times=2))


def test_flows_without_number_are_refused(small):
    body = straight(10) + "".join(
        f'<bpmn:sequenceFlow id="f{number}" sourceRef="ask" targetRef="over"/>'
        for number in range(600)
    )

    assert rules(small(body)) == {("too_many_flows", "p")}
