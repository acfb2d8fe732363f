"""Records as tables: a file of comma-separated values, out and in, tried before it counts.

One column for each question of the kind's form; people are named by their login, all else by name.
A cell holds several on lines of their own or between semicolons, a row of several answers with `|`
between them.  A column that is left out stays as it is, a blank cell is no answer.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from engine.domain.incident import Priority
from engine.domain.party import Party
from engine.domain.permissions import Actor
from engine.domain.register import RecordKind, calendar_of, ladder_of
from engine.errors import InvalidAnswers
from engine.language import say
from engine.queries.register import answers_of, names, record_ids
from engine.store.work import Store, Work
from engine.usecases.setting_up.saving import require_to_set_up, save_in
from forms import Choices, Field, Form, Kind, check

MOST_LINES = 5_000
# What a spreadsheet takes for a formula when a cell begins with it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_KEYS = {RecordKind.PERSON: "login", RecordKind.LADDER: "priority"}


class What(StrEnum):
    """What becomes of a line."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    WRONG = "wrong"


@dataclass(frozen=True)
class Line:
    """One line of the file, by its number in it; `problems` are sentences by column."""

    number: int
    name: str
    what: What
    problems: Mapping[str, str]


@dataclass(frozen=True)
class Imported:
    """What a file comes to; nothing was written unless `done`."""

    lines: Sequence[Line]
    done: bool

    def count(self, what: What) -> int:
        """Return how many lines came to that."""
        return sum(line.what == what for line in self.lines)


class _Undone(Exception):
    pass


# --- out ---------------------------------------------------------------------------------------


def export_table(store: Store, kind: RecordKind, form: Form, *, actor: Actor) -> str:
    """Return all records of a kind as a file that `import_table` takes.  Raises NotAllowed."""
    require_to_set_up(actor)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([field.name for field in form.fields])
    with store.read() as conn:
        keys = names(conn).keys
        for record_id in record_ids(conn, kind):
            answers = answers_of(conn, kind, record_id) or {}
            writer.writerow([_cell(field, answers.get(field.name), keys) for field in form.fields])
    return out.getvalue()


def _cell(field: Field, value: Any, keys: Mapping[str, Mapping[str, str]]) -> str:
    said = _said(field, value, keys)
    # what begins like a formula, or with the mark that says it does not, gets that mark
    return f"'{said}" if said.startswith((*_FORMULA, "'")) else said


def _said(field: Field, value: Any, keys: Mapping[str, Mapping[str, str]]) -> str:
    if value is None:
        return ""
    match field.kind:
        case Kind.BOOLEAN:
            return "yes"
        case Kind.REFERENCE:
            return keys.get(field.format, {}).get(value, value)
        case Kind.LIST if field.item is not None:
            return "\n".join(_said(field.item, one, keys) for one in value)
        case Kind.ROWS:
            return "\n".join(
                " | ".join(_said(column, row.get(column.name), keys) for column in field.fields)
                for row in value
            )
    return str(value)


# --- in ----------------------------------------------------------------------------------------


def import_table(
    store: Store,
    kind: RecordKind,
    form: Form,
    content: str,
    *,
    actor: Actor,
    dry_run: bool,
) -> Imported:
    """Enter and change records as the file says: all of it, or nothing if a line is wrong.

    With `dry_run` nothing is written whatever is right.  Lines may name what stands further down.
    Raises NotAllowed, and InvalidAnswers for what is no such file.
    """
    require_to_set_up(actor)
    table = _Table(kind, form, actor)
    rows = _rows(form, content)
    try:
        with store.begin() as work:
            lines = table.take(work, rows)
            if dry_run or any(line.what is What.WRONG for line in lines):
                raise _Undone
    except _Undone:
        return Imported(lines, done=False)
    return Imported(lines, done=True)


Cells = Mapping[str, str]


def _rows(form: Form, content: str) -> Sequence[tuple[int, Cells]]:
    """Return the cells of each line by column, with its number in the file."""
    content = content.removeprefix("\ufeff")
    head = content.split("\n", 1)[0]
    sign = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=sign)
    found: list[tuple[int, Cells]] = []
    try:
        columns = [cell.strip().lower() for cell in next(reader, [])]
        _require_columns(form, columns)
        began = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                if len(cells) > len(columns):
                    raise InvalidAnswers(
                        {"file": say("Line %(began)s has more cells than columns.", began=began)}
                    )
                found.append((began, dict(zip(columns, map(_plain, cells), strict=False))))
            began = reader.line_num + 1
            if len(found) > MOST_LINES:
                raise InvalidAnswers(
                    {
                        "file": say(
                            "Please take at most %(most_lines)s lines at a time.",
                            most_lines=MOST_LINES,
                        )
                    }
                )
    except csv.Error as error:
        raise InvalidAnswers(
            {
                "file": say(
                    "Line %(line_num)s cannot be read: %(error)s.",
                    line_num=reader.line_num,
                    error=error,
                )
            }
        ) from None
    if not found:
        raise InvalidAnswers({"file": say("There is no line below the names of the columns.")})
    return found


def _require_columns(form: Form, columns: Sequence[str]) -> None:
    known = [field.name for field in form.fields]
    strange = [one or "(blank)" for one in columns if one not in known]
    if strange or len(set(columns)) < len(columns):
        why = (
            say("not %(strange)s", strange=", ".join(strange[:5])) if strange else say("each once")
        )
        raise InvalidAnswers(
            {
                "file": say(
                    "The first line names columns: %(known)s; %(why)s.",
                    known=", ".join(known),
                    why=why,
                )
            }
        )


def _plain(cell: str) -> str:
    cell = cell.strip()
    return cell[1:].strip() if cell.startswith("'") else cell


