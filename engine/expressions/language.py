"""What an expression may say, checked before anything is evaluated.

Allowed: constants, names, `a.b` and `a["b"]` into data, comparisons, `and or not`, arithmetic
without powers and shifts, `x if c else y`, lists, tuples, sets and dicts written out, and the
calls of `names.FUNCTIONS`.  Not allowed, because each was a way out or a bomb in other engines:
methods, comprehensions, lambdas, f-strings (`f"{1:>999999999}"`), powers, `*` and `**` arguments,
names with a leading underscore.
"""

import ast
import re
from dataclasses import dataclass
from functools import lru_cache

from engine.errors import ExpressionRefused
from engine.expressions.names import FUNCTIONS, is_reserved

MAX_CHARACTERS = 2_000
MAX_NODES = 200
MAX_DEPTH = 40
MAX_LINES = 50
MAX_NUMBER = 10**15

_ALLOWED: tuple[type[ast.AST], ...] = (
    ast.Attribute,
    ast.BinOp,
    ast.BoolOp,
    ast.Call,
    ast.Compare,
    ast.Constant,
    ast.Dict,
    ast.IfExp,
    ast.List,
    ast.Name,
    ast.Set,
    ast.Subscript,
    ast.Tuple,
    ast.UnaryOp,
)
_OPERATORS: tuple[type[ast.AST], ...] = (
    ast.Add,
    ast.And,
    ast.Div,
    ast.Eq,
    ast.FloorDiv,
    ast.Gt,
    ast.GtE,
    ast.In,
    ast.Is,
    ast.IsNot,
    ast.Load,
    ast.Lt,
    ast.LtE,
    ast.Mod,
    ast.Mult,
    ast.Not,
    ast.NotEq,
    ast.NotIn,
    ast.Or,
    ast.Sub,
    ast.UAdd,
    ast.USub,
)
_ASSIGNMENT = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*=(?!=)\s*(.+?)\s*")


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression: its text, its syntax tree (never to be changed), the names it reads."""

    text: str
    node: ast.expr
    reads: frozenset[str]


@dataclass(frozen=True, slots=True)
class Script:
    """A checked script: assignments in the order they are done."""

    text: str
    assignments: tuple[tuple[str, Expression], ...]


@lru_cache(maxsize=4096)
def expression(text: str) -> Expression:
    """Return the checked expression that `text` says.

    Raises ExpressionRefused, with a sentence that names what is not allowed.
    """
    if len(text) > MAX_CHARACTERS:
        raise ExpressionRefused(f"An expression has at most {MAX_CHARACTERS} characters.")
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise ExpressionRefused(f"“{text}” is not an expression.", expression=text) from error
    _check_size(text, node)
    for part in ast.walk(node):
        _check(text, part)
    called = {id(part.func) for part in ast.walk(node) if isinstance(part, ast.Call)}
    reads = frozenset(
        part.id for part in ast.walk(node) if isinstance(part, ast.Name) and id(part) not in called
    )
    if misused := reads & FUNCTIONS.keys():
        raise ExpressionRefused(f"“{min(misused)}” is a function; write {min(misused)}(…).")
    return Expression(text, node, reads)


@lru_cache(maxsize=1024)
def script(text: str) -> Script:
    """Return the checked script: lines of `name = expression`, blank lines and `#` comments.

    Raises ExpressionRefused for any other statement and for a name that is reserved (facts such
    as `gate` are read-only).
    """
    lines = text.splitlines()
    if len(lines) > MAX_LINES:
        raise ExpressionRefused(f"A script has at most {MAX_LINES} lines.")
    assignments = []
    for line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _ASSIGNMENT.fullmatch(line)
        if match is None:
            raise ExpressionRefused(
                f"“{line.strip()}” is not of the form name = expression.", expression=line
            )
        name, value = match.groups()
        if is_reserved(name):
            raise ExpressionRefused(f"“{name}” is reserved: a script cannot assign it.", name=name)
        assignments.append((name, expression(value)))
    return Script(text, tuple(assignments))


def _check_size(text: str, root: ast.expr) -> None:
    """Refuse what would nest or grow beyond the bounds; walks without recursion."""
    count, level = 0, [root]
    parts: list[ast.AST] = list(level)
    depth = 0
    while parts:
        depth += 1
        count += len(parts)
        if depth > MAX_DEPTH or count > MAX_NODES * 3:  # operators and contexts are nodes too
            raise ExpressionRefused(f"“{text[:60]}…” is too long or nested too deeply.")
        parts = [child for part in parts for child in ast.iter_child_nodes(part)]


def _check(text: str, part: ast.AST) -> None:
    if isinstance(part, _OPERATORS):
        return
    if not isinstance(part, _ALLOWED):
        kind = type(part).__name__
        raise ExpressionRefused(f"“{text}” uses {kind}, which is not allowed.", expression=text)
    if isinstance(part, ast.Name | ast.Attribute):
        name = part.id if isinstance(part, ast.Name) else part.attr
        if name.startswith("_"):
            raise ExpressionRefused(f"“{name}” starts with an underscore.", expression=text)
    if isinstance(part, ast.Constant):
        _check_constant(text, part.value)
    if isinstance(part, ast.Call):
        _check_call(text, part)
    if isinstance(part, ast.Dict) and None in part.keys:
        raise ExpressionRefused("** is not allowed.", expression=text)


def _check_constant(text: str, value: object) -> None:
    if not isinstance(value, str | int | float | None):
        raise ExpressionRefused(f"“{value!r}” is not a text or a number.", expression=text)
    if isinstance(value, int | float) and not abs(value) <= MAX_NUMBER:
        raise ExpressionRefused(f"Numbers go up to {MAX_NUMBER}.", expression=text)


def _check_call(text: str, call: ast.Call) -> None:
    if not isinstance(call.func, ast.Name) or call.func.id not in FUNCTIONS:
        allowed = ", ".join(FUNCTIONS)
        raise ExpressionRefused(
            f"“{ast.unparse(call.func)}” cannot be called; there are only {allowed}.",
            expression=text,
        )
    if call.keywords or any(isinstance(argument, ast.Starred) for argument in call.args):
        raise ExpressionRefused("Functions take plain arguments only.", expression=text)
