"""All answers that somebody is asked for, on one page, each sent by itself.

There is no yes to all.  What is grave, and what is for named people only, is answered on its own
page: it is named here and not asked.  A newcomer would ask all of them: each reading of what is for
named people only is an entry, and a list makes none.
"""

from dataclasses import dataclass, replace

from flask import render_template
from flask.typing import ResponseReturnValue

from api import filters, identity
from api.pages.answering import Seen, look
from api.pages.asking import Asked
from api.pages.for_readers import for_readers
from engine.domain.incident import Priority
from engine.domain.mark import Mark
from engine.domain.permissions import Verb
from engine.queries.paging import Page
from engine.queries.todos import Scope, Todo, todos

pages = for_readers("answers", __name__)

# so many are asked at once; the next come when these are answered
_MOST = 10
_GRAVE = frozenset({Priority.P1.value, Priority.P2.value})


@dataclass(frozen=True)
class ToAnswer:
    """One of them with its form."""

    seen: Seen
    asked: Asked


@pages.get("/answers")
def page() -> ResponseReturnValue:
    """Ask for each of them."""
    with identity.handling().store.read() as conn:
        found = todos(
            conn,
            identity.actor(),
            scope=Scope.MINE,
            now=filters.now(),
            page=Page(size=100),
        ).lines
        waiting = [one for one in found if one.mark == Mark.CONFIRMATION]
        alone = [one for one in waiting if _is_alone(one)]
        others = [one for one in waiting if not _is_alone(one)]
        seen = [look(conn, one.id, identity.actor()) for one in others[:_MOST]]
    asked = [_to_answer(one) for one in seen if Verb.COMPLETE in one.item.verbs]
    left = max(0, len(others) - _MOST)
    return render_template("answers.html", asked=asked, alone=alone, left=left)


def count_of(lines: tuple[Todo, ...]) -> int:
    """Return how many of these to-dos are answers that can be given on one page."""
    return sum(
        one.is_mine and one.mark == Mark.CONFIRMATION and not _is_alone(one) for one in lines
    )


def _is_alone(one: Todo) -> bool:
    """Whether it is answered on its own page only; one for named people only has no title here."""
    return one.priority in _GRAVE or one.incident_title is None


def _to_answer(seen: Seen) -> ToAnswer:
    asking = replace(
        seen.asking, draft=False, instructions=False, mark=f"{seen.item.context.number}-"
    )
    return ToAnswer(seen, asking.show(seen.item.values))