class _Table:
    """A file on its way in, within one transaction."""

    def __init__(self, kind: RecordKind, form: Form, actor: Actor) -> None:
        self._kind = kind
        self._form = form
        self._actor = actor
        self._key = _KEYS.get(kind, "name")
        # by format, what a file calls it (in small letters), and its id
        self._ids: dict[str, dict[str, str]] = {}
        # what is chosen by words; an id was found by its name already when a form is checked
        self._choices: Choices = {}

    def take(self, work: Work, rows: Sequence[tuple[int, Cells]]) -> list[Line]:
        found = names(work.conn)
        self._choices = {name: found.choices[name] for name in ("time_zone", "country")}
        for format_, keys in found.keys.items():
            self._ids[format_] = {key.lower(): one for one, key in keys.items()}
        known = set(self._ids.get(self._kind.value, ()))
        if self._kind is RecordKind.PERSON:
            self._enter_first(work, rows)
        seen: set[str] = set()
        return [self._line(work, number, cells, known, seen) for number, cells in rows]

    def _enter_first(self, work: Work, rows: Sequence[tuple[int, Cells]]) -> None:
        """Enter people without those whom they name, so that all are there to be named."""
        for _, cells in rows:
            alone = {name: one for name, one in cells.items() if name not in _OF_PEOPLE}
            if cells.get(self._key, "").lower() in self._ids["person"] or alone == dict(cells):
                continue
            try:
                with work.conn.begin_nested():
                    self._save(work, alone)
            except InvalidAnswers:
                continue  # said when its whole line is taken

    def _line(self, work: Work, number: int, cells: Cells, known: set[str], seen: set[str]) -> Line:
        name = self._name(cells)
        if name.lower() in seen:
            return Line(number, name, What.WRONG, {self._key: "This stands further up already."})
        seen.add(name.lower())
        try:
            with work.conn.begin_nested():
                what = self._save(work, cells)
        except InvalidAnswers as refusal:
            return Line(number, name, What.WRONG, refusal.fields)
        is_new = name.lower() not in known if self._kind is RecordKind.PERSON else what is What.NEW
        return Line(number, name, What.NEW if is_new else what, {})

    def _name(self, cells: Cells) -> str:
        if self._kind is RecordKind.CALENDAR:
            return cells.get("team") or cells.get("organisation") or cells.get("whose", "")
        return cells.get(self._key, "")

    def _save(self, work: Work, cells: Cells) -> What:
        which = self._which(cells)
        before = answers_of(work.conn, self._kind, which) if which else None
        answers = {
            name: one for name, one in (before or {}).items() if name not in cells
        } | self._answers(cells)
        found = check(self._form, answers, choices=self._choices, now=work.now)
        if not found.ok:
            raise InvalidAnswers(found.findings)
        record_id = which if before is not None else None
        made = save_in(work, self._kind, found.answers, actor=self._actor, record_id=record_id)
        if self._kind.value in self._ids:
            self._ids[self._kind.value][self._name(cells).lower()] = str(made)
        if before is None:
            return What.NEW
        return What.SAME if answers_of(work.conn, self._kind, made) == before else What.CHANGED

    def _which(self, cells: Cells) -> UUID | None:
        name = self._name(cells).lower()
        if self._kind is RecordKind.CALENDAR:
            for format_ in ("team", "organisation"):
                if cells.get(format_):
                    found = self._ids[format_].get(name)
                    return UUID(found) if found else None
            return calendar_of(Party(name)) if name in set(Party) else None
        if self._kind is RecordKind.LADDER:
            known = {one.lower(): one for one in Priority}
            return ladder_of(known[name]) if name in known else None
        found = self._ids[self._kind.value].get(name)
        return UUID(found) if found else None

    def _answers(self, cells: Cells) -> dict[str, object]:
        problems: dict[str, str] = {}
        answers: dict[str, object] = {}
        for field in self._form.fields:
            if not (cell := cells.get(field.name)):
                continue
            try:
                answers[field.name] = self._read(field, cell)
            except _Strange as strange:
                problems[field.name] = strange.sentence
        if problems:
            raise InvalidAnswers(problems)
        return answers

    def _read(self, field: Field, cell: str) -> object:
        match field.kind:
            case Kind.BOOLEAN:
                if cell.lower() not in ("yes", "no"):
                    raise _Strange(say("Please write yes or no."))
                return cell.lower() == "yes"
            case Kind.REFERENCE:
                known = self._ids[field.format]
                found = known.get(cell.lower())
                if found is None:
                    raise _Strange(say("Nothing here is called “%(cell)s”.", cell=cell[:60]))
                return found
            case Kind.LIST if field.item is not None:
                return [self._read(field.item, one) for one in _parts(cell)]
            case Kind.ROWS:
                return [dict(self._columns(field, one)) for one in _parts(cell)]
        return cell

    def _columns(self, field: Field, row: str) -> Iterator[tuple[str, object]]:
        cells = [one.strip() for one in row.split("|")]
        if len(cells) != len(field.fields):
            listed = " | ".join(column.name for column in field.fields)
            raise _Strange(
                say("Please write each on a line of its own: %(listed)s.", listed=listed)
            )
        for column, cell in zip(field.fields, cells, strict=True):
            if cell:
                yield column.name, self._read(column, cell)


class _Strange(Exception):
    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


_OF_PEOPLE = ("deputy", "superior")


def _parts(cell: str) -> list[str]:
    """Return what stands on lines of its own, or between semicolons where it is one line."""
    parts = cell.split("\n") if "\n" in cell else cell.split(";")
    return [part.strip() for part in parts if part.strip()]
