"""The table beside a run's drawings: step by step, as people read it.

A newcomer would list the visits: a step that several people were asked is one visit, and what was
never come to is none.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from engine.domain.signer import Signer
from engine.queries.drawings import Drawing, Look

Titles = Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class StepLine:
    """A row of the table beside the drawing; `until` None while it waits, or for good.

    `signer` says as what `by` has answered, where that is known.  `how`: completed, cancelled,
    handed_on, waiting, failed or skipped.
    """

    diagram: str
    element: str
    title: str
    lane: str | None
    by: str | None
    signer: Signer | None
    since: datetime
    until: datetime | None
    how: str


def step_lines(
    diagram: str,
    visits: Iterable[Any],
    items: Iterable[Any],
    waiting: Iterable[dict[str, Any]],
    titles: Titles,
    drawn: Iterable[Drawing],
    signed: Mapping[UUID, tuple[str, Signer]],
) -> tuple[StepLine, ...]:
    """People's steps as they were asked, the machine's as they were passed, in order of time.

    Behind them comes what was never come to, where it has a name.
    """
    asked = list(items)
    by_people = {row.step for row in asked}
    where = {row.element: row.diagram for row in visits}
    where |= {at["element"]: at["diagram"] for at in waiting}
    by = {row.id: signed.get(row.id, (row.by, None)) for row in asked}
    lines = [
        StepLine(
            where.get(row.step, diagram),
            row.step,
            row.title,
            row.lane,
            by[row.id][0],
            by[row.id][1],
            row.opened_at,
            row.ended_at,
            row.how or "waiting",
        )
        for row in asked
    ]
    lines += [
        StepLine(
            row.diagram,
            row.element,
            _title(titles, row.diagram, row.element),
            None,
            None,
            None,
            row.entered_at,
            row.left_at,
            row.how,
        )
        for row in visits
        if row.element not in by_people
    ]
    lines += [
        StepLine(
            at["diagram"],
            at["element"],
            at["title"],
            None,
            None,
            None,
            datetime.fromisoformat(at["since"]),
            None,
            "waiting",
        )
        for at in waiting
        if at["element"] not in by_people
    ]
    lines += [
        StepLine(one.diagram, span.id, title, None, None, None, span.since, span.until, span.look)
        for one in drawn
        for span in one.spans
        if span.look in (Look.SKIPPED, Look.FAILED)
        and (title := titles.get((one.diagram, span.id)))
    ]
    return tuple(sorted(lines, key=lambda line: line.since))


def _title(titles: Titles, diagram: str, element: str) -> str:
    # an element without a name is shown by its id, which says what happens
    return titles.get((diagram, element)) or element.replace("_", " ").capitalize()
