"""The numbers of one priority as people write them: “3” is working days, “4 h” is by the clock.

A newcomer would keep what a form gave beside the ladder: here each becomes the rung's own type, so
that nothing of the ladder knows where its numbers came from.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from engine.domain.ladder import Rungs, Step
from engine.language import say

# what repeats is not looked at more often than timers are
_LEAST = timedelta(minutes=5)
_MOST_DAYS = 366
_UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "min": timedelta(minutes=1)}
_PART = re.compile(r"(\d{1,5}) ?(d|h|min)")
_LENGTH = re.compile(rf"{_PART.pattern}(?: {_PART.pattern}){{0,2}}")


def kinds() -> Mapping[str, object]:
    """Return the type of each number that may be set, by its name."""
    hints = get_type_hints(Rungs, include_extras=True)
    return {
        name: get_args(kind)[0] for name, kind in hints.items() if get_origin(kind) is Annotated
    }


def answers_of(rungs: Rungs) -> dict[str, object]:
    """Return the numbers as a form asks them; what is not told is left out."""
    found = {
        name: getattr(rungs, name) if kind in (int, bool) else _written(getattr(rungs, name))
        for name, kind in kinds().items()
    }
    # none, an unticked box and no tries are left out, as a form leaves them
    return {name: one for name, one in found.items() if one not in (None, False, 0)}


def with_answers(rungs: Rungs, answers: Mapping[str, Any]) -> Rungs:
    """Return the rungs with these numbers in place of their own.  Raises ValueError."""
    numbers = {name: _read(kind, answers.get(name)) for name, kind in kinds().items()}
    return replace(rungs, **numbers)  # type: ignore[arg-type] # read by the fields' own types


def problems(answers: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (name, sentence) for each number that cannot be read."""
    for name, kind in kinds().items():
        try:
            _read(kind, answers.get(name))
        except ValueError:
            if kind is timedelta:
                yield name, say("Please write a length of time from 5 min on, like 4 h or 7 d.")
            else:
                yield name, say("Please write working days, like 3, or a length of time, like 4 h.")


def _written(value: object) -> object:
    if isinstance(value, tuple):
        return [_written(one) for one in value]
    if isinstance(value, timedelta):
        return _length(value)
    return None if value is None else str(value)


def _length(span: timedelta) -> str:
    parts, rest = [], span
    for name, unit in _UNITS.items():
        count, rest = divmod(rest, unit)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts) or "0 min"


def _read(kind: object, said: Any) -> object:
    if kind is bool:
        return bool(said)
    if kind is int:
        return int(said or 0)
    if kind is timedelta:
        length = _step(said)
        if not isinstance(length, timedelta) or length < _LEAST:
            raise ValueError
        return length
    if kind == tuple[Step, ...]:
        if not said:
            raise ValueError
        return tuple(_step(one) for one in said)
    if said is None:
        if type(None) not in get_args(kind):
            raise ValueError
        return None
    return _step(said)


def _step(said: object) -> Step:
    words = " ".join(str(said).split())
    if words.isascii() and words.isdigit():
        days = int(words)
        if days > _MOST_DAYS:
            raise ValueError
        return days
    if not _LENGTH.fullmatch(words):
        raise ValueError
    parts = _PART.findall(words)
    length = sum((int(count) * _UNITS[unit] for count, unit in parts), timedelta())
    if length > timedelta(days=_MOST_DAYS):
        raise ValueError
    return length
