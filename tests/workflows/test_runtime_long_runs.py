"""Runs that go on for ever: flat in size and cost, right in round 1,000, reloaded each time."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from SpiffWorkflow.bpmn import BpmnWorkflow

from engine.runtime import Answered, Specs, advance, start
from engine.runtime.interpreter import Interpreter
from engine.runtime.run import Run

FLOW = '<bpmn:sequenceFlow id="{0}_{1}" sourceRef="{0}" targetRef="{1}"/>'


def test_a_thousand_rejections_leave_the_run_small_quick_and_open(story):
    sizes, costs = [], []
    for _ in range(1000):
        began = time.process_time()
        story.reaches("confirm_outcome").answers("confirm_outcome", answer="no")
        costs.append(time.process_time() - began)
        sizes.append(len(story.state.snapshot))
        assert story.open_steps() == ["agree_what_right_means"]
        story.history.clear()

    assert sizes[-1] == sizes[2]
    assert sizes[-1] < 5_000
    assert sum(costs[-100:]) < 3 * sum(costs[100:200])
    story.reaches("confirm_outcome")
    story.facts["gate"] = "confirmed"
    assert story.answers("confirm_outcome", answer="yes").state.closes == "confirmed"


def test_a_thousand_reminders_leave_the_run_small(story):
    story.facts["decide_at"] = story.clock.after(days=9000)
    story.reaches("confirm_outcome")
    sizes = []
    for _ in range(1000):
        story.time_passes(hours=4)
        assert story.passed().count("remind_confirmers") == 1
        sizes.append(len(story.state.snapshot))

    assert max(sizes[10:]) - min(sizes[10:]) < 50  # instants with and without a fraction
    assert story.open_steps() == ["confirm_outcome"]


def test_a_thousand_times_keep_asking_leave_the_run_small(story):
    story.reaches("confirm_outcome").time_passes(days=5)
    sizes = []
    for _ in range(1000):
        story.facts["ask_again_at"] = story.clock.after(days=5)
        story.answers("decide_without_answer", decided="keep_asking").time_passes(days=5)
        assert story.open_steps() == ["confirm_outcome", "decide_without_answer"]
        sizes.append(len(story.state.snapshot))

    assert max(sizes[10:]) - min(sizes[10:]) < 50
    assert sizes[-1] < 5_000


def test_sixteen_threads_share_the_specs(specs, clock):
    facts = {
        "remind_every": "PT4H",
        "decide_at": clock.after(days=5),
        "ask_again_at": clock.after(days=10),
        "watch_until": clock.after(days=2),
        "tries": "enough",
    }

    def live(number: int) -> list[str]:
        """Take one incident round its loops, at its own time."""
        now = clock.now + timedelta(days=1000 * number)
        chance = random.Random(number)
        own = facts | {"decide_at": (now + timedelta(days=5)).isoformat()}
        state = start(
            specs, "incident", data={"impact": "low", "urgency": "low"}, facts=own, now=now
        )
        walk = []
        for _ in range(60):
            now += timedelta(hours=chance.choice([0, 1, 30]))
            one = chance.choice(state.waiting)
            how = {}
            if one.kind == "step":
                decisions = {"verdict": "right", "answer": "no", "decided": "keep_asking"}
                how = {"answered": Answered(one.task_id, one.element, decisions)}
            elif one.kind == "message":
                how = {"message": one.message}
            state = advance(specs, "incident", state.snapshot, facts=own, now=now, **how)
            walk.append(" ".join(sorted(waiting.element for waiting in state.waiting)))
        return walk

    alone = [live(number) for number in range(16)]
    with ThreadPoolExecutor(16) as pool:
        together = list(pool.map(live, range(16)))

    assert together == alone


LOOPED_JOIN = (
    '<bpmn:startEvent id="begin"/><bpmn:exclusiveGateway id="again"/>'
    '<bpmn:{kind} id="split" {default}/><bpmn:userTask id="a" name="A"/>'
    '<bpmn:userTask id="b" name="B"/><bpmn:{kind} id="join"/><bpmn:endEvent id="over"/>'
    '<bpmn:exclusiveGateway id="more" name="Enough?" default="more_again"/>'
    + FLOW.format("begin", "again")
    + FLOW.format("again", "split")
    + FLOW.format("a", "join")
    + FLOW.format("b", "join")
    + FLOW.format("join", "more")
    + FLOW.format("more", "again")
    + '<bpmn:sequenceFlow id="more_over" sourceRef="more" targetRef="over">'
    "<bpmn:conditionExpression>b.enough</bpmn:conditionExpression></bpmn:sequenceFlow>"
)
BOTH = FLOW.format("split", "a") + FLOW.format("split", "b")


def walk_the_loop(draw, clock, body: str, seed: int) -> None:
    specs = Specs.parse({"p.bpmn": draw(body, steps=["a", "b"])})
    state = start(specs, "p", data={}, facts={}, now=clock.now)
    chance = random.Random(seed)
    open_steps = {"a", "b"}
    for _ in range(60):
        assert {one.element for one in state.waiting} == open_steps
        one = chance.choice(state.waiting)
        answered = Answered(one.task_id, one.element, {"enough": False})
        state = advance(specs, "p", state.snapshot, facts={}, now=clock.now, answered=answered)
        open_steps = (open_steps - {one.element}) or {"a", "b"}


def test_a_parallel_join_in_a_loop_waits_for_both_in_every_round(draw, clock):
    body = LOOPED_JOIN.format(kind="parallelGateway", default="") + BOTH
    for seed in range(20):
        walk_the_loop(draw, clock, body, seed)


def test_an_inclusive_join_in_a_loop_waits_for_both_in_every_round(draw, clock):
    body = LOOPED_JOIN.format(kind="inclusiveGateway", default='name="Who?" default="split_join"')
    condition = "<bpmn:conditionExpression>1 == 1</bpmn:conditionExpression></bpmn:sequenceFlow>"
    body += "".join(
        f'<bpmn:sequenceFlow id="split_{one}" sourceRef="split" targetRef="{one}">{condition}'
        for one in "ab"
    )
    body += FLOW.format("split", "join")
    for seed in range(20):
        walk_the_loop(draw, clock, body, seed)


def test_a_run_that_is_reloaded_and_cut_goes_the_same_way_as_one_that_stays_in_memory(specs, clock):
    """The oracle keeps its whole tree; short enough to stay below the engine's depth limit."""
    spec, subprocess_specs = specs.engine_specs("incident")
    for seed in range(12):
        chance = random.Random(seed)
        now = clock.now
        facts = {
            "remind_every": "PT4H",
            "decide_at": clock.after(days=5),
            "ask_again_at": clock.after(days=10),
            "watch_until": clock.after(days=2),
            "tries": "enough",
            "gate": "shut",
        }
        data = {"impact": "high", "urgency": "high"}
        state = start(specs, "incident", data=data, facts=facts, now=now)
        memory = Run(
            specs,
            BpmnWorkflow(spec, subprocess_specs),
            {},
            Interpreter(now, facts, specs.no_answers),
        )
        memory.update(data)
        memory.go_on()
        for _ in range(40):
            assert names(state.waiting) == names(memory.waiting())
            assert state.due_at == min(
                (one.due_at for one in memory.waiting() if one.due_at), default=None
            )
            now += timedelta(hours=chance.choice([0, 3, 60]))
            one = chance.choice(state.waiting)
            twin = next(other for other in memory.waiting() if other.element == one.element)
            memory.interpreter = Interpreter(now, facts, specs.no_answers)
            memory.workflow.script_engine = memory.interpreter
            memory.passages.clear()
            how = {}
            if one.kind == "step":
                decisions = {
                    "verdict": chance.choice(["right", "not_right", "watch_until"]),
                    "answer": "no",
                    "decided": chance.choice(["close", "keep_asking", "back_to_work"]),
                }
                how = {"answered": Answered(one.task_id, one.element, decisions)}
                memory.answer(Answered(twin.task_id, twin.element, decisions))
            elif one.kind == "message":
                how = {"message": one.message}
                memory.tell(one.message)
            memory.steps_left = 500
            memory.go_on()
            state = advance(specs, "incident", state.snapshot, facts=facts, now=now, **how)
            assert list(state.passages) == memory.passages


def names(waiting: object) -> list[tuple[str, object, object]]:
    return sorted((one.element, one.due_at, one.since) for one in waiting)
