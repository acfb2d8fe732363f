"""Scenarios: stories that a diagram has to go on telling, in YAML that a process owner reads.

`incident.scenarios.yaml` tries the process `incident`.  The file is somebody's upload: it is read
with neither tags nor aliases, within bounds, and each mistake names its line.  A newcomer would
read it as YAML 1.1, where an answer `yes` is a truth value.
"""

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import AliasEvent, NodeEvent

from engine.bpmn.findings import Finding
from engine.bpmn.timing import parse_duration
from engine.errors import InvalidAnswers
from engine.language import say

SUFFIX = ".scenarios.yaml"
MAX_BYTES = 200_000
MAX_DEPTH = 10
MAX_SCENARIOS = 200
MAX_MOVES = 200
NEXT_TIMER = "next timer"
MAX_MOVES_OF_ALL = 2_000
_MAX_EVENTS = 40_000
Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Answer:
    """Somebody answers a step."""

    step: str
    decisions: Mapping[str, str | bool]


@dataclass(frozen=True, slots=True)
class Told:
    """A message comes."""

    message: str


@dataclass(frozen=True, slots=True)
class Passes:
    """Time passes: so long, or (None) until the next timer goes off."""

    length: timedelta | None


@dataclass(frozen=True, slots=True)
class Known:
    """Facts beside process data become these: `tries: missing`."""

    facts: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class Waits:
    """What is expected by now: it waits for just these elements."""

    elements: frozenset[str]


Move = Answer | Told | Passes | Known | Waits


@dataclass(frozen=True, slots=True)
class Scenario:
    """One story: what it begins with, what happens, and how it ends.

    `ends` None: it waits still.  `closes` None: nothing is said of it.
    """

    name: str
    shows: str
    diagram: str
    given: Mapping[str, Scalar]
    moves: tuple[Move, ...]
    ends: str | None
    closes: str | None


class _WrongError(Exception):
    def __init__(self, sentence: str, line: int | None = None) -> None:
        super().__init__(sentence)
        self.sentence, self.line = sentence, line


_TEXT = {"type": "string", "minLength": 1, "maxLength": 500}
_NAME = {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,99}$"}
_SCALARS = {
    "type": "object",
    "propertyNames": _NAME,
    "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
    "maxProperties": 50,
}


def _move(name: str, of: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: of, **more},
        "required": [name],
        "additionalProperties": False,
    }


_MOVES: Mapping[str, dict[str, Any]] = {
    "answer": _move(
        "answer",
        _NAME,
        **{"with": _SCALARS | {"additionalProperties": {"type": ["string", "boolean"]}}},
    ),
    "told": _move("told", _NAME),
    "passes": _move("passes", _TEXT),
    "known": _move("known", _SCALARS),
    "waits": _move("waits", {"type": "array", "items": _NAME, "maxItems": 50}),
}
_SCENARIO = {
    "type": "object",
    "properties": {
        "name": _TEXT | {"maxLength": 120},
        "shows": {"type": "string", "maxLength": 2_000},
        "given": _SCALARS,
        "moves": {"type": "array", "items": {"type": "object"}},
        "ends": _NAME,
        "closes": {"enum": ["confirmed", "escalated"]},
    },
    "required": ["name", "moves"],
    "additionalProperties": False,
}


@cache
def _validator(which: str) -> Draft202012Validator:
    if which == "scenario":
        return Draft202012Validator(_SCENARIO)
    return Draft202012Validator(_MOVES[which])


def read_scenarios(file: str, content: bytes) -> tuple[tuple[Scenario, ...], list[Finding]]:
    """Return the scenarios of a file, in its order, and what is wrong with it."""
    try:
        return tuple(_read(file.removesuffix(SUFFIX), content)), []
    except _WrongError as wrong:
        where = "" if wrong.line is None else f"Line {wrong.line}: "
        said = f"{where}{wrong.sentence}"
        return (), [Finding(file, None, "scenarios", said, "Mend the scenario.")]


def read_moves(listed: object) -> tuple[Move, ...]:
    """Return moves from plain values, as a page or a program sends them.

    Raises InvalidAnswers for what is none, and for too many.
    """
    if not isinstance(listed, list) or len(listed) > MAX_MOVES:
        raise InvalidAnswers({"moves": say("A try has at most %(most)s moves.", most=MAX_MOVES)})
    try:
        return tuple(
            _moved(move if isinstance(move, dict) else {}, place)
            for place, move in enumerate(listed, 1)
        )
    except _WrongError as wrong:
        raise InvalidAnswers({"moves": wrong.sentence}) from wrong


def written_moves(moves: Iterable[Move]) -> list[dict[str, Any]]:
    """Return moves as plain values, which `read_moves` reads."""
    return [_written(move) for move in moves]


