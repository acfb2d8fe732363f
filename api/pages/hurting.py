"""Where it hurts: a diagram with how often each step and way was taken, and how long it waited."""

from datetime import date, datetime, time, timedelta

from flask import render_template, request
from flask.typing import ResponseReturnValue

from api import identity
from api.filters import lasting
from api.pages.for_readers import for_readers
from api.pages.history import named
from engine.bpmn import Process
from engine.bpmn.document import parse_xml
from engine.domain.permissions import may_read_diagrams
from engine.errors import InvalidAnswers, NotAllowed, NotFound
from engine.language import say
from engine.queries.library import release_line
from engine.queries.where_it_hurts import Hurts, where_it_hurts

pages = for_readers("hurting", __name__)

# from which share of the longest wait on an element is drawn hotter
_HEAT = ((0.5, "hot"), (0.2, "warm"), (0.05, "mild"))


@pages.before_request
def let_in() -> None:
    """Let pass who may read diagrams."""
    if not may_read_diagrams(identity.actor()):
        raise NotAllowed(say("The studio is for process owners and auditors."))


@pages.get("/studio/releases/<int:number>/hurts/<diagram>")
def page(number: int, diagram: str) -> ResponseReturnValue:
    """Show one diagram of a release, for a period."""
    handling = identity.handling()
    problem, since, until = None, None, None
    try:
        since, until = _day("since"), _day("until")
    except InvalidAnswers as refusal:
        problem = next(iter(refusal.fields.values()))
    with handling.store.read() as conn:
        release = handling.releases.get(conn, release_line(conn, number).id)
        process = release.specs.release.processes.get(diagram)
        if process is None:
            raise NotFound(say("There is no such diagram in this release."), diagram=diagram)
        steps = [one.id for one in process.elements.values() if one.is_step]
        found = where_it_hurts(
            conn,
            release.id,
            diagram,
            steps,
            calls={one.id: one.called for one in process.elements.values() if one.called},
            since=_begin(since),
            until=_begin(until + timedelta(days=1)) if until else None,
        )
    xml = named(parse_xml(process.file, release.files[process.file])).decode()
    return render_template(
        "hurts.html",
        number=number,
        process=process,
        diagrams=release.specs.release.processes.values(),
        found=found,
        beside={"xml": xml, "state": _state(found)},
        lines=sorted(
            found.elements.values(),
            key=lambda one: (one.ninetieth, one.times, one.waiting),
            reverse=True,
        ),
        names=_names(process),
        flows=sorted(found.flows.items(), key=lambda one: -one[1]),
        problem=problem,
        since=request.args.get("since", ""),
        until=request.args.get("until", ""),
    ), 422 if problem else 200


def _day(name: str) -> date | None:
    said = request.args.get(name, "").strip()
    try:
        return date.fromisoformat(said) if said else None
    except ValueError as error:
        raise InvalidAnswers({name: say("Please give a day as 2026-03-31.")}) from error


def _begin(day: date | None) -> datetime | None:
    """Return when a day begins in the reader's zone."""
    return None if day is None else datetime.combine(day, time(), identity.zone())


def _state(found: Hurts) -> dict[str, object]:
    """Return how the drawing is coloured, and what stands on it."""
    longest = max((one.ninetieth for one in found.elements.values()), default=timedelta(0))
    state: dict[str, object] = {
        heat: [
            one.element
            for one in found.elements.values()
            if longest and _heat(one.ninetieth / longest) == heat
        ]
        for _, heat in _HEAT
    }
    counts = {one.element: str(one.times) for one in found.elements.values() if one.times}
    for one in found.elements.values():
        if one.ninetieth >= timedelta(seconds=1):
            counts[one.element] = f"{one.times} · {lasting(one.median)}"
    return state | {"counts": counts | {name: str(count) for name, count in found.flows.items()}}


def _heat(share: float) -> str | None:
    return next((heat for least, heat in _HEAT if share >= least), None)


def _names(process: Process) -> dict[str, str]:
    names = {one.id: one.name or one.id.replace("_", " ") for one in process.elements.values()}
    for flow in process.flows:
        source, target = names.get(flow.source, ""), names.get(flow.target, "")
        names[flow.id] = f"{source} → {target}" + (f" ({flow.name})" if flow.name else "")
    return names
