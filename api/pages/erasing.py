"""What is erased by law, and what must not be: asked for, agreed to by somebody else, and listed.

Who sets up Putright does it; auditors read it.  A newcomer would ask for everything on one page:
whose data it is comes first, so that what would go is seen before anybody asks that it goes.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import identity
from api.languages import flash
from api.pages.asking import words_in
from api.pages.for_readers import for_readers
from engine.domain.erasing import KEPT_BECAUSE, Ground
from engine.domain.permissions import Role, may_set_up
from engine.errors import Conflict, InvalidAnswers
from engine.language import Said, say
from engine.queries.erasures import (
    dry_run,
    erased_so_far,
    erasure,
    erasures,
    holds,
    naming,
    preview,
)
from engine.queries.moves import business_processes
from engine.queries.register import names
from engine.usecases.erasing import OfPerson, OldEnough, answer_erasure, ask_erasure, go_on_erasing
from engine.usecases.legal_holds import end_hold, place_hold
from engine.usecases.setting_up import require_to_set_up

pages = for_readers("erasing", __name__)

GROUNDS = [one for one in Ground if one is not Ground.KEPT_LONG_ENOUGH]
# what stands in the way of erasing somebody
WAY: Mapping[str, Said] = {
    "here": say("They are here still: enter first that they have left."),
    "held": say("Somebody holds on to their data."),
    "incident_held": say("Somebody holds on to"),
    "asked": say("They are asked for something in"),
    "leads": say("They lead"),
    "answers": say("They are to answer in"),
    "acts": say("They have something to do in"),
    "office": say("They answer for"),
}


@pages.before_request
def let_in() -> None:
    """Let pass who sets up Putright, and auditors to read."""
    if not (request.method == "GET" and identity.actor().has_role(Role.AUDITOR)):
        require_to_set_up(identity.actor())


@pages.get("/setup/erasures")
def listed() -> ResponseReturnValue:
    """List what was erased by law, or is asked for."""
    with identity.handling().store.read() as conn:
        found = erasures(conn)
    return render_template("erasures.html", erasures=found, may=may_set_up(identity.actor()))


@pages.get("/setup/erasures/person")
def person() -> ResponseReturnValue:
    """Ask whose data is to be erased, and then show what would go."""
    return _person({}, {})


@pages.post("/setup/erasures/person")
def ask_person() -> ResponseReturnValue:
    """Ask that a person's data is erased."""
    typed = {name: words_in(name) for name in ("person", "names", "ground", "why")}
    who = request.form.get("person", type=UUID)
    problems: Mapping[str, str] = {}
    if typed["ground"] not in GROUNDS:
        problems = {"ground": say("Please choose one.")}
    else:
        try:
            made = ask_erasure(
                identity.handling().store,
                OfPerson(who, tuple(typed["names"].splitlines())),
                ground=Ground(typed["ground"]),
                why=typed["why"],
                actor=identity.actor(),
            )
        except InvalidAnswers as refusal:
            problems = refusal.fields
        except Conflict as refusal:
            return _person(typed, {}, refusal.sentence), 409
        else:
            flash(say("It is asked for. Somebody else has to agree."))
            return redirect(url_for("erasing.one", erasure_id=made), 303)
    return _person(typed, problems), 422


def _person(
    typed: Mapping[str, str], problems: Mapping[str, str], refused: str | None = None
) -> str:
    who = request.values.get("person", type=UUID)
    with identity.handling().store.read() as conn:
        people = names(conn).choices["person"]
        found = preview(conn, who) if who else None
    return render_template(
        "erase_person.html",
        people=people,
        person_id=who,
        found=found,
        is_unknown=request.values.get("person") == "unknown",
        typed=typed,
        problems=problems,
        refused=refused,
        grounds=GROUNDS,
        way=WAY,
        may=may_set_up(identity.actor()),
    )


@pages.get("/setup/erasures/old")
def old() -> ResponseReturnValue:
    """Show what has been kept longer than the rule says."""
    return _old({})


@pages.post("/setup/erasures/old")
def ask_old() -> ResponseReturnValue:
    """Ask that it is erased."""
    handling, keep_for = identity.handling(), _keep_for()
    before = handling.store.clock() - (keep_for or timedelta())
    try:
        made = ask_erasure(
            handling.store,
            OldEnough(before, request.form.get("process", type=UUID)),
            ground=Ground.KEPT_LONG_ENOUGH,
            why=words_in("why"),
            actor=identity.actor(),
            keep_for=keep_for,
        )
    except InvalidAnswers as refusal:
        return _old(refusal.fields), 422
    except Conflict as refusal:
        return _old({}, refusal.sentence), 409
    flash(say("It is asked for. Somebody else has to agree."))
    return redirect(url_for("erasing.one", erasure_id=made), 303)


