"""Trying a draft out: the real engine, a clock that is moved by hand, and nothing kept.

A try is its moves, which travel with the page; each page tries them all again.  So a step back is
the same try with one move less, and a finished one can be kept as a scenario.
"""

import ast
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import identity
from api.errors import STATUS
from api.languages import flash
from api.pages.asking import words_in
from api.pages.diagram_editor import decisive
from api.pages.draft_files import open_draft
from api.pages.for_readers import for_studio
from api.pages.history import named
from api.proving import texts_of, try_apart
from engine.bpmn import Process, Release, judge_release
from engine.bpmn.ahead import led_here
from engine.bpmn.document import parse_xml
from engine.bpmn.scenarios import (
    SUFFIX,
    Move,
    Scenario,
    Waits,
    read_moves,
    read_scenarios,
    with_scenario,
    written_moves,
)
from engine.errors import (
    Busy,
    Conflict,
    DiagramRefused,
    InvalidAnswers,
    NotFound,
)
from engine.language import say
from engine.queries.drafts import draft_file, draft_files
from engine.usecases.drafting import save_file
from engine.usecases.form_rules import read_forms
from forms import Form

pages = for_studio("trying", __name__)

# what runs begin with: the fields of the form that says it
_GIVEN = {"impact": "report_incident", "urgency": "report_incident", "party": "propose_action"}
_BEGINS = {"incident": ("impact", "urgency"), "action": ("party",)}
_LENGTHS = {"hours": "PT{}H", "days": "P{}D", "weeks": "P{}W"}
_MOST_LENGTH = 999


@dataclass(frozen=True)
class Drawn:
    """A diagram that the try has passed through, and how it is coloured."""

    diagram: str
    title: str
    beside: dict[str, Any]


@dataclass(frozen=True)
class Line:
    """One move in the table of what happened."""

    at: datetime
    what: str
    passed: tuple[str, ...]


@pages.get("/studio/drafts/<uuid:draft_id>/try/<diagram>")
def begin(draft_id: UUID, diagram: str) -> ResponseReturnValue:
    """Begin a try."""
    return _page(draft_id, diagram, ())


@pages.post("/studio/drafts/<uuid:draft_id>/try/<diagram>")
def move(draft_id: UUID, diagram: str) -> ResponseReturnValue:
    """Make one move more, or step back; what happened before travels with the page."""
    try:
        moves = _moves()
        return _page(draft_id, diagram, moves)
    except InvalidAnswers as refusal:
        return _page(draft_id, diagram, (), next(iter(refusal.fields.values()))), 422


@pages.post("/studio/drafts/<uuid:draft_id>/try/<diagram>/keep")
def keep(draft_id: UUID, diagram: str) -> ResponseReturnValue:
    """Keep a try as a scenario of the draft."""
    handling, name = identity.handling(), f"{diagram}{SUFFIX}"
    moves: tuple[Move, ...] = ()
    try:
        moves = read_moves(_sent())
        with handling.store.read() as conn:
            files = draft_files(conn, draft_id)
            try:
                found = draft_file(conn, draft_id, name)
                before, revision = found.content or b"", found.revision
            except NotFound:
                before, revision = b"", 0
        last = _tried(files, diagram, moves)[-1]
        waits = frozenset(one["element"] for one in last["waiting"])
        scenario = Scenario(
            name=words_in("name").strip(),
            shows=" ".join(words_in("shows").split()),
            diagram=diagram,
            given=_given(diagram),
            # one that has not ended says where it stands
            moves=moves if last["ends"] else (*moves, Waits(waits)),
            ends=last["ends"],
            closes=last["closes"],
        )
        content = with_scenario(before, scenario)
        if findings := read_scenarios(name, content)[1]:
            raise InvalidAnswers({"name": findings[0].sentence})
        save_file(handling, draft_id, name, content, revision=revision, actor=identity.actor())
    except InvalidAnswers as refusal:
        return _page(draft_id, diagram, moves, next(iter(refusal.fields.values()))), 422
    except Conflict as refusal:
        return _page(draft_id, diagram, moves, refusal.sentence), STATUS[refusal.code]
    flash(say("It is kept, and told again at every publish."))
    return redirect(url_for("studio.draft", draft_id=draft_id), 303)


