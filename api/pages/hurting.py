"""Where it hurts: a release's diagrams with how often they were passed, and where runs waited."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from api import identity
from api.filters import lasting, now
from api.pages.for_readers import for_studio
from api.pages.history import named
from api.pages.period import asked_period
from engine.bpmn import Process
from engine.bpmn.document import parse_xml
from engine.errors import NotFound
from engine.language import in_words, say, say_of
from engine.queries.library import release_id_of
from engine.queries.run import diagram_xml
from engine.queries.where_it_hurts import Passed, WhereItHurts, where_it_hurts

pages = for_studio("hurting", __name__)

_USUAL = timedelta(days=90)
_LEVELS = 5
_SECOND = timedelta(seconds=1)


@pages.get("/studio/releases/<int:number>/hurts/<diagram>")
def page(number: int, diagram: str) -> ResponseReturnValue:
    """Show a diagram with where runs waited within a period."""
    period = asked_period(_USUAL)
    since, until = period.instants
    handling = identity.handling()
    with handling.store.read() as conn:
        release = release_id_of(conn, number)
        processes = handling.releases.get(conn, release).specs.release.processes
        process = processes.get(diagram)
        if process is None:
            raise NotFound(say("There is no such diagram in this release."), diagram=diagram)
        found = where_it_hurts(conn, release, process, since=since, until=until, now=now())
        xml = named(parse_xml(process.file, diagram_xml(conn, release, diagram)))
    waited, passed = _lines(found)
    return render_template(
        "hurts.html",
        number=number,
        process=process,
        processes=processes,
        period=period,
        today=now().astimezone(identity.zone()).date(),
        waited=waited,
        passed=passed,
        ways=_ways(process, found),
        drawn={"xml": xml.decode(), **_drawn(process, found)},
    )


def _lines(found: WhereItHurts) -> tuple[list[Passed], list[Passed]]:
    """Return where runs waited, the longest first, and what was passed without waiting."""
    by_length = sorted(found.elements.values(), key=_median, reverse=True)
    waited = [one for one in by_length if _median(one) >= _SECOND or one.now or one.by_party]
    return waited, [one for one in by_length if one not in waited]


def _median(one: Passed) -> timedelta:
    return one.waited.median if one.waited else timedelta(0)


def _ways(process: Process, found: WhereItHurts) -> list[tuple[str, str, str, int]]:
    """Return each way that was taken: from where, to where, what it is called, how often."""
    ways = [
        (_name(process, flow.source), _name(process, flow.target), flow.name, found.flows[flow.id])
        for flow in process.flows
        if flow.id in found.flows
    ]
    return sorted(ways, key=lambda way: -way[-1])


def _name(process: Process, element: str) -> str:
    known = process.elements.get(element)
    return say(known.name) if known and known.name else element.replace("_", " ")


def _drawn(process: Process, found: WhereItHurts) -> Mapping[str, Any]:
    """Return what stands on the drawing: how hot each element is, and words for it."""
    longest = max((_median(one) for one in found.elements.values()), default=timedelta(0))
    heat, signs = {}, {}
    for one in found.elements.values():
        median = _median(one)
        if longest >= _SECOND and median >= _SECOND:
            heat[one.element] = max(1, -(-_LEVELS * median // longest))
        said = [f"{one.done + one.undone}×"] if one.done or one.undone else []
        if median >= _SECOND:
            said.append(lasting(median))
        if one.now:
            said.append(in_words(say_of(one.now.times, "1 waits", "%(num)s wait")))
        # what only passes is told by the ways into it
        if median >= _SECOND or one.now or process.elements[one.element].is_step:
            signs[one.element] = " · ".join(said)
    return {
        "heat": heat,
        "signs": signs,
        "flows": {flow: f"{times}" for flow, times in found.flows.items()},
    }
