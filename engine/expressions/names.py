"""Names with a meaning of their own, which no step, variable or table output may take.

The dangerous one is `gate`: whoever could assign it could forge a closure.
"""

import keyword
from collections.abc import Callable, Mapping
from types import MappingProxyType

FACTS = frozenset(
    {
        "gate",
        "remind_every",
        "decide_at",
        "ask_again_at",
        "watch_until",
        "due_at",
        "climb_every",
        "tries",
    }
)
"""Read-only names that stand beside process data; runtime supplies them for each advance."""


def _rounded(value: float, digits: int = 0) -> float:
    """Round to at most 12 digits: `round(x, 10**9)` computes for minutes."""
    if not -12 <= digits <= 12:
        raise ValueError("round takes at most 12 digits")
    return round(value, digits) if digits else round(value)


def _as_text(value: object) -> str:
    """Return a scalar as text; a list would show Python's own spelling."""
    if not isinstance(value, str | int | float):
        raise TypeError("str takes a text or a number")
    return str(value)


FUNCTIONS: Mapping[str, Callable[..., object]] = MappingProxyType(
    {
        "abs": abs,
        "bool": bool,
        "float": float,
        "int": int,
        "len": len,
        "max": max,
        "min": min,
        "round": _rounded,
        "str": _as_text,
        "sum": sum,
    }
)
"""All that an expression may call; none takes a function, opens anything or grows without end."""

# `typename` bricked snapshots of the stock serializer and is refused in forms too.
_TAKEN = FACTS | FUNCTIONS.keys() | {"typename", "dmninputexpr", "data_objects"}


def is_reserved(name: str) -> bool:
    """Return whether `name` cannot be a step's id, a variable of process data or a table output.

    Reserved are facts, functions, Python's keywords, names that start with an underscore and
    anything that is not an identifier: an expression could not read it.
    """
    return (
        name in _TAKEN or name.startswith("_") or keyword.iskeyword(name) or not name.isidentifier()
    )
