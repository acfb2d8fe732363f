"""What can be changed about an incident beside its to-dos, each with the form that asks for it.

One table for pages and for the JSON API, so that the two cannot drift apart.  Whether somebody may
is said by the verb on the page and asked again by the use case.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from engine.domain.incident import Priority
from engine.domain.permissions import Actor, Verb
from engine.errors import NotFound
from engine.language import say
from engine.queries.incident import IncidentPage
from engine.usecases.callers import give_caller_page
from engine.usecases.checking import name_checker
from engine.usecases.covering import accept_uncovered, count_harmed, stand_for
from engine.usecases.criteria import change_criteria
from engine.usecases.due_dates import move_due
from engine.usecases.handling import Handling
from engine.usecases.looking import look
from engine.usecases.making_good import miss_criterion, propose_make_good, sign_make_good
from engine.usecases.priority import decide_lowering, set_priority

Answers = Mapping[str, Any]


@dataclass(frozen=True)
class Doing:
    """One change under way: on which incident, about what of it, and what was answered."""

    handling: Handling
    incident_id: UUID
    about: UUID | None
    answers: Answers
    actor: Actor

    @property
    def subject(self) -> UUID:
        """What of the incident it is about.  Raises NotFound where nothing was named."""
        if self.about is None:
            raise NotFound(say("Please say what this is about."))
        return self.about


@dataclass(frozen=True)
class Change:
    """`done` is said afterwards; `known` is what its form shows as filled in.

    Without a `form` pressing the button says all.  `do` returns the token of a page, or nothing.
    """

    verb: Verb
    done: str
    do: Callable[[Doing], str | None]
    form: str | None = None
    known: Callable[[IncidentPage], Answers] = lambda _: {}


def _change(doing: Doing) -> None:
    change_criteria(
        doing.handling,
        doing.incident_id,
        doing.answers["criteria"],
        reason=doing.answers["reason"],
        actor=doing.actor,
    )


def _miss(doing: Doing) -> None:
    miss_criterion(
        doing.handling,
        doing.incident_id,
        doing.subject,
        why=doing.answers["why"],
        actor=doing.actor,
    )


def _make_good(doing: Doing) -> None:
    propose_make_good(
        doing.handling, doing.incident_id, doing.subject, doing.answers, actor=doing.actor
    )


def _sign(doing: Doing) -> None:
    sign_make_good(doing.handling, doing.incident_id, doing.subject, actor=doing.actor)


def _look(doing: Doing) -> None:
    look(doing.handling, doing.incident_id, actor=doing.actor)


def _set_priority(doing: Doing) -> None:
    set_priority(
        doing.handling,
        doing.incident_id,
        Priority(doing.answers["priority"]),
        reason=doing.answers["reason"],
        actor=doing.actor,
    )


def _decide_lowering(doing: Doing) -> None:
    decide_lowering(
        doing.handling,
        doing.incident_id,
        approves=doing.answers["decided"] == "approve",
        words=doing.answers.get("words") or "",
        actor=doing.actor,
    )


def _name_checker(doing: Doing) -> None:
    person = UUID(doing.answers["person"])
    name_checker(doing.handling, doing.incident_id, person, actor=doing.actor)


def _count_harmed(doing: Doing) -> None:
    count_harmed(
        doing.handling,
        doing.incident_id,
        doing.answers["count"],
        reason=doing.answers["reason"],
        actor=doing.actor,
    )


def _stand_for(doing: Doing) -> None:
    stand_for(
        doing.handling,
        doing.incident_id,
        doing.subject,
        whom=doing.answers["whom"],
        count=doing.answers["count"],
        actor=doing.actor,
    )


def _accept_uncovered(doing: Doing) -> None:
    accept_uncovered(
        doing.handling,
        doing.incident_id,
        doing.answers["number"],
        reason=doing.answers["reason"],
        actor=doing.actor,
    )


def _give_caller_page(doing: Doing) -> str:
    return give_caller_page(
        doing.handling,
        doing.incident_id,
        name=doing.answers["name"],
        contact=doing.answers.get("contact"),
        actor=doing.actor,
    )


def _move_due(doing: Doing) -> None:
    move_due(
        doing.handling,
        doing.subject,
        datetime.fromisoformat(doing.answers["due_at"]),
        reason=doing.answers["reason"],
        actor=doing.actor,
    )


def _known_criteria(incident: IncidentPage) -> Answers:
    return {
        "criteria": [
            {
                "measure": one.measure,
                "threshold": one.threshold,
                "evidence": one.evidence,
                "must_hold": one.must_hold,
            }
            for one in incident.criteria
            if one.counts
        ]
    }


CHANGES: Mapping[str, Change] = {
    "change-criteria": Change(
        Verb.CHANGE_CRITERIA,
        say("This is what right means now. Whoever has answered is asked again."),
        _change,
        "change_criteria",
        _known_criteria,
    ),
    "miss-criterion": Change(
        Verb.CHANGE_CRITERIA, say("It is on record as missed."), _miss, "miss_criterion"
    ),
    "make-good": Change(
        Verb.CHANGE_CRITERIA,
        say("It counts when the owner and somebody who answers have agreed."),
        _make_good,
        "make_good",
    ),
    "sign-make-good": Change(Verb.SIGN_MAKE_GOOD, say("You have agreed to it."), _sign),
    "look": Change(Verb.LOOK, say("You have looked; it goes on."), _look),
    "set-priority": Change(
        Verb.SET_PRIORITY, say("Your word is kept."), _set_priority, "set_priority"
    ),
    "decide-lowering": Change(
        Verb.SET_PRIORITY, say("Your answer is kept."), _decide_lowering, "decide_lowering"
    ),
    "name-checker": Change(
        Verb.NAME_CHECKER, say("They may check it in your place."), _name_checker, "name_checker"
    ),
    "count-harmed": Change(
        Verb.NAME_CONFIRMERS,
        say("The number is kept."),
        _count_harmed,
        "count_harmed",
        lambda incident: {"count": incident.coverage.harmed},
    ),
    "stand-for": Change(Verb.NAME_CONFIRMERS, say("It is kept."), _stand_for, "stand_for"),
    "accept-uncovered": Change(
        Verb.ACCEPT_UNCOVERED,
        say("Your acceptance is kept, with your name and your reason."),
        _accept_uncovered,
        "accept_uncovered",
        lambda incident: {"number": incident.coverage.uncovered},
    ),
    "caller-page": Change(
        Verb.GIVE_CALLER_PAGE,
        "",
        _give_caller_page,
        "give_caller_page",
        lambda incident: {"name": incident.caller},
    ),
    "move-due": Change(
        Verb.MOVE_DUE, say("It is moved; your reason is kept."), _move_due, "move_due"
    ),
}


def change_named(name: str) -> Change:
    """Return the change of this name.  Raises NotFound."""
    if name not in CHANGES:
        raise NotFound(say("There is nothing of this name to change."), change=name)
    return CHANGES[name]
