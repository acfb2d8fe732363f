"""Answers as people read them again: what was sent, or what could not be sent any more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from api.filters import spoken
from engine.language import in_words, say
from forms import Choices, Field, Form, Kind


@dataclass(frozen=True)
class Told:
    """One answer in words; of a list of rows, `rows` holds each with its own heading."""

    title: str
    words: str
    rows: Sequence[tuple[str, Sequence["Told"]]] = ()


def told(
    form: Form,
    answers: Mapping[str, object],
    choices: Choices,
    *,
    tz: tzinfo,
    now: datetime,
    most: int = 300,
) -> list[Told]:
    """Return the answers given, in the order of the form; at most `most` rows of each list."""
    reading = _Reading(choices, tz, now, most)
    return [one for each in form.fields if (one := reading.read(each, answers.get(each.name)))]


@dataclass(frozen=True)
class _Reading:
    choices: Choices
    tz: tzinfo
    now: datetime
    most: int

    def read(self, field: Field, value: object) -> Told | None:
        if value in (None, "", [], False) or field.hidden:
            return None
        if field.kind is Kind.ROWS and isinstance(value, list):
            label = str(field.schema.get("x-rows-label", ""))
            rows = [
                self._row(field, row, place, label)
                for place, row in enumerate(value[: self.most])
                if isinstance(row, Mapping)
            ]
            return Told(field.title, "", [row for row in rows if row[1]])
        if field.kind is Kind.LIST and isinstance(value, list):
            item = field.item or field
            return Told(field.title, "\n".join(self._words(item, one) for one in value))
        return Told(field.title, self._words(field, value))

    def _row(
        self, field: Field, row: Mapping[str, object], place: int, label: str
    ) -> tuple[str, list[Told]]:
        singular = field.schema["items"].get("title", "")
        numbered = say("%(title)s %(place)s", title=say(singular), place=place + 1)
        heading = str(row.get(label) or in_words(numbered))
        cells = [
            one
            for column in field.fields
            if column.name != label and (one := self.read(column, row.get(column.name)))
        ]
        return heading, cells

    def _words(self, field: Field, value: object) -> str:
        if field.kind is Kind.INSTANT:
            try:
                return spoken(datetime.fromisoformat(str(value)), self.tz, self.now)
            except ValueError:
                return str(value)
        if field.kind is Kind.REFERENCE:
            offered = self.choices.get(field.path) or self.choices.get(field.format) or ()
            return next((name for one, name in offered if one == value), say("somebody"))
        return field.label_of(value)
