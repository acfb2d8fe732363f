"""The editor of a decision table: the rows, what is wrong with them, and a panel that tries inputs.

The page brings all of it as it is saved; the editor asks again while rows are changed, and saves,
through `/api/v1/drafts`.  Without a script it shows the table, its findings, and tries inputs.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import Response, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from api import identity, protection
from api.pages.asking import words_in
from api.pages.draft_files import OF_EDITORS, Asked, begun, open_file
from api.pages.for_readers import for_studio
from api.pages.named_files import title_of
from api.table_told import told
from engine.bpmn import Cell, Scalar, shown
from engine.bpmn.document import text_of
from engine.language import Said, in_words, say
from engine.usecases.table_beginning import begin_table
from engine.usecases.table_checking import CheckedTable, check_table

pages = for_studio("table_editor", __name__)

_LONGEST = 200


@pages.get("/studio/drafts/<uuid:draft_id>/tables/<name>")
def page(draft_id: UUID, name: str) -> ResponseReturnValue:
    """Show the table; to auditors, and of a draft that is over, only to be read."""
    opened = open_file(draft_id, name, ".dmn")
    checked = check_table(name, opened.content, opened.beside)
    found = told(checked, _tried_values(checked))
    shown_page = render_template(
        "table_editor.html",
        draft=opened.draft,
        name=name,
        title=title_of(name, opened.content),
        may_change=opened.may_change,
        checked=checked,
        found=found,
        cell=_cell,
        chosen=request.args.getlist("value"),
        as_posted=json.dumps,
        editor={
            "xml": text_of(opened.content),
            "name": name,
            "revision": opened.file.revision,
            "canChange": opened.may_change,
            "token": generate_csrf(),
            "found": found,
            "urls": {
                "file": url_for("api_drafts.read", draft_id=draft_id, name=name),
                "check": url_for("api_drafts.check", draft_id=draft_id, name=name),
            },
        },
        words=_words(),
    )
    return _with_styles(shown_page)


@pages.route("/studio/drafts/<uuid:draft_id>/new-table", methods=["GET", "POST"], endpoint="begin")
def begin_one(draft_id: UUID) -> ResponseReturnValue:
    """Ask for a name and what it gives, and begin a table."""

    def begin() -> str:
        title, output = words_in("title"), words_in("output")
        file = begin_table(identity.handling(), draft_id, title, output, actor=identity.actor())
        return url_for(".page", draft_id=draft_id, name=file)

    fields = (
        Asked("title", say("What does it decide?"), say("Such as “Who has to agree”.")),
        Asked(
            "output",
            say("What is its answer called?"),
            say("The name that conditions read, such as who_agrees."),
        ),
    )
    return begun(draft_id, say("A new table"), fields, say("Begin the table"), begin)


def _with_styles(shown_page: str) -> Response:
    """Let the library write style attributes, on this page and no other."""
    answer = make_response(shown_page)
    answer.headers["Content-Security-Policy"] = protection.WITH_STYLE_ATTRIBUTES
    return answer


def _tried_values(checked: CheckedTable) -> Sequence[Scalar] | None:
    """Return the values in the page's address, one for each input; None if there are none."""
    asked = request.args.getlist("value")
    if not asked or len(asked) != len(checked.inputs):
        return None
    return [_value(one[:_LONGEST]) for one in asked]


def _value(text: str) -> Scalar:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, str | int | float | None) else text


def _cell(cell: Cell) -> Said:
    """Return a cell as people read it."""
    if cell.how == "any":
        return say("–")
    words = shown(cell.value)
    return words if cell.how == "==" else say("%(how)s %(value)s", how=cell.how, value=words)


def _of_the_library() -> Mapping[str, Said]:
    """Return what dmn-js says by itself, by its own English."""
    return {
        "Hit policy:": say("Which row decides:"),
        "Hit policy": say("Which row decides"),
        "Unique": say("the only one that fits"),
        "First": say("the first one that fits"),
        "No overlap is possible and all rules are disjoint. Only a single rule can be matched": say(
            "For each case one row fits, and no other."
        ),
        "Rules may overlap. The first matching rule will be chosen": say(
            "Rows may overlap: the first one that fits decides."
        ),
        "When": say("When"),
        "And": say("and"),
        "Then": say("Then"),
        "Annotations": say("Notes"),
        "Annotation": say("Note"),
        "Add input": say("Add an input"),
        "Add output": say("Add an output"),
        "Add rule": say("Add a row"),
        "Input": say("Input"),
        "Output": say("Output"),
        "Input label": say("What people call it"),
        "Output label": say("What people call it"),
        "Output name": say("Name in conditions"),
        "Decision name": say("Name of the table"),
        "Expression": say("What it reads"),
        "Input expression": say("What it reads"),
        "Enter expression": say("such as verify_outcome.verdict"),
        "Type": say("Kind of value"),
        "string": say("text"),
        "boolean": say("yes or no"),
        "number": say("number"),
        "integer": say("whole number"),
        "long": say("whole number"),
        "double": say("number"),
        "date": say("date"),
        "time": say("time of day"),
        "dateTime": say("date and time"),
        "Edit input": say("Change this input"),
        "Edit output": say("Change this output"),
        "Move rule": say("Move the row"),
        "Resize": say("Make it wider"),
        "Copy rule": say("Copy the row"),
        "Cut rule": say("Cut the row"),
        "Paste rule above": say("Paste a row above"),
        "Paste rule below": say("Paste a row below"),
        "Add rule above": say("Add a row above"),
        "Add rule below": say("Add a row below"),
        "Remove rule": say("Remove the row"),
        "Add cell description": say("Describe the cell"),
        "Remove cell description": say("Remove the description"),
        "Add input column left": say("Add an input on the left"),
        "Add input column right": say("Add an input on the right"),
        "Copy input column": say("Copy the input"),
        "Cut input column": say("Cut the input"),
        "Remove input column": say("Remove the input"),
        "Paste input column left": say("Paste an input on the left"),
        "Paste input column right": say("Paste an input on the right"),
        "Add output column left": say("Add an output on the left"),
        "Add output column right": say("Add an output on the right"),
        "Copy output column": say("Copy the output"),
        "Cut output column": say("Cut the output"),
        "Remove output column": say("Remove the output"),
        "Paste output column left": say("Paste an output on the left"),
        "Paste output column right": say("Paste an output on the right"),
    }


def _words() -> dict[str, Any]:
    """Return what the editor says by itself, in the reader's language."""
    said = {
        **OF_EDITORS,
        "stale": say("saved this table meanwhile. Nothing was overwritten: yours is here."),
        "file": say("Download the file"),
        "notOpened": say("This table cannot be shown as rows. Its file can be downloaded."),
        "nothing": say("Every case has its row."),
        "refused": say("wrong"),
        "warning": say("look again"),
        "row": say("Row"),
        "try": say("Try it"),
        "other": say("another value …"),
        "otherValue": say("The other value"),
        "gives": say("gives"),
        "byRow": say("by row"),
        "noInputs": say("It can be tried once it can be read."),
    }
    library = {name: in_words(one) for name, one in _of_the_library().items()}
    return {name: in_words(one) for name, one in said.items()} | {"library": library}
