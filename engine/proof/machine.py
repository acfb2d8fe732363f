"""Moves tokens: which transitions may fire in a state, and what each makes of it.

A state is the sorted tuple of its tokens, and equal means equal.  A token is a number: the place
it stands in and what it knows.  A newcomer would let everything enabled fire: in run to completion
people, timers and messages act only when nothing moves by itself, what interrupts goes first, then
what lies deepest, as `runtime.run` does it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from engine.proof.data import MAX_BRANCHES, UNKNOWN, Failed, Knowledge, Values
from engine.proof.net import Catch, Choice, Net, Transition, Variable
from engine.proof.values import Scalar

State = tuple[int, ...]
STALE = "stale"
_FRESH = frozenset({"confirmed", "escalated"})
_WAITED = {"confirmed": "confirmed, then waited", "escalated": "escalated, then waited"}
_GATE = {
    STALE: "shut",
    "confirmed": "confirmed",
    "escalated": "escalated",
    _WAITED["confirmed"]: "confirmed",
    _WAITED["escalated"]: "escalated",
}
_MONITORED: Variable = ("", None)
MAX_TOKENS = 2
"""Most tokens that one place is followed with: a second one is a fault already."""


@dataclass(frozen=True, slots=True)
class Move:
    """A transition fired, with what was answered, the state it made, and what it broke."""

    transition: Transition
    state: State
    answers: Mapping[str, Scalar]
    broke: tuple[str, ...] = ()


_NO_ANSWERS: Mapping[str, Scalar] = {}


class Machine:
    """Fires a net's transitions."""

    def __init__(self, net: Net) -> None:
        self.net = net
        self.known = Knowledge(net)
        self.place_of: list[int] = list(range(len(net.places)))
        self.values_of: list[Values] = [()] * len(net.places)
        self._tokens: dict[tuple[int, Values, tuple[type, ...]], int] = {}
        self._still = [place.is_still for place in net.places]
        self._scope = [-1 if place.is_still else place.scope for place in net.places]
        self._automatic: list[list[Transition]] = [[] for _ in net.places]
        self._external: list[list[Transition]] = [[] for _ in net.places]
        for one in net.transitions:
            outside = net.run_to_completion and one.external
            for place in set(one.anchors):
                (self._external if outside else self._automatic)[place].append(one)
        self._plain = [self._is_plain(one) for one in net.transitions]
        self._reach: dict[tuple[int, int], frozenset[int]] = {}
        self._after: list[list[Transition]] | None = None

    def initial(self) -> State:
        """Return the first state."""
        tokens = [self.token(place, ()) for place in self.net.initial]
        if self.net.monitor is not None:
            tokens.append(self._monitor(STALE))
        return tuple(sorted(tokens))

    def token(self, place: int, values: Values) -> int:
        """Return the token that stands in `place` and knows `values`."""
        if not values:
            return place
        key = (place, values, tuple(type(value) for _, value in values))  # True is not 1
        found = self._tokens.get(key)
        if found is None:
            found = self._tokens[key] = len(self.place_of)
            self.place_of.append(place)
            self.values_of.append(values)
        return found

    def places(self, state: State) -> list[int]:
        """Return the places of a state's tokens."""
        place_of = self.place_of
        return [place_of[token] for token in state]

    def is_final(self, state: State) -> bool:
        """Return whether nothing is going on any more."""
        still, place_of = self._still, self.place_of
        return all(still[place_of[token]] for token in state)

    def gate(self, state: State) -> str:
        """Return what `gate` says in a state."""
        return _GATE[self.monitored(state)]

    def monitored(self, state: State) -> str:
        """Return the monitor's value."""
        monitor = self.net.monitor
        for token in reversed(state):
            if self.place_of[token] == monitor:
                return str(self.values_of[token][0][1])
        return STALE

    def _monitor(self, value: str) -> int:
        assert self.net.monitor is not None  # noqa: S101 - only monitored nets have values
        return self.token(self.net.monitor, ((_MONITORED, value),))

    # --- what may fire -------------------------------------------------------------------------

    def enabled(self, state: State) -> list[Transition]:
        """Return what may fire, with the priorities of the semantics."""
        places = self.places(state)
        moving = self._ready(self._automatic, places, state)
        if not self.net.run_to_completion:
            return moving
        if not moving:
            return self._ready(self._external, places, state)
        interrupting = [one for one in moving if one.interrupts]
        if interrupting:
            return interrupting
        deepest = max(one.depth for one in moving)
        return [one for one in moving if one.depth == deepest]

    def is_stable(self, state: State) -> bool:
        """Return whether nothing moves by itself."""
        return not self._ready(self._automatic, self.places(state), state)

    def _ready(
        self, of_place: list[list[Transition]], places: list[int], state: State
    ) -> list[Transition]:
        found: list[Transition] = []
        for place in places:
            for one in of_place[place]:
                is_simple = self._plain[one.number] and len(one.inputs) == 1
                if is_simple or (one not in found and self._may_fire(one, places, state)):
                    found.append(one)
        return found

    def _may_fire(self, one: Transition, places: list[int], state: State) -> bool:
        if not all(place in places for place in one.inputs):
            return False
        if one.still is not None:
            return all(self._scope[place] != one.still for place in places)
        if one.wakes:
            return any(catch.waiter in places for level in one.levels for catch in level)
        if one.join:
            return self._may_join(one, places)
        if one.mark == "proposal":
            return self.monitored(state) != STALE
        return True

    def _may_join(self, one: Transition, places: list[int]) -> bool:
        """BPMN's rule: no token that can still reach an empty way in, unless also a full one."""
        full = {place for place in one.join if place in places}
        if len(full) == len(one.join):
            return True
        for place in places:
            if place in full:
                continue
            reach = self._reaches(one, place)
            if reach - full and not reach & full:
                return False
        return True

    def _reaches(self, join: Transition, place: int) -> frozenset[int]:
        """Return the ways into a join that a token can reach without passing the join."""
        key = (join.join[0], place)
        found = self._reach.get(key)
        if found is None:
            found = self._reach[key] = self._walk(join, place)
        return found

    def _walk(self, join: Transition, place: int) -> frozenset[int]:
        if self._after is None:
            self._after = [[] for _ in self.net.places]
            for one in self.net.transitions:
                waiters = [catch.waiter for level in one.levels for catch in level]
                for source in {*one.inputs, *one.join, *waiters}:
                    self._after[source].append(one)
        goals, hit = set(join.join), set()
        scope = self.net.places[join.join[0]].scope
        seen, waiting = {place}, [place]
        while waiting:
            here = waiting.pop()
            if here in goals:
                hit.add(here)
                continue
            for one in self._after[here]:
                for there in _outputs(one, here):
                    if there not in seen and self.net.places[there].scope == scope:
                        seen.add(there)
                        waiting.append(there)
        return frozenset(hit)

    # --- firing --------------------------------------------------------------------------------

    def _is_plain(self, one: Transition) -> bool:
        """Whether firing only moves tokens that know nothing."""
        plain = Transition(
            one.element,
            one.inputs,
            one.outputs,
            one.depth,
            one.external,
            one.interrupts,
            flow=one.flow,
            number=one.number,
        )
        if plain != one or not one.inputs or (one.external and self.net.monitor is not None):
            return False
        return not any(self.known.live[place] for place in (*one.inputs, *one.outputs))

    def fire(self, state: State, one: Transition) -> list[Move]:
        """Return every way in which a transition may go; none if its expressions fail."""
        if self._plain[one.number]:
            tokens = list(state)
            for place in one.inputs:
                tokens.remove(place)
            tokens.extend(one.outputs)
            tokens.sort()
            return [Move(one, tuple(tokens), _NO_ANSWERS)]
        return list(self._fire(state, one))

    def _fire(self, state: State, one: Transition) -> Iterator[Move]:
        monitored = self.monitored(state)
        if one.external and monitored in _FRESH:
            monitored = _WAITED[monitored]
        for consumed, values in self._consumed(state, one):
            for told, answers in self._told(one, values):
                after = self._judged(one, monitored, told)
                yield from self._left(state, one, consumed, told, answers, after)

    def _left(
        self,
        state: State,
        one: Transition,
        consumed: tuple[int, ...],
        told: dict[Variable, Scalar],
        answers: Mapping[str, Scalar],
        monitored: str,
    ) -> Iterator[Move]:
        gate = _GATE[monitored]
        try:
            variants = self._computed(one, told, gate)
        except Failed:
            return
        for values in variants:
            for places, flow in self._chosen(one.choice, values, gate):
                made = self._made(state, one, consumed, (*one.outputs, *places), values)
                if self.net.monitor is not None:
                    made.append(self._monitor(monitored))
                after = tuple(sorted(made))
                seen = {"flow": flow} if flow is not None else answers
                yield Move(one, after, seen, self._broken(state, one, after, monitored))

    def _consumed(
        self, state: State, one: Transition
    ) -> Iterator[tuple[tuple[int, ...], dict[Variable, Scalar]]]:
        """Yield which tokens are taken, and what they know together."""
        places = self.places(state)
        inputs = one.inputs or tuple(place for place in one.join if place in places)
        taken = [
            sorted({token for token, at in zip(state, places, strict=True) if at == place})
            for place in inputs
        ]
        gathered: list[int] = []
        if one.still is not None:
            ends = set(self.net.scopes[one.still].ends)
            gathered = [token for token, at in zip(state, places, strict=True) if at in ends]
        for tokens in product(*taken):
            for values in self._merged([*tokens, *gathered]):
                yield tokens, values

    def _merged(self, tokens: list[int]) -> Iterator[dict[Variable, Scalar]]:
        known: dict[Variable, list[Scalar]] = {}
        for token in tokens:
            if self.place_of[token] != self.net.monitor:
                for name, value in self.values_of[token]:
                    held = known.setdefault(name, [])
                    if value not in held:
                        held.append(value)
        for values in product(*known.values()):
            yield dict(zip(known, values, strict=True))

    def _told(
        self, one: Transition, values: dict[Variable, Scalar]
    ) -> Iterator[tuple[dict[Variable, Scalar], Mapping[str, Scalar]]]:
        """Yield the data after people have answered, and what they answered."""
        step = one.answers or one.enters
        if step is not None:
            values = {name: value for name, value in values.items() if name[0] != step}
        if one.forgets_all:
            live = {name for place in one.outputs for name in self.known.live[place]}
            values = dict.fromkeys(live, UNKNOWN)  # type: ignore[arg-type]
        if one.answers is None:
            yield values, _NO_ANSWERS
            return
        needed = {name for place in self._outputs_of(one) for name in self.known.live[place]}
        if one.mark in _DECIDES:
            needed.add((one.answers, _DECIDES[one.mark][0]))
        for number, answers in enumerate(self.known.answered(one.answers, frozenset(needed))):
            if number >= MAX_BRANCHES:
                break
            shown = {
                str(name[1]): value
                for name, value in answers.items()
                if not _is_unknown(value) and value is not None
            }
            yield values | answers, shown

    @staticmethod
    def _outputs_of(one: Transition) -> Iterator[int]:
        return _outputs(one, one.inputs[0])

    def _judged(self, one: Transition, monitored: str, told: Mapping[Variable, Scalar]) -> str:
        """Return the monitor's value after a transition."""
        if one.mark in ("work", "proposal"):
            return STALE
        if one.mark in _DECIDES and one.answers is not None:
            field, closes, fresh = _DECIDES[one.mark]
            value = told.get((one.answers, field))
            return fresh if value == closes or _is_unknown(value) else STALE
        return monitored

    def _computed(
        self, one: Transition, told: dict[Variable, Scalar], gate: str
    ) -> list[dict[Variable, Scalar]]:
        if one.script is not None:
            told = dict(told)
            self.known.scripted(one.script, told, gate)
        if one.table is not None:
            return [told | outputs for outputs in self.known.decided(one.table, told, gate)]
        return [told]

    def _chosen(
        self, choice: Choice | None, values: dict[Variable, Scalar], gate: str
    ) -> Iterator[tuple[tuple[int, ...], str | None]]:
        """Yield the ways that a gateway may take."""
        if choice is None:
            yield (), None
            return
        seen = tuple(values.items())
        holds: list[bool | None] = []
        for way in choice.ways:
            if way.is_default:
                holds.append(False)
            elif way.condition is None:
                holds.append(None)
            else:
                try:
                    holds.append(self.known.truth(way.condition, seen, gate))
                except Failed:
                    return
                if holds[-1] and not choice.many:
                    break
        yield from _many(choice, holds) if choice.many else _one(choice, holds)

    def _made(
        self,
        state: State,
        one: Transition,
        consumed: tuple[int, ...],
        outputs: tuple[int, ...],
        values: dict[Variable, Scalar],
    ) -> list[int]:
        """Return the tokens after a move, without the monitor's."""
        tokens = [token for token in state if self.place_of[token] != self.net.monitor]
        for token in consumed:
            if self.place_of[token] != self.net.monitor:
                tokens.remove(token)
        gone = one.clears | one.fulfils
        if gone:
            tokens = [token for token in tokens if self.place_of[token] not in gone]
        tokens += [self.token(place, self.known.keep(place, values)) for place in outputs]
        for level in one.levels:
            waiting = [
                (catch, token)
                for catch in level
                for token in tokens
                if self.place_of[token] == catch.waiter
            ]
            if waiting:
                self._wake(tokens, waiting)
                break
        return tokens

    def _wake(self, tokens: list[int], waiting: list[tuple[Catch, int]]) -> None:
        for catch, token in waiting:
            if token not in tokens:
                continue  # cleared by one before
            tokens.remove(token)
            if catch.clears:
                tokens[:] = [one for one in tokens if self.place_of[one] not in catch.clears]
            values = dict(self.values_of[token])
            tokens += [self.token(place, self.known.keep(place, values)) for place in catch.outputs]

    def _broken(
        self, state: State, one: Transition, after: State, monitored: str
    ) -> tuple[str, ...]:
        """Return the rules that a move breaks."""
        broke = []
        if one.mark in _FRESH:
            if monitored == STALE:
                broke.append("closes_stale")
            elif monitored in _WAITED.values():
                broke.append("waits_before_closing")
            elif monitored != one.mark:
                broke.append("closes_otherwise")
            if not self.is_final(after):
                broke.append("closes_beside_work")
        if one.must_fulfil:
            places = self.places(state)
            broke += [f"after:{place}" for place in one.must_fulfil if place in places]
        return tuple(broke)


_DECIDES: dict[str | None, tuple[str, str, str]] = {
    "confirmation": ("answer", "yes", "confirmed"),
    "closing_decision": ("decided", "close", "escalated"),
}
"""By mark: the field that decides, the answer that closes, and what it makes of the monitor."""


def _is_unknown(value: object) -> bool:
    return value is UNKNOWN


def _one(choice: Choice, holds: list[bool | None]) -> Iterator[tuple[tuple[int, ...], str]]:
    is_sure = False
    for way, holding in zip(choice.ways, holds, strict=False):
        if holding is not False:
            yield (way.place,), way.flow
            is_sure = is_sure or holding is True
    if not is_sure:
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


def _outputs(one: Transition, place: int) -> Iterator[int]:
    """Yield where a token of `place` may go by a transition."""
    if place in one.inputs or place in one.join:
        yield from one.outputs
        if one.choice is not None:
            yield from one.choice.always
            for way in one.choice.ways:
                yield way.place
    for level in one.levels:
        for catch in level:
            if catch.waiter == place:
                yield from catch.outputs
