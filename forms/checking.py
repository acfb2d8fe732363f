"""Checks answers against their form: one check for pages and for the JSON API.

The JSON Schema itself decides (Draft 2020-12); this module adds what it cannot say (who may be
chosen, given rows, past and future) and turns every refusal into a sentence for the reader.  A
newcomer would trust what a page sent for a read-only field: it is never used, the value is taken
from `prefill` again.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from fractions import Fraction
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend

from engine.language import say
from forms.fields import Field, Kind, is_array, is_object
from forms.form import Form
from forms.given import put_in
from forms.sentences import sentences_of, unasked
from forms.values import Choices, Now, check_value, tidy_answers

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Checked:
    """Answers made clean, and per path (`criteria.0.words`) what is wrong with them.

    With findings, the answers are as good as can be had: show them again, file them nowhere.
    """

    answers: Mapping[str, object]
    findings: Mapping[str, str]

    @property
    def ok(self) -> bool:
        """Say whether the answers may be filed."""
        return not self.findings


def check(
    form: Form,
    answers: Mapping[str, object],
    *,
    choices: Choices,
    prefill: Mapping[str, object] | None = None,
    now: datetime | None = None,
    tz: tzinfo = UTC,
) -> Checked:
    """Return the answers, trimmed, with instants in UTC, computed fields added, and findings.

    Blank answers count as none.  `prefill` holds the given rows and the read-only values: fixed
    rows must be exactly those, each once, in any order, and come back in the order given.  A
    reference must be one of `choices` (by path, else by format); where neither is there it must
    at least look like an id.  `now` (aware) decides past and future, in the zone `tz` for plain
    dates; None leaves that question out.
    """
    clean = tidy_answers(answers, form.fields)
    findings = put_in(form.fields, clean, prefill or {})
    _bound(form.fields, clean, findings)
    answered: Any = clean
    for error in _judge()(form.schema).iter_errors(answered):
        for path, sentence in sentences_of(error, form.fields):
            findings.setdefault(path, sentence)
    clock = Now(now, tz)
    for path, sentence in _unasked(form.fields, clean):
        findings.setdefault(path, sentence)
    for path, field, holder, name in _values(form.fields, clean):
        if path not in findings:
            holder[name], wrong = check_value(field, holder[name], choices, clock)
            if wrong:
                findings[path] = wrong
    for field in form.fields:
        if "x-worst-of" in field.schema and not findings:
            clean[field.name] = _worst_of(field, clean)
    order = _order(form.fields)
    listed = sorted(findings.items(), key=lambda finding: order(finding[0]))
    return Checked(
        {name: clean[name] for name in sorted(clean, key=lambda name: order((name,)))},
        {_dotted(path): sentence for path, sentence in listed},
    )


def decisions(form: Form, answers: Mapping[str, object]) -> dict[str, str | bool]:
    """Return the answers that a diagram's conditions may read: choices, yes or no, at the top.

    An unticked box is a no; a choice that was not asked, or left open, is not there.
    """
    found: dict[str, str | bool] = {}
    for field in form.fields:
        value = answers.get(field.name)
        if field.kind is Kind.BOOLEAN:
            found[field.name] = value is True
        elif field.kind is Kind.CHOICE and isinstance(value, str):
            found[field.name] = value
    return found


def finite_domains(form: Form) -> dict[str, tuple[str | bool | None, ...]]:
    """Return every value that each of the form's decisions can take, once it is answered.

    None stands for a choice that need not be made, or is not always asked; an unticked box is a no
    (see `decisions`), and what is computed is always there.
    """
    return {field.name: _values_of(field) for field in form.fields if field.is_decision}


def _values_of(field: Field) -> tuple[str | bool | None, ...]:
    if field.kind is Kind.BOOLEAN:
        return False, True
    values = tuple(option.value for option in field.options)
    is_there = field.required or "x-worst-of" in field.schema
    return values if is_there else (*values, None)


def overall(answers: Mapping[str, object]) -> str:
    """Return a confirmer's whole answer: the worst of `yes`, `partly`, `no` over `criteria`.

    A criterion without an answer counts as no, and so does a list without criteria: nobody has
    confirmed anything.
    """
    return worst(("yes", "partly", "no"), answers.get("criteria"), "answer")


def worst(best_to_worst: Sequence[str], rows: object, column: str) -> str:
    """Return the worst value of `column`; whatever is missing or unknown counts as the worst."""
    if not is_array(rows) or not rows:
        return best_to_worst[-1]
    found = [row.get(column) if is_object(row) else None for row in rows]
    return max(
        (value if value in best_to_worst else best_to_worst[-1] for value in map(str, found)),
        key=best_to_worst.index,
    )


def _worst_of(field: Field, answers: Mapping[str, object]) -> str:
    rows, _, column = str(field.schema["x-worst-of"]).partition(".")
    return worst([option.value for option in field.options], answers.get(rows), column)


@cache
def _judge() -> type[Validator]:
    judge: type[Validator] = extend(  # type: ignore[no-untyped-call]  # its stub says nothing
        Draft202012Validator, {"multipleOf": _multiple_of}
    )
    return judge


def _multiple_of(
    _validator: Validator, step: Any, value: object, _schema: Any
) -> Iterator[ValidationError]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    if isinstance(value, float) and not math.isfinite(value):
        return  # refused as a value
    # as written, because 0.07 is no multiple of 0.01 in binary
    exact = Fraction(value) if isinstance(value, int) else Fraction(str(value))
    if exact % Fraction(str(step)):
        yield ValidationError(f"{value} is not a multiple of {step}")


def _bound(fields: Sequence[Field], clean: dict[str, object], findings: dict[Path, str]) -> None:
    """Cut lists that are far too long, so that looking at them costs no more than allowed."""
    for field in fields:
        value = clean.get(field.name)
        most = field.schema.get("maxItems")
        if most is not None and is_array(value) and len(value) > most:
            findings[(field.name,)] = say(
                "Please give at most %(most)s; there are %(value)s now.",
                most=most,
                value=len(value),
            )
            clean[field.name] = list(value[:most])


def _unasked(fields: Sequence[Field], holder: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield the answers to fields whose condition does not hold."""
    for field in fields:
        value = holder.get(field.name)
        if value is None:
            continue
        if field.shown_if is not None and not field.shown_if.holds(holder):
            yield (*path, field.name), unasked(field, fields)
        elif field.kind is Kind.ROWS and is_array(value):
            for index, row in enumerate(value):
                if is_object(row):
                    yield from _unasked(field.fields, row, (*path, field.name, index))


