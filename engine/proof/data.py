"""What is known of data: answers with a finite domain, and constants that scripts and tables set.

Each token carries its own data, as in the engine, where branches see each other's only after a
join.  A token knows only what may still be read (`live`): what nobody will look at makes no two
states out of one.  A newcomer would take an absent answer for an unknown one: a step that was
entered again has no answers, and its fields are None; process data that was never set here may be
anything.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import Any

from engine.bpmn.tables import DecisionTable
from engine.errors import ExpressionRefused
from engine.expressions import FACTS, Expression, Script, evaluate
from engine.proof.net import Net, Transition, Variable
from engine.proof.values import Scalar

Values = tuple[tuple[Variable, Scalar], ...]
"""What a token knows, sorted by variable."""

MAX_BRANCHES = 512
"""More ways than these for one answer or join are not told apart: the rest may be anything."""


GIVEN = frozenset({"impact", "urgency", "party"})
"""Process data that use cases set from outside: what a diagram makes of it does not last."""


class Unknown:
    """The value of what may be anything."""

    def __repr__(self) -> str:
        """Return a question mark."""
        return "?"


UNKNOWN: Any = Unknown()


class Failed(Exception):
    """An expression fails for these values: the engine would refuse the move."""


@lru_cache(maxsize=4096)
def variables(node: ast.expr, steps: frozenset[str]) -> frozenset[Variable] | None:
    """Return what an expression reads; None if it looks at a step in a way not followed here."""
    found: set[Variable] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
            found.add((part.value.id, part.attr))
        elif isinstance(part, ast.Name):
            found.add((part.id, None))
    looked_into = {name for name, member in found if member is not None}
    whole = {name for name, member in found if member is None} - looked_into
    if whole & steps or (looked_into - steps):
        return None
    return frozenset(one for one in found if one[1] is not None or one[0] not in looked_into)


class Knowledge:
    """Evaluates for a net: which variables are live where, and what expressions say."""

    def __init__(self, net: Net) -> None:
        self.net = net
        self.live: list[frozenset[Variable]] = [frozenset()] * len(net.places)
        self._reads: dict[int, frozenset[Variable]] = {}
        if net.run_to_completion:
            self._find_live()

    def keep(self, place: int, values: Mapping[Variable, Scalar]) -> Values:
        """Return of `values` what may still be read from `place` on."""
        live = self.live[place]
        if not live or not values:
            return ()
        return tuple(sorted((one for one in values.items() if one[0] in live), key=_order))

    def truth(self, condition: Expression, values: Values, gate: str) -> bool | None:
        """Return whether a condition holds; None if it may or may not.  Raises Failed."""
        try:
            found = _value(condition.node, self._looked_up(values, gate))
        except ExpressionRefused as error:
            raise Failed from error
        return None if isinstance(found, Unknown) else bool(found)

    def answered(
        self, step: str, needed: set[Variable], decisive: str | None
    ) -> Iterator[dict[Variable, Scalar]]:
        """Yield every combination of answers to a step, as far as anybody looks at them.

        The `decisive` field is looked at in any case.
        """
        fields = {field for name, field in needed if name == step and field is not None}
        if decisive is not None:
            fields.add(decisive)
        names = sorted(fields, key=lambda one: (one != decisive, one))
        domain = self.net.domains.get(step)
        choices = [
            self.net.imagined.get((step, name), (UNKNOWN,))
            if domain is None
            else domain.get(name, (None,))
            for name in names
        ]
        for values in combined(choices):
            yield {(step, name): value for name, value in zip(names, values, strict=True)}

    def given(self, needed: set[Variable]) -> Iterator[dict[Variable, Scalar]]:
        """Yield what process data may be at the start, as far as anybody looks at it."""
        names = [name for name in self.net.given if name in needed]
        for values in combined([self.net.given[name] for name in names]):
            yield dict(zip(names, values, strict=True))

    def scripted(self, script: Script, values: dict[Variable, Scalar], gate: str) -> None:
        """Do a script's assignments, as far as they give constants.  Raises Failed."""
        for name, told in script.assignments:
            try:
                value = _value(told.node, self._looked_up(tuple(values.items()), gate))
            except ExpressionRefused as error:
                raise Failed from error
            is_kept = not told.reads or isinstance(value, bool) or value is None
            if is_kept and isinstance(value, str | int | float | None):
                values[name, None] = value
            else:
                values[name, None] = UNKNOWN
            if name in self.net.steps:  # forged: conditions take it for what somebody answered
                values |= {(name, member): UNKNOWN for member in self.net.domains.get(name, ())}

    def decided(
        self, table: DecisionTable, values: Mapping[Variable, Scalar], gate: str
    ) -> list[dict[Variable, Scalar]]:
        """Return the outputs that a table may give.  Raises Failed if it gives none, or two."""
        names = self._looked_up(tuple(values.items()), gate)
        try:
            seen = [_value(one.node, names) for one in table.inputs]
            hits, sure = [], 0
            for rule in table.rules:
                tests = list(zip(rule.tests, seen, strict=True))
                if not all(
                    isinstance(value, Unknown) or test.matches(value) for test, value in tests
                ):
                    continue
                hits.append(rule)
                if not any(
                    isinstance(value, Unknown) and test.how != "any" for test, value in tests
                ):
                    sure += 1
                    if table.policy == "FIRST":
                        break
        except ExpressionRefused as error:
            raise Failed from error
        if not hits or sure > 1:
            raise Failed
        outputs = {rule.outputs for rule in hits}
        return [
            {(name, None): value for name, value in zip(table.outputs, one, strict=True)}
            for one in sorted(outputs, key=repr)
        ]

    def _looked_up(self, values: Values, gate: str) -> "_Names":
        # without a monitor nobody knows: who calls, or what is missing, has it
        known = UNKNOWN if self.net.monitor is None else gate
        return _Names(dict(values), self.net.steps, known)

    # --- live variables ------------------------------------------------------------------------

    def _find_live(self) -> None:
        """Work backwards from what is read, until nothing more is found."""
        before: dict[int, list[Transition]] = {}
        for one in self.net.transitions:
            for place in _after(one):
                before.setdefault(place, []).append(one)
        waiting = list(self.net.transitions)
        while waiting:
            one = waiting.pop()
            needed = self._needed(one)
            if not needed:
                continue
            for place in self._sources(one):
                if not needed <= self.live[place]:
                    self.live[place] |= needed
                    waiting.extend(before.get(place, ()))

    def _sources(self, one: Transition) -> list[int]:
        sources = list(one.inputs or one.join)
        if one.still is not None:
            sources = list(self.net.scopes[one.still].ends)
        if one.wakes or one.levels:
            sources += [catch.waiter for level in one.levels for catch in level]
        return sources

    def _needed(self, one: Transition) -> frozenset[Variable]:
        after: set[Variable] = set()
        for place in _after(one):
            after |= self.live[place]
        if one.answers is not None or one.enters is not None:
            after = {name for name in after if name[0] not in (one.answers, one.enters)}
        if one.number not in self._reads:
            self._reads[one.number] = self._read_by(one)
        if one.script is not None:
            assigned = {name for name, _ in one.script.assignments}
            after = {name for name in after if name[1] is not None or name[0] not in assigned}
        if one.table is not None:
            after = {
                name for name in after if name[1] is not None or name[0] not in one.table.outputs
            }
        return frozenset(after) | self._reads[one.number]

    def _read_by(self, one: Transition) -> frozenset[Variable]:
        nodes = []
        if one.choice is not None:
            nodes += [way.condition.node for way in one.choice.ways if way.condition is not None]
        if one.script is not None:
            nodes += [told.node for _, told in one.script.assignments]
        if one.table is not None:
            nodes += [told.node for told in one.table.inputs]
        found: set[Variable] = set()
        for node in nodes:
            found |= _looked_at(node, self.net.steps)
        return frozenset(
            (name, member)
            for name, member in found
            if name not in FACTS and (member is not None or name not in GIVEN)
        )


