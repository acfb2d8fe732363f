"""Climbs the ladder: at each tick, and as somebody is asked, whoever is next is asked or told.

A newcomer would set a timer for each rung.  There is one tick; what is due is read from what was
asked when, so that a rung that a downtime missed is reached once, at the next tick, and a rung
between two ticks is noticed at the second.  Nothing here closes anything.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, Uuid, bindparam, insert, text

from engine.domain.deciding import who_is_asked
from engine.domain.incident import Priority
from engine.domain.ladder import after, deputy_asked_at, owner_told_at
from engine.domain.mark import Mark
from engine.domain.message import MessageKind
from engine.domain.silence import Reachable, Rung, asked_too, never_answers
from engine.domain.working_calendar import WorkingCalendar
from engine.runtime import Passage
from engine.store import schema as t
from engine.store.askings import Asking, open_askings, unanswered_by
from engine.store.rows import Action, Run
from engine.usecases.asking import above
from engine.usecases.deciding import may_now
from engine.usecases.reminding import remind

if TYPE_CHECKING:
    from engine.usecases.running import Mover

# whoever has taken it and stays silent does not keep it from those who are asked too
_ASK_TOO = text(
    "UPDATE work_item SET people = people || :too, claimed_by = NULL WHERE id = :item"
).bindparams(bindparam("too", type_=ARRAY(Uuid)))
_TELL_AGAIN = text(
    "UPDATE work_item SET reminders = reminders + 1, reminded_at = :now WHERE id = :item"
)


def tick(mover: "Mover", run: Run, passage: Passage, action: Action | None) -> None:
    """Do what is due by now about every answer and decision that the run waits for."""
    del passage, action
    waiting = open_askings(mover.case.conn, run.id, mover.case.now)
    answers = [(one, days) for one, days in waiting if one.mark is Mark.CONFIRMATION]
    remind(mover, answers)
    late = {one.id for one, days in answers if _is_deputys_turn(mover, one, days)}
    # all at once, and only of those with whom something is to be done
    mover.lines_of(
        who
        for one, _ in waiting
        if not one.are_here or (one.id in late and one.has_deputy)
        for who in one.people
    )
    for one, days in waiting:
        if one.mark is Mark.CONFIRMATION:
            _climb(mover, one, days, is_late=one.id in late)
        else:
            _climb_to_decide(mover, one, days)


def begin(mover: "Mover", opened: Iterable[Mapping[str, Any]]) -> None:
    """Do what is due at once as these to-dos open: for who is away, has left or never answers."""
    waiting = [
        Asking(row["id"], Mark(row["mark"]), tuple(row["people"]), row["opened_at"])
        for row in opened
        if row["mark"] in (Mark.CONFIRMATION, Mark.CLOSING_DECISION)
    ]
    answers = [one for one in waiting if one.mark is Mark.CONFIRMATION]
    if answers:
        silent = _never_answering(mover, {one.asked for one in answers})
        them = mover.case.around.reachable(who for one in answers for who in one.people)
        answers = [
            replace(one, are_here=all(them[who].is_here for who in one.people)) for one in answers
        ]
        mover.lines_of(one.asked for one in answers if one.asked in silent or not one.are_here)
        for one in answers:
            _tell_if_nobody_is_left(mover, _ask_deputy(mover, one, is_late=one.asked in silent))
    for one in waiting:
        if one.mark is Mark.CLOSING_DECISION:
            _ask_to_decide(mover, one, is_late=False)


def ask_who_is_next(mover: "Mover") -> None:
    """Do what is due at once about answers and decisions, as somebody has gone since they opened.

    Those of the incident's own run, which must be alive; doing it again changes nothing.
    """
    for one, _ in open_askings(mover.case.conn, mover.own_run.id, mover.case.now):
        if one.mark is Mark.CONFIRMATION:
            _tell_if_nobody_is_left(mover, _ask_deputy(mover, one, is_late=False))
        else:
            _ask_to_decide(mover, one, is_late=False)


# --- answers -----------------------------------------------------------------------------------


def _is_deputys_turn(mover: "Mover", asking: Asking, calendar: WorkingCalendar) -> bool:
    ladder = mover.handling.ladder
    at = deputy_asked_at(_priority(mover), asking.since, calendar, ladder=ladder)
    return at <= mover.case.now


def _climb(mover: "Mover", asking: Asking, calendar: WorkingCalendar, *, is_late: bool) -> None:
    ladder, now = mover.handling.ladder, mover.case.now
    owner_at = owner_told_at(_priority(mover), asking.since, calendar, ladder=ladder)
    asking = _ask_deputy(mover, asking, is_late=is_late)
    if owner_at is not None and owner_at <= now:
        _tell_owner(mover, asking)
    else:
        _tell_if_nobody_is_left(mover, asking)


def _never_answering(mover: "Mover", people: set[UUID]) -> set[UUID]:
    """Return those whose deputies are asked at once from now on (rules, Never answers)."""
    rules, ladder = mover.handling.rules, mover.handling.ladder
    before = unanswered_by(mover.case.conn, people, mover.case.now)
    calendars = mover.calendars_of(who for who, askings in before.items() if askings)

    def is_silent(who: UUID) -> bool:
        stayed = (
            one.asked_at
            for one in before[who]
            if deputy_asked_at(one.priority, one.asked_at, calendars[who], ladder=ladder)
            <= one.until
        )
        return never_answers(
            stayed, times=rules.never_answers_times, within=rules.never_answers_within
        )

    return {who for who in people if is_silent(who)}


def _ask_deputy(mover: "Mover", asking: Asking, *, is_late: bool) -> Asking:
    """Ask the deputy of a confirmer too, if it is time or the confirmer is not here."""
    is_deputys = is_late and asking.has_deputy
    if Rung.DEPUTY in asking.rungs or (asking.are_here and not is_deputys):
        return asking
    line = mover.lines_of([asking.asked])[asking.asked]
    if line.who.is_here and not is_deputys:
        return asking
    # a deputy with a hand in it is not asked, nor one whose own answer is awaited
    barred = {*asking.people, *mover.hands.everybody, *(one.person_id for one in mover.confirmers)}
    if line.who.is_here:
        line = replace(line, who=replace(line.who, is_here=False))
    found = asked_too([asking.asked], {asking.asked: line}, barred)
    return _ask_too(mover, asking, found, "confirmation:deputy_asked", Rung.DEPUTY)


def _tell_if_nobody_is_left(mover: "Mover", asking: Asking) -> None:
    if asking.are_here:
        return
    lines = mover.lines_of(asking.people)
    if all(lines[who].who.has_left for who in asking.people):
        _tell_owner(mover, asking)


def _tell_owner(mover: "Mover", asking: Asking) -> None:
    """Tell the owner, and the lead, who must phone: once."""
    if Rung.OWNER_TOLD in asking.rungs:
        return
    lead, process = mover.case.incident.lead_id, mover.process
    lines = mover.lines_of((lead, *process.owners, *process.duty_leads))
    told = {one.id: one for one in (*above(mover), lines[lead].who)}
    _reach(mover, asking, Rung.OWNER_TOLD, told.values(), "confirmation:owner_told")


# --- decisions ---------------------------------------------------------------------------------


def ask_beside(mover: "Mover", item_id: UUID) -> None:
    """Ask the deputy of a confirmer whom it did not reach; without one the owner is told."""
    for one, _ in open_askings(mover.case.conn, mover.own_run.id, mover.case.now):
        if one.id == item_id:
            asked = _ask_deputy(mover, one, is_late=True)
            if Rung.DEPUTY not in asked.rungs:
                _tell_owner(mover, asked)


def ask_deciders(mover: "Mover") -> None:
    """Ask whoever may decide by now and was not asked, as soon as that has changed."""
    for one, _ in open_askings(mover.case.conn, mover.own_run.id, mover.case.now):
        if one.mark is Mark.CLOSING_DECISION:
            _ask_to_decide(mover, one, is_late=False)


def _climb_to_decide(mover: "Mover", asking: Asking, calendar: WorkingCalendar) -> None:
    """An authority that is silent: its deputy, then a weekly line to the superior."""
    rungs, now = mover.handling.ladder.of(_priority(mover)), mover.case.now
    deputies_at = after(asking.since, rungs.decision_deputy, calendar)
    is_late = deputies_at <= now
    asking = _ask_to_decide(mover, asking, is_late=is_late)
    if not is_late:
        return
    last = asking.rungs.get(Rung.SUPERIOR_TOLD) or asking.rungs.get(Rung.DEPUTY)
    if last is None or last + rungs.superior_told_every <= now:
        _tell_superior(mover, asking)


def _ask_to_decide(mover: "Mover", asking: Asking, *, is_late: bool) -> Asking:
    """Ask whoever may decide by now and was not asked; an office may have changed hands."""
    may = may_now(mover)
    if not may:
        return _go_up(mover, asking)
    wanted = who_is_asked(may, is_late=is_late or Rung.DEPUTY in asking.rungs)
    new = [one for one in wanted if one.id not in asking.people]
    return _ask_too(mover, asking, new, "decision:asked_too", Rung.DEPUTY)


def _go_up(mover: "Mover", asking: Asking) -> Asking:
    """Nobody may decide any more: who is above the office sees it, and has to name somebody."""
    if Rung.NOBODY_LEFT in asking.rungs:
        return asking
    superior = mover.lines_of([asking.asked])[asking.asked].superior(asking.people)
    found = (superior,) if superior else above(mover, asking.people)
    return _ask_too(mover, asking, found, "decision:nobody_left", Rung.NOBODY_LEFT)


def _tell_superior(mover: "Mover", asking: Asking) -> None:
    """Tell the superior of who was asked first, else whoever answers for the process."""
    lead = mover.case.incident.lead_id
    superior = mover.lines_of([asking.asked])[asking.asked].superior(asking.people)
    found = (superior,) if superior else above(mover, asking.people)
    told = found or (mover.lines_of([lead])[lead].who,)
    _reach(mover, asking, Rung.SUPERIOR_TOLD, told, "decision:overdue")
    mover.case.conn.execute(_TELL_AGAIN, {"item": asking.id, "now": mover.case.now})


# --- writing -----------------------------------------------------------------------------------


def _priority(mover: "Mover") -> Priority:
    return Priority(mover.case.incident.highest_priority)


def _ask_too(
    mover: "Mover", asking: Asking, found: Sequence[Reachable], verb: str, rung: Rung
) -> Asking:
    """Add people to the to-do; return it as it is then.  Without anybody nothing is done."""
    if not found:
        return asking
    too = [one.id for one in found]
    mover.case.conn.execute(_ASK_TOO, {"item": asking.id, "too": too})
    _reach(mover, asking, rung, found, verb, MessageKind.ASKED)
    return replace(
        asking,
        people=(*asking.people, *too),
        rungs={**asking.rungs, rung: mover.case.now},
    )


def _reach(
    mover: "Mover",
    asking: Asking,
    rung: Rung,
    people: Iterable[Reachable],
    verb: str,
    kind: MessageKind = MessageKind.TOLD,
) -> None:
    reached = list(people)
    seq = mover.case.record(
        verb,
        {
            "asked": mover.lines_of([asking.asked])[asking.asked].who.name,
            "people": [one.name for one in reached],
        },
        mover.by,
    )
    mover.tell(kind, [one.id for one in reached], asking.id)
    mover.case.conn.execute(
        insert(t.rung),
        {
            "id": uuid4(),
            "item_id": asking.id,
            "kind": rung,
            "people": [one.id for one in reached],
            "reached_at": mover.case.now,
            "entry_seq": seq,
        },
    )
