"""Who looked at what, and who was refused what, for auditors."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue

from api import identity
from api.pages.for_readers import for_auditors
from engine.language import say
from engine.queries.access import AccessFilter, AccessKind, access, chains
from engine.queries.paging import Page

pages = for_auditors("access", __name__)

KINDS = {
    AccessKind.READ: say("What auditors looked at"),
    AccessKind.REFUSED: say("What was refused"),
    AccessKind.PURPOSE: say("Purposes that were stated"),
    AccessKind.ERASED: say("What was erased of that"),
}
_NAMES = ("person", "incident", "kind", "since", "until")


@pages.get("/desk/access")
def page() -> ResponseReturnValue:
    """Show it, the latest first."""
    asked = {name: request.args.get(name, "").strip() for name in _NAMES}
    wanted, problem = _wanted(asked)
    page = Page(size=50, after=request.args.get("after") or None)
    with identity.handling().store.read() as conn:
        found = access(conn, wanted, page)
        people = chains(conn)
    return render_template(
        "access.html",
        found=found,
        people=people,
        kinds=KINDS,
        asked={name: one for name, one in asked.items() if one},
        problem=problem,
        is_first=page.after is None,
    )


def _wanted(asked: dict[str, str]) -> tuple[AccessFilter, str | None]:
    """Return what is looked for, and what of it could not be read."""
    try:
        return AccessFilter(**_read(asked)), None
    except ValueError:
        return AccessFilter(), say("This cannot be looked for; everything is shown.")


def _read(asked: dict[str, str]) -> dict[str, Any]:
    readers = {
        "person": UUID,
        "incident": _number,
        "kind": AccessKind,
        "since": _begins,
        "until": lambda one: _begins(one) + timedelta(days=1),
    }
    return {name: readers[name](one) for name, one in asked.items() if one}  # type: ignore[operator]


def _number(said: str) -> int:
    found = int(said.removeprefix("#"))
    if not 0 < found < 10**18:
        raise ValueError
    return found


def _begins(said: str) -> datetime:
    day = date.fromisoformat(said)
    # beyond these no instant can be told in every zone
    if not date(1900, 1, 1) <= day <= date(2900, 1, 1):
        raise ValueError
    return datetime(day.year, day.month, day.day, tzinfo=identity.zone())
