"""The numbers of the rules of handling, as an organisation sets them in one TOML file.

Which numbers there are, what each means and what it is unless set is said by the dataclasses
`Rules` and `Rungs` themselves; the README's table is held against them.  A newcomer would look for
a switch that turns a rule off: what the rules call *never* has no setting.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, TypeVar, get_args, get_origin, get_type_hints

from engine.bpmn.timing import parse_duration
from engine.domain.incident import Priority
from engine.domain.ladder import DEFAULT, Ladder, Rungs, Step
from engine.domain.rules import DEFAULT_RULES, Rules

T = TypeVar("T", Rules, Rungs)
_MOST = 10_000


class RulesWrong(Exception):
    """The file cannot be used; `problems` has a sentence for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def read_rules(path: Path) -> tuple[Rules, Ladder]:
    """Return the defaults with what the file sets in their place.  Raises RulesWrong."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RulesWrong([f"it cannot be read: {error}"]) from error
    problems: list[str] = []
    rules = _set(DEFAULT_RULES, told.pop("rules", {}), "rules", problems)
    columns = told.pop("ladder", {})
    rungs = {
        priority.lower(): _set(
            DEFAULT.of(priority), columns.pop(priority.value, {}), f"ladder.{priority}", problems
        )
        for priority in Priority
    }
    problems += [f"“{name}” is neither “rules” nor “ladder”" for name in told]
    problems += [f"“ladder.{name}” is no priority" for name in columns]
    if problems:
        raise RulesWrong(problems)
    return rules, Ladder(**rungs)


@dataclass(frozen=True)
class Number:
    """A number that a file may set: its name, its type, and what it means."""

    name: str
    kind: object
    meaning: str


def settable(of: type[Rules] | type[Rungs]) -> Iterator[Number]:
    """Yield the numbers that a file may set: those that are annotated with their meaning."""
    for name, kind in get_type_hints(of, include_extras=True).items():
        if get_origin(kind) is Annotated:
            yield Number(name, *get_args(kind))


def written(value: object) -> str:
    """Return a value as the file says it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, timedelta):
        return f'"{_iso(value)}"'
    if isinstance(value, tuple):
        return f"[{', '.join(written(one) for one in value)}]"
    return "-" if value is None else str(value)


def _set(defaults: T, told: object, place: str, problems: list[str]) -> T:
    if not isinstance(told, Mapping):
        problems.append(f"“{place}” must be a table")
        return defaults
    known = {one.name: one.kind for one in settable(type(defaults))}
    changed: dict[str, object] = {}
    for name, value in told.items():
        if name not in known:
            problems.append(f"“{place}.{name}” is no number of the rules")
            continue
        try:
            changed[name] = _read(known[name], value)
        except ValueError as error:
            problems.append(f"“{place}.{name}” {error}")
    return replace(defaults, **changed)  # type: ignore[arg-type] # read by the fields' own types


def _read(kind: object, value: object) -> object:
    if kind == tuple[Step, ...]:
        if not isinstance(value, list) or not value:
            raise ValueError("must be a list of working days or durations")
        return tuple(_step(one) for one in value)
    if kind is bool:
        if not isinstance(value, bool):
            raise ValueError("must be true or false")
        return value
    if kind is int:
        return _number(value)
    # a duration that is none unless it is set
    return _duration(value) if kind in (timedelta, timedelta | None) else _step(value)


def _step(value: object) -> Step:
    return _duration(value) if isinstance(value, str) else _number(value)


def _number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST:
        raise ValueError(f"must be a whole number from 0 to {_MOST}")
    return value


def _duration(value: object) -> timedelta:
    try:
        return parse_duration(value)
    except ValueError as error:
        raise ValueError('must be a duration such as "PT4H" or "P30D"') from error


def _iso(length: timedelta) -> str:
    days, seconds = length.days, length.seconds
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    time = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    return "P" + (f"{days}D" if days else "") + (f"T{time}" if time else "")