def with_scenario(content: bytes, scenario: Scenario) -> bytes:
    """Return the file with one scenario more at its end; what stands there keeps every byte."""
    written: dict[str, Any] = {"name": scenario.name}
    if scenario.shows:
        written["shows"] = scenario.shows
    if scenario.given:
        written["given"] = dict(scenario.given)
    written["moves"] = written_moves(scenario.moves)
    if scenario.ends is not None:
        written["ends"] = scenario.ends
    if scenario.closes is not None:
        written["closes"] = scenario.closes
    yaml = YAML(pure=True)
    yaml.width = 96
    yaml.indent(mapping=2, sequence=4, offset=2)
    text = io.StringIO()
    # one item of the list that the file is
    yaml.dump([written], text)
    item = "".join(line.removeprefix("  ") for line in text.getvalue().splitlines(keepends=True))
    before = content if not content or content.endswith(b"\n") else content + b"\n"
    return before + (b"\n" if before else b"") + item.encode()


def _read(diagram: str, content: bytes) -> Iterator[Scenario]:
    listed = _loaded(content)
    if listed is None:
        return
    if not isinstance(listed, CommentedSeq):
        raise _WrongError("It is no list of scenarios.")
    if len(listed) > MAX_SCENARIOS:
        raise _WrongError(f"It has more than {MAX_SCENARIOS} scenarios.")
    names: set[str] = set()
    count = 0
    for place, one in enumerate(listed):
        line = listed.lc.item(place)[0] + 1
        _require("scenario", one, line)
        if one["name"] in names:
            raise _WrongError(f"There are two called “{one['name']}”.", line)
        names.add(one["name"])
        moves = one["moves"]
        if len(moves) > MAX_MOVES:
            raise _WrongError(f"It has more than {MAX_MOVES} moves.", line)
        if (count := count + len(moves)) > MAX_MOVES_OF_ALL:
            raise _WrongError(f"All of them have more than {MAX_MOVES_OF_ALL} moves.", line)
        yield Scenario(
            str(one["name"]),
            " ".join(one.get("shows", "").split()),
            diagram,
            _plain(one.get("given", {})),
            tuple(_moved(move, moves.lc.item(at)[0] + 1) for at, move in enumerate(moves)),
            one.get("ends"),
            one.get("closes"),
        )


def _loaded(content: bytes) -> Any:
    """Return what the YAML says, without anything that could grow or run."""
    if len(content) > MAX_BYTES:
        raise _WrongError(f"It is larger than {MAX_BYTES} bytes.")
    try:
        text = content.decode()
        _check_events(text)
        return YAML(pure=True).load(text)
    except (YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or "it cannot be read"
        raise _WrongError(
            f"This is not YAML: {said}.", None if mark is None else mark.line + 1
        ) from error


def _check_events(text: str) -> None:
    depth = 0
    for count, event in enumerate(YAML(pure=True).parse(text)):
        line = event.start_mark.line + 1
        if count > _MAX_EVENTS:
            raise _WrongError("It says too much.", line)
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None) is not None:
            raise _WrongError("Anchors and aliases are not read.", line)
        if isinstance(event, NodeEvent) and str(getattr(event, "tag", None) or "").strip("!"):
            raise _WrongError("Tags are not read.", line)
        name = type(event).__name__
        depth += (name in ("MappingStartEvent", "SequenceStartEvent")) - (
            name in ("MappingEndEvent", "SequenceEndEvent")
        )
        if depth > MAX_DEPTH:
            raise _WrongError("It is nested too deeply.", line)


def _require(which: str, value: Any, line: int) -> None:
    error = next(iter(_validator(which).iter_errors(value)), None)
    if error is None:
        return
    where = ".".join(str(part) for part in error.absolute_path)
    raise _WrongError(f"{where + ': ' if where else ''}{error.message[:200]}.", line)


def _moved(move: Mapping[str, Any], line: int) -> Move:
    which = next((name for name in _MOVES if name in move), None)
    if which is None:
        raise _WrongError(f"A move is one of: {', '.join(_MOVES)}.", line)
    _require(which, move, line)
    match which:
        case "answer":
            return Answer(move["answer"], _plain(move.get("with", {})))
        case "told":
            return Told(move["told"])
        case "known":
            return Known(_plain(move["known"]))
        case "waits":
            return Waits(frozenset(move["waits"]))
    if move["passes"] == NEXT_TIMER:
        return Passes(None)
    try:
        return Passes(parse_duration(str(move["passes"])))
    except ValueError as error:
        said = f"Time that passes is “{NEXT_TIMER}” or a length such as PT4H or P2D."
        raise _WrongError(said, line) from error


def _plain(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values as plain ones, not as the YAML's own kinds of text and number."""
    return {str(name): _scalar(value) for name, value in said.items()}


def _scalar(value: Any) -> Scalar:
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return None


def _written(move: Move) -> dict[str, Any]:
    match move:
        case Answer(step, decisions):
            return {"answer": step} | ({"with": dict(decisions)} if decisions else {})
        case Told(message):
            return {"told": message}
        case Known(facts):
            return {"known": dict(facts)}
        case Waits(elements):
            return {"waits": sorted(elements)}
        case Passes(length):
            return {"passes": _lasting(length)}


def _lasting(length: timedelta | None) -> str:
    if length is None:
        return NEXT_TIMER
    seconds = int(length.total_seconds())
    days, rest = divmod(seconds, 86_400)
    if not rest:
        return f"P{days}D"
    hours, rest = divmod(seconds, 3_600)
    return f"PT{hours}H" if not rest else f"PT{seconds}S"