# --- what is sent --------------------------------------------------------------------------------


def _sent() -> Any:
    try:
        return json.loads(request.form.get("moves", "[]"))
    except ValueError as error:
        raise InvalidAnswers({"moves": say("This page is broken: begin again.")}) from error


def _moves() -> tuple[Move, ...]:
    listed = _sent()
    if not isinstance(listed, list):
        raise InvalidAnswers({"moves": say("This page is broken: begin again.")})
    deed, _, about = request.form.get("deed", "").partition(":")
    match deed:
        case "back":
            listed = listed[:-1]
        case "again":
            listed = []
        case "answer":
            listed = [*listed, {"answer": about, "with": _decisions(about)}]
        case "told":
            listed = [*listed, {"told": about}]
        case "timer":
            listed = [*listed, {"passes": "next timer"}]
        case "known":
            listed = [*listed, {"known": {"tries": about}}]
        case "passes":
            count, unit = request.form.get("count", type=int), request.form.get("unit", "")
            if count is None or not 0 < count <= _MOST_LENGTH or unit not in _LENGTHS:
                raise InvalidAnswers({"count": say("Please say how much time passes.")})
            listed = [*listed, {"passes": _LENGTHS[unit].format(count)}]
    return read_moves(listed)


def _decisions(step: str) -> dict[str, str | bool]:
    """Return what was chosen at a step; what was left open is not told."""
    start = f"{step}."
    chosen = {
        name.removeprefix(start): value
        for name, value in request.form.items()
        if name.startswith(start) and value
    }
    return {name: _value(value) for name, value in chosen.items()}


def _value(literal: str) -> str | bool:
    """Return a value as conditions write it: `"yes"` or `True`."""
    try:
        value = ast.literal_eval(literal)
    except (ValueError, SyntaxError):
        value = literal
    return value if isinstance(value, str | bool) else literal


def _given(diagram: str) -> dict[str, str]:
    known = _BEGINS.get(diagram, ())
    return {
        name: request.form[f"given.{name}"] for name in known if request.form.get(f"given.{name}")
    }


# --- the page ------------------------------------------------------------------------------------


def _page(draft_id: UUID, diagram: str, moves: Sequence[Move], problem: str | None = None) -> str:
    draft, may_change = open_draft(draft_id)
    with identity.handling().store.read() as conn:
        files = draft_files(conn, draft_id)
    release = judge_release(files).release
    if diagram not in release.processes:
        raise NotFound(say("There is no diagram “%(name)s” in this draft.", name=diagram))
    forms = read_forms(files).forms
    begins = _beginnings(diagram, forms)
    given = {
        name: _given(diagram).get(name) or values[0]["value"] for name, values in begins.items()
    }
    states: list[Any] = []
    try:
        states = _tried(files, diagram, moves, given)
    except (DiagramRefused, Busy) as refusal:
        problem = refusal.sentence
    shown = _rendered(diagram, release, forms, files, moves, states)
    return render_template(
        "studio_try.html",
        draft=draft,
        may_change=may_change,
        begins=begins,
        given=given,
        problem=problem,
        **shown,
    )


def _tried(
    files: Mapping[str, bytes],
    diagram: str,
    moves: Sequence[Move],
    given: Mapping[str, str] | None = None,
) -> list[Any]:
    given = _given(diagram) if given is None else given
    return try_apart(texts_of(files), diagram, given, moves)


def _beginnings(diagram: str, forms: Mapping[str, Form]) -> dict[str, list[dict[str, str]]]:
    """Return what a run of the diagram begins with, each with what can be chosen."""
    found = {}
    for name in _BEGINS.get(diagram, ()):
        form = forms.get(_GIVEN[name])
        field = next((one for one in form.fields if one.name == name), None) if form else None
        if field is not None and field.options:
            found[name] = [
                {"value": option.value, "words": say(option.label)} for option in field.options
            ]
    return found


