"""A try: a run on the real engine that leaves no trace, moved step by step on a clock of its own.

What a live run reads from tables is supplied by simple rules here: the gate opens by an answer
that closes and shuts with work or a proposal, as in the proof; the ladder's instants are lengths
from now.  A try is its moves: stepping back is trying again with one move less.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from engine.bpmn.scenarios import Answer, Known, Move, Passes, Scalar, Told, Waits
from engine.domain.mark import Mark
from engine.errors import PutrightError
from engine.expressions.names import FACTS
from engine.language import Said, say
from engine.proof.net import DECIDES
from engine.runtime.advance import advance, start
from engine.runtime.specs import Specs
from engine.runtime.values import Advanced, Answered, Passage, Waiting

BEGINS_AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""When every try begins: a Monday."""
# the gate is what a try finds out
_SETTABLE = FACTS - {"gate"}
_PROPOSAL = "action_proposed"
# from now, whenever a timer asks
_INSTANTS = {
    "due_at": timedelta(days=1),
    "decide_at": timedelta(days=5),
    "ask_again_at": timedelta(days=2),
    "watch_until": timedelta(days=2),
}
_LENGTHS = {"remind_every": "PT8H", "climb_every": "P1D"}


@dataclass(frozen=True, slots=True)
class Moved:
    """Where a try stood after a move (the first is its beginning): what it passed, what it awaits.

    `wrong` says why it goes no further: the diagram failed, or the move could not be made.
    """

    at: datetime
    passages: tuple[Passage, ...]
    waiting: tuple[Waiting, ...]
    data: Mapping[str, object]
    ends: str | None = None
    closes: str | None = None
    wrong: str | None = None


def try_out(
    specs: Specs, diagram: str, given: Mapping[str, Scalar], moves: Sequence[Move]
) -> tuple[Moved, ...]:
    """Return where it stood after the beginning and after each move, until something goes wrong.

    `given` are process data and facts to begin with.  The same moves give the same, always.
    """
    trial = _Trial(specs, diagram, {k: v for k, v in given.items() if k in _SETTABLE})
    data = {name: value for name, value in given.items() if name not in FACTS}
    states = [trial.begin(data)]
    for move in moves:
        if states[-1].wrong is not None:
            break
        states.append(trial.move(move, states[-1]))
    return tuple(states)


class _Facts(Mapping[str, object]):
    """What expressions read beside process data, as of the try's clock."""

    def __init__(self, known: dict[str, object]) -> None:
        self.known = known
        self.now = BEGINS_AT
        self.gate = "shut"

    def __iter__(self) -> Iterator[str]:
        return iter(FACTS)

    def __len__(self) -> int:
        return len(FACTS)

    def __getitem__(self, name: str) -> object:
        if name in self.known:
            return self.known[name]
        if name == "gate":
            return self.gate
        if name in _INSTANTS:
            return (self.now + _INSTANTS[name]).isoformat()
        if name == "tries":
            return "enough"
        return _LENGTHS[name]


@dataclass(slots=True)
class _Trial:
    specs: Specs
    diagram: str
    given: Mapping[str, object]
    facts: _Facts = field(init=False)
    snapshot: bytes | None = None

    def __post_init__(self) -> None:
        self.facts = _Facts(dict(self.given))

    def begin(self, data: Mapping[str, Scalar]) -> Moved:
        try:
            found = start(self.specs, self.diagram, data=data, facts=self.facts, now=BEGINS_AT)
        except KeyError:
            return self._stuck((), say("There is no diagram “%(name)s”.", name=self.diagram))
        except PutrightError as fault:
            return self._stuck((), fault.sentence)
        return self._stands(found)

    def move(self, move: Move, before: Moved) -> Moved:
        """Make one move; what cannot be made says why."""
        if isinstance(move, Waits):
            return before
        match move:
            case Known(facts):
                self.facts.known |= {k: v for k, v in facts.items() if k in _SETTABLE}
                return self._advanced(before, rereads_timers=True)
            case Passes(length):
                return self._waited(length, before)
            case Told(message):
                if message not in {one.message for one in before.waiting}:
                    said = say("Nothing waits for “%(message)s”.", message=message)
                    return self._stuck(before.waiting, said)
                if message == _PROPOSAL:
                    self.facts.gate = "shut"
                return self._advanced(before, message=message)
        return self._answered(move, before)

    def _waited(self, length: timedelta | None, before: Moved) -> Moved:
        if length is None:
            due = [one.due_at for one in before.waiting if one.due_at is not None]
            if not due:
                return self._stuck(before.waiting, say("No timer waits."))
            length = max(min(due) - self.facts.now, timedelta(0))
        self.facts.now += length
        return self._advanced(before)

    def _answered(self, answer: Answer, before: Moved) -> Moved:
        open_steps = [one for one in before.waiting if one.kind == "step"]
        step = next((one for one in open_steps if one.element == answer.step), None)
        if step is None:
            said = say("Nobody is asked “%(step)s” now.", step=answer.step)
            return self._stuck(before.waiting, said)
        if step.mark in DECIDES:
            field_, closes, gate = DECIDES[step.mark]
            self.facts.gate = gate if answer.decisions.get(field_) == closes else "shut"
        answered = Answered(step.task_id, step.element, answer.decisions)
        return self._advanced(before, answered=answered)

    def _advanced(
        self,
        before: Moved,
        *,
        answered: Answered | None = None,
        message: str | None = None,
        rereads_timers: bool = False,
    ) -> Moved:
        if self.snapshot is None:
            return self._stuck((), say("It has ended before."))
        try:
            found = advance(
                self.specs,
                self.diagram,
                self.snapshot,
                facts=self.facts,
                now=self.facts.now,
                answered=answered,
                message=message,
                rereads_timers=rereads_timers,
            )
        except PutrightError as fault:
            return self._stuck(before.waiting, fault.sentence)
        return self._stands(found)

    def _stands(self, found: Advanced) -> Moved:
        self.snapshot = found.snapshot
        works = any(one.mark == Mark.WORK for one in found.waiting) or any(
            self.specs.elements(one.diagram)[one.element].mark == Mark.WORK
            for one in found.passages
        )
        if works:
            self.facts.gate = "shut"
        return Moved(
            self.facts.now,
            found.passages,
            found.waiting,
            found.data,
            found.end_element,
            found.closes,
        )

    def _stuck(self, waiting: tuple[Waiting, ...], why: str | Said) -> Moved:
        return Moved(self.facts.now, (), waiting, {}, wrong=why)
