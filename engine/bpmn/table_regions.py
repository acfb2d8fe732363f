"""What an input of a decision table can be, as far as its cells tell values apart.

A column of cells cuts all values into a few regions: each literal, what lies between two of them
where an order is asked, and all the rest.  One value stands for each region.  A newcomer would take
what a form offers for something else: where the values are known they are the regions, and there is
no rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeGuard

from engine.bpmn.tables import Cell, Scalar
from engine.language import Said, say

_ORDER = frozenset({"<", "<=", ">", ">="})


@dataclass(frozen=True, slots=True)
class Region:
    """Values that no cell of a column tells apart: one of them, and how they are called."""

    value: Scalar
    words: Said


def regions_of(cells: Sequence[Cell], known: Sequence[Scalar] | None) -> tuple[Region, ...]:
    """Return the regions of a column; `known` are all values that it can have, None for any.

    Where texts and numbers are compared by their order there are regions of both.
    """
    if known is not None:
        return tuple(Region(value, shown(value)) for value in _distinct(known))
    told = [cell for cell in cells if cell.how != "any"]
    literals = _distinct([cell.value for cell in told])
    if literals and all(isinstance(one, bool | None) for one in literals):
        return _exactly(_distinct([True, False, *literals]))
    numbers = sorted(one for one in literals if _is_number(one))
    if any(cell.how in _ORDER and _is_number(cell.value) for cell in told):
        others = [one for one in literals if not _is_number(one)]
        return (*_along(numbers), *_exactly(others))
    texts = sorted(one for one in literals if isinstance(one, str))
    if any(cell.how in _ORDER and isinstance(cell.value, str) for cell in told):
        others = [one for one in literals if not isinstance(one, str)]
        return (*_along_texts(texts), *_exactly(others))
    rest = "something else"
    while rest in literals:
        rest += " again"
    words = say("something else") if literals else say("anything")
    return (*_exactly(literals), Region(rest, words))


def shown(value: Scalar) -> Said:
    """Return a value as people read it."""
    if isinstance(value, str):
        return say("“%(value)s”", value=value)
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    return say("nothing") if value is None else say("%(value)s", value=value)


def _exactly(values: Sequence[Scalar]) -> tuple[Region, ...]:
    return tuple(Region(value, shown(value)) for value in values)


def _along(numbers: Sequence[int | float]) -> list[Region]:
    """Return each number, what lies between two, and what lies below and above them all."""
    low, high = numbers[0], numbers[-1]
    found = [Region(low - 1, say("less than %(high)s", high=low))]
    for one, following in pairwise(numbers):
        between = (one + following) / 2
        found.append(Region(one, shown(one)))
        if one < between < following:
            words = say("between %(low)s and %(high)s", low=one, high=following)
            found.append(Region(between, words))
    return [*found, Region(high, shown(high)), Region(high + 1, say("more than %(low)s", low=high))]


def _along_texts(texts: Sequence[str]) -> list[Region]:
    """Return each text and what stands between two in the order of letters."""
    found = [Region("", say("before “%(high)s”", high=texts[0]))] if texts[0] else []
    for one, following in pairwise(texts):
        found.append(Region(one, shown(one)))
        after = _after(one)
        if after < following:
            words = say("between “%(low)s” and “%(high)s”", low=one, high=following)
            found.append(Region(after, words))
    last = texts[-1]
    return [
        *found,
        Region(last, shown(last)),
        Region(_after(last), say("after “%(low)s”", low=last)),
    ]


def _after(text: str) -> str:
    return text + " "  # the next text that anybody would write


def _is_number(value: Scalar) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _distinct(values: Sequence[Scalar]) -> list[Scalar]:
    """Return each value once, in order; true is not one."""
    return list({(isinstance(one, bool), one): one for one in values}.values())
