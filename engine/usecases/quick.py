"""The quick path: reported, put right and answered while somebody is on the phone.

Who does it writes the caller's answer down, too (rules, Answers), for P3 and P4 without money and
with the process's usual criteria.  Nobody checks their own work: the check is another's, and with
it the incident is closed, as the answer is newer than the work.  A newcomer would close it here.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID, uuid4

from sqlalchemy import insert, select, text

from engine.domain.gate import Grade
from engine.domain.incident import Answer, Level, Priority
from engine.domain.mark import Mark
from engine.domain.message import MessageKind
from engine.domain.party import Lane, Party
from engine.domain.permissions import Actor, Role
from engine.errors import InvalidAnswers, NotAllowed
from engine.language import say
from engine.queries.actors import load_actor
from engine.queries.prefill import prefill_for
from engine.store import schema as t
from engine.store.rows import Item
from engine.store.work import Work
from engine.usecases.answering import Answering
from engine.usecases.complete import complete
from engine.usecases.handling import Handling
from engine.usecases.recording.confirm import keep
from engine.usecases.report import Beginning, Report, open_incident
from engine.usecases.running import Mover

_STEP = "confirm_outcome"
_PROCESS = text("""
    SELECT p.desk_id, p.duty_lead_id, d.default_criteria, team.party AS desk_party
    FROM product d JOIN business_process p ON p.id = d.process_id
    JOIN team ON team.id = p.desk_id WHERE d.id = :id AND d.is_made
""")
_OPEN = text("""
    SELECT id FROM work_item WHERE incident_id = :id AND ended_at IS NULL
      AND (CAST(:mark AS text) IS NULL OR mark = :mark)
      AND (:mark IS NOT NULL OR action_id IS NOT NULL)
