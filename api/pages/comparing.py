"""Two sets of files side by side: what was added, removed, moved and changed.

Here two releases; `files_page` and `file_page` take any two sets, so that whoever has a draft
shows it against what it changes.  A newcomer would colour the drawings only: the table says the
same to who cannot see them.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from api import identity
from api.pages.for_readers import for_studio
from api.pages.history import named
from api.pages.named_files import title_of
from engine.bpmn.closing_changes import closing_touched
from engine.bpmn.comparing import FileComparison, compare, compare_file
from engine.bpmn.document import UnreadableError, parse_xml
from engine.bpmn.table_changes import shown_cell, shown_value, table_of
from engine.bpmn.tables import DecisionTable
from engine.domain.difference import How
from engine.errors import NotFound
from engine.language import in_words, say, say_of
from engine.queries.drafts import draft_files, draft_page, release_files
from engine.queries.library import release_id_of
from forms import Field, Form, FormError
from forms.comparing import all_fields, condition_in_words, kind_in_words

pages = for_studio("comparing", __name__)

SIGNS = {How.ADDED: "+", How.REMOVED: "−", How.CHANGED: "≠", How.MOVED: "↔"}
HOWS = {
    How.ADDED: say("new"),
    How.REMOVED: say("removed"),
    How.CHANGED: say("changed"),
    How.MOVED: say("moved"),
}
_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Side:
    """One of the two: what people call it, its files, and where to see it (None: nowhere)."""

    name: str
    files: Mapping[str, bytes]
    url: str | None = None


@pages.get("/studio/compare/<int:first>/<int:second>")
def releases(first: int, second: int) -> ResponseReturnValue:
    """Show which files differ between two releases."""

    def where(name: str) -> str:
        return url_for("comparing.release_file", first=first, second=second, name=name)

    return files_page(_release(first), _release(second), where)


@pages.get("/studio/compare/<int:first>/<int:second>/<name>")
def release_file(first: int, second: int, name: str) -> ResponseReturnValue:
    """Show what differs in one file of two releases."""
    whole = url_for("comparing.releases", first=first, second=second)
    return file_page(_release(first), _release(second), name, whole)


@pages.get("/studio/drafts/<uuid:draft_id>/changes")
def draft(draft_id: UUID) -> ResponseReturnValue:
    """Show which files a draft changes, and how."""

    def where(name: str) -> str:
        return url_for("comparing.of_draft", draft_id=draft_id, name=name)

    return files_page(*_draft(draft_id), where)


@pages.get("/studio/drafts/<uuid:draft_id>/changes/<name>")
def of_draft(draft_id: UUID, name: str) -> ResponseReturnValue:
    """Show what a draft changes in one file."""
    whole = url_for("comparing.draft", draft_id=draft_id)
    return file_page(*_draft(draft_id), name, whole)


def _draft(draft_id: UUID) -> tuple[Side, Side]:
    with identity.handling().store.read() as conn:
        page = draft_page(conn, draft_id)
        before = release_files(conn, page.base_id)
        after = draft_files(conn, draft_id)
    url = url_for("studio.draft", draft_id=draft_id)
    base = Side(say("Release %(number)s", number=page.base), before)
    return base, Side(f"“{page.title}”", after, url)


def _release(number: int) -> Side:
    with identity.handling().store.read() as conn:
        files = release_files(conn, release_id_of(conn, number))
    return Side(say("Release %(number)s", number=number), files)


# --- any two sets of files -----------------------------------------------------------------------


def files_page(before: Side, after: Side, where: Callable[[str], str]) -> str:
    """Return the page that lists what differs; `where` has the address of each file's own."""
    found = compare(before.files, after.files)
    differing = [one for one in found if one.how is not None]
    touched = {one.file for one in closing_touched(before.files, after.files)}
    return render_template(
        "compare.html",
        before=before,
        after=after,
        files=[(one, _title(one.name, before, after), _tally(one)) for one in differing],
        touched=touched,
        same=[_title(one.name, before, after) for one in found if one.how is None],
        where=where,
        hows=HOWS,
        signs=SIGNS,
        in_code=in_code,
    )


def file_page(before: Side, after: Side, name: str, whole: str) -> str:
    """Return the page of one file; `whole` is the address of the list.  Raises NotFound."""
    if name not in before.files and name not in after.files:
        raise NotFound(say("There is no file “%(name)s” in either of them.", name=name))
    contents = before.files.get(name), after.files.get(name)
    found = compare_file(name, *contents)
    touched = [one for one in closing_touched(before.files, after.files) if one.file == name]
    return render_template(
        "compare_file.html",
        before=before,
        after=after,
        file=found,
        title=_title(name, before, after),
        whole=whole,
        touches=list(dict.fromkeys(one.said for one in touched)),
        touched={one.part for one in touched},
        sides=_sides(found, contents, (before, after)),
        differences=[one for one in found.differences if one.how is not How.MOVED],
        moved=[one for one in found.differences if one.how is How.MOVED],
        hows=HOWS,
        signs=SIGNS,
        in_code=in_code,
    )


