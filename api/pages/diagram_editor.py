"""The editor of a diagram: the drawing, and beside it what each element means, in plain words.

The page brings what the editor needs to know of the draft's other files; saving and proving go
through `/api/v1/drafts`.  Without a script it shows the table of elements and the file.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from api import filters
from api.pages.draft_files import open_file
from api.pages.for_readers import for_studio
from api.pages.studio import title_of
from engine.bpmn import Element, Process, Release, judge_release
from engine.bpmn.element_rules import CLOSES, DOES, MARKS
from engine.domain.mark import Mark
from engine.domain.party import Lane
from engine.domain.wording import word
from engine.expressions.names import FACTS
from engine.language import Said, in_words, say
from engine.usecases.form_rules import read_forms
from engine.usecases.verifying import TOLD_OF_CONFIRMATION
from forms import Form
from forms.fields import Kind

pages = for_studio("diagram_editor", __name__)

_MEANINGS: Mapping[str, Said] = {
    "agreement": say("agrees what right means"),
    "work": say("work goes on"),
    "verification": say("checks the outcome"),
    "confirmation": say("the customer confirms"),
    "closing_decision": say("somebody decides without an answer"),
    "confirmed": say("closes it as confirmed"),
    "escalated": say("closes it by a decision"),
    "remind": say("reminds who was asked"),
    "climb": say("asks whoever is above, too"),
}
_FACTS: Mapping[str, Said] = {
    "due_at": say("when the action is due"),
    "climb_every": say("how often whoever is above is asked"),
    "remind_every": say("how often the ladder reminds"),
    "decide_at": say("when the ladder asks for a decision"),
    "ask_again_at": say("when it was decided to ask again"),
    "watch_until": say("until when it is watched"),
}


@pages.get("/studio/drafts/<uuid:draft_id>/diagrams/<name>")
def page(draft_id: UUID, name: str) -> ResponseReturnValue:
    """Show the editor; to auditors, and of a draft that is over, only to be read."""
    opened = open_file(draft_id, name, ".bpmn")
    files = opened.beside
    release = judge_release(files).release
    mine = [one for one in release.processes.values() if one.file == name]
    return render_template(
        "diagram_editor.html",
        draft=opened.draft,
        name=name,
        title=title_of(name, opened.content),
        processes=mine,
        kind_of=_kind_of,
        editor={
            "xml": opened.content.decode("utf-8", "replace"),
            "name": name,
            "revision": opened.file.revision,
            "canChange": opened.may_change,
            "token": generate_csrf(),
            "urls": {
                "file": url_for("api_drafts.read", draft_id=draft_id, name=name),
                "proof": url_for("api_drafts.prove", draft_id=draft_id),
                "form": url_for("form_editor.begin", draft_id=draft_id),
                "formEditor": url_for("form_editor.page", draft_id=draft_id, name="STEP.json"),
            },
            **known(release, read_forms(files).forms),
        },
        words=_words(),
    )


def known(release: Release, forms: Mapping[str, Form]) -> dict[str, Any]:
    """Return what an element can be told to do: lanes, forms and their answers, tables, ..."""
    return {
        "lanes": [
            {"value": lane.value, "words": filters.first_up(word(lane.value))} for lane in Lane
        ],
        "forms": {
            step: {"title": in_words(say(form.title)), "fields": decisive(release, step, form)}
            for step, form in forms.items()
        },
        "processes": [
            {"value": one.id, "words": in_words(say(one.name))}
            for one in release.processes.values()
        ],
        "tables": [
            {
                "value": one.id,
                "words": in_words(say(one.name)),
                "outputs": {
                    output: sorted({str(rule.outputs[place]) for rule in one.rules})
                    for place, output in enumerate(one.outputs)
                },
            }
            for one in release.decisions.values()
        ],
        "messages": sorted(
            {
                element.event.name
                for process in release.processes.values()
                for element in process.elements.values()
                if element.event is not None
                and element.event.kind == "message"
                and element.event.name
            }
        ),
        "marks": _meanings(MARKS),
        "closes": _meanings(CLOSES),
        "does": _meanings(DOES),
        "facts": [
            {"value": name, "words": in_words(_FACTS[name])} for name in sorted(FACTS & {*_FACTS})
        ],
        "gate": [
            {"value": "confirmed", "words": in_words(say("it was confirmed"))},
            {"value": "escalated", "words": in_words(say("it was decided without an answer"))},
            {"value": "shut", "words": in_words(say("it may not close"))},
        ],
    }


def decisive(release: Release, step: str, form: Form) -> list[dict[str, Any]]:
    """Return the fields whose answers a diagram can ask for: choices and yes or no."""
    marks = {one.mark for one in release.steps() if one.id == step}
    return [
        {
            "name": field.name,
            "words": in_words(say(field.title)),
            "required": field.required,
            "values": [
                {"value": f'"{option.value}"', "words": in_words(say(option.label))}
                for option in field.options
            ]
            or [
                {"value": "True", "words": in_words(say("yes"))},
                {"value": "False", "words": in_words(say("no"))},
            ],
        }
        for field in form.fields
        if field.kind in (Kind.CHOICE, Kind.BOOLEAN)
        and (Mark.CONFIRMATION not in marks or field.name == TOLD_OF_CONFIRMATION)
    ]


def _meanings(machine: frozenset[str]) -> list[dict[str, str]]:
    return [{"value": one, "words": in_words(_MEANINGS[one])} for one in sorted(machine)]


def _kind_of(process: Process, element: Element) -> str:
    """Return what an element is, in plain words."""
    del process
    if element.event is not None and element.event.kind in ("timer", "message"):
        return say("waits for a time") if element.event.kind == "timer" else say("waits for news")
    return {
        "userTask": say("somebody answers a form"),
        "task": say("goes on by itself"),
        "scriptTask": say("notes something"),
        "businessRuleTask": say("asks a table"),
        "callActivity": say("runs another diagram"),
        "exclusiveGateway": say("one of several ways"),
        "parallelGateway": say("several ways at once"),
        "inclusiveGateway": say("some of several ways"),
        "eventBasedGateway": say("whichever comes first"),
        "startEvent": say("begins"),
        "endEvent": say("ends"),
    }.get(element.type, element.type)


def _of_the_library() -> dict[str, str]:
    """Return what bpmn-js says by itself, by its own English."""
    said = {
        "Open minimap": say("Overview"),
        "Close minimap": say("Close the overview"),
        "Delete": say("Delete"),
        "Change element": say("Change what it is"),
        "Change type": say("Change what it is"),
        "Connect to other element": say("Connect"),
        "Add text annotation": say("Add a note"),
        "Add lane above": say("Add a lane above"),
        "Add lane below": say("Add a lane below"),
        "Divide into two lanes": say("Divide into two lanes"),
        "Divide into three lanes": say("Divide into three lanes"),
        "Search": say("Search"),
        "Search in diagram": say("Search in the drawing"),
        "Task": say("Goes on by itself"),
        "User task": say("Somebody answers a form"),
        "Business rule task": say("Asks a table"),
        "Script task": say("Notes something"),
        "Call activity": say("Runs another diagram"),
        "Start event": say("Begin"),
        "End event": say("End"),
        "Terminate end event": say("End of all of it"),
        "Message intermediate catch event": say("Wait for news"),
        "Timer intermediate catch event": say("Wait for a time"),
        "Exclusive gateway": say("One of several ways"),
        "Parallel gateway": say("Several ways at once"),
        "Inclusive gateway": say("Some of several ways"),
        "Event-based gateway": say("Whichever comes first"),
        "Message boundary event": say("News that ends it"),
        "Timer boundary event": say("A time that ends it"),
        "Message boundary event (non-interrupting)": say("News beside it"),
        "Timer boundary event (non-interrupting)": say("A time beside it"),
        "Sequence flow": say("A way"),
        "Default flow": say("The way whenever no other is taken"),
    }
    return {name: in_words(one) for name, one in said.items()}


def _words() -> dict[str, Any]:
    """Return what the editor says by itself, in the reader's language."""
    said = {
        "name": say("Name"),
        "id": say("Name in conditions and files"),
        "lane": say("Who is asked"),
        "form": say("Form"),
        "noForm": say("There is no form for this step yet."),
        "makeForm": say("Begin its form"),
        "mark": say("What it means for closing"),
        "gate": say("Whether it may close"),
        "nothing": say("nothing"),
        "closes": say("What it does to the incident"),
        "does": say("What it does"),
        "called": say("Which diagram it runs"),
        "table": say("Which table it asks"),
        "message": say("Which news it waits for"),
        "newMessage": say("other news …"),
        "when": say("When this way is taken"),
        "otherwise": say("whenever no other is"),
        "always": say("always"),
        "if": say("if"),
        "free": say("another condition"),
        "condition": say("Condition"),
        "is": say("is"),
        "isNot": say("is not"),
        "choose": say("choose …"),
        "timer": say("When"),
        "after": say("after a while"),
        "at": say("at a time that is known by then"),
        "every": say("again and again, every"),
        "freeTimer": say("another expression"),
        "expression": say("Expression"),
        "minutes": say("minutes"),
        "hours": say("hours"),
        "days": say("days"),
        "weeks": say("weeks"),
        "workingDays": say("working days"),
        "interrupts": say("It ends what it stands on"),
        "notes": say("Notes for who edits this"),
        "script": say("What it notes, a line each: name = expression"),
        "process": say("The diagram"),
        "nothingChosen": say("Choose something in the drawing or in the table."),
        "safe": say("This can be published as it is."),
        "checking": say("Checking …"),
        "findings": say("To be mended"),
        "notChecked": say("It could not be checked; it is tried again with the next change."),
        "walk": say("Show how"),
        "step": say("Step"),
        "of": say("of"),
        "back": say("Back"),
        "on": say("On"),
        "endWalk": say("Enough"),
        "answered": say("answered"),
        "saved": say("Saved"),
        "saving": say("Saving …"),
        "notSaved": say("It could not be saved; it is tried again."),
        "stale": say("saved this diagram meanwhile. Nothing was overwritten: yours is here."),
        "theirs": say("Theirs"),
        "mine": say("Yours"),
        "takeTheirs": say("Take theirs, give mine up"),
        "keepMine": say("Keep mine, in place of theirs"),
        "larger": say("Larger"),
        "smaller": say("Smaller"),
        "whole": say("Whole"),
        "undo": say("Undo"),
        "redo": say("Redo"),
        "search": say("Search"),
        "svg": say("As SVG"),
        "png": say("As PNG"),
        "file": say("As a file"),
        "open": say("Open a file"),
        "notOpened": say("This file could not be opened."),
        "refuted": say("wrong"),
        "unknown": say("not decided"),
        "warning": say("warning"),
        "hint": say("hint"),
        "pool": say("Area with lanes"),
        "start": say("Begin"),
        "end": say("End"),
        "userTask": say("Step that somebody does"),
        "task": say("Step that goes on by itself"),
        "rule": say("Ask a decision table"),
        "call": say("Run another diagram"),
        "exclusive": say("One of several ways"),
        "parallel": say("Several ways at once"),
        "timerEvent": say("Wait for a time"),
        "messageEvent": say("Wait for news"),
        "hand": say("Move the view"),
        "lasso": say("Choose several"),
        "space": say("Make room"),
        "connect": say("Connect"),
        "canvas": say("The drawing; the table below says the same"),
    }
    words: dict[str, Any] = {name: in_words(one) for name, one in said.items()}
    return {**words, "library": _of_the_library()}
