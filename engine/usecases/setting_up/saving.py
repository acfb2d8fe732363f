"""Entering a record and changing one: checked, written, and an entry of the register, at once."""

from collections.abc import Callable, Mapping
from uuid import UUID, uuid4

from sqlalchemy import text

from engine.domain.incident import Priority
from engine.domain.permissions import Actor, Role, may_set_up
from engine.domain.register import Answers, RecordKind, calendar_of, changed, ladder_of
from engine.domain.wording import word
from engine.errors import Conflict, InvalidAnswers, NotAllowed, NotFound
from engine.language import say
from engine.queries.register import answers_of, without_blanks
from engine.store.registering import last_change, lock_register, register
from engine.store.work import Store, Work
from engine.usecases.setting_up import checking, writing

_Check = Callable[[Work, UUID, Answers, Answers], Mapping[str, str]]
_Write = Callable[[Work, UUID, Answers, Answers], None]
_CHECK: Mapping[RecordKind, _Check] = {
    RecordKind.ORGANISATION: checking.organisation,
    RecordKind.PERSON: checking.person,
    RecordKind.TEAM: checking.team,
    RecordKind.PROCESS: checking.process,
    RecordKind.PRODUCT: checking.product,
    RecordKind.CALENDAR: checking.calendar,
    RecordKind.LADDER: checking.ladder,
}
_WRITE: Mapping[RecordKind, _Write] = {
    RecordKind.ORGANISATION: writing.organisation,
    RecordKind.PERSON: writing.person,
    RecordKind.TEAM: writing.team,
    RecordKind.PROCESS: writing.process,
    RecordKind.PRODUCT: writing.product,
    RecordKind.CALENDAR: writing.calendar,
    RecordKind.LADDER: writing.ladder,
}


def require_to_set_up(actor: Actor) -> None:
    """Let pass who may set up and run Putright.  Raises NotAllowed."""
    if not may_set_up(actor):
        raise NotAllowed(say("This is for those who set up Putright."))


def save(
    store: Store,
    kind: RecordKind,
    answers: Answers,
    *,
    actor: Actor,
    record_id: UUID | None = None,
    seen: int | None = None,
) -> UUID:
    """Enter a record, or change the one of this id, and return its id.

    `answers` fit the kind's form.  `seen` is the number of the newest entry about it that the
    actor has seen; None does not ask.  Nothing different is no change.  Raises InvalidAnswers,
    NotAllowed, NotFound, or Conflict if somebody has changed it since.
    """
    require_to_set_up(actor)
    with store.begin() as work:
        return save_in(work, kind, answers, actor=actor, record_id=record_id, seen=seen)


def save_in(
    work: Work,
    kind: RecordKind,
    answers: Answers,
    *,
    actor: Actor,
    record_id: UUID | None = None,
    seen: int | None = None,
) -> UUID:
    """Do the same as part of a transaction."""
    lock_register(work.conn)
    given = without_blanks(answers)
    which = record_id or _own_id(kind, given)
    before = answers_of(work.conn, kind, which)
    if record_id is not None and before is None:
        raise NotFound(say("There is no such record."), id=str(record_id))
    if seen is not None and last_change(work.conn, which) != seen:
        raise Conflict(say("Somebody else has changed this meanwhile. Please look at it again."))
    if before == given:
        return which
    if problems := _CHECK[kind](work, which, given, before or {}):
        raise InvalidAnswers(problems)
    _require_not_oneself(actor, which, given)
    _WRITE[kind](work, which, given, before or {})
    verb = f"{kind}:{'entered' if before is None else 'changed'}"
    content = {"name": _called(work, which, given), "changed": changed(before or {}, given)}
    register(work, verb, kind, which, content, actor)
    return which


_WHOSE = text("""
    SELECT name FROM team WHERE id = :id UNION ALL SELECT name FROM organisation WHERE id = :id
""")


def _called(work: Work, which: UUID, answers: Answers) -> str:
    """Return what a record is called: a calendar as whose it is."""
    for own in ("name", "priority"):
        if own in answers:
            return str(answers[own])
    return work.conn.scalar(_WHOSE, {"id": which}) or word(str(answers["whose"]))


def _own_id(kind: RecordKind, answers: Answers) -> UUID:
    """Return the id of a new record: a calendar that of whose it is, numbers their priority's."""
    if kind is RecordKind.LADDER:
        return ladder_of(Priority(str(answers["priority"])))
    if kind is not RecordKind.CALENDAR:
        return uuid4()
    whose = answers.get("team") or answers.get("organisation")
    return UUID(str(whose)) if whose else calendar_of(checking.party_of(answers))


def _require_not_oneself(actor: Actor, which: UUID, answers: Answers) -> None:
    """Somebody must be left who can set up Putright, and nobody takes it from themselves."""
    if which != actor.id:
        return
    roles = answers.get("roles")
    if answers.get("has_left"):
        raise InvalidAnswers({"has_left": say("Somebody else has to say that you have left.")})
    if not isinstance(roles, list) or Role.OPERATOR not in roles or Role.AUDITOR in roles:
        sentence = say("Somebody else who sets up Putright has to change this for you.")
        raise InvalidAnswers({"roles": sentence})
