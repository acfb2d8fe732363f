"""Separation of duties: who led, did, checked, confirmed and decided, and what a rule says."""

from collections.abc import Iterator

from flask import render_template, request
from flask.typing import ResponseReturnValue

from api import filters, identity
from api.pages.as_csv import as_csv
from api.pages.closures import USUAL
from api.pages.for_readers import for_auditors
from api.pages.period import Period, asked_period
from engine.domain.duties import Duty
from engine.domain.wording import DUTIES
from engine.language import in_words, say
from engine.queries.duties import DutyLine, duty_counts, duty_lines
from engine.queries.paging import MOST, Page

pages = for_auditors("duties", __name__)


@pages.get("/desk/duties")
def page() -> ResponseReturnValue:
    """Show the overlaps of a period, and the incidents of one of them or of all."""
    period = asked_period(USUAL)
    overlap = request.args.get("overlap") or None
    if request.args.get("as") == "csv":
        return _as_file(period, overlap)
    asked = Page(after=request.args.get("after") or None)
    with identity.handling().store.read() as conn:
        counts = duty_counts(conn, *period.instants)
        lines, after = duty_lines(conn, *period.instants, overlap=overlap, page=asked)
    narrowed = period.args | ({"overlap": overlap} if overlap else {})
    return render_template(
        "duties.html",
        counts=counts,
        lines=lines,
        after=after,
        is_first=asked.after is None,
        overlap=overlap,
        narrowed=narrowed,
        period=period,
        today=filters.now().astimezone(identity.zone()).date(),
        duties=DUTIES,
    )


def _as_file(period: Period, overlap: str | None) -> ResponseReturnValue:
    headings = [say("Incident"), say("Priority"), say("Closed"), *DUTIES.values()]
    return as_csv(
        f"duties-{period.first}-{period.last}",
        [*headings, say("One person did both, allowed"), say("One person did both, forbidden")],
        (_row(one) for one in _every_line(period, overlap)),
    )


def _every_line(period: Period, overlap: str | None) -> Iterator[DutyLine]:
    after = None
    with identity.handling().store.read() as conn:
        while True:
            lines, after = duty_lines(
                conn, *period.instants, overlap=overlap, page=Page(MOST, after)
            )
            yield from lines
            if after is None:
                return


def _row(line: DutyLine) -> list[object]:
    two = [
        [f"{name or ''}: {in_words(one.rule)}" for name, one in line.overlaps if one.is_forbidden],
        [f"{name or ''}: {in_words(one.rule)}" for name, one in line.overlaps],
    ]
    allowed = [one for one in two[1] if one not in two[0]]
    people = [", ".join(line.people.get(duty, ())) for duty in Duty]
    return [
        line.number,
        line.priority,
        line.ended_at.isoformat(),
        *people,
        "; ".join(allowed),
        "; ".join(two[0]),
    ]
