"""Proves by weights that no place ever holds two tokens, without looking at a single state.

Give every place a weight so that no transition makes the sum grow (what is cleared only makes it
smaller), and let the tokens at the start weigh 1 together.  Then a place of weight 1 never holds
two tokens (sub-invariants of Petri nets).  Weights are found by sending all of it down one way at
each parting; what one set of weights does not cover, the next tries, with another way.

An activity and the events that interrupt it count as one: they hold their tokens together, and
whichever goes on takes the others' away.  (In the engine the activity's stays until the event is
acted on, but that goes before everything else.)

An inclusive join counts as if it might be left with one token, which is what it needs at least; a
subprocess that is over had at least one of its ends.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.proof.net import Net, Transition

ROUNDS = 64
"""After so many sets of weights what is left is explored instead."""


def is_bounded(net: Net) -> bool:
    """Return whether it is proved that no place holds two tokens; False proves nothing.

    Messages between pools may pile up, so they are left out.
    """
    moves = [_Move.start(net)]
    moves += [_Move.of(net, one) for one in net.transitions]
    moves += [
        _Move((catch.waiter,), (), catch.outputs, ())
        for one in net.transitions
        for level in one.levels
        for catch in level
    ]
    moves = [move.joined(net.together) for move in moves]
    left = {number for number, place in enumerate(net.places) if place.kind != "message"}
    left -= net.together.keys()
    weights = _Weights(net, moves)
    for turn in range(min(weights.widest, ROUNDS)):
        left -= weights.covered(turn, set())
    for _ in range(ROUNDS):
        if not left:
            break
        covered = weights.covered(0, weights.way_to(min(left)))
        if not covered & left:
            return False
        left -= covered
    return not left


@dataclass(frozen=True, slots=True)
class _Move:
    """Inputs that are all needed, inputs of which one is, outputs, and outputs of which one is."""

    all_of: tuple[int, ...]
    one_of: tuple[int, ...]
    outputs: tuple[int, ...]
    one_way: tuple[int, ...]

    @classmethod
    def start(cls, net: Net) -> "_Move":
        """The move that nothing comes before: it carries all the weight there is."""
        return cls((len(net.places),), (), net.initial, ())

    @classmethod
    def of(cls, net: Net, one: Transition) -> "_Move":
        """Return what a transition moves, apart from whom it wakes: they move by themselves."""
        one_of = one.join if one.still is None else tuple(net.scopes[one.still].ends)
        ways: tuple[int, ...] = ()
        outputs = dict.fromkeys(one.outputs)
        if one.choice is not None:
            ways = tuple(way.place for way in one.choice.ways)
            if one.choice.many:
                outputs |= dict.fromkeys((*one.choice.always, *ways))
                ways = ()
        return cls(one.inputs, one_of, tuple(outputs), ways)

    def joined(self, together: Mapping[int, int]) -> "_Move":
        """Return the move over places of which some stand for others."""
        return _Move(
            *(
                _joined(one, together)
                for one in (self.all_of, self.one_of, self.outputs, self.one_way)
            )
        )


def _joined(places: tuple[int, ...], together: Mapping[int, int]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(together.get(place, place) for place in places))


class _Weights:
    """Sets of weights for the places of one net; the place after the last is the start's."""

    def __init__(self, net: Net, moves: list[_Move]) -> None:
        self.places = len(net.places) + 1
        self.moves = moves
        self.widest = max(len(move.outputs) for move in moves)
        self.after: list[list[_Move]] = [[] for _ in range(self.places)]
        for move in moves:
            for place in (*move.all_of, *move.one_of):
                self.after[place].append(move)

    def covered(self, turn: int, wanted: set[int]) -> set[int]:
        """Return the places of weight 1, if at each parting one way gets all of it."""
        weights = [1] * self.places
        for move in self.moves:
            if len(move.outputs) > 1:
                taken = next((one for one in move.outputs if one in wanted), None)
                taken = move.outputs[turn % len(move.outputs)] if taken is None else taken
                for place in move.outputs:
                    if place != taken:
                        weights[place] = 0
        waiting = list(self.moves)
        while waiting:
            move = waiting.pop()
            if not self._carries(move, weights):
                for place in (*move.outputs, *move.one_way):
                    if weights[place]:
                        weights[place] = 0
                        waiting.extend(self.after[place])
        return {place for place, weight in enumerate(weights) if weight}

    @staticmethod
    def _carries(move: _Move, weights: list[int]) -> bool:
        if any(weights[place] for place in move.all_of):
            return True
        return bool(move.one_of) and all(weights[place] for place in move.one_of)

    def way_to(self, goal: int) -> set[int]:
        """Return the places on a shortest way from the start to `goal`."""
        start = self.places - 1
        come_by = {start: start}
        waiting = [start]
        for here in waiting:
            for move in self.after[here]:
                for there in (*move.outputs, *move.one_way):
                    if there not in come_by:
                        come_by[there] = here
                        waiting.append(there)
        way, here = {goal}, goal
        while here in come_by and here != start:
            here = come_by[here]
            way.add(here)
        return way