def in_code(words: str) -> Markup:
    """Return a sentence in the reader's language, with what stands between backticks as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(in_words(words)))))  # noqa: S704


def _title(name: str, before: Side, after: Side) -> str:
    content = after.files.get(name, before.files.get(name, b""))
    return title_of(name, content)


def _tally(found: FileComparison) -> list[str]:
    """Return in a few words how much of a file differs."""
    counted = {how: sum(one.how is how for one in found.differences) for how in (*HOWS,)}
    if found.unreadable or found.how is not How.CHANGED:
        return []
    told = {
        How.ADDED: say_of(counted[How.ADDED], "1 new", "%(num)s new"),
        How.REMOVED: say_of(counted[How.REMOVED], "1 removed", "%(num)s removed"),
        How.CHANGED: say_of(counted[How.CHANGED], "1 changed", "%(num)s changed"),
        How.MOVED: say_of(counted[How.MOVED], "1 moved", "%(num)s moved"),
    }
    return [in_words(said) for how, said in told.items() if counted[how]]


@dataclass(frozen=True)
class Shown:
    """One version of a file as it is drawn beside the other; `what` None where it is not there.

    `marks` says how each of its parts differs, by the part's id there.
    """

    key: str
    side: Side
    what: Any
    marks: Mapping[str, How]


def _sides(
    found: FileComparison, contents: tuple[bytes | None, bytes | None], sides: tuple[Side, Side]
) -> list[Shown]:
    shown = []
    for key, content, side in zip(("before", "now"), contents, sides, strict=True):
        marks = {
            place: one.how
            for one in found.differences
            if (place := one.before if key == "before" else one.after) is not None
        }
        what = None if content is None else _what(found, content, marks)
        shown.append(Shown(key, side, what, marks))
    if found.kind == "dmn":
        _mark_cells(found, shown)
    return shown


def _mark_cells(found: FileComparison, shown: list[Shown]) -> None:
    """Say of each cell of a rule that is in both tables whether it is another there."""
    before, now = (one.what for one in shown)
    if before is None or now is None:
        return
    for one in found.differences:
        if one.how is How.CHANGED and one.before is not None and one.after is not None:
            rules = before["rules"][int(one.before) - 1], now["rules"][int(one.after) - 1]
            cells = [
                {column: cell for column, (cell, _) in zip(side["columns"], rule, strict=True)}
                for side, rule in zip((before, now), rules, strict=True)
            ]
            for side, rule, other in zip((before, now), rules, reversed(cells), strict=True):
                rule[:] = [
                    (cell, other.get(column, cell) != cell)
                    for column, (cell, _) in zip(side["columns"], rule, strict=True)
                ]


def _what(found: FileComparison, content: bytes, marks: Mapping[str, How]) -> Any:
    """Return what a template draws of a version; None of one that cannot be read."""
    try:
        if found.kind == "bpmn":
            xml = named(parse_xml(found.name, content)).decode()
            return {"xml": xml, "marks": {one: how.value for one, how in marks.items()}}
        if found.kind == "dmn":
            return _table(table_of(found.name, content))
        if found.kind == "form":
            form = Form.parse(found.name.rsplit(".", 1)[0], content)
            return {"form": form, "fields": _fields(form)}
    except (UnreadableError, FormError):
        return None
    return None


def _table(table: DecisionTable) -> Mapping[str, Any]:
    return {
        "columns": [
            *(("in", one.text) for one in table.inputs),
            *(("out", one) for one in table.outputs),
        ],
        "rules": [
            [
                (cell, False)
                for cell in (*map(shown_cell, rule.tests), *map(shown_value, rule.outputs))
            ]
            for rule in table.rules
        ],
    }


def _fields(form: Form) -> list[tuple[Field, list[str]]]:
    """Return each field of a form with what there is to say of it."""
    fields = all_fields(form)
    return [(field, [*_about(field, fields)]) for field in fields.values() if not field.hidden]


def _about(field: Field, fields: Mapping[str, Field]) -> list[str]:
    said: list[str] = [kind_in_words(field)]
    if field.options:
        said.append("; ".join(in_words(one.label) for one in field.options))
    if field.required:
        said.append(say("has to be answered"))
    if field.read_only:
        said.append(say("is given"))
    if field.shown_if is not None:
        when = condition_in_words(field.shown_if, fields, field.path)
        said.append(say("only if %(when)s", when=when))
    if field.help:
        said.append(field.help)
    return [in_words(one) for one in said]
