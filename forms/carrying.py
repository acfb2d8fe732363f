"""What becomes of answers in the making when a form changes under them.

A newcomer would keep the draft as it is: what is asked no more would be sent by nobody and shown to
nobody, and a text where a table is asked now cannot be shown at all.  What no longer fits is taken
out, in words, for who wrote it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.language import Said, say
from forms.fields import Field, Kind
from forms.form import Form


@dataclass(frozen=True)
class LeftOver:
    """An answer that is asked no more: what its question was, and the words."""

    label: str
    words: str


def asked_otherwise(old: Form, new: Form, title: str) -> list[Said]:
    """Return what is asked otherwise at the step `title`, in as few sentences as possible."""
    before, after = _by_name(old), _by_name(new)
    fresh = tuple(field.title for name, field in after.items() if name not in before)
    gone = tuple(field.title for name, field in before.items() if name not in after)
    said = []
    if fresh:
        said.append(say("“%(step)s” also asks: %(fields)s.", step=title, fields=fresh))
    if gone:
        said.append(say("“%(step)s” no longer asks: %(fields)s.", step=title, fields=gone))
    if not said and old.schema != new.schema:
        said.append(say("“%(step)s” asks in other words.", step=title))
    return said


def carried_over(
    old: Form, new: Form, draft: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[LeftOver, ...]]:
    """Return what of a draft fits the new form, and what was taken out of it."""
    before, after = _by_name(old), _by_name(new)
    kept: dict[str, Any] = {}
    left: list[LeftOver] = []
    for name, value in draft.items():
        field, now = before.get(name), after.get(name)
        if now is not None and (field is None or _fits(field, now, value)):
            kept[name] = value
            if field is not None and now.kind is Kind.ROWS:
                kept[name], gone = _rows(field, now, value)
                left += gone
        elif field is not None and (words := ", ".join(_words(field, value))):
            left.append(LeftOver(field.title, words))
    return kept, tuple(left)


def _by_name(form: Form) -> dict[str, Field]:
    return {field.name: field for field in form.fields if not field.read_only}


def _fits(before: Field, now: Field, value: object) -> bool:
    if (before.kind, before.format) != (now.kind, now.format):
        return False
    offered = {option.value for option in now.options}
    return not offered or value in ("", None) or str(value) in offered or isinstance(value, bool)


def _rows(before: Field, now: Field, rows: Any) -> tuple[Any, list[LeftOver]]:
    """Return rows without the columns that are there no more, and what stood in them."""
    gone = {column.name: column for column in before.fields if not column.hidden}
    for column in now.fields:
        gone.pop(column.name, None)
    if not gone or not isinstance(rows, list):
        return rows, []
    kept = [
        {name: value for name, value in row.items() if name not in gone} if _is_row(row) else row
        for row in rows
    ]
    left = []
    for name, column in gone.items():
        found = [
            words for row in rows if _is_row(row) for words in _words(column, row.get(name, ""))
        ]
        if found:
            left.append(LeftOver(f"{before.title}, {column.title}", ", ".join(found)))
    return kept, left


def _is_row(row: object) -> bool:
    return isinstance(row, dict)


def _words(field: Field, value: object) -> Iterator[str]:
    """Yield what was written in a field; nothing for an empty one."""
    if isinstance(value, list):
        for one in value:
            yield from _words(field, one)
    elif isinstance(value, Mapping):
        for column in field.fields:
            if not column.hidden:
                yield from _words(column, value.get(column.name))
    elif value not in ("", None):
        yield str(field.label_of(value))
