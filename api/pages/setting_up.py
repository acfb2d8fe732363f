"""Setting up: who there is, what they answer for, and who changed that.

Every kind of record has the same four pages; what differs is its form.  Only who sets up Putright
comes here, and auditors to the record of changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import filters, identity
from api.beginnings import password_token
from api.errors import STATUS
from api.languages import flash
from api.pages.asking import Asked, Asking, asks_for_rows, text_of_file, words_in
from api.pages.for_readers import for_readers
from api.rules_file import settable
from engine.domain.incident import Priority
from engine.domain.ladder import Rungs
from engine.domain.ladder_numbers import answers_of as answers_of_rungs
from engine.domain.permissions import Role
from engine.domain.register import RecordKind
from engine.domain.rules import Rules
from engine.domain.wording import sentence
from engine.errors import Conflict, InvalidAnswers, NotFound, Unavailable
from engine.language import in_words, say
from engine.queries.register import (
    Names,
    answers_of,
    names,
    records,
    register_trail,
    standing,
)
from engine.store.registering import last_change
from engine.usecases.setting_up import require_to_set_up, save
from engine.usecases.setting_up.inviting import invite
from engine.usecases.setting_up.tables import Imported, export_table, import_table
from forms import Form, check, fixed, without

pages = for_readers("setting_up", __name__)

_PAGE = 50


@dataclass(frozen=True)
class Words:
    """What a kind of record is called: many of them, one, and why there are any."""

    many: str
    one: str
    why: str


WORDS: Mapping[RecordKind, Words] = {
    RecordKind.ORGANISATION: Words(
        say("Customers and suppliers"),
        say("a customer or supplier"),
        say("Companies outside your own that receive your work, or do part of it."),
    ),
    RecordKind.PERSON: Words(
        say("People"),
        say("a person"),
        say("Your own people, and those of customers and suppliers."),
    ),
    RecordKind.TEAM: Words(
        say("Teams"), say("a team"), say("People who are asked together, such as a service desk.")
    ),
    RecordKind.PROCESS: Words(
        say("Business processes"),
        say("a business process"),
        say("Work whose result can come out wrong, with who answers for it."),
    ),
    RecordKind.PRODUCT: Words(
        say("Further products"),
        say("a product"),
        say("What a business process makes beside its first product, each with its own criteria."),
    ),
    RecordKind.LADDER: Words(
        say("The ladder"),
        say("a priority"),
        say("Who is asked next, and when, while an answer is missing: numbers of your own."),
    ),
    RecordKind.CALENDAR: Words(
        say("Working calendars"),
        say("a working calendar"),
        say("Working days and holidays, for due dates and reminders."),
    ),
}
# in the order in which one begins; a customer or a calendar can wait
STEPS = (RecordKind.PERSON, RecordKind.TEAM, RecordKind.PROCESS)


def _kind(word: str) -> RecordKind:
    try:
        return RecordKind(word)
    except ValueError as error:
        raise NotFound(say("There is no such page.")) from error


@pages.before_request
def let_in() -> None:
    """Let pass who sets up Putright; auditors read the record of changes."""
    if request.endpoint == "setting_up.trail" and identity.actor().has_role(Role.AUDITOR):
        return
    require_to_set_up(identity.actor())


@pages.get("/setup")
def overview() -> ResponseReturnValue:
    """Show how far it is set up, and what comes next."""
    with identity.handling().store.read() as conn:
        found = standing(conn)
    # whoever begins is there already: people are those beside them
    done = {kind: found.counts[kind] > (kind is RecordKind.PERSON) for kind in STEPS}
    return render_template("setup.html", found=found, words=WORDS, steps=STEPS, done=done)


@pages.get("/setup/changes")
def trail() -> ResponseReturnValue:
    """Show who changed what, newest first."""
    before = request.args.get("before", type=int)
    subject = request.args.get("of", type=UUID)
    with identity.handling().store.read() as conn:
        lines = register_trail(conn, before=before, subject=subject, most=_PAGE + 1)
        known = names(conn)
    shown = lines[:_PAGE]
    return render_template(
        "setup_changes.html",
        lines=shown,
        next=shown[-1].seq if len(lines) > _PAGE else None,
        subject=subject,
        words=WORDS,
        said=sentence,
        told=lambda kind, name, value: _told(fixed(kind), name, value, known),
        asked=lambda kind, name: _field(fixed(kind), name).title,
    )


@pages.get("/setup/rules")
def rules() -> ResponseReturnValue:
    """Show the ladder and the numbers of the rules as they are in force."""
    handling = identity.handling()
    ladder = [
        (
            say(one.meaning),
            [
                _number(getattr(handling.ladder.of(p), one.name), is_days=one.kind is not int)
                for p in Priority
            ],
        )
        for one in settable(Rungs)
    ]
    numbers = [
        (say(one.meaning), _number(getattr(handling.rules, one.name), is_days=False))
        for one in settable(Rules)
    ]
    with handling.store.read() as conn:
        own = {line.name: line.id for line in records(conn, RecordKind.LADDER)[0]}
    return render_template(
        "setup_rules.html",
        ladder=ladder,
        numbers=numbers,
        priorities=[(one.value, own.get(one.value)) for one in Priority],
    )


def _number(value: object, *, is_days: bool = True) -> str:
    """Return a number of the rules as people say it; plain ones of the ladder are working days."""
    if value is None:
        return in_words(say("never"))
    if isinstance(value, bool):
        return in_words(say("yes") if value else say("no"))
    if isinstance(value, tuple):
        first, *others = (_number(one, is_days=is_days) for one in value)
        for one in others:
            first = in_words(say("%(one)s and %(other)s", one=first, other=one))
        return first
    if isinstance(value, timedelta):
        return filters.lasting(value)
    return in_words(say("%(days)s wd", days=value)) if is_days else str(value)


@pages.get("/setup/<kind>")
def listed(kind: str) -> ResponseReturnValue:
    """List what there is of a kind."""
    which, wanted = _kind(kind), request.args.get("words", "").strip()[:200]
    with identity.handling().store.read() as conn:
        lines, total = records(conn, which, words=wanted)
    return render_template(
        "setup_list.html", kind=which, words=WORDS[which], lines=lines, total=total, wanted=wanted
    )


@pages.get("/setup/<kind>/new")
def new(kind: str) -> ResponseReturnValue:
    """Ask for a new record."""
    which = _kind(kind)
    started: dict[str, Any] = {}
    if which is RecordKind.PERSON:
        started = {"time_zone": identity.reader().time_zone}
    if which is RecordKind.LADDER and request.args.get("priority") in set(Priority):
        priority = Priority(request.args["priority"])
        started = {
            "priority": priority,
            **answers_of_rungs(identity.handling().ladder.of(priority)),
        }
    if which is RecordKind.CALENDAR:
        started = {"time_zone": identity.reader().time_zone, "opens": "08:00", "closes": "18:00"}
        started["days"] = ["monday", "tuesday", "wednesday", "thursday", "friday"]
    return _shown(which, None, _asking(which, None).show(started or None))


@pages.get("/setup/<kind>/<uuid:record_id>")
def one(kind: str, record_id: UUID) -> ResponseReturnValue:
    """Show a record, to be changed."""
    which = _kind(kind)
    with identity.handling().store.read() as conn:
        answers = answers_of(conn, which, record_id)
        seen = last_change(conn, record_id)
    if answers is None:
        raise NotFound(say("There is no such record."))
    return _shown(which, record_id, _asking(which, record_id).show(answers, key=str(seen)))


@pages.post("/setup/<kind>/new")
def enter(kind: str) -> ResponseReturnValue:
    """Enter a new record."""
    return _saved(_kind(kind), None)


@pages.post("/setup/<kind>/<uuid:record_id>")
def change(kind: str, record_id: UUID) -> ResponseReturnValue:
    """Change a record."""
    return _saved(_kind(kind), record_id)


@pages.post("/setup/person/<uuid:record_id>/invitation")
def invitation(record_id: UUID) -> ResponseReturnValue:
    """Show an address where this person chooses a password; it is seen this once."""
    epoch = invite(identity.handling().store, record_id, actor=identity.actor())
    if epoch is None:
        raise NotFound(say("There is no such person, or they have left."))
    token = password_token(record_id, epoch, current_app.config["SECRET_KEY"])
    with identity.handling().store.read() as conn:
        answers = answers_of(conn, RecordKind.PERSON, record_id) or {}
    return render_template(
        "setup_invitation.html",
        name=answers["name"],
        login=answers["login"],
        record_id=record_id,
        address=url_for("beginning.password", token=token, _external=True),
    )


@pages.get("/setup/<kind>.csv")
def export(kind: str) -> ResponseReturnValue:
    """Download all records of a kind, as the page beside takes them."""
    which = _kind(kind)
    content = export_table(
        identity.handling().store, which, fixed(which.value), actor=identity.actor()
    )
    answer = Response(content.encode("utf-8-sig"), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f"attachment; filename={which.value}.csv"
    return answer


@pages.get("/setup/<kind>/file")
def file(kind: str) -> ResponseReturnValue:
    """Ask for a file of records."""
    return _file(_kind(kind), "", None)


@pages.post("/setup/<kind>/file")
def take_file(kind: str) -> ResponseReturnValue:
    """Try a file, or take it; what was tried is taken without being chosen again."""
    which, content = _kind(kind), words_in("content")
    sent = request.files.get("file")
    try:
        if sent is not None and sent.filename:
            content = text_of_file(sent)
        if not content:
            raise InvalidAnswers({"file": say("Please choose a file, or paste its lines.")})
        found = import_table(
            identity.handling().store,
            which,
            fixed(which.value),
            content,
            actor=identity.actor(),
            dry_run="_try" in request.form,
        )
    except InvalidAnswers as refusal:
        return _file(which, content, None, next(iter(refusal.fields.values()))), 422
    if not found.done:
        return _file(which, content, found), 200 if "_try" in request.form else 422
    flash(say("%(lines)s lines are taken.", lines=len(found.lines)))
    return redirect(url_for("setting_up.listed", kind=which.value), 303)


def _file(
    kind: RecordKind, content: str, found: Imported | None, problem: str | None = None
) -> str:
    columns = [field.name for field in fixed(kind.value).fields]
    return render_template(
        "setup_file.html",
        kind=kind,
        words=WORDS[kind],
        content=content,
        found=found,
        problem=problem,
        columns=columns,
        required=[field.name for field in fixed(kind.value).fields if field.required],
    )


# --- one record --------------------------------------------------------------------------------


def _asking(kind: RecordKind, record_id: UUID | None) -> Asking:
    with identity.handling().store.read() as conn:
        choices = dict(names(conn).choices)
    choices["country"] = filters.countries(choices["country"])
    form = fixed(kind.value)
    # who is new has not left
    return Asking(form if record_id else without(form, "has_left"), choices)


def _saved(kind: RecordKind, record_id: UUID | None) -> ResponseReturnValue:
    asking = _asking(kind, record_id)
    typed, key = asking.answers(), words_in("_key")
    if asks_for_rows():
        return _shown(kind, record_id, asking.show(typed, key=key))
    found = check(asking.form, typed, choices=asking.choices, now=filters.now(), tz=identity.zone())
    problems = found.findings
    if found.ok:
        try:
            made = save(
                identity.handling().store,
                kind,
                found.answers,
                actor=identity.actor(),
                record_id=record_id,
                seen=int(key) if record_id and key.isdigit() else None,
            )
        except InvalidAnswers as refusal:
            problems = refusal.fields
        except (Conflict, Unavailable) as refusal:
            again = asking.show(typed, notice=refusal.sentence, key=key)
            return _shown(kind, record_id, again), STATUS[refusal.code]
        else:
            flash(say("It is kept."))
            if record_id is None and kind is RecordKind.PERSON:
                return redirect(url_for("setting_up.one", kind=kind.value, record_id=made), 303)
            return redirect(url_for("setting_up.listed", kind=kind.value), 303)
    return _shown(kind, record_id, asking.show(typed, findings=problems, key=key)), 422


def _shown(kind: RecordKind, record_id: UUID | None, asked: Asked) -> str:
    with identity.handling().store.read() as conn:
        answers = (answers_of(conn, kind, record_id) if record_id else None) or {}
    is_here = bool(answers) and not answers.get("has_left")
    return render_template(
        "setup_one.html",
        kind=kind,
        words=WORDS[kind],
        record_id=record_id,
        asked=asked,
        name=answers.get("name"),
        can_be_invited=kind is RecordKind.PERSON and is_here,
    )


# --- what was changed, in words ----------------------------------------------------------------


def _field(form: Form, name: str) -> Any:
    return next(field for field in form.fields if field.name == name)


def _told(form: Form, name: str, value: Any, known: Names) -> str:
    return (
        _words(_field(form, name), value, known) if value is not None else in_words(say("nothing"))
    )


def _words(field: Any, value: Any, known: Names) -> str:
    if isinstance(value, list):
        return "; ".join(_words(field.item or field, one, known) for one in value)
    if isinstance(value, dict):
        return ", ".join(
            _words(column, value[column.name], known)
            for column in field.fields
            if column.name in value
        )
    label = dict(known.choices.get(field.format, ())).get(str(value), field.label_of(value))
    return in_words(label)
