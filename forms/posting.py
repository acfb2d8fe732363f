"""Reads what a page posts: flat names such as `criteria.0.measure` into nested, typed answers.

Nothing is refused here: what cannot be read stays as the reader typed it, for the check to name
and the page to show again.  Names that the form does not know (CSRF token, buttons) are ignored;
the read-only fields are too.
"""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from forms.fields import PICKED, Field, Kind
from forms.form import Form
from forms.values import plain_text, utc_text

Post = Mapping[str, Sequence[str]]

ADD = "_add"
REMOVE = "_remove"

_ROW = re.compile(r"(?P<list>[a-z0-9_]+)\.(?P<index>[0-9]{1,4})(?:\.[a-z0-9_]+)?")
_BLANKS = re.compile(r"[\s'’_]")


@dataclass(frozen=True)
class RowsAsked:
    """How many rows of each list to show (by field name), and the list that just got one more."""

    counts: Mapping[str, int]
    added: str | None = None


def from_post(form: Form, post: Post, *, tz: tzinfo) -> dict[str, object]:
    """Return the answers in `post`, incomplete ones too, so that it serves drafts as well.

    Blank fields and rows are left out, as is the row named by the button `_remove`.  Numbers are
    parsed; local dates and times are read in the zone `tz` and returned in UTC (the earlier one
    of two when clocks go back, the later reading when they skip it).  A choice made in a field
    that is not asked (its condition does not hold) is dropped; typed words are kept.
    """
    return _read_all(form.fields, post, "", tz)


def rows_asked(form: Form, post: Post) -> RowsAsked:
    """Return how many rows the page shows after the buttons `_add` and `_remove`."""
    added = _first(post, ADD)
    removed, _, _ = _first(post, REMOVE).partition(".")
    counts: dict[str, int] = {}
    for field in form.fields:
        if field.kind in (Kind.ROWS, Kind.LIST) and not field.fixed:
            count = len(_indexes(field, post))
            count += (field.name == added) - (field.name == removed)
            counts[field.name] = min(max(count, 0), int(field.schema["maxItems"]))
    return RowsAsked(counts, added if added in counts else None)


def _read_all(fields: Sequence[Field], post: Post, prefix: str, tz: tzinfo) -> dict[str, object]:
    answers: dict[str, object] = {}
    for field in fields:
        if field.read_only and not field.hidden:
            continue
        value = _read(field, post, prefix + field.name, tz)
        if value is not None:
            answers[field.name] = value
    for field in fields:
        unasked = field.shown_if is not None and not field.shown_if.holds(answers)
        if unasked and field.kind in PICKED:
            answers.pop(field.name, None)
    return answers


def _read(field: Field, post: Post, name: str, tz: tzinfo) -> object:
    match field.kind:
        case Kind.ROWS:
            return _read_rows(field, post, tz) or None
        case Kind.LIST if field.widget == "lines":
            return _lines(_first(post, name)) or None
        case Kind.LIST:
            return _read_list(field, post) or None
        case Kind.BOOLEAN:
            return _first(post, name) != ""
    text = plain_text(_first(post, name))
    if not text:
        return "" if name in post and any(o.value == "" for o in field.options) else None
    match field.kind:
        case Kind.NUMBER | Kind.INTEGER:
            return _number(text, whole=field.kind is Kind.INTEGER)
        case Kind.INSTANT:
            return _instant(text, tz)
    return text


def _read_rows(field: Field, post: Post, tz: tzinfo) -> list[dict[str, object]]:
    removed = _first(post, REMOVE)
    rows = []
    for index in _indexes(field, post):
        name = f"{field.name}.{index}"
        row = _read_all(field.fields, post, f"{name}.", tz)
        if name != removed and (field.fixed or not _is_blank(field, row)):
            rows.append(row)
    return rows


def _read_list(field: Field, post: Post) -> list[str]:
    """Return the ticked boxes (one name, many values) and the chosen lines, each once."""
    removed = _first(post, REMOVE)
    names = [field.name, *(f"{field.name}.{index}" for index in _indexes(field, post))]
    found = [plain_text(value) for name in names if name != removed for value in post.get(name, ())]
    # one more than allowed is enough for the check to say so
    return [value for value in dict.fromkeys(found) if value][: field.schema["maxItems"] + 1]


def _indexes(field: Field, post: Post) -> list[int]:
    found = set()
    for name in post:
        match = _ROW.fullmatch(name)
        if match and match["list"] == field.name:
            found.add(int(match["index"]))
    return sorted(found)[: field.schema["maxItems"] + 1]


def _is_blank(field: Field, row: Mapping[str, object]) -> bool:
    """Say whether nobody has filled in the row: defaults and unticked boxes do not count."""
    for column in field.fields:
        value = row.get(column.name)
        if value not in (None, False, "") and value != column.schema.get("default"):
            return False
    return True


def _lines(text: str) -> list[str]:
    """Return one entry a line, each once; the cells of pasted CSV are joined with commas."""
    found = []
    for line in plain_text(text).split("\n"):
        cells = [line]
        if "\t" in line or ";" in line or '"' in line:
            sign = "\t" if "\t" in line else ";" if ";" in line else ","
            cells = _cells(line, sign)
        entry = ", ".join(cell.strip() for cell in cells if cell.strip())
        if entry:
            found.append(entry)
    return list(dict.fromkeys(found))


def _cells(line: str, sign: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=sign), [])
    except csv.Error:  # a cell longer than the reader allows: for the check to refuse
        return [line]


def _number(text: str, *, whole: bool) -> object:
    """Return the number, or the text if it could mean two numbers (1,234)."""
    plain = _BLANKS.sub("", text)
    if "," in plain and "." in plain:
        thousands = "," if plain.rfind(".") > plain.rfind(",") else "."
        plain = plain.replace(thousands, "")
    for mark in ",.":
        if plain.count(mark) > 1:
            plain = plain.replace(mark, "")
    if plain.count(",") == 1 and not re.fullmatch(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}", plain):
        plain = plain.replace(",", ".")
    if not re.fullmatch(r"[+-]?[0-9]{1,25}(\.[0-9]{0,15})?", plain):
        return text
    number = float(plain)
    return int(number) if whole and number.is_integer() else _short(number)


def _short(number: float) -> int | float:
    return int(number) if number.is_integer() else number


def _instant(text: str, tz: tzinfo) -> str:
    try:
        instant = datetime.fromisoformat(text)
        local = instant if instant.tzinfo is not None else instant.replace(tzinfo=tz)
        return utc_text(local.astimezone(UTC))
    except (ValueError, OverflowError):
        return text


def _first(post: Post, name: str) -> str:
    return next(iter(post.get(name, ())), "")
