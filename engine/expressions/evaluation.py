"""Evaluates checked expressions, with simpleeval as the second wall behind `language`.

A newcomer would miss two things: `step.answer` looks into data only, never at attributes of
Python objects, and an answer that is not there is None (a step that was entered again has been
cleared).
"""

import ast
import operator
import threading
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

from simpleeval import EvalWithCompoundTypes, InvalidExpression

from engine.errors import ExpressionRefused
from engine.expressions.language import MAX_NUMBER, Expression, Script, expression, script
from engine.expressions.names import FUNCTIONS, is_reserved

MAX_LENGTH = 2_000
"""Longest text or list, in characters or members, that an expression may make."""


def evaluate(text: str | Expression, names: Mapping[str, object]) -> object:
    """Return the value of an expression where `names` are what its names mean.

    Data must be JSON values.  Raises ExpressionRefused if it is outside the language, reads an
    unknown name, fails (comparing a text with a number) or grows too large.
    """
    checked = expression(text) if isinstance(text, str) else text
    evaluator = _evaluator()
    evaluator.names = names
    try:
        return evaluator.eval(checked.text, previously_parsed=checked.node)
    except (
        InvalidExpression,
        ArithmeticError,
        LookupError,
        TypeError,
        ValueError,
        RecursionError,
    ) as error:
        raise ExpressionRefused(
            f"“{checked.text}” failed: {error}", expression=checked.text
        ) from error
    finally:
        evaluator.names = {}


def execute(
    text: str | Script, data: MutableMapping[str, object], names: Mapping[str, object]
) -> None:
    """Do a script's assignments into `data`, in order; `names` must show `data` as it changes.

    Raises ExpressionRefused as `evaluate` does, and for a name that is reserved.
    """
    checked = script(text) if isinstance(text, str) else text
    for name, value in checked.assignments:
        if is_reserved(name):  # checked when the script was read; the last wall before `gate`
            raise ExpressionRefused(f"“{name}” is reserved: a script cannot assign it.", name=name)
        data[name] = evaluate(value, names)


def _bounded(compute: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Wrap an operator so that neither its work nor its result can explode."""

    def bounded(left: Any, right: Any) -> Any:
        result = compute(left, right)
        if isinstance(result, int | float) and not abs(result) <= MAX_NUMBER:
            raise ValueError("the number is too large")
        if isinstance(result, str | list | tuple) and len(result) > MAX_LENGTH:
            raise ValueError("the text or list is too long")
        return result

    return bounded


def _plus(left: Any, right: Any) -> Any:
    return left + right


def _number_only(compute: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """`"%999999999d" % 1` and `"x" * 10**9` are bombs: these operators are for numbers."""

    def checked(left: Any, right: Any) -> Any:
        if not isinstance(left, int | float) or not isinstance(right, int | float):
            raise TypeError("only numbers can be multiplied or divided")
        return compute(left, right)

    return _bounded(checked)


_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: _bounded(_plus),
    ast.Sub: _bounded(operator.sub),
    ast.Mult: _number_only(operator.mul),
    ast.Div: _number_only(operator.truediv),
    ast.FloorDiv: _number_only(operator.floordiv),
    ast.Mod: _number_only(operator.mod),
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Gt: operator.gt,
    ast.Lt: operator.lt,
    ast.GtE: operator.ge,
    ast.LtE: operator.le,
    ast.Not: operator.not_,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.In: lambda member, many: operator.contains(many, member),
    ast.NotIn: lambda member, many: not operator.contains(many, member),
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}


class _Evaluator(EvalWithCompoundTypes):  # type: ignore[misc] # simpleeval ships no types
    """simpleeval without methods, attributes of objects, assignments and comprehensions."""

    def __init__(self) -> None:
        # Not super().__init__: it changes the process-wide warning filters, a race of threads.
        self.expr = ""
        self.operators = _OPERATORS
        self.functions = dict(FUNCTIONS)
        self.names: Mapping[str, object] = {}
        self.allowed_attrs = None
        self.nodes = {
            ast.Attribute: self._eval_attribute,
            ast.BinOp: self._eval_binop,
            ast.BoolOp: self._eval_boolop,
            ast.Call: self._eval_call,
            ast.Compare: self._eval_compare,
            ast.Constant: self._eval_constant,
            ast.Dict: self._eval_dict,
            ast.IfExp: self._eval_ifexp,
            ast.List: self._eval_list,
            ast.Name: self._eval_name,
            ast.Set: self._eval_set,
            ast.Subscript: self._eval_subscript,
            ast.Tuple: self._eval_tuple,
            ast.UnaryOp: self._eval_unaryop,
        }

    def _eval_attribute(self, node: ast.Attribute) -> object:
        """Return the member of data called so; None if it is not there."""
        holder = self._eval(node.value)
        if not isinstance(holder, Mapping):
            raise InvalidExpression(f"“{ast.unparse(node.value)}” has no “{node.attr}”")
        return holder.get(node.attr)

    def _eval_subscript(self, node: ast.Subscript) -> object:
        """Return a member of a dict (None if it is not there), list or text."""
        holder, key = self._eval(node.value), self._eval(node.slice)
        if isinstance(holder, Mapping):
            return holder.get(key)
        if isinstance(holder, list | tuple | str) and isinstance(key, int):
            return holder[key]
        raise InvalidExpression(f"“{ast.unparse(node)}” looks into something that is no data")

    def _eval_name(self, node: ast.Name) -> object:
        try:
            return self.names[node.id]
        except KeyError:
            raise InvalidExpression(f"there is no “{node.id}” here") from None


_OF_THREAD = threading.local()  # an evaluator holds its names while it works: one per thread


def _evaluator() -> _Evaluator:
    found: _Evaluator | None = getattr(_OF_THREAD, "evaluator", None)
    if found is None:
        found = _OF_THREAD.evaluator = _Evaluator()
    return found
