"""Stories run the shipped diagrams with a clock that is cranked by hand.

A story reads like the incident's file: `reaches`, `answers`, `is_told`, `waits`.  Every move goes
through a snapshot, so each story is also a test of saving and loading.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.runtime import Advanced, Answered, Passage, Specs, Waiting, advance, start

WORKFLOWS = Path(__file__).parents[2] / "workflows"


class Clock:
    """The only time a story knows; it moves when told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def forward(self, **length: float) -> None:
        self.now += timedelta(**length)

    def after(self, **length: float) -> str:
        return (self.now + timedelta(**length)).isoformat()


class Story:
    """One run of a shipped diagram."""

    def __init__(
        self, specs: Specs, clock: Clock, diagram: str, data: Mapping[str, object]
    ) -> None:
        self.specs = specs
        self.clock = clock
        self.diagram = diagram
        self.facts: dict[str, object] = {
            "remind_every": "PT4H",
            "decide_at": clock.after(days=5),
            "ask_again_at": clock.after(days=10),
            "watch_until": clock.after(days=2),
            "due_at": clock.after(days=1),
            "climb_every": "P1D",
            "tries": "enough",
        }
        self.state: Advanced = start(specs, diagram, data=data, facts=self.facts, now=clock.now)
        self.history: list[Passage] = list(self.state.passages)

    def _moved(self, state: Advanced) -> "Story":
        self.state = state
        self.history += state.passages
        return self

    def _advance(self, **how: object) -> "Story":
        assert self.state.snapshot is not None, "the run has ended"
        return self._moved(
            advance(
                self.specs,
                self.diagram,
                self.state.snapshot,
                facts=self.facts,
                now=self.clock.now,
                **how,  # type: ignore[arg-type]
            )
        )

    def waiting(self, element: str) -> Waiting:
        found = [one for one in self.state.waiting if one.element == element]
        assert len(found) == 1, f"{element} is not what it waits for: {self.waits_for()}"
        return found[0]

    def answers(
        self, step: str, *, data: Mapping[str, object] | None = None, **decisions: str | bool
    ) -> "Story":
        """Somebody answers a step that is open."""
        answered = Answered(self.waiting(step).task_id, step, decisions)
        return self._advance(answered=answered, data=data)

    def is_told(self, message: str) -> "Story":
        return self._advance(message=message)

    def rereads_its_timers(self) -> "Story":
        """A date that its timers read was moved."""
        return self._advance(rereads_timers=True)

    def time_passes(self, **length: float) -> "Story":
        self.clock.forward(**length)
        return self._advance()

    def open_steps(self) -> list[str]:
        return [one.element for one in self.state.waiting if one.kind == "step"]

    def waits_for(self) -> list[str]:
        return [one.element for one in self.state.waiting]

    def passed(self) -> list[str]:
        """Return the elements completed by the last move, in order."""
        return [one.element for one in self.state.passages if one.how == "completed"]

    def cancelled(self) -> list[str]:
        return [one.element for one in self.state.passages if one.how == "cancelled"]

    def reaches(self, step: str) -> "Story":
        """Walk the straight way to a step of incident.bpmn."""
        ways: list[tuple[str, Callable[[], object]]] = [
            ("agree_what_right_means", lambda: self.answers("agree_what_right_means")),
            ("every_action_is_settled", lambda: self.is_told("actions_settled")),
            ("verify_outcome", lambda: self.answers("verify_outcome", verdict="right")),
            ("confirm_outcome", lambda: None),
        ]
        for name, leave in ways:
            if name == step:
                break
            leave()
        assert step in self.waits_for()
        return self


@pytest.fixture(scope="session")
def files() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in WORKFLOWS.iterdir() if path.is_file()}


@pytest.fixture(scope="session")
def specs(files: dict[str, bytes]) -> Specs:
    return Specs.parse(files)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def story(specs: Specs, clock: Clock) -> Story:
    """An incident that has just been reported: P3."""
    return Story(specs, clock, "incident", {"impact": "high", "urgency": "low"})


@pytest.fixture
def action(specs: Specs, clock: Clock) -> Callable[[str], Story]:
    """Start the run of an action of a party."""
    return lambda party: Story(specs, clock, "action", {"party": party})


HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" targetNamespace="t">
  <bpmn:message id="news" name="news"/><bpmn:signal id="alarm" name="alarm"/>
  <bpmn:error id="broken" name="broken" errorCode="broken"/>
  <bpmn:escalation id="help" name="help" escalationCode="help"/>
"""


@pytest.fixture(scope="session")
def draw() -> Callable[..., bytes]:
    """Make a BPMN file of one process from its elements; `steps` stand in lane `it`."""

    def drawn(body: str, *, steps: Sequence[str] = (), name: str = "p") -> bytes:
        references = "".join(f"<bpmn:flowNodeRef>{step}</bpmn:flowNodeRef>" for step in steps)
        lanes = (
            f'<bpmn:laneSet id="{name}_lanes"><bpmn:lane id="{name}_lane" name="it">'
            f"{references}</bpmn:lane></bpmn:laneSet>"
        )
        return (
            f'{HEAD}<bpmn:process id="{name}" isExecutable="true">{lanes}{body}'
            "</bpmn:process></bpmn:definitions>"
        ).encode()

    return drawn
