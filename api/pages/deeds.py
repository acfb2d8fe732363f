"""What is done with a whole incident beside its steps: a small page for each deed, from one table.

A newcomer would write a page for each: they all ask one or two questions, say what follows, and
keep what was typed when they are refused.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import filters, identity
from api.errors import STATUS
from api.languages import flash
from api.pages.asking import sent_key
from api.pages.for_readers import for_readers
from api.reading import read_incident
from engine.domain.incident import Answer
from engine.domain.permissions import Actor, Verb
from engine.domain.wording import word
from engine.errors import Conflict, InvalidAnswers, NotAllowed, NotFound, Unavailable
from engine.language import say
from engine.queries.incident import IncidentPage
from engine.queries.seen import seen_incident
from engine.usecases.handling import Handling
from engine.usecases.me_too import say_me_too
from engine.usecases.merging import merge, undo_merge
from engine.usecases.objecting import answer_late, object_to
from engine.usecases.recurring import report_recurrence
from engine.usecases.relating import make_part_of
from engine.usecases.setting_aside import bring_back, set_aside
from engine.usecases.splitting import split
from engine.usecases.withdrawing import withdraw

pages = for_readers("deeds", __name__)

_LONGEST = 4000


@dataclass(frozen=True)
class Question:
    """One question of a deed; `choices` are (value, words) of a question that has them."""

    name: str
    asks: str
    kind: str = "text"
    is_needed: bool = True
    most: int = _LONGEST
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Sent:
    """What somebody sent to have it done."""

    handling: Handling
    incident_id: UUID
    actor: Actor
    answers: Mapping[str, str]
    key: str

    def said(self, name: str) -> str:
        """Return an answer without blanks around it; empty if there is none."""
        return self.answers.get(name, "").strip()[:_LONGEST]


@dataclass(frozen=True)
class Deed:
    """A deed with its page; `does` returns the incident to go to, None for the same one."""

    verb: Verb
    title: str
    says: str
    button: str
    done: str
    does: Callable[[Sent], UUID | None]
    questions: tuple[Question, ...] = ()


def _set_aside(sent: Sent) -> None:
    set_aside(sent.handling, sent.incident_id, reason=sent.said("reason"), actor=sent.actor)


def _bring_back(sent: Sent) -> None:
    bring_back(sent.handling, sent.incident_id, actor=sent.actor)


def _withdraw(sent: Sent) -> None:
    withdraw(sent.handling, sent.incident_id, words=sent.said("words"), actor=sent.actor)


def _numbered(sent: Sent, name: str, missing: str) -> UUID:
    """Return the incident whose number was sent.  Raises InvalidAnswers."""
    number = sent.said(name).lstrip("#")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise InvalidAnswers({name: missing})
    try:
        with sent.handling.store.read() as conn:
            return seen_incident(conn, int(number), sent.actor).incident.id
    except NotFound as unknown:
        raise InvalidAnswers(
            {name: say("There is no #%(number)s that you can see.", number=number)}
        ) from unknown


def _part_of(sent: Sent) -> None:
    major = None
    if sent.said("major"):
        major = _numbered(sent, "major", say("Please give the number of the major incident."))
    make_part_of(sent.handling, sent.incident_id, major, actor=sent.actor)


def _merge(sent: Sent) -> None:
    into = _numbered(sent, "into", say("Please give the number of the earlier report."))
    merge(sent.handling, sent.incident_id, into, reason=sent.said("reason"), actor=sent.actor)


def _undo_merge(sent: Sent) -> None:
    undo_merge(sent.handling, sent.incident_id, actor=sent.actor)


def _split(sent: Sent) -> UUID:
    texts = {name: sent.said(name) for name in ("title", "actual", "expected", "harmed")}
    return split(sent.handling, sent.incident_id, texts, actor=sent.actor, key=sent.key)


def _is_back(sent: Sent) -> UUID:
    words = sent.said("words") or None
    return report_recurrence(
        sent.handling, sent.incident_id, words=words, actor=sent.actor, key=sent.key
    )


def _answer_late(sent: Sent) -> UUID | None:
    try:
        answer = Answer(sent.said("answer"))
    except ValueError as error:
        raise InvalidAnswers({"answer": say("Please choose one of the answers.")}) from error
    return answer_late(
        sent.handling, sent.incident_id, answer, words=sent.said("words"), actor=sent.actor
    )


def _me_too(sent: Sent) -> None:
    say_me_too(sent.handling, sent.incident_id, actor=sent.actor)


def _object(sent: Sent) -> UUID:
    return object_to(sent.handling, sent.incident_id, words=sent.said("words"), actor=sent.actor)


_WHY = Question("reason", say("Why?"))
DEEDS: Mapping[str, Deed] = {
    "set-aside": Deed(
        Verb.SET_ASIDE,
        say("Set this aside"),
        say(
            "For a mistake, a request, or what is nothing at all. Nobody is asked "
            "for anything any more. Who reported it sees your reason, and can "
            "bring it back at any time."
        ),
        say("Set it aside"),
        say("It is set aside; your reason is kept."),
        _set_aside,
        (_WHY,),
    ),
    "bring-back": Deed(
        Verb.BRING_BACK,
        say("Bring this back"),
        say("It goes on where it was."),
        say("Bring it back"),
        say("It is back, and goes on where it was."),
        _bring_back,
    ),
    "take-back": Deed(
        Verb.WITHDRAW,
        say("Take your report back"),
        say(
            "Nobody else is harmed, so this closes it at once. It counts as your "
            "answer that it is right, and what others were asked to do ends."
        ),
        say("Take it back"),
        say("You have taken it back, and it is closed."),
        _withdraw,
        (Question("words", say("What was it? (if you like)"), is_needed=False),),
    ),
    "join": Deed(
        Verb.MERGE,
        say("Join this with an earlier report"),
        say(
            "For two reports of one thing. How we know that it is right and who "
            "answers come along, so that everybody is asked once. Who reported "
            "this one can separate them again."
        ),
        say("Join them"),
        say("They are joined; it goes on in the earlier one."),
        _merge,
        (Question("into", say("Number of the earlier report"), kind="line", most=20), _WHY),
    ),
    "part-of": Deed(
        Verb.RELATE,
        say("Make this a part of a major incident"),
        say(
            "They are found together from then on. Each is put right, confirmed "
            "and closed by itself: closing the major one closes nothing else."
        ),
        say("Make it a part"),
        say("It is noted which incident this belongs to."),
        _part_of,
        (
            Question(
                "major",
                say("Number of the major incident (none: it belongs to no other)"),
                kind="line",
                is_needed=False,
                most=20,
            ),
        ),
    ),
    "separate": Deed(
        Verb.UNDO_MERGE,
        say("Separate the two again"),
        say("This one goes on where it was, and what came from it leaves the other."),
        say("Separate them"),
        say("They are separate again; this one goes on where it was."),
        _undo_merge,
    ),
    "make-two": Deed(
        Verb.SPLIT,
        say("Make two of this report"),
        say(
            "For two things in one report. The second gets its own page, its own "
            "actions and its own answer; this one stays as it is."
        ),
        say("Make two of it"),
        say("This is the second of the two."),
        _split,
        (
            Question("title", say("What is the second about, in one line?"), kind="line", most=200),
            Question("actual", say("What is wrong?")),
            Question("expected", say("What should it have been?")),
            Question("harmed", say("Who is harmed by it? (if you know)"), is_needed=False),
        ),
    ),
    "is-back": Deed(
        Verb.REPORT_RECURRENCE,
        say("It is back"),
        say(
            "What is closed stays closed, so this opens a new report. The same "
            "people answer, and we know in the same way that it is right."
        ),
        say("Report that it is back"),
        say("Thank you. It is reported again, and somebody answers for it from now on."),
        _is_back,
        (Question("words", say("What is wrong now? (if it differs)"), is_needed=False),),
    ),
    "answer": Deed(
        Verb.ANSWER_LATE,
        say("Answer now"),
        say(
            "This was closed before you answered. Your answer is kept all the "
            "same; if it is not right, it is looked at anew."
        ),
        say("Send the answer"),
        say("Thank you. Your answer is kept."),
        _answer_late,
        (
            Question(
                "answer",
                say("Is it right?"),
                kind="choice",
                choices=tuple((one.value, word(one.value)) for one in Answer),
            ),
            Question("words", say("What is not right? (unless it is right)"), is_needed=False),
        ),
    ),
    "me-too": Deed(
        Verb.ME_TOO,
        say("It is the same for me"),
        say("You are counted among those harmed, and are told what becomes of it."),
        say("Me too"),
        say("You are counted, and are told how it ends."),
        _me_too,
    ),
    "not-right": Deed(
        Verb.OBJECT,
        say("Not right for you? Tell us"),
        say(
            "Others answer for many, and you may know better for yourself. This "
            "opens a report of your own; if several say so, this one goes back to "
            "work."
        ),
        say("Tell us"),
        say("Thank you. Somebody answers for this from now on, and you can follow it here."),
        _object,
        (Question("words", say("What is not right for you?")),),
    ),
}


@pages.get("/incidents/<int:number>/deeds/<name>")
def page(number: int, name: str) -> ResponseReturnValue:
    """Say what follows from the deed, and ask what it needs."""
    return _shown(_found(number), _deed(name), str(uuid4()))


@pages.post("/incidents/<int:number>/deeds/<name>")
def do(number: int, name: str) -> ResponseReturnValue:
    """Do it, or say why not with everything that was typed."""
    deed, incident, key = _deed(name), _found(number), sent_key()
    sent = Sent(identity.handling(), incident.id, identity.actor(), request.form, key)
    try:
        led_to = deed.does(sent)
    except InvalidAnswers as refusal:
        return _shown(incident, deed, key, problems=refusal.fields), 422
    except (Conflict, NotAllowed, Unavailable) as refusal:
        return _shown(incident, deed, key, notice=refusal.sentence), STATUS[refusal.code]
    flash(deed.done)
    if led_to is not None:
        with identity.handling().store.read() as conn:
            number = seen_incident(conn, led_to, identity.actor()).incident.number
    return redirect(url_for("incident.page", number=number), 303)


def _deed(name: str) -> Deed:
    deed = DEEDS.get(name)
    if deed is None:
        raise NotFound(say("There is nothing of this name to do."))
    return deed


def _found(number: int) -> IncidentPage:
    with identity.handling().store.read() as conn:
        return read_incident(conn, number, identity.actor(), filters.now())


def _shown(
    incident: IncidentPage,
    deed: Deed,
    key: str,
    *,
    problems: Mapping[str, str] | None = None,
    notice: str | None = None,
) -> str:
    return render_template(
        "deed.html",
        incident=incident,
        deed=deed,
        key=key,
        problems=problems or {},
        notice=notice,
        typed=request.form,
    )
