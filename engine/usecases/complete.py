"""Completing a work item: the one door through which every answer of every step comes in.

What a step means is its mark, not its name: each mark has a recorder that turns answers into facts.
A newcomer would merge the answers into process data: only decisions (enums and booleans of the
step's own form) go there, filed under the step, so that nothing posted can set a variable.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, bindparam, update

from engine.domain.action import ActionKind
from engine.domain.mark import Mark
from engine.domain.permissions import Actor, ItemView, Machine, Verb, available_actions
from engine.errors import ItemEnded, NotAllowed, NotFound
from engine.language import say
from engine.queries.permitted import item_view
from engine.queries.prefill import prefill_for
from engine.runtime import Answered
from engine.store import facts as ask
from engine.store import schema as t
from engine.store.rows import Item
from engine.store.work import Case
from engine.usecases.actions import start_followers
from engine.usecases.answering import Answering, Recorder
from engine.usecases.deciding import may_now
from engine.usecases.handling import Handling
from engine.usecases.recording import act, agree, confirm, decide, verify
from engine.usecases.recording.act import tell_whose_time_it_is_then
from engine.usecases.running import Mover

RECORDERS: dict[str, Recorder] = {
    Mark.AGREEMENT: agree.agree,
    Mark.VERIFICATION: verify.verify,
    Mark.CONFIRMATION: confirm.confirm,
    Mark.CLOSING_DECISION: decide.decide,
}

_FINISH_ITEM = update(t.work_item).where(t.work_item.c.id == bindparam("the_id", type_=Uuid))

_BY_MACHINE = frozenset({Verb.SEE, Verb.COMPLETE})
# Answers, not work: whoever gives one has had no hand in it, and no machine can.
_ANSWERS = frozenset({Mark.CONFIRMATION, Mark.CLOSING_DECISION})


def complete(
    handling: Handling,
    item_id: UUID,
    answers: Mapping[str, object],
    *,
    actor: Actor,
    key: str | None = None,
    by: Machine | None = None,
    now: datetime | None = None,
    insists: bool = False,
    list_id: UUID | None = None,
) -> None:
    """Complete the work item with `answers`, and move its run and its incident.

    `key` is the client's own for this completion: coming again with it changes nothing.
    `insists`: a *yes* is meant, whatever is said beside it (else AnswerQueried).  `list_id`: it is
    decided as a line of this list (`closing_lists`).  `now`
    and `by` are given only by a replay: the machine signs, and that `actor` did it is the
    record's word, for which no permission is asked; it can neither confirm nor decide.
    Raises NotFound, NotAllowed, ItemEnded (finished or cancelled meanwhile), InvalidAnswers
    naming the fields, GateShut, Busy or WorkflowFault; then nothing was done.
    """
    with handling.store.begin(now=now) as work:
        case, item, run = work.item(item_id)
        mover = Mover(handling, case, by or actor)
        if by is None:
            verbs = available_actions(view_of(mover, item), actor)
        else:
            verbs = frozenset() if item.mark in _ANSWERS else _BY_MACHINE
        if Verb.SEE not in verbs:
            raise NotFound(say("There is no such to-do."), item=str(item_id))
        if item.ended_at is not None:
            if key is not None and item.completed_with == key and item.ended_by == actor.id:
                return
            raise ended(item)
        if Verb.COMPLETE not in verbs:
            raise not_allowed(item)
        if item.action_id is None:
            mover.own_run = run
            action_facts = None
        else:
            action_facts = ask.action_facts(case.conn, item.action_id, case.incident.id)
            mover.own_run = action_facts.own_run
        form = mover.release(run).forms[item.step]
        targets = action_facts.targets if action_facts else ()
        prefill = prefill_for(case.conn, form, case.incident.id, targets)
        answering = Answering(
            mover, item, actor, answers, form, prefill, action_facts, insists, list_id
        )
        filed = record(answering)
        finish_item(case, answering, key)
        mover.forget(hands=item.mark not in _ANSWERS)
        if action_facts is None and item.mark == Mark.CONFIRMATION:
            mover.settle()
            return
        mover.move(
            run,
            action=action_facts.action if action_facts else None,
            answered=Answered(item.task_id, item.step, filed),
            data=answering.process_data,
        )
        if action_facts is not None:
            blocks = action_facts.action.kind == ActionKind.PUTS_RIGHT and run.ended_at is None
            mover.know_blocked(action_facts.others_block or blocks)
            if run.ended_at is not None and action_facts.has_followers:
                start_followers(mover, action_facts.action.id)
                mover.forget()
        mover.settle()
        tell_whose_time_it_is_then(answering)


def record(answering: "Answering") -> Mapping[str, str | bool]:
    """Check the answers against the step's form, write the facts, return what is to be filed."""
    item = answering.item
    recorder = RECORDERS.get(item.mark or "")
    if recorder is None:
        recorder = act.record_step if item.action_id is not None else act.record_plain
    return recorder(answering)


def view_of(mover: Mover, item: Item) -> ItemView:
    """Return what permissions need to know; who is barred is asked only where it matters."""
    case = mover.case
    return item_view(
        case.conn,
        item,
        case.incident,
        lambda: mover.hands,
        lambda: {one.who.id for one in may_now(mover)},
    )


def ended(item: Item) -> ItemEnded:
    """Return the refusal of a to-do that is over; the page it leads to shows what happened."""
    if item.how == "completed":
        sentence = say("“%(title)s” has been done meanwhile.", title=say(item.title))
    elif item.how == "handed_on":
        sentence = say("“%(title)s” was handed on meanwhile.", title=say(item.title))
    else:
        sentence = say("“%(title)s” is no longer needed meanwhile.", title=say(item.title))
    return ItemEnded(sentence, item=str(item.id), how=item.how)


def not_allowed(item: Item) -> NotAllowed:
    """Return the refusal of somebody who may see the to-do but not do it."""
    if item.claimed_by is not None:
        return NotAllowed(
            say("Somebody else has taken “%(title)s”.", title=say(item.title)), lane=item.lane
        )
    return NotAllowed(
        say("“%(title)s” is for somebody else to do.", title=say(item.title)), lane=item.lane
    )


def finish_item(case: Case, answering: Answering, key: str | None) -> None:
    """Write that the to-do was completed, with its answers, by who answered."""
    case.conn.execute(
        _FINISH_ITEM,
        {
            "the_id": answering.item.id,
            "ended_at": case.now,
            "how": "completed",
            "ended_by": answering.actor.id,
            "happened_at": answering.happened_at,
            "charged_to": answering.charged_to,
            "answers": dict(answering.answers),
            "draft": None,
            "completed_with": key,
        },
    )
