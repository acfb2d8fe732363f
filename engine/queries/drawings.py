"""How a run's drawings are coloured at any moment: what was done, waited, was skipped or failed.

Everything is a span: it holds from one instant until another, so that any moment is read from the
same spans, on the server and in a replay.  A run that was moved has a drawing for each release that
it was on.  A newcomer would colour from the visits as they stand now: then yesterday looks like
today.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from engine.bpmn import Process
from engine.bpmn.ahead import Place, Ways, led_here


class Look(StrEnum):
    """What can be said of an element; of several that hold, the first counts."""

    FAILED = "failed"
    WAITING = "waiting"
    DONE = "done"
    # it waited, and was left without being done
    CANCELLED = "cancelled"
    # never come to, and it cannot be any more: another way was taken
    SKIPPED = "skipped"


FLOWS = "flows"


@dataclass(frozen=True)
class Span:
    """`look` (or `flows`) holds of an element or flow from `since` until before `until`.

    `until` None: from then on.
    """

    look: str
    id: str
    since: datetime
    until: datetime | None = None

    def holds(self, at: datetime | None) -> bool:
        """Whether it holds at this instant; None: in the end."""
        if at is None:
            return self.until is None
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True)
class Stretch:
    """The time in which a run was on one release; None: from its start, or until its end."""

    release_id: UUID
    number: int
    since: datetime | None = None
    until: datetime | None = None

    def has(self, at: datetime) -> bool:
        """Whether what happened at this instant happened here; a move is the end of its stretch."""
        return (self.since is None or self.since < at) and (self.until is None or at <= self.until)


@dataclass(frozen=True)
class Drawing:
    """One diagram, as the run went through it on one release.

    `moves` are the flows that it went along, in order, each with when.
    """

    diagram: str
    stretch: Stretch
    spans: tuple[Span, ...]
    moves: tuple[tuple[datetime, str], ...]

    def looks(self, at: datetime | None) -> dict[str, frozenset[str]]:
        """Return the ids of elements by their look, and of `flows`, at `at` or in the end."""
        found: dict[str, set[str]] = {look: set() for look in (*Look, FLOWS)}
        for span in self.spans:
            if span.holds(at):
                found[span.look].add(span.id)
        seen: set[str] = set()
        for look in Look:
            found[look] -= seen
            seen |= found[look]
        return {look: frozenset(ids) for look, ids in found.items()}


@dataclass(frozen=True)
class Stay:
    """The run was at `place` from `since` until `until` (None: it is there now).

    `how` it was left: completed or cancelled; `flow` led there, None where nothing tells.
    """

    place: Place
    since: datetime
    until: datetime | None
    how: str | None
    flow: str | None


@dataclass(frozen=True)
class Fault:
    """The diagram failed at `at`, until it went on (`until` None: not yet); where, if known."""

    at: datetime
    until: datetime | None
    element: str | None


def stays_of(visits: Iterable[Any], waiting: Iterable[Mapping[str, Any]]) -> list[Stay]:
    """Return every stay, those that last still behind the others."""
    past = [
        Stay((row.diagram, row.element), row.entered_at, row.left_at, row.how, row.flow)
        for row in visits
    ]
    now = [
        Stay((at["diagram"], at["element"]), datetime.fromisoformat(at["since"]), None, None, None)
        for at in waiting
    ]
    return past + now


def drawings(
    diagram: str,
    stays: Sequence[Stay],
    stretches: Sequence[Stretch],
    processes: Mapping[UUID, Mapping[str, Process]],
    *,
    ended_at: datetime | None,
    faults: Sequence[Fault] = (),
) -> tuple[Drawing, ...]:
    """Return the drawings of a run of `diagram` in the order in which it came to them.

    `processes` are the diagrams of each stretch's release, by id; `ended_at` None: it goes on.
    """
    stays = [*_with_callers(stays, processes[stretches[-1].release_id], ended_at)]
    passed = {stay.place for stay in stays}
    found: list[Drawing] = []
    for stretch in stretches:
        known = processes[stretch.release_id]
        here = [stay for stay in stays if _overlaps(stay, stretch)]
        spans = [
            *_of_stays(here, stretch),
            *_failed(here, faults, stretch),
            *_skipped(here, stretch, known, passed, ended_at),
        ]
        moves = _moves(here, stretch, known)
        first = [diagram] if stretch is stretches[0] or here else []
        found += [
            Drawing(
                name,
                stretch,
                tuple(span for own, span in spans if own == name) + _taken(name, moves),
                tuple((at, flow) for own, at, flow in moves if own == name),
            )
            for name in dict.fromkeys([*first, *(stay.place[0] for stay in here)])
        ]
    return tuple(found)


def _overlaps(stay: Stay, stretch: Stretch) -> bool:
    begins_in_time = stretch.until is None or stay.since <= stretch.until
    ends_in_time = stretch.since is None or stay.until is None or stay.until > stretch.since
    return begins_in_time and ends_in_time


def _with_callers(
    stays: Sequence[Stay], known: Mapping[str, Process], ended_at: datetime | None
) -> Iterator[Stay]:
    """What calls a diagram in which something waits now waits, too; nothing else tells so."""
    yield from stays
    last = {stay.place: stay for stay in stays}
    waits = {stay.place[0]: stay.since for stay in stays if stay.until is None}
    for process in known.values() if ended_at is None else ():
        for element in process.elements.values():
            if element.called in waits and (process.id, element.id) not in {
                stay.place for stay in stays if stay.until is None
            }:
                sources = [flow.source for flow in process.incoming(element.id)]
                left = [
                    one.until
                    for source in sources
                    if (one := last.get((process.id, source))) is not None and one.until is not None
                ]
                since = max(left, default=waits[element.called])
                yield Stay((process.id, element.id), since, None, None, None)


def _of_stays(stays: Sequence[Stay], stretch: Stretch) -> Iterator[tuple[str, Span]]:
    once: set[tuple[Place, str]] = set()
    for stay in stays:
        diagram, element = stay.place
        since = max(stay.since, stretch.since or stay.since)
        if stay.until is None or since < stay.until:
            ends = [at for at in (stay.until, stretch.until) if at is not None]
            yield diagram, Span(Look.WAITING, element, since, min(ends, default=None))
        if stay.until is not None and stretch.has(stay.until):
            look = Look.DONE if stay.how == "completed" else Look.CANCELLED
            if (stay.place, look) not in once:
                once.add((stay.place, look))
                yield diagram, Span(look, element, stay.until)


def _failed(
    stays: Sequence[Stay], faults: Sequence[Fault], stretch: Stretch
) -> Iterator[tuple[str, Span]]:
    for fault in faults:
        if stretch.has(fault.at):
            stood = [stay for stay in stays if _is_there(stay, fault.at)]
            named = [stay for stay in stood if stay.place[1] == fault.element]
            for stay in named or stood:
                yield stay.place[0], Span(Look.FAILED, stay.place[1], fault.at, fault.until)


def _is_there(stay: Stay, at: datetime) -> bool:
    return stay.since <= at and (stay.until is None or at < stay.until)


def _skipped(
    stays: Sequence[Stay],
    stretch: Stretch,
    known: Mapping[str, Process],
    passed: Collection[Place],
    ended_at: datetime | None,
) -> Iterator[tuple[str, Span]]:
    """Of each element never come to: from when on it could not be come to any more."""
    shown = {stay.place[0] for stay in stays}
    left = {
        (process.id, element)
        for process in known.values()
        if process.id in shown
        for element in process.elements
    } - set(passed)
    ways = Ways(known)
    since: dict[Place, datetime] = {}
    for at, standing in _standing(stays, ways):
        if standing:
            ahead = ways.ahead(standing)
        elif ended_at is not None and at >= ended_at:
            ahead = frozenset()
        else:
            continue
        for place in since.keys() & ahead:
            begun = since.pop(place)
            yield place[0], Span(Look.SKIPPED, place[1], begun, at)
        for place in left - ahead - since.keys():
            since[place] = at
    for place, begun in sorted(since.items()):
        if stretch.until is None or begun <= stretch.until:
            yield place[0], Span(Look.SKIPPED, place[1], begun)


def _standing(stays: Sequence[Stay], ways: Ways) -> Iterator[tuple[datetime, frozenset[Place]]]:
    """Return where the run stood after each instant at which that changed."""
    changes: dict[datetime, list[tuple[Place, int]]] = {}
    for stay in stays:
        changes.setdefault(stay.since, []).append((stay.place, 1))
        if stay.until is not None:
            changes.setdefault(stay.until, []).append((stay.place, -1))
    callers: dict[str, frozenset[Place]] = {}
    standing: Counter[Place] = Counter()
    for at in sorted(changes):
        for place, by in changes[at]:
            standing[place] += by
        here = {place for place, count in standing.items() if count > 0}
        for diagram in {place[0] for place in here}:
            if diagram not in callers:
                callers[diagram] = frozenset(ways.callers(diagram))
            # it stands in what is called, and no longer before it
            here -= callers[diagram]
        yield at, frozenset(here)


def _moves(
    stays: Sequence[Stay], stretch: Stretch, known: Mapping[str, Process]
) -> list[tuple[str, datetime, str]]:
    """Return (diagram, when, flow) of each way taken, in the order in which they were taken.

    The ways to where it waits now are no visits yet, and are found by what was passed before.
    """
    moves = [
        (stay.place[0], stay.since, stay.flow)
        for stay in stays
        if stay.flow is not None and (stretch.has(stay.since) or stay.since == stretch.since)
    ]
    for name in dict.fromkeys(stay.place[0] for stay in stays):
        if name not in known or stretch.until is not None:
            continue
        own = [stay for stay in stays if stay.place[0] == name]
        passed = [stay.place[1] for stay in own if stay.until is not None]
        waits = {stay.place[1]: stay.since for stay in own if stay.until is None}
        led = led_here(known[name], passed, waits.keys())
        moves += [(name, waits[element], flow) for flow, element in led.items()]
    return sorted(moves, key=lambda move: move[1])


def _taken(diagram: str, moves: Sequence[tuple[str, datetime, str]]) -> tuple[Span, ...]:
    first = {flow: at for own, at, flow in reversed(moves) if own == diagram}
    return tuple(Span(FLOWS, flow, at) for flow, at in first.items())