def _values(
    fields: Sequence[Field], holder: Any, path: Path = ()
) -> Iterator[tuple[Path, Field, Any, Any]]:
    """Yield every single answer with its field and where it is held."""
    for field in fields:
        value = holder.get(field.name)
        here = (*path, field.name)
        if field.kind is Kind.ROWS and isinstance(value, list):
            for index, row in enumerate(value):
                if isinstance(row, dict):
                    yield from _values(field.fields, row, (*here, index))
        elif field.item is not None and isinstance(value, list):
            for index in range(len(value)):
                yield (*here, index), field.item, value, index
        elif value is not None:
            yield here, field, holder, field.name


def _order(fields: Sequence[Field]) -> Any:
    places = {field.path: place for place, field in _places(fields)}

    def key(path: Path) -> tuple[int, int, int]:
        top = places.get(str(path[0]), len(places)) if path else -1
        row = next((part for part in path if isinstance(part, int)), -1)
        names = ".".join(part for part in path if isinstance(part, str))
        return top, row, places.get(names, len(places))

    return key


def _places(fields: Sequence[Field]) -> Iterator[tuple[int, Field]]:
    flat = [each for field in fields for each in (field, *field.fields)]
    return iter(enumerate(flat))


def _dotted(path: Path) -> str:
    return ".".join(str(part) for part in path)