def _old(problems: Mapping[str, str], refused: str | None = None) -> str:
    store, keep_for = identity.handling().store, _keep_for()
    process = request.values.get("process", type=UUID)
    with store.read() as conn:
        found = keep_for and dry_run(conn, store.clock() - keep_for, process_id=process)
        processes = business_processes(conn)
    return render_template(
        "erase_old.html",
        found=found,
        keep_for=keep_for,
        process=process,
        processes=processes,
        kept=KEPT_BECAUSE,
        problems=problems,
        refused=refused,
        why=words_in("why"),
        may=may_set_up(identity.actor()),
    )


@pages.get("/setup/erasures/<uuid:erasure_id>")
def one(erasure_id: UUID) -> ResponseReturnValue:
    """Show one, to who agrees or declines."""
    return _one(erasure_id)


@pages.post("/setup/erasures/<uuid:erasure_id>/agree")
def agree(erasure_id: UUID) -> ResponseReturnValue:
    """Agree to it: it is then erased by a worker."""
    return _answered(erasure_id, agrees=True, said=say("It is being erased."))


@pages.post("/setup/erasures/<uuid:erasure_id>/decline")
def decline(erasure_id: UUID) -> ResponseReturnValue:
    """Decline it, and say why."""
    return _answered(erasure_id, agrees=False, said=say("It is declined."))


@pages.post("/setup/erasures/<uuid:erasure_id>/go-on")
def go_on(erasure_id: UUID) -> ResponseReturnValue:
    """Go on with one that was stopped."""
    go_on_erasing(identity.handling().store, erasure_id, actor=identity.actor())
    flash(say("It is being erased."))
    return redirect(url_for("erasing.one", erasure_id=erasure_id), 303)


def _answered(erasure_id: UUID, *, agrees: bool, said: str) -> ResponseReturnValue:
    store, actor = identity.handling().store, identity.actor()
    try:
        answer_erasure(store, erasure_id, agrees=agrees, words=words_in("words"), actor=actor)
    except InvalidAnswers as refusal:
        return _one(erasure_id, refusal.fields), 422
    except Conflict as refusal:
        return _one(erasure_id, {}, refusal.sentence), 409
    flash(said)
    return redirect(url_for("erasing.one", erasure_id=erasure_id), 303)


def _one(
    erasure_id: UUID, problems: Mapping[str, str] | None = None, refused: str | None = None
) -> str:
    actor = identity.actor()
    with identity.handling().store.read() as conn:
        line = erasure(conn, erasure_id)
        is_open = line.answered_at is None
        found = preview(conn, line.person_id) if line.person_id and is_open else None
        may_answer = may_set_up(actor) and actor.id not in (line.asked_by_id, line.person_id)
        is_asked = is_open and may_answer and not line.ended_before
        named = naming(conn, erasure_id) if is_asked else None
        tried = None
        if line.ended_before and is_open:
            tried = dry_run(conn, line.ended_before, process_id=line.process_id)
        so_far = erased_so_far(conn, erasure_id) if line.is_agreed and not line.done_at else None
    return render_template(
        "erasure.html",
        one=line,
        found=found,
        named=named,
        tried=tried,
        so_far=so_far,
        way=WAY,
        kept=KEPT_BECAUSE,
        problems=problems or {},
        refused=refused,
        may=may_set_up(actor),
        may_answer=may_answer,
    )


# --- holds -------------------------------------------------------------------------------------


@pages.get("/setup/holds")
def held() -> ResponseReturnValue:
    """List what must not be erased."""
    return _held({}, {})


@pages.post("/setup/holds")
def hold() -> ResponseReturnValue:
    """Hold on to a person's data, or to an incident's."""
    typed = {name: words_in(name) for name in ("person", "number", "why")}
    number = typed["number"].strip().removeprefix("#")
    try:
        if number and not number.isdigit():
            raise InvalidAnswers({"number": say("There is no such incident.")})
        place_hold(
            identity.handling().store,
            why=typed["why"],
            actor=identity.actor(),
            person_id=request.form.get("person", type=UUID),
            number=int(number) if number else None,
        )
    except InvalidAnswers as refusal:
        return _held(typed, refusal.fields), 422
    flash(say("It is held."))
    return redirect(url_for("erasing.held"), 303)


@pages.post("/setup/holds/<uuid:hold_id>/end")
def let_go(hold_id: UUID) -> ResponseReturnValue:
    """Hold on to it no longer."""
    try:
        end_hold(identity.handling().store, hold_id, why=words_in("why"), actor=identity.actor())
    except InvalidAnswers as refusal:
        return _held({}, {str(hold_id): refusal.fields["why"]}), 422
    flash(say("It may be erased again."))
    return redirect(url_for("erasing.held"), 303)


def _held(typed: Mapping[str, str], problems: Mapping[str, Any]) -> str:
    with identity.handling().store.read() as conn:
        found = holds(conn)
        people = names(conn).choices["person"]
    return render_template(
        "holds.html",
        holds=found,
        people=people,
        typed=typed,
        problems=problems,
        may=may_set_up(identity.actor()),
    )


def _keep_for() -> timedelta | None:
    return identity.handling().rules.keep_for