def combined(choices: Sequence[Sequence[Scalar]]) -> Iterator[tuple[Scalar, ...]]:
    """Yield every combination; what makes them too many, counted from the first, is unknown."""
    told: list[Sequence[Scalar]] = []
    ways = 1
    for one in choices:
        fits = ways * len(one) <= MAX_BRANCHES
        ways *= len(one) if fits else 1
        told.append(one if fits else (UNKNOWN,))
    yield from product(*told)


def _after(one: Transition) -> Iterator[int]:
    yield from one.outputs
    if one.choice is not None:
        yield from one.choice.always
        for way in one.choice.ways:
            yield way.place
    for level in one.levels:
        for catch in level:
            yield from catch.outputs


def _order(one: tuple[Variable, Scalar]) -> tuple[str, str]:
    return one[0][0], one[0][1] or ""


class _Names:
    """What names mean for one token."""

    def __init__(
        self, values: Mapping[Variable, Scalar], steps: frozenset[str], gate: object
    ) -> None:
        self.values = values
        self.steps = steps
        self.gate = gate

    def of(self, variable: Variable) -> object:
        """Return a value, None for an answer not given, UNKNOWN for what was never set here."""
        name, member = variable
        if name == "gate":
            return self.gate
        if variable in self.values:
            return self.values[variable]
        return None if member is not None and name in self.steps else UNKNOWN

    def plain(self, reads: frozenset[Variable]) -> dict[str, object]:
        """Return the names as the expression language takes them."""
        names: dict[str, object] = {}
        for name, member in reads:
            if member is None:
                names[name] = self.of((name, None))
            else:
                held = names.setdefault(name, {})
                if isinstance(held, dict):
                    held[member] = self.of((name, member))
        return names


def _value(node: ast.expr, names: _Names) -> object:
    """Return an expression's value, or UNKNOWN; raises ExpressionRefused as the engine would."""
    reads = variables(node, names.steps)
    if reads is not None and not any(isinstance(names.of(one), Unknown) for one in reads):
        return evaluate(Expression("", node, frozenset()), names.plain(reads))
    if isinstance(node, ast.BoolOp):
        return _together(node, names)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        value = _value(node.operand, names)
        return value if isinstance(value, Unknown) else not value
    return UNKNOWN


def _looked_at(node: ast.expr, steps: frozenset[str]) -> frozenset[Variable]:
    """Return what `_value` may look at: of what it does not follow as a whole, the parts."""
    found = variables(node, steps)
    if found is not None:
        return found
    parts: list[ast.expr] = []
    if isinstance(node, ast.BoolOp):
        parts = node.values
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        parts = [node.operand]
    return frozenset().union(*(_looked_at(part, steps) for part in parts))


def _together(node: ast.BoolOp, names: _Names) -> object:
    """`and` and `or`, of which one part may decide whatever the others are."""
    decides = isinstance(node.op, ast.Or)
    is_open = False
    for part in node.values:
        try:
            value = _value(part, names)
        except ExpressionRefused:
            if not is_open:
                raise
            value = UNKNOWN  # what stands before it may spare it
        if isinstance(value, Unknown):
            is_open = True
        elif bool(value) is decides:
            return decides
    return UNKNOWN if is_open else not decides
