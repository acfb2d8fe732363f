"""Who had which right when: one person, at one instant, and how that came and went."""

from datetime import datetime, time
from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue

from api import filters, identity
from api.pages.for_readers import for_auditors
from engine.domain.register import RecordKind
from engine.language import say
from engine.queries.register import records
from engine.queries.rights import rights_of
from forms import plain_text

pages = for_auditors("rights", __name__)

_MOST_SHOWN = 50


@pages.get("/desk/rights")
def page() -> ResponseReturnValue:
    """Ask who, and show what they were at an instant and in all."""
    words = plain_text(request.args.get("words", ""))[:100]
    at, problem = _instant()
    person = _person()
    with identity.handling().store.read() as conn:
        if person is None:
            people, total = records(conn, RecordKind.PERSON, words=words, most=_MOST_SHOWN)
            return render_template(
                "rights_people.html",
                people=people,
                total=total,
                words=words,
                at=request.args.get("at", ""),
            )
        found = rights_of(conn, person)
    return render_template(
        "rights.html", found=found, then=found.at(at), at=at, asked=_written(at), problem=problem
    )


def _person() -> UUID | None:
    try:
        return UUID(request.args.get("person", ""))
    except ValueError:
        return None


def _instant() -> tuple[datetime, str | None]:
    """Return the instant that is asked for, by the reader's clock: a day is the end of it."""
    said = request.args.get("at", "")
    if not said:
        return filters.now(), None
    try:
        at = datetime.fromisoformat(said)
        if len(said) <= len("2026-01-01"):
            at = datetime.combine(at, time(23, 59, 59))
        return at.replace(tzinfo=identity.zone()) if at.tzinfo is None else at, None
    except (ValueError, OverflowError):
        return filters.now(), say("Please give a day and a time.")


def _written(at: datetime) -> str:
    return at.astimezone(identity.zone()).strftime("%Y-%m-%dT%H:%M")
