"""Walks in the engine what the proof says can happen.

The replayer is the world: it answers, tells messages, and keeps the clock.  The proof knows no
lengths of time, so timers read theirs from process data (`timed`), and each is made due when the
path says.  Nor does it know which of two branches the engine moves first within one move: what
may go next is the engine's to say, and of that the path chooses.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import WorkflowFault
from engine.proof import ProofFinding
from engine.proof.clock import length
from engine.runtime import Advanced, Answered, Specs, Waiting, advance, start
from engine.runtime.run import Run
from engine.runtime.snapshot import load

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NEVER = NOW + timedelta(days=3000)
_FRESH = {
    ("confirmation", "answer", "yes"): "confirmed",
    ("closing_decision", "decided", "close"): "escalated",
}
_ASIDE = frozenset({"flow", "together", "meanwhile"})  # what a path says beside answers
_BEGUN = TaskState.READY | TaskState.WAITING
_TIMER = re.compile(r"^(\s*)(\w+): timer(?= on | beside |;|$)", re.MULTILINE)


def timed(text: str) -> str:
    """Return a drawing whose timers are due when process data says."""
    return _TIMER.sub(r"\1\2: timer due_\2", text)


class Lost(Exception):
    """The engine does not go where the path leads."""


class Facts(Mapping[str, object]):
    """The gate, as it is at the moment when an expression asks."""

    gate = "shut"

    def __getitem__(self, name: str) -> object:
        return {"gate": self.gate}[name]

    def __iter__(self) -> Iterator[str]:
        return iter(("gate",))

    def __len__(self) -> int:
        return 1


class Replay:
    """One finding's path, walked to its end, or until the engine fails.

    `ran` is what was passed, in the engine's order, and `gates` how the gate stood then; the last
    move begins at `last`.  With `steps_first` steps begin before anything else moves: a path does
    not say when, nor how far `apart` its places are, which matters to timers of a known length.
    Raises Lost if the engine cannot be led along the path.
    """

    def __init__(
        self,
        specs: Specs,
        finding: ProofFinding,
        *,
        steps_first: bool,
        apart: timedelta = timedelta(hours=1),
    ) -> None:
        self.specs = specs
        self.apart = apart
        self.finding = finding
        self.elements = specs.elements("p")
        self.facts = Facts()
        self.fault: WorkflowFault | None = None
        self.now = NOW
        self.ran: list[str] = []
        self.gates: list[str] = []
        self.last = 0
        self.answered_in = -1  # the `last` of the move that set the gate
        self._steps_first = steps_first
        self._firings = list(self._fire())
        self._left = list(finding.path)
        self._seen: set[object] = set()
        said = finding.answers[0] if finding.answers else {}
        given = {name: value for name, value in said.items() if name not in _ASIDE}
        data = {"impact": "low", **given, **self._due(0)}
        self._move(lambda: start(specs, "p", data=data, facts=self.facts, now=NOW, check=False))
        self._walk()

    def _walk(self) -> None:
        passed = Counter(self.ran)
        for at, name in enumerate(self.finding.path):
            if self.fault is not None:
                return
            if self._is("subProcess", name):
                continue  # it stands where it was entered
            if not passed[name]:
                self._let_happen(at, name)
                passed = Counter(self.ran[self.last :])
            if self.fault is None and not passed[name]:
                raise Lost(f"{name} was not passed")
            passed[name] -= 1

    def _let_happen(self, at: int, name: str) -> None:
        one = next((one for one in self.state.waiting if one.element == name), None)
        if one is None:
            raise Lost(f"{name} is not waited for: {[one.element for one in self.state.waiting]}")
        said = self.finding.answers[at]
        if "meanwhile" in said:
            self.facts.gate = "shut"
        spare = timedelta(0) if one.kind == "timer" else self.apart / 2
        self.now = max(self.now, self._instant(at) - spare)
        self.go(one, _answers(said), at + 1)

    def go(self, one: Waiting, answers: Mapping[str, object], at: int) -> None:
        """Let something that is waited for happen; from place `at` the path is still ahead."""
        self.last = len(self.ran)
        how: dict[str, object] = {}
        if one.kind == "step":
            how["answered"] = Answered(one.task_id, one.element, answers)
            self._answer(one.element, answers)
        elif one.kind == "message":
            how["message"] = one.message
        else:
            self.now = max(self.now, one.due_at)
        run, facts, data = self.state.snapshot, self.facts, self._due(at)
        how |= {"facts": facts, "now": self.now, "data": data, "check": False}
        self._move(lambda: advance(self.specs, "p", run, **how))

    def _answer(self, step: str, answers: Mapping[str, object]) -> None:
        """Pass a step, and set the gate as the use cases would."""
        for (mark, member, value), gate in _FRESH.items():
            if self.elements[step].mark == mark:
                self.facts.gate = gate if answers.get(member) == value else "shut"
                self.answered_in = self.last
        self._pass(step)

    def _move(self, deed: Callable[[], Advanced]) -> None:
        by_path = patch.object(Run, "_next", lambda run: self._next(run))
        fire = Run._fire
        seen = patch.object(Run, "_fire", lambda run, task: self._fired(fire, run, task))
        with by_path, seen, patch("engine.runtime.run.MAX_STEPS", 100):
            try:
                self.state = deed()
            except WorkflowFault as fault:
                self.fault = fault

    def _next(self, run: Run) -> Task | None:
        """Return which of the tasks that may go next does.

        A path says nothing of event-based gateways: for it the event goes on by itself.  Tasks
        without an element are the engine's own: they begin steps with events on them.
        """
        self._note_work(run)
        may_go = {task.task_spec.bpmn_id: task for task in reversed(run._movable())}
        ways = [name for name in may_go if name and self._is("eventBasedGateway", name)]
        named = next((name for name in (*ways, *self._left) if name in may_go), None)
        if None in may_go and (named is None or self._steps_first):
            return may_go[None]
        if named is None:
            named = next(iter(may_go), None)
        if named is None:
            return None
        self._pass(named)
        return may_go[named]

    def _fired(self, fire: Callable[[Run, Task], None], run: Run, task: Task) -> None:
        """A repeating timer comes without being run as a task."""
        self._pass(str(task.task_spec.bpmn_id))
        fire(run, task)

    def _is(self, kind: str, name: str) -> bool:
        return self.elements[name].type == kind

    def _pass(self, name: str) -> None:
        self.ran.append(name)
        if name in self._left:
            self._left[self._left.index(name)] = ""
        if self.elements[name].mark == "work":
            self.facts.gate = "shut"
        self.gates.append(self.facts.gate)

    def _note_work(self, run: Run) -> None:
        """Work that begins shuts the gate at once."""
        for tree in run._trees():
            for task in tree.tasks.values():
                name = task.task_spec.bpmn_id
                is_new = task.has_state(_BEGUN) and task.id not in self._seen
                if name is not None and self.elements[name].mark == "work" and is_new:
                    self._seen.add(task.id)
                    self.facts.gate = "shut"

    def _due(self, at: int) -> dict[str, object]:
        """Return when each timer that begins now is to be due."""
        data: dict[str, object] = {}
        for name in self._timers():
            ahead = (one for one in self._firings if one[0] >= at and name in one[1])
            data[f"due_{name}"] = self._when(next(ahead, None)).isoformat()
        return data

    def _when(self, firing: tuple[int, set[str]] | None) -> datetime:
        """Return when timers are due together; one that begins now may say it itself."""
        if firing is None:
            return NEVER
        events = (self.elements[name].event for name in firing[1])
        known = [long for event in events if event and (long := length(event)) is not None]
        return self.now + timedelta(seconds=known[0]) if known else self._instant(firing[0])

    def _instant(self, at: int) -> datetime:
        """Return when what stands at a place of the path happens."""
        return NOW + self.apart * (at + 1)

    def _timers(self) -> list[str]:
        return [one.id for one in self.elements.values() if one.event and one.event.timer]

    def _fire(self) -> Iterator[tuple[int, set[str]]]:
        """Yield where in the path timers are due, and which: at once what is due together."""
        come: set[str] = set()
        for at, name in enumerate(self.finding.path):
            if name in come:
                come.discard(name)
            elif name in self._timers():
                together = set(str(self.finding.answers[at].get("together", "")).split())
                come |= together
                yield at, {name, *together}

    def open(self) -> Counter[str]:
        """Return the elements that the run is in, with how often."""
        if self.state.snapshot is None:
            return Counter()
        _, entries = load(self.specs, "p", self.state.snapshot)
        return Counter(one.element for one in entries.values())


def _answers(said: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in said.items() if name not in _ASIDE and value is not None}
