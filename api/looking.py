"""What an address asks of all incidents, for the page and the JSON API alike.

Every part is one plain parameter, so that whatever is found has a link.  A newcomer would leave out
what cannot be read: the list would be longer than what was asked for, and nobody would see it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from marshmallow import Schema, ValidationError, fields, validate
from werkzeug.datastructures import MultiDict

from api.schemas import PageAsked
from api.wrong_shapes import sentence_of
from engine.domain.incident import Priority
from engine.domain.party import Party
from engine.errors import InvalidAnswers
from engine.language import say
from engine.queries.finding.asked import (
    Answered,
    Asked,
    Op,
    Order,
    Part,
    Place,
    Sign,
    Sort,
    State,
    When,
)
from engine.queries.finding.columns import BY_NAME, Column, columns_of
from engine.queries.paging import Page
from forms import plain_text

_MOST_DAYS = 36_500
_MOST_OF_EACH = 20
_TIMES = validate.Range(1, 100_000)
_DAYS = validate.Range(0, _MOST_DAYS)
_PLACE = validate.Regexp(
    r"\A[^:]{1,200}:[^\x00]{1,200}\Z", error=sentence_of(say("There is no such choice."))
)


def _some(of: fields.Field[Any]) -> fields.List[Any]:
    return fields.List(of, load_default=list, validate=validate.Length(max=_MOST_OF_EACH))


def _days(what: str) -> fields.Float:
    return fields.Float(validate=_DAYS, metadata={"description": f"days: {what}"})


class LookAsked(PageAsked):
    """Which incidents, in which order, and which columns of them; periods are days in UTC."""

    words = fields.String(validate=validate.Length(max=200))
    person = fields.String(
        validate=validate.Length(max=200), metadata={"description": "by login or name"}
    )
    part = fields.Enum(Part, by_value=True)
    party = fields.Enum(Party, by_value=True)
    held = _days("how long at least the time was the party's")
    when = fields.Enum(When, by_value=True)
    since = fields.Date()
    until = fields.Date(metadata={"description": "this day is within"})
    process = fields.UUID()
    product = fields.UUID()
    priority = fields.Enum(Priority, by_value=True)
    state = fields.Enum(State, by_value=True)
    release = fields.Integer(validate=validate.Range(1, 2**31 - 1))
    version = fields.String(
        validate=validate.Regexp(
            r"\A[0-9a-f]{64}\Z", error=sentence_of(say("There is no such choice."))
        ),
        metadata={"description": "SHA-256 of a diagram or table"},
    )
    passed = _some(fields.String(validate=_PLACE, metadata={"description": "diagram:element"}))
    never = _some(fields.String(validate=_PLACE, metadata={"description": "diagram:element"}))
    flow = _some(fields.String(validate=_PLACE, metadata={"description": "diagram:flow"}))
    sign = _some(fields.Enum(Sign, by_value=True))
    rejected = fields.Integer(validate=_TIMES)
    back = fields.Integer(validate=_TIMES)
    recurred = fields.Integer(validate=_TIMES)
    longer = _days("the whole time at least")
    shorter = _days("the whole time at most")
    gap = _days("from the cause fixed to right again at least")
    # what was answered: three lists that belong together
    field = _some(fields.String(validate=_PLACE, metadata={"description": "step:field"}))
    op = _some(fields.Enum(Op, by_value=True))
    value = _some(fields.String(validate=validate.Length(max=200)))
    sort = fields.Enum(Sort, by_value=True, load_default=Sort.REPORTED)
    up = fields.Boolean(load_default=False, metadata={"description": "the oldest, shortest first"})
    column = fields.List(
        fields.String(validate=validate.OneOf(list(BY_NAME))),
        load_default=list,
        validate=validate.Length(max=len(BY_NAME)),
    )


@dataclass(frozen=True)
class Look:
    """What an address asks; `pairs` say it again, without the page."""

    asked: Asked
    order: Order
    columns: tuple[Column, ...]
    page: Page
    pairs: tuple[tuple[str, str], ...]

    @property
    def query(self) -> str:
        """What stands behind the question mark."""
        return urlencode(self.pairs)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is asked at all."""
        return self.asked != Asked()


_PAGE = ("after", "size")
_TRIPLE = ("field", "op", "value")
# these belong to another part, and ask nothing alone
_WITH = {"part": "person", "held": "party", "party": "held"}


