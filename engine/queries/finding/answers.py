# ruff: noqa: S608 - put together of constants; what was typed comes as parameters
"""What was answered to a step, as SQL: a field of any form of any release, compared by its kind.

Answers are looked at as they were completed, never as drafts, and never those about an incident for
named people only.  A newcomer would compare them as texts: `10` comes before `9` then.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from engine.errors import InvalidAnswers
from engine.language import in_words, say
from engine.queries.finding.asked import Answered, Op
from engine.queries.finding.condition import Condition
from engine.queries.words import all_of
from engine.store.schema import ANSWERS_TEXT
from forms import Field, Kind

FieldKey = tuple[str, str]


@dataclass(frozen=True)
class AskedField:
    """A field of a step: its own, or the one inside the rows or the list of `outer`."""

    field: Field
    outer: Field | None = None

    @property
    def kind(self) -> Kind:
        """What one answer is."""
        return self.field.kind


_YES, _NO = frozenset({"true", "yes"}), frozenset({"false", "no"})
_DAY = len("2026-03-31")
_NUMBERS = frozenset({Kind.INTEGER, Kind.NUMBER})
_ORDERED = _NUMBERS | {Kind.DATE, Kind.INSTANT}
_TEXT = "value #>> '{}'"
# what is answered by an id, and what people call it
_NAMED = {
    "person": ("person", ("login", "name")),
    "team": ("team", ("name",)),
    "process": ("business_process", ("name",)),
    "product": ("product", ("name",)),
    "organisation": ("organisation", ("name",)),
}
_THERE = """EXISTS (SELECT FROM work_item w WHERE w.incident_id = i.id AND w.step = :{n}_step
    AND w.how = 'completed' AND {compared} OFFSET 0)"""
_FOUND = """SELECT w.incident_id FROM work_item w
    WHERE w.step = :{n}_step AND w.how = 'completed' AND {compared}"""
_INSIDE = """EXISTS (SELECT FROM jsonb_path_query(w.answers, CAST(:{n}_path AS jsonpath)) AS value
    WHERE {is_it})"""


def answer_conditions(
    answers: Sequence[Answered], fields: Mapping[FieldKey, AskedField]
) -> Iterator[Condition]:
    """Yield what has to be true of each.  Raises InvalidAnswers, naming each by its place."""
    for place, one in enumerate(answers):
        name = f"answer{place}"
        try:
            field = fields[one.step, one.path]
        except KeyError as error:
            raise InvalidAnswers({name: say("No form has asked this.")}) from error
        yield _condition(name, one, field)
    if answers:
        yield Condition("NOT i.is_restricted", {}, cheap=True)


def _condition(name: str, one: Answered, asked: AskedField) -> Condition:
    values: dict[str, Any] = {f"{name}_step": one.step}
    if one.op in (Op.IS, Op.IS_NOT) and asked.field.format in _NAMED and not _is_id(one.value):
        return _called(name, one, asked, values)
    if one.op in (Op.IS, Op.IS_NOT):
        value = _value(name, one, asked)
        values[f"{name}_document"] = json.dumps(_document(asked, value))
        same = f"w.answers @> CAST(:{name}_document AS jsonb)"
        if one.op is Op.IS:
            return _same(name, same, values | {f"{name}_whole_words": _whole_words(str(value))})
        values[f"{name}_path"] = _path(asked)
        given = _INSIDE.format(n=name, is_it="true")
        return Condition(_THERE.format(n=name, compared=f"NOT {same} AND {given}"), values)
    values[f"{name}_path"] = _path(asked)
    if one.op is Op.HAS:
        values[f"{name}_words"] = all_of(one.value)
        is_it = f"to_tsvector('simple', {_TEXT}) @@ to_tsquery('simple', :{name}_words)"
        return Condition(
            _THERE.format(n=name, compared=_INSIDE.format(n=name, is_it=is_it)), values
        )
    if one.op is Op.GIVEN:
        is_it = "value <> 'null'"
        return Condition(
            _THERE.format(n=name, compared=_INSIDE.format(n=name, is_it=is_it)), values
        )
    values[f"{name}_value"] = _bound(name, one, asked)
    is_it = _compared(asked.kind, ">=" if one.op is Op.LEAST else "<=", f":{name}_value")
    return Condition(_THERE.format(n=name, compared=_INSIDE.format(n=name, is_it=is_it)), values)


def _called(name: str, one: Answered, asked: AskedField, values: dict[str, Any]) -> Condition:
    """Return the condition on who or what is answered, which is named by its name."""
    values |= {f"{name}_path": _path(asked), f"{name}_said": one.value}
    table, names = _NAMED[asked.field.format]
    their = " OR ".join(f"lower({column}) = lower(:{name}_said)" for column in names)
    ids = f"(SELECT CAST(id AS text) FROM {table} WHERE {their})"
    same = _INSIDE.format(n=name, is_it=f"{_TEXT} IN {ids}")
    given = _INSIDE.format(n=name, is_it="true")
    compared = same if one.op is Op.IS else f"NOT {same} AND {given}"
    return Condition(_THERE.format(n=name, compared=compared), values)


def _is_id(said: str) -> bool:
    try:
        UUID(said)
    except ValueError:
        return False
    return True


def _same(name: str, compared: str, values: Mapping[str, Any]) -> Condition:
    # of what a document holds nothing is known beforehand, of its words something is
    words = f"{ANSWERS_TEXT.format(w='w.')} @@ to_tsquery('simple', :{name}_whole_words)"
    return Condition(
        _THERE.format(n=name, compared=compared),
        values,
        _FOUND.format(n=name, compared=compared),
        guess=_FOUND.format(n=name, compared=words) if values[f"{name}_whole_words"] else None,
    )


def _whole_words(said: str) -> str | None:
    words = all_of(said)
    return words.replace(":*", "") if words else None


def _compared(kind: Kind, sign: str, value: str) -> str:
    # a release may have asked the same field otherwise: what does not fit is not it
    if kind in _NUMBERS:
        return (
            f"CASE jsonb_typeof(value) WHEN 'number' THEN CAST(value AS numeric) {sign} {value} END"
        )
    if kind is Kind.DATE:
        return f"{_TEXT} {sign} {value}"
    return (
        f"CASE WHEN {_TEXT} ~ '^[0-9-]{{10}}T[0-9]'"
        f" THEN CAST({_TEXT} AS timestamptz) {sign} {value} END"
    )


def _path(asked: AskedField) -> str:
    """Return the jsonpath to each answer of the field."""
    if asked.outer is not None:
        return f"$.{json.dumps(asked.outer.name)}[*].{json.dumps(asked.field.name)}"
    many = "[*]" if asked.kind is Kind.LIST else ""
    return f"$.{json.dumps(asked.field.name)}{many}"


def _document(asked: AskedField, value: Any) -> Any:
    if asked.outer is not None:
        return {asked.outer.name: [{asked.field.name: value}]}
    return {asked.field.name: [value] if asked.kind is Kind.LIST else value}


def _value(name: str, one: Answered, asked: AskedField) -> Any:
    if asked.kind is Kind.BOOLEAN:
        said = one.value.strip().lower()
        if said not in _YES | _NO | _words("yes") | _words("no"):
            raise InvalidAnswers({name: say("This is answered with yes or no.")})
        return said in _YES | _words("yes")
    if asked.kind is Kind.CHOICE:
        return _chosen(one.value, asked)
    if asked.kind in _NUMBERS:
        number = _number(name, one.value)
        return int(number) if number == number.to_integral_value() else float(number)
    return one.value


def _words(english: str) -> frozenset[str]:
    return frozenset({in_words(say(english)).lower()})


def _chosen(said: str, asked: AskedField) -> str:
    """Return the option that is called so, in English or the reader's language."""
    for option in asked.field.options:
        if said.strip().lower() in (option.label.lower(), in_words(option.label).lower()):
            return option.value
    return said


def _bound(name: str, one: Answered, asked: AskedField) -> Any:
    if asked.kind not in _ORDERED:
        raise InvalidAnswers({name: say("Only numbers and dates are more or less.")})
    if asked.kind in _NUMBERS:
        return _number(name, one.value)
    try:
        if asked.kind is Kind.DATE:
            return date.fromisoformat(one.value).isoformat()
        said = datetime.fromisoformat(one.value)
    except ValueError as error:
        raise InvalidAnswers({name: say("Please write a date as 2026-03-31.")}) from error
    if one.op is Op.MOST and len(one.value) == _DAY:
        said += timedelta(days=1, microseconds=-1)  # the whole day is within
    return said if said.tzinfo is not None else said.replace(tzinfo=UTC)


def _number(name: str, said: str) -> Decimal:
    try:
        number = Decimal(said.replace(",", "."))
    except InvalidOperation as error:
        raise InvalidAnswers({name: say("Please write a number.")}) from error
    if not number.is_finite() or (number and not -15 <= number.adjusted() <= 15):
        raise InvalidAnswers({name: say("Please write a number.")})
    return number
