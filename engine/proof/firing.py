"""Fires transitions: what becomes of the tokens, of what they know, and of the monitor.

The monitor is *stale* at first, after work, and when a proposal comes; an answer that closes makes
it fresh for as long as the same move lasts.  A newcomer would let it stay fresh: once anything
waits, the answer has been left alone with the world, and a closing end must not rest on it.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import NamedTuple

from engine.proof.data import UNKNOWN, Failed, Values, combined
from engine.proof.machine import STALE, Machine, State, outputs_of
from engine.proof.net import DECIDES, Catch, Choice, Transition, Variable, Way
from engine.proof.values import Scalar

_FRESH = frozenset({"confirmed", "escalated"})
_WAITED = {"confirmed": "confirmed, then waited", "escalated": "escalated, then waited"}
_GATE = {
    STALE: "shut",
    "confirmed": "confirmed",
    "escalated": "escalated",
    _WAITED["confirmed"]: "confirmed",
    _WAITED["escalated"]: "escalated",
}


def gate_of(monitored: str) -> str:
    """Return what the gate says while the monitor has this value."""
    return _GATE[monitored]


class Move(NamedTuple):
    """A transition fired, with what was answered, who woke, and what it broke."""

    transition: Transition
    answers: Mapping[str, Scalar]
    woke: tuple[str, ...] = ()
    broke: tuple[str, ...] = ()


Fired = tuple[Move, State]
"""A move, and the state that it makes."""


class _Outcome(NamedTuple):
    """What comes of the tokens that a transition takes, whatever else stands in the net."""

    move: Move
    put: tuple[int, ...]  # tokens, the monitor's included
    monitored: str


_NO_ANSWERS: Mapping[str, Scalar] = {}


class Firing:
    """Fires the transitions of a machine's net."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.overlaps: set[tuple[str, str, str]] = set()  # gateway and two flows that both hold
        self._moves = [Move(one, _NO_ANSWERS) for one in machine.net.transitions]
        monitor = {machine.net.monitor} - {None}
        self._gone = [  # where no token is spared; mostly the one empty set
            (one.clears | one.fulfils | monitor) or frozenset() for one in machine.net.transitions
        ]
        self._outcomes: dict[tuple[int, tuple[int, ...], str], list[_Outcome]] = {}

    def fire(self, state: State, one: Transition) -> list[Fired]:
        """Return every way in which a transition may go, each with the state that it makes.

        None if its expressions fail.
        """
        if self.machine.plain[one.number] and not (one.external and self._ages(state)):
            tokens = list(state)
            for place in one.inputs:
                tokens.remove(place)
            tokens.extend(one.outputs)
            tokens.sort()
            return [(self._moves[one.number], tuple(tokens))]
        return list(self._fire(state, one))

    def _ages(self, state: State) -> bool:
        """Whether an answer that was fresh until now would have waited."""
        return self.machine.net.monitor is not None and self.machine.monitored(state) in _FRESH

    def _fire(self, state: State, one: Transition) -> Iterator[Fired]:
        monitored = self.machine.monitored(state)
        if one.external and monitored in _FRESH:
            monitored = _WAITED[monitored]
        for consumed, gathered in self._consumed(state, one):
            spared = self._spared(state, one, consumed)
            for move, put, after in self._outcomes_of(one, consumed + gathered, monitored):
                tokens = [*spared, *put]
                woke = self._wake_first(one, tokens) if one.levels else ()
                made = tuple(sorted(tokens))
                broke = self._broken(state, one, made, after)
                yield (move._replace(woke=woke, broke=broke) if woke or broke else move), made

    def _outcomes_of(
        self, one: Transition, taken: tuple[int, ...], monitored: str
    ) -> list[_Outcome]:
        """Return what may come of the tokens that a transition takes; it is worked out once."""
        key = (one.number, taken, monitored)
        if key not in self._outcomes:
            self._outcomes[key] = [
                outcome
                for values in self._merged(taken)
                for told, answers in self._told(one, values)
                for after in self._judged(one, monitored, told)
                for outcome in self._left(one, told, answers, after)
            ]
        return self._outcomes[key]

    def _left(
        self,
        one: Transition,
        told: dict[Variable, Scalar],
        answers: Mapping[str, Scalar],
        monitored: str,
    ) -> Iterator[_Outcome]:
        gate = _GATE[monitored]
        machine = self.machine
        monitor = () if machine.net.monitor is None else (machine.monitor(monitored),)
        try:
            variants = self._computed(one, told, gate)
        except Failed:
            return
        for values in variants:
            for places, flow in self._chosen(one, values, gate):
                tokens = (
                    machine.token(place, machine.known.keep(place, values))
                    for place in (*one.outputs, *places)
                )
                seen = {"flow": flow} if flow is not None else answers
                yield _Outcome(Move(one, seen), (*tokens, *monitor), monitored)

    def _consumed(
        self, state: State, one: Transition
    ) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
        """Yield which tokens are taken, and those of ends that are gathered."""
        places = self.machine.places(state)
        inputs = one.inputs or tuple(place for place in one.join if place in places)
        taken = [
            sorted({token for token, at in zip(state, places, strict=True) if at == place})
            for place in inputs
        ]
        gathered: tuple[int, ...] = ()
        if one.still is not None:
            ends = self.machine.net.scopes[one.still].ends
            gathered = tuple(token for token, at in zip(state, places, strict=True) if at in ends)
        for tokens in product(*taken):
            yield tokens, gathered

    def _merged(self, tokens: tuple[int, ...]) -> Iterator[dict[Variable, Scalar]]:
        """Yield what tokens may know together."""
        known: dict[Variable, list[Scalar]] = {}
        for token in tokens:
            if self.machine.place_of[token] != self.machine.net.monitor:
                for name, value in self.machine.values_of[token]:
                    held = known.setdefault(name, [])
                    if value not in held:
                        held.append(value)
        for values in combined(list(known.values())):
            yield dict(zip(known, values, strict=True))

    def _told(
        self, one: Transition, values: dict[Variable, Scalar]
    ) -> Iterator[tuple[dict[Variable, Scalar], Mapping[str, Scalar]]]:
        """Yield the data after a run was begun or people have answered, and what they said."""
        step = one.answers or one.enters
        if step is not None:
            values = {name: value for name, value in values.items() if name[0] != step}
        if one.forgets_all:
            live = {name for place in one.outputs for name in self.machine.known.live[place]}
            kept = {name: value for name, value in values.items() if name in self.machine.net.given}
            values = dict.fromkeys(live, UNKNOWN) | kept
        if one.answers is None and not one.begins:
            yield values, _NO_ANSWERS
            return
        for answers in self._said(one):
            shown = {
                name[1] or name[0]: value
                for name, value in answers.items()
                if not _is_unknown(value) and (value is not None or one.begins)
            }
            yield values | answers, shown

    def _said(self, one: Transition) -> Iterator[dict[Variable, Scalar]]:
        """Yield what a run may be given at its start, or people may answer, if anybody looks."""
        known = self.machine.known
        needed = {name for place in self._outputs_of(one) for name in known.live[place]}
        if one.answers is None:
            yield from known.given(needed)
            return
        decisive = DECIDES[one.mark][0] if one.mark in DECIDES else None
        yield from known.answered(one.answers, needed, decisive)

    @staticmethod
    def _outputs_of(one: Transition) -> Iterator[int]:
        return outputs_of(one, one.inputs[0])

    def _judged(
        self, one: Transition, monitored: str, told: Mapping[Variable, Scalar]
    ) -> tuple[str, ...]:
        """Return what the monitor's value may be after a transition."""
        if one.mark in ("work", "proposal"):
            return (STALE,)
        if one.mark in DECIDES and one.answers is not None:
            field, closes, fresh = DECIDES[one.mark]
            value = told.get((one.answers, field))
            if _is_unknown(value):
                return (fresh, STALE)
            return (fresh if value == closes else STALE,)
        return (monitored,)

    def _computed(
        self, one: Transition, told: dict[Variable, Scalar], gate: str
    ) -> list[dict[Variable, Scalar]]:
        if one.script is not None:
            told = dict(told)
            self.machine.known.scripted(one.script, told, gate)
        if one.table is not None:
            return [told | outputs for outputs in self.machine.known.decided(one.table, told, gate)]
        return [told]

    def _chosen(
        self, one: Transition, values: dict[Variable, Scalar], gate: str
    ) -> Iterator[tuple[tuple[int, ...], str | None]]:
        """Yield the ways that a gateway may take."""
        if one.choice is None:
            yield (), None
            return
        seen = tuple(values.items())
        holds: list[bool | None] = []
        fails = False
        for way in one.choice.ways:
            try:
                holds.append(self._holds(way, seen, gate))
            except Failed:
                fails = True
                break
        if not one.choice.many:
            self._note_overlap(one, holds)
            yield from _one(one.choice, holds, fails=fails)
        elif not fails:
            yield from _many(one.choice, holds)

    def _holds(self, way: Way, seen: Values, gate: str) -> bool | None:
        if way.is_default:
            return False
        if way.condition is None:
            return None
        return self.machine.known.truth(way.condition, seen, gate)

    def _note_overlap(self, one: Transition, holds: list[bool | None]) -> None:
        ways = one.choice.ways if one.choice else ()
        sure = [way.flow for way, holding in zip(ways, holds, strict=False) if holding]
        self.overlaps.update((one.element or "", sure[0], other) for other in sure[1:])

    def _spared(self, state: State, one: Transition, consumed: tuple[int, ...]) -> list[int]:
        """Return the tokens that a move leaves where they are; the monitor's is put anew."""
        gone = self._gone[one.number]
        tokens = list(state)
        if gone:
            places = self.machine.places(state)
            tokens = [token for token, at in zip(state, places, strict=True) if at not in gone]
        for token in consumed:
            if self.machine.place_of[token] not in gone:
                tokens.remove(token)
        return tokens

    def _wake_first(self, one: Transition, tokens: list[int]) -> tuple[str, ...]:
        """Wake all at the first level at which anybody waits; return who that was."""
        place_of = self.machine.place_of
        for level in one.levels:
            waiting = [
                (catch, token)
                for catch in level
                for token in tokens
                if place_of[token] == catch.waiter
            ]
            if waiting:
                return tuple(self._wake(tokens, waiting))
        return ()

    def _wake(self, tokens: list[int], waiting: list[tuple[Catch, int]]) -> Iterator[str]:
        place_of, known = self.machine.place_of, self.machine.known
        for catch, token in waiting:
            if token not in tokens:
                continue  # cleared by one before
            tokens.remove(token)
            if catch.clears:
                tokens[:] = [one for one in tokens if place_of[one] not in catch.clears]
            values = dict(self.machine.values_of[token])
            tokens += [
                self.machine.token(place, known.keep(place, values)) for place in catch.outputs
            ]
            yield catch.element

    def _broken(
        self, state: State, one: Transition, after: State, monitored: str
    ) -> tuple[str, ...]:
        """Return the rules that a move breaks."""
        if one.mark not in _FRESH and not one.must_fulfil:
            return ()
        broke: list[str] = []
        if one.mark in _FRESH:
            if monitored == STALE:
                broke.append("closes_stale")
            elif monitored in _WAITED.values():
                broke.append("waits_before_closing")
            elif monitored != one.mark:
                broke.append("closes_otherwise")
            if not self.machine.is_final(after):
                broke.append("closes_beside_work")
        if one.must_fulfil:
            places = self.machine.places(state)
            broke += [f"after:{place}" for place in one.must_fulfil if place in places]
        return tuple(broke)


def _is_unknown(value: object) -> bool:
    return value is UNKNOWN


def _one(
    choice: Choice, holds: list[bool | None], *, fails: bool
) -> Iterator[tuple[tuple[int, ...], str]]:
    """Yield the ways up to the first that holds; the default unless one holds or fails before."""
    is_sure = False
    for way, holding in zip(choice.ways, holds, strict=False):
        if holding is not False and not is_sure:
            yield (way.place,), way.flow
            is_sure = holding is True
    if not is_sure and not fails:
        for way in choice.ways:
            if way.is_default:
                yield (way.place,), way.flow


def _many(choice: Choice, holds: list[bool | None]) -> Iterator[tuple[tuple[int, ...], str]]:
    options = [(False, True) if one is None else (one,) for one in holds]
    for taken in product(*options):
        ways = [way for way, takes in zip(choice.ways, taken, strict=True) if takes]
        ways = ways or [way for way in choice.ways if way.is_default]
        if ways or choice.always:
            places = (*choice.always, *(way.place for way in ways))
            yield places, " ".join(way.flow for way in ways)