""")


@dataclass(frozen=True)
class Quick:
    """What was wrong and done, and what the caller says of it, in which words and where."""

    product_id: UUID
    caller_id: UUID
    title: str
    done: str
    words: str
    place: str
    impact: Level = Level.LOW

    @classmethod
    def from_answers(cls, answers: Mapping[str, Any]) -> Self:
        """Return what the form of the same name asks, checked."""
        return cls(
            UUID(answers["product"]),
            UUID(answers["caller"]),
            answers["title"],
            answers["done"],
            answers["words"],
            answers["place"],
            Level(answers["impact"]),
        )


@dataclass(frozen=True)
class Handled:
    """The incident, and whether it was drawn to be called back: then its answer is asked anew."""

    incident_id: UUID
    is_called_back: bool


def handle_at_once(
    handling: Handling, quick: Quick, *, actor: Actor, key: str | None = None
) -> Handled:
    """Report, do and take the answer down in one transaction; somebody else's check closes it.

    A share, drawn at random, is called back: there the answer is asked for as always.  `key` as
    for `report_incident`.  Raises NotAllowed for who is not at the desk of the process, or
    InvalidAnswers.
    """
    with handling.store.begin() as work:
        made, is_repeat = work.once(actor.id, key, repr(quick).encode())
        if is_repeat:
            return Handled(made, is_called_back=_is_drawn(made, handling))
        process = _process(work, quick, actor)
        caller = _caller(work, quick, actor)
        report = Report(
            product_id=quick.product_id,
            title=quick.title,
            expected=_expected(process.default_criteria),
            actual=quick.title,
            harmed=caller.name,
            impact=quick.impact,
            urgency=Level.LOW,
        )
        beginning = Beginning(caller.id, (caller.id,), customer_id=caller.organisation_id)
        inside = handling.within(work)
        mover = open_incident(inside, work, report, made, beginning, actor)
        if Priority(mover.case.incident.highest_priority) not in (Priority.P3, Priority.P4):
            raise InvalidAnswers(
                {"impact": say("This is too grave for one page: please report it.")}
            )
        mover.case.flush()
        _agree_and_do(inside, work, made, quick, process, caller, actor)
        is_called_back = _is_drawn(made, handling)
        _take_down(handling, work, made, quick, caller, actor, is_called_back=is_called_back)
        return Handled(made, is_called_back)


def _is_drawn(incident_id: UUID, handling: Handling) -> bool:
    # by the id, which is random: the same for a sending that comes twice, and nobody can try again
    drawn = random.Random(incident_id.bytes).uniform(0, 100)  # noqa: S311 - no secret
    return drawn < handling.rules.quick_called_back_percent


def _process(work: Work, quick: Quick, actor: Actor) -> Any:
    process = work.conn.execute(_PROCESS, {"id": quick.product_id}).first()
    if process is None:
        raise InvalidAnswers({"product": say("Please choose from the products listed.")})
    is_there = process.desk_id in actor.team_ids or process.duty_lead_id == actor.id
    if actor.is_outside or actor.has_role(Role.AUDITOR) or not is_there:
        raise NotAllowed(say("Only the desk of the business process handles something at once."))
    if not process.default_criteria:
        raise InvalidAnswers(
            {
                "product": say(
                    "Nobody has said how we usually know that it is right: please report it."
                )
            }
        )
    return process


def _caller(work: Work, quick: Quick, actor: Actor) -> Actor:
    caller = load_actor(work.conn, quick.caller_id)
    if caller is None:
        raise InvalidAnswers({"caller": say("Please choose from the people listed.")})
    if caller.id == actor.id:
        raise InvalidAnswers({"caller": say("Nobody puts right and answers for themselves.")})
    return caller


def _expected(criteria: list[dict[str, Any]]) -> str:
    return "; ".join(f"{one['measure']}: {one['threshold']}" for one in criteria)


def _agree_and_do(
    inside: Handling,
    work: Work,
    made: UUID,
    quick: Quick,
    process: Any,
    caller: Actor,
    actor: Actor,
) -> None:
    """Agree on the usual criteria and what was done, by who did it, and finish that."""
    criteria = [
        {name: one[name] for name in ("measure", "threshold", "evidence") if one.get(name)}
        for one in process.default_criteria
    ]
    action = {
        "title": quick.title,
        "party": Party(process.desk_party).value,
        "person": str(actor.id),
    }
    agreed = {"criteria": criteria, "confirmers": [str(caller.id)], "actions": [action]}
    complete(inside, _open(work, made, Mark.AGREEMENT), agreed, actor=actor)
    done = {"outcome": "done", "what_was_done": quick.done}
    complete(inside, _open(work, made, None), done, actor=actor)


def _open(work: Work, incident_id: UUID, mark: Mark | None) -> UUID:
    found: UUID = work.conn.execute(_OPEN, {"id": incident_id, "mark": mark}).scalar_one()
    return found


def _take_down(
    handling: Handling,
    work: Work,
    made: UUID,
    quick: Quick,
    caller: Actor,
    actor: Actor,
    *,
    is_called_back: bool,
) -> None:
    """Write the caller's answer down, as after a call; of one that is called back, their words."""
    case = work.incident(made)
    mover = Mover(handling.within(work), case, actor)
    said = {"whom": caller.name, "place": quick.place, "words_used": quick.words}
    if is_called_back:
        case.record("confirmation:called_back", said, actor)
        return
    item = _answered_at_once(work, mover, caller)
    form = mover.release(mover.own_run).forms[_STEP]
    prefill = prefill_for(work.conn, form, made, ())
    rows: Any = prefill.get("criteria") or ()
    answers = {"criteria": [{"criterion": r["criterion"], "answer": "yes"} for r in rows]}
    answering = Answering(mover, item, caller, answers, form, prefill, None)
    if answering.checked()["answer"] != Answer.YES:
        raise ValueError("every point was answered with yes")
    keep(
        answering,
        "confirmation:recorded",
        Grade.PHONE,
        recorded_by=actor.id,
        said=said | {"heard_at": case.now},
    )
    mover.tell(MessageKind.RECORDED, [caller.id], item.id)


def _answered_at_once(work: Work, mover: Mover, caller: Actor) -> Item:
    """Write the to-do that the caller's answer ends, asked and answered in one moment."""
    run, now = mover.own_run, mover.case.now
    row = {
        "id": uuid4(),
        "incident_id": run.incident_id,
        "run_id": run.id,
        "task_id": uuid4(),
        "step": _STEP,
        "mark": Mark.CONFIRMATION,
        "title": "Confirm the outcome",
        "lane": Lane.CUSTOMER,
        "party": Party.CUSTOMER if caller.is_outside else Party.BUSINESS,
        "people": [caller.id],
        "opened_at": now,
        "ended_at": now,
        "how": "completed",
        "ended_by": caller.id,
        "reminders": 0,
    }
    work.conn.execute(insert(t.work_item), row)
    found = work.conn.execute(select(t.work_item).where(t.work_item.c.id == row["id"])).one()
    return Item(**found._mapping)