def look_of(loaded: Mapping[str, Any], pairs: Iterable[tuple[str, str]] = ()) -> Look:
    """Return what `LookAsked` has loaded.  Raises InvalidAnswers for what does not fit together."""
    said = dict(loaded)
    page = Page(said.pop("size"), said.pop("after", None))
    order = Order(said.pop("sort"), not said.pop("up"))
    columns = columns_of(said.pop("column"))
    answers = _answers(*(said.pop(name) for name in _TRIPLE))
    flows, passed, never = (_places(said.pop(name)) for name in ("flow", "passed", "never"))
    days: dict[str, Any] = {
        name: timedelta(days=said.pop(name))
        for name in ("held", "longer", "shorter", "gap")
        if name in said
    }
    if ("party" in said) != ("held" in days):
        raise InvalidAnswers({"held": say("Please say whose time it was, and for how long.")})
    if "since" in said:
        said["since"] = _midnight(said["since"])
    if "until" in said:
        said["until"] = _midnight(said["until"], days=1)
    asked = Asked(
        answers=answers,
        flows=flows,
        passed=passed,
        never=never,
        signs=frozenset(said.pop("sign")),
        **days,
        **said,
    )
    return Look(asked, order, columns, page, tuple(pairs))


def look_at(args: MultiDict[str, str]) -> Look:
    """Return what a page's address asks; blank fields of its form ask nothing.

    Raises InvalidAnswers, naming each part that cannot be read.
    """
    said_all = [(name, plain_text(value)) for name, value in args.items(multi=True)]
    pairs = [(name, value) for name, value in said_all if name not in _TRIPLE and value]
    triples = zip(
        *([value for name, value in said_all if name == of] for of in _TRIPLE), strict=False
    )
    pairs += [
        pair
        for triple in triples
        if triple[0].strip()
        for pair in zip(_TRIPLE, triple, strict=True)
    ]
    pairs = _without_idle(pairs)
    many = {name for name, field in _schema().fields.items() if isinstance(field, fields.List)}
    said: dict[str, Any] = {}
    for name, value in pairs:
        if name in many:
            said.setdefault(name, []).append(value)
        else:
            said[name] = value
    try:
        loaded = _schema().load(said)
    except ValidationError as error:
        raise InvalidAnswers(_sentences(error)) from error
    return look_of(loaded, [pair for pair in pairs if pair[0] not in _PAGE])


def look_again(query: str) -> Look:
    """Return what a kept query asks."""
    return look_at(MultiDict(parse_qsl(query, keep_blank_values=True)))


@cache
def _schema() -> Schema:
    return LookAsked()


def _without_idle(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Leave out what the form sends although nobody asked: a part without a person, and so on."""
    names = {name for name, _ in pairs}
    idle = {name for name in ("part",) if _WITH[name] not in names}
    if not names & {"since", "until"}:
        idle.add("when")
    default = {("sort", Sort.REPORTED.value), ("when", When.REPORTED.value), ("part", "any")}
    return [pair for pair in pairs if pair[0] not in idle and pair not in default]


def _answers(keys: list[str], ops: list[Op], values: list[str]) -> tuple[Answered, ...]:
    if not len(keys) == len(ops) == len(values):
        raise InvalidAnswers({"field": say("Each answer needs a field, a way and a value.")})
    made = []
    for key, op, value in zip(keys, ops, values, strict=True):
        if op is not Op.GIVEN and not value.strip():
            raise InvalidAnswers({"value": say("Please say which answer you look for.")})
        step, _, path = key.partition(":")
        made.append(Answered(step, path, op, value.strip()))
    return tuple(made)


def _places(said: list[str]) -> tuple[Place, ...]:
    return tuple(Place(*one.split(":", 1)) for one in said)


def _midnight(day: date, *, days: int = 0) -> datetime:
    try:
        return datetime.combine(day, time(), UTC) + timedelta(days=days)
    except OverflowError as error:
        raise InvalidAnswers({"until": say("Please write a date as 2026-03-31.")}) from error


def _sentences(error: ValidationError) -> dict[str, str]:
    messages = error.messages if isinstance(error.messages, dict) else {"query": error.messages}
    return {name: _first(said) for name, said in messages.items()}


def _first(said: Any) -> str:
    while isinstance(said, list | dict) and said:
        said = said[0] if isinstance(said, list) else next(iter(said.values()))
    return str(said)
