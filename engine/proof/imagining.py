"""Values that stand for data of which nobody has said what it can be.

What a condition compares with literals falls into a few sorts: each literal, and all the rest.  A
newcomer would let such a condition hold or not as it comes: then one run takes `kind == "gift"` at
one gateway and refuses it at the next, and the path to a fault is one that nobody can walk.  Where
data is looked at in any other way nothing stands for it, and what reads it may go either way.
"""

import ast
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from engine.expressions import FACTS
from engine.proof.data import GIVEN
from engine.proof.net import DECIDES, Transition, Variable
from engine.proof.values import Scalar

MOST_GIVEN = 64
"""More combinations of process data than these are not followed from the start."""

_ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_MEMBERSHIP = (ast.In, ast.NotIn)
_COMPARISONS = (ast.Eq, ast.NotEq, *_ORDER, *_MEMBERSHIP)
Imagined = Mapping[Variable, tuple[Scalar, ...]]


@dataclass(slots=True)
class _Use:
    """How one variable is looked at."""

    literals: list[Scalar] = field(default_factory=list)
    is_asked: bool = False  # whether it is true
    is_ordered: bool = False
    is_blurred: bool = False

    def values(self, *, may_be_number: bool) -> tuple[Scalar, ...]:
        """Return a value of each sort that can be told apart; none if that is not known."""
        if self.is_blurred or (self.is_ordered and not may_be_number):
            return ()
        if self.is_ordered:
            return self._numbers()
        rest = "something else"
        while rest in self.literals:
            rest += " again"
        asked = [True, False] if self.is_asked else []
        return _distinct([*self.literals, *asked, *([rest] if self.literals else [])])

    def _numbers(self) -> tuple[Scalar, ...]:
        numbers = [one for one in self.literals if type(one) in (int, float)]  # true is none
        if self.is_asked or len(numbers) < len(self.literals):
            return ()
        marks = sorted({float(one) for one in numbers if one is not None})
        between = [(low + high) / 2 for low, high in pairwise(marks)]
        return _distinct([marks[0] - 1, *numbers, *between, marks[-1] + 1])


def imagine(
    transitions: Iterable[Transition], steps: frozenset[str], known: Iterable[str]
) -> tuple[Imagined, Imagined]:
    """Return the values that stand for answers to unknown forms, and for process data.

    `known` are the steps whose answers have a domain.  Process data is that which a run is given
    at its start and nothing changes.
    """
    found = list(transitions)
    uses = _uses(found)
    changing = _assigned(found) | FACTS | GIVEN | steps
    answers: dict[Variable, tuple[Scalar, ...]] = {}
    given: dict[Variable, tuple[Scalar, ...]] = {}
    ways = 1
    for variable in sorted(uses, key=lambda one: (one[0], one[1] or "")):
        name, member = variable
        if member is not None:
            values = uses[variable].values(may_be_number=False)
            if values and name in steps and name not in known:
                answers[variable] = values
        elif name not in changing:
            values = uses[variable].values(may_be_number=True)
            if values and ways * len(values) <= MOST_GIVEN:
                given[variable] = values
                ways *= len(values)
    return answers, given


def _assigned(transitions: list[Transition]) -> set[str]:
    """Return the process data that something in the diagrams sets."""
    found: set[str] = set()
    for one in transitions:
        if one.script is not None:
            found |= {name for name, _ in one.script.assignments}
        if one.table is not None:
            found |= set(one.table.outputs)
    return found


def _uses(transitions: list[Transition]) -> Mapping[Variable, _Use]:
    uses: defaultdict[Variable, _Use] = defaultdict(_Use)
    for one in transitions:
        for way in one.choice.ways if one.choice is not None else ():
            if way.condition is not None:
                _look(way.condition.node, uses)
        told = [value for _, value in one.script.assignments] if one.script is not None else []
        told += one.table.inputs if one.table is not None else []
        for value in told:  # what is copied may be looked at in any way
            _blur(value.node, uses)
        if one.mark in DECIDES and one.answers is not None:
            member, closes, _ = DECIDES[one.mark]
            uses[one.answers, member].literals.append(closes)
    return uses


def _look(node: ast.expr, uses: defaultdict[Variable, _Use]) -> None:
    """Note how a condition looks at its variables."""
    if isinstance(node, ast.BoolOp):
        for part in node.values:
            _look(part, uses)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        _look(node.operand, uses)
    elif isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        for (left, right), how in zip(pairwise(sides), node.ops, strict=True):
            turned = not isinstance(how, _MEMBERSHIP) and _compare(right, how, left, uses)
            if not turned and not _compare(left, how, right, uses):
                _blur(left, uses)
                _blur(right, uses)
    elif (variable := _variable(node)) is not None:
        uses[variable].is_asked = True
    else:
        _blur(node, uses)


def _compare(
    left: ast.expr, how: ast.cmpop, right: ast.expr, uses: defaultdict[Variable, _Use]
) -> bool:
    """Note a comparison of a variable with literals; return whether it is one."""
    variable = _variable(left)
    literals = _literals(right, many=isinstance(how, _MEMBERSHIP))
    if variable is None or literals is None or not isinstance(how, _COMPARISONS):
        return False
    uses[variable].literals += literals
    uses[variable].is_ordered |= isinstance(how, _ORDER)
    return True


def _literals(node: ast.expr, *, many: bool) -> list[Scalar] | None:
    """Return the literal written out, or those of a list; None if it is something else."""
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError):
        return None
    if many and not isinstance(value, list | tuple | set):
        return None
    found = list(value) if many else [value]
    return found if all(isinstance(one, str | int | float | None) for one in found) else None


def _blur(node: ast.expr, uses: defaultdict[Variable, _Use]) -> None:
    for part in ast.walk(node):
        variable = _variable(part)
        if variable is not None:
            uses[variable].is_blurred = True


def _variable(node: ast.AST) -> Variable | None:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.value.id, node.attr
    return (node.id, None) if isinstance(node, ast.Name) else None


def _distinct(values: Sequence[Scalar]) -> tuple[Scalar, ...]:
    """Return each value once; true is not one."""
    return tuple({(type(one), one): one for one in values}.values())
