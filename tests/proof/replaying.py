"""Walks what the proof refutes in the engine, and says whether it happens.

The replayer is the world: it answers, tells messages, and keeps the clock.  The proof knows no
lengths of time, so timers read theirs from process data (`timed`), and each is made due when the
path says.  Nor does it know which of two branches the engine moves first within one move: what
may go next is the engine's to say, and among that the path decides.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.bpmn import Element
from engine.errors import WorkflowFault
from engine.proof import After, ProofFinding
from engine.runtime import Advanced, Answered, Specs, Waiting, advance, start
from engine.runtime.run import Run
from engine.runtime.snapshot import load

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NEVER = NOW + timedelta(days=3000)
ROUNDS, WALKS = 12, 5
_MEANS = {
    ("confirmation", "answer", "yes"): "confirmed",
    ("closing_decision", "decided", "close"): "escalated",
}
_ASIDE = frozenset({"flow", "together", "meanwhile"})  # what a path says beside answers
_OPEN = TaskState.READY | TaskState.WAITING


class Lost(Exception):
    """The engine does not go where the path leads."""


def timed(lines: dict[str, str], timers: Sequence[str]) -> None:
    """Let each timer of a drawing be due when process data says."""
    for name in timers:
        lines[name] = lines[name].replace("timer", f"timer due_{name}", 1)


class Facts(Mapping[str, object]):
    """The facts as they are at the moment when an expression asks."""

    def __init__(self) -> None:
        self.gate = "shut"

    def __getitem__(self, name: str) -> object:
        if name != "gate":
            raise KeyError(name)
        return self.gate

    def __iter__(self) -> Iterator[str]:
        return iter(("gate",))

    def __len__(self) -> int:
        return 1


class Replay:
    """One finding's path, walked in the engine as far as it goes."""

    def __init__(self, specs: Specs, finding: ProofFinding, timers: Sequence[str]) -> None:
        self.specs = specs
        self.finding = finding
        self.elements = specs.elements("p")
        self.facts = Facts()
        self.fault: WorkflowFault | None = None
        self.now = NOW
        self.ran: list[str] = []  # all that was passed, in the engine's order
        self.last = 0  # where in it the last move begins
        self._timers = timers
        self._firings = _firings(finding, frozenset(timers))
        self._left = list(finding.path)
        self._at = 0
        self._seen: set[object] = set()
        first = finding.answers[0] if finding.answers else {}
        data = {name: value for name, value in first.items() if name not in _ASIDE}
        data |= self._due(from_=0)
        self._move(lambda: start(specs, "p", data=data, facts=self.facts, now=NOW, check=False))
        self._walk()

    def _walk(self) -> None:
        passed = Counter(self.ran)
        for at, name in enumerate(self.finding.path):
            if self.fault is not None:
                return
            self._at = at
            if self.elements[name].type == "subProcess":
                continue  # it stands where it was entered
            if not passed[name]:
                self._let_happen(name, self.finding.answers[at])
                passed = Counter(self.ran[self.last :])
            if self.fault is None and not passed[name]:
                raise Lost(f"{name} was not passed")
            passed[name] -= 1

    def _let_happen(self, name: str, said: Mapping[str, object]) -> None:
        one = next((one for one in self.state.waiting if one.element == name), None)
        if one is None:
            raise Lost(f"{name} is not waited for: {[one.element for one in self.state.waiting]}")
        if "meanwhile" in said:
            self.facts.gate = "shut"
        self.now = _at(self._at)
        if one.kind != "timer":
            self.now -= timedelta(minutes=30)
        answers = {key: value for key, value in said.items() if key not in _ASIDE}
        self.go(one, {key: value for key, value in answers.items() if value is not None})

    def go(self, one: Waiting, answers: Mapping[str, object]) -> None:
        """Let something that is waited for happen."""
        how: dict[str, object] = {}
        if one.kind == "step":
            how["answered"] = Answered(one.task_id, one.element, answers)
            self._judge(self.elements[one.element], answers)
            self.ran.append(one.element)
            self._left[self._at : self._at + 1] = [""]
        elif one.kind == "message":
            how["message"] = one.message
        elif one.due_at > self.now:
            raise Lost(f"{one.element} is not due")
        self._move(
            lambda: advance(
                self.specs,
                "p",
                self.state.snapshot,
                facts=self.facts,
                now=self.now,
                data=self._due(from_=self._at + 1),
                check=False,
                **how,
            ),
            passed=one.kind == "step",
        )

    def _judge(self, step: Element, answers: Mapping[str, object]) -> None:
        """Set the gate as the use cases would, after an answer."""
        for (mark, member, value), gate in _MEANS.items():
            if step.mark == mark:
                self.facts.gate = gate if answers.get(member) == value else "shut"
        if step.mark == "work":
            self.facts.gate = "shut"

    def _move(self, deed, *, passed: bool = False) -> None:
        self.last = len(self.ran) - passed
        with patch.object(Run, "_next", lambda run: self._chosen(run)):
            try:
                self.state: Advanced = deed()
            except WorkflowFault as fault:
                self.fault = fault

    def _chosen(self, run: Run) -> Task | None:
        """Return which of the tasks that may go next the path names first."""
        self._note_work(run)
        may_go = run._movable()
        names = {task.task_spec.bpmn_id for task in may_go}
        task = next((task for task in may_go if task.task_spec.bpmn_id is None), None)
        if task is None and may_go:
            named = next((name for name in self._left if name in names), None)
            fitting = [task for task in may_go if task.task_spec.bpmn_id == named]
            task = (fitting or may_go)[0]
            if named is not None:
                self._left[self._left.index(named)] = ""
            self.ran.append(task.task_spec.bpmn_id)
            if self.elements[task.task_spec.bpmn_id].mark == "work":
                self.facts.gate = "shut"
        return task

    def _note_work(self, run: Run) -> None:
        """Work that begins shuts the gate at once."""
        for tree in run._trees():
            for task in tree.tasks.values():
                name = task.task_spec.bpmn_id
                if task.has_state(_OPEN) and name and self.elements[name].mark == "work":
                    if task.id not in self._seen:
                        self.facts.gate = "shut"
                    self._seen.add(task.id)

    def _due(self, *, from_: int) -> dict[str, str]:
        """Return when each timer that begins now is to be due."""
        data = {}
        for name in self._timers:
            when = (at for at, names in self._firings if at >= from_ and name in names)
            first = next(when, None)
            data[f"due_{name}"] = (NEVER if first is None else _at(first)).isoformat()
        return data

    def open(self) -> Counter[str]:
        """Return the elements that the run is in, with how often."""
        if self.state.snapshot is None:
            return Counter()
        _, entries = load(self.specs, "p", self.state.snapshot)
        return Counter(one.element for one in entries.values())

    # --- did it happen? ------------------------------------------------------------------------

    def happened(self, rules: Sequence[After] = ()) -> bool:
        """Return whether the engine has done what the finding says."""
        rule = self.finding.rule
        if self.fault is not None:  # it goes round for ever, or fails
            return rule in ("no_way_out", "safe", "fails")
        if rule == "dead_end":
            return self.state.snapshot is not None and not self.state.waiting
        if rule == "no_way_out":
            return not any(self._ends(seed) for seed in range(WALKS))
        if rule == "safe":
            return self._is_twice_at(str(self.finding.element))
        if rule == "proper_completion":
            return self.ran.count(str(self.finding.element)) > 1
        return self._closed(rules)

    def _closed(self, rules: Sequence[After]) -> bool:
        """Return whether the last move completed the end, against the rule."""
        end, moved = str(self.finding.element), self.ran[self.last :]
        if end not in moved:
            return False
        if self.finding.rule == "closes_beside_work":
            return self.state.snapshot is not None or moved.index(end) < len(moved) - 1
        if self.finding.rule == "after":
            before = self.ran[: self.last + moved.index(end)]
            return any(one.end == end and one.step not in before for one in rules)
        return True

    def _ends(self, seed: int) -> bool:
        """Return whether a run that goes on at random comes to an end."""
        dice = random.Random(seed)
        state, now = self.state, self.now
        for _ in range(ROUNDS):
            if not state.waiting:
                return state.snapshot is None
            one = dice.choice(state.waiting)
            self._at, self.state, self.now = len(self.finding.path), state, now
            self.now = max(self.now, one.due_at or self.now)
            self.go(one, {"way": dice.choice(WAYS)})
            if self.fault is not None:
                return False
        return False

    def _is_twice_at(self, name: str) -> bool:
        """Return whether an element is waited in twice, or was come to twice before it went on."""
        if self.open()[name] > 1:
            return True
        sources = [
            one.source for one in self.specs.release.processes["p"].flows if one.target == name
        ]
        return (
            any(self._came_twice(source, name) for source in sources)
            or self.ran[self.last :].count(name) > 1
        )

    def _came_twice(self, source: str, name: str) -> bool:
        at = [index for index, one in enumerate(self.ran) if one == source]
        return len(at) > 1 and name not in self.ran[at[-2] : at[-1]]


def _firings(finding: ProofFinding, timers: frozenset[str]) -> list[tuple[int, frozenset[str]]]:
    """Return where in the path timers are due, and which: at once what is due together."""
    found = []
    come: set[str] = set()
    for at, (name, said) in enumerate(zip(finding.path, finding.answers, strict=True)):
        if name in come:
            come.discard(name)
        elif name in timers:
            together = str(said.get("together", "")).split()
            come |= set(together)
            found.append((at, frozenset({name, *together})))
    return found


def _at(index: int) -> datetime:
    """Return the instant of an element in the path."""
    return NOW + timedelta(hours=index + 1)