def _rendered(
    diagram: str,
    release: Release,
    forms: Mapping[str, Form],
    files: Mapping[str, bytes],
    moves: Sequence[Move],
    states: Sequence[Any],
) -> dict[str, Any]:
    """Return what the page says of a try: where it stands, and how it came there."""
    last = states[-1] if states else None
    waiting = last["waiting"] if last else []
    steps = [
        {
            "element": one["element"],
            "title": one["title"],
            "lane": one["lane"],
            "fields": decisive(release, one["element"], forms[one["element"]])
            if one["element"] in forms
            else [],
        }
        for one in waiting
        if one["kind"] == "step"
    ]
    timers = [
        {"title": one["title"], "at": datetime.fromisoformat(one["due_at"])}
        for one in waiting
        if one["due_at"]
    ]
    drawings = _drawings(diagram, release, files, states)
    return {
        "diagram": diagram,
        "title": release.processes[diagram].name,
        "moves": json.dumps(written_moves(moves)),
        "count": len(moves),
        "states": states,
        "last": last,
        "now": datetime.fromisoformat(last["at"]) if last else None,
        "steps": steps,
        "timers": sorted(timers, key=lambda one: one["at"]),
        "messages": [one for one in waiting if one["kind"] == "message"],
        "reads_tries": any(
            "tries" in (flow.condition or "")
            for one in drawings
            for flow in release.processes[one.diagram].flows
        ),
        "drawings": drawings,
        "lines": _lines(release, moves, states),
    }


def _drawings(
    diagram: str, release: Release, files: Mapping[str, bytes], states: Sequence[Any]
) -> list[Drawn]:
    """Return the diagrams passed through, with what is done, waits and was just taken."""
    passages = [one for state in states for one in state["passages"]]
    waiting = states[-1]["waiting"] if states else []
    order = dict.fromkeys(
        [diagram, *(one["diagram"] for one in passages), *(one["diagram"] for one in waiting)]
    )
    latest = states[-1]["passages"] if states else []
    drawn = []
    for name in order:
        process = release.processes[name]
        here = {one["element"] for one in waiting if one["diagram"] == name}
        here |= _calling(process, waiting)
        done = {one["element"] for one in passages if one["diagram"] == name}
        passed = [one["element"] for one in passages if one["diagram"] == name]
        led = led_here(process, passed, here)
        moved = [one["flow"] for one in latest if one["diagram"] == name and one["flow"]]
        # a way to where it waits was taken just now if what is before it was passed just now
        just = {one["element"] for one in latest if one["diagram"] == name}
        moved += [flow.id for flow in process.flows if flow.id in led and flow.source in just]
        state = {
            "done": sorted(done - here),
            "waiting": sorted(here),
            "flows": sorted(
                {one["flow"] for one in passages if one["diagram"] == name and one["flow"]}
                | led.keys()
            ),
            "token": moved,
        }
        xml = named(parse_xml(process.file, files[process.file])).decode()
        drawn.append(Drawn(name, process.name, {"xml": xml, "state": state}))
    return drawn


def _calling(process: Process, waiting: Sequence[Any]) -> set[str]:
    waits = {one["diagram"] for one in waiting}
    return {one.id for one in process.elements.values() if one.called in waits}


def _lines(release: Release, moves: Sequence[Move], states: Sequence[Any]) -> list[Line]:
    names = {
        element.id: element.name or element.id
        for process in release.processes.values()
        for element in process.elements.values()
    }
    said = [say("Begun"), *(_said(move, names) for move in moves)]
    return [
        Line(
            datetime.fromisoformat(state["at"]),
            what,
            tuple(names.get(one["element"], one["element"]) for one in state["passages"]),
        )
        for what, state in zip(said, states, strict=False)
    ]


def _said(move: Move, names: Mapping[str, str]) -> str:
    written = next(iter(written_moves([move])))
    if "answer" in written:
        decisions = ", ".join(str(value) for value in written.get("with", {}).values())
        name = names.get(written["answer"], written["answer"])
        if decisions:
            return say("“%(step)s” is answered: %(decisions)s", step=name, decisions=decisions)
        return say("“%(step)s” is answered", step=name)
    if "told" in written:
        return say("News: %(message)s", message=written["told"].replace("_", " "))
    if "known" in written:
        values = ", ".join(f"{name}: {value}" for name, value in written["known"].items())
        return say("Known by now: %(values)s", values=values)
    return say("Time passes")
