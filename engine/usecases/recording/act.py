"""What a party says of its action: done, declined, and what then; and of steps with no mark."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from engine.domain.action import TargetOutcome
from engine.domain.party import Lane, Party
from engine.errors import InvalidAnswers
from engine.language import say
from engine.queries.ledger import incident_ledger
from engine.store import schema as t
from engine.store.calendars import load_calendars
from engine.store.rows import Action
from engine.usecases.actions import write_action
from engine.usecases.answering import Answering
from engine.usecases.belonging import check_asked
from engine.usecases.running import Mover

Filed = Mapping[str, str | bool]


def record_step(answering: Answering) -> Filed:
    """Record what was answered in a step of an action's run."""
    assert answering.action_facts is not None  # noqa: S101 - the caller has loaded it
    action = answering.action_facts.action
    answers = answering.checked()
    if answers.get("outcome") == "done":
        _done(answering, action, answers)
    elif answers.get("outcome") == "declined":
        _declined(answering, action, answers)
    elif answers.get("decided") == "ask_again":
        _asked_again(answering, action, answers)
    elif answers.get("decided") == "drop":
        answering.mover.case.record(
            "action:dropped", {"action": action.number, **answers}, answering.mover.by
        )
    else:
        return record_plain(answering)
    return answering.filed()


def record_plain(answering: Answering) -> Filed:
    """Keep the answers of a step that has no mark: they are an entry and, in part, process data."""
    answers = answering.checked()
    answering.mover.case.record(
        "item:completed",
        {"step": answering.item.step, "answers": dict(answers)},
        answering.mover.by,
    )
    return answering.filed()


def _done(answering: Answering, action: Action, answers: Mapping[str, Any]) -> None:
    assert answering.action_facts is not None  # noqa: S101 - as above
    targets = answers.get("targets") or []
    write_targets(answering, targets)
    without = sum(1 for row in targets if not row.get("outcome"))
    if without:
        raise InvalidAnswers(
            {
                "targets": say(
                    "%(without)s of those it reaches have no outcome yet.", without=without
                )
            }
        )
    note_late(answering, answers.get("done_at"))
    action.outcome = answers.get("what_was_done")
    action.evidence = answers.get("evidence")
    action.settled_by = answering.actor.id
    action.declined_because = None
    answering.mover.case.record(
        "action:done",
        {"action": action.number, "party": action.party, **_without_rows(answers)},
        answering.mover.by,
    )


def write_targets(answering: Answering, targets: list[dict[str, Any]]) -> None:
    """Write the outcomes that differ from what is known; an acceptance ends with its outcome."""
    assert answering.action_facts is not None  # noqa: S101 - as above
    known = {str(one.id): (one.outcome, one.note or "") for one in answering.action_facts.targets}
    changed = [
        {
            "id": UUID(row["target"]),
            "outcome": TargetOutcome(row["outcome"]).value,
            "note": row.get("note"),
            "at": answering.mover.case.now,
            "who": answering.actor.id,
        }
        for row in targets
        if row.get("outcome")
        and known[row["target"]] != (TargetOutcome(row["outcome"]), row.get("note") or "")
    ]
    if changed:
        answering.mover.case.conn.execute(
            text(
                "UPDATE target SET outcome = :outcome, note = :note, answered_at = :at,"
                " answered_by = :who, accepted_by = NULL, accepted_because = NULL WHERE id = :id"
            ),
            changed,
        )


def _declined(answering: Answering, action: Action, answers: Mapping[str, Any]) -> None:
    reason = answers.get("reason") or ""
    write_action(answering.mover, action, declined_because=reason)
    content = {"action": action.number, "party": action.party, "reason": reason}
    if answers.get("not_ours"):
        # it was never theirs: the whole stint goes back to who sent it (The ledger, 6)
        answering.charged_to = sender_of(answering.mover, action)
        content |= {"not_ours": True, "charged_to": answering.charged_to}
    answering.mover.case.record("action:declined", content, answering.mover.by)


def note_late(answering: Answering, done_at: object) -> None:
    """Take down that it had happened before it was entered (The ledger, 8).

    Raises InvalidAnswers unless that lies between being asked and now.
    """
    if not isinstance(done_at, str):
        return
    happened_at = datetime.fromisoformat(done_at)
    if not answering.item.opened_at <= happened_at <= answering.mover.case.now:
        raise InvalidAnswers({"done_at": say("This lies between when you were asked and now.")})
    answering.happened_at = happened_at


def tell_whose_time_it_is_then(answering: Answering) -> None:
    """Record which parties' time it becomes by a late note, if it is one, so that they are told."""
    case, happened_at = answering.mover.case, answering.happened_at
    if happened_at is None:
        return
    ledger = incident_ledger(case.conn, case.incident.id, case.now)
    theirs = {
        line.party for line in ledger.lines if line.is_claimed and line.item_id != answering.item.id
    }
    if theirs:
        case.record(
            "time:claimed",
            {"from": happened_at, "until": case.now, "parties": sorted(theirs)},
            answering.mover.by,
        )


def sender_of(mover: Mover, action: Action) -> Party:
    """Return the party of who asked for the action: the desk where it was asked again there."""
    asked_again = mover.case.conn.scalar(
        select(t.work_item.c.party)
        .where(
            t.work_item.c.action_id == action.id,
            t.work_item.c.lane == Lane.SERVICE_DESK,
            t.work_item.c.ended_at.is_not(None),
        )
        .order_by(t.work_item.c.ended_at.desc())
        .limit(1)
    )
    if asked_again is not None:
        return Party(asked_again)
    if action.proposed_by is None:
        return mover.process.desk_party
    proposer = load_calendars(mover.case.conn, [action.proposed_by])[1][action.proposed_by]
    return proposer.party or Party.BUSINESS


def _asked_again(answering: Answering, action: Action, answers: Mapping[str, Any]) -> None:
    party = Party(answers.get("party") or action.party)
    team = UUID(answers["team"]) if answers.get("team") else None
    person = UUID(answers["person"]) if answers.get("person") else None
    check_asked(answering.mover, party, team, person)
    write_action(
        answering.mover,
        action,
        declined_because=None,
        party=party,
        team_id=team,
        person_id=person,
    )
    answering.process_data["party"] = action.party
    answering.mover.case.record(
        "action:asked_again",
        {"action": action.number, "party": action.party, "reason": answers.get("reason")},
        answering.mover.by,
    )


def _without_rows(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Rows are facts of their own table; the entry holds how many ended how."""
    kept = {name: value for name, value in answers.items() if name != "targets"}
    rows = answers.get("targets") or []
    if rows:
        kept["targets"] = {
            outcome: sum(1 for row in rows if row.get("outcome") == outcome)
            for outcome in sorted({row["outcome"] for row in rows if row.get("outcome")})
        }
    return kept
