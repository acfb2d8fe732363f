"""How we know that it is right: criteria are worded, and changed.

A newcomer would word a criterion anew in place: what people said yes to must stay readable, so
that a new wording is a new criterion beside the old one.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select, text, update

from engine.domain.permissions import Actor, Verb
from engine.errors import InvalidAnswers
from engine.language import say
from engine.store import schema as t
from engine.store.facts import IN_FORCE
from engine.usecases.handling import Handling
from engine.usecases.running import Mover
from engine.usecases.standing import require


def change_criteria(
    handling: Handling,
    incident_id: UUID,
    wanted: Sequence[Mapping[str, Any]],
    *,
    reason: str,
    actor: Actor,
) -> None:
    """Make the criteria in force just these: {measure, threshold, evidence, must_hold}.

    It ends earlier answers, and what is being checked or confirmed is checked again.  Wording
    that stays changes nothing.  Raises NotFound, NotAllowed for anybody but the lead and the
    owner, IncidentClosed, or InvalidAnswers.
    """
    if not reason.strip():
        raise InvalidAnswers({"reason": say("Please say why.")})
    with handling.store.begin() as work:
        case = work.incident(incident_id)
        mover = Mover(handling, case, actor)
        require(mover, actor, Verb.CHANGE_CRITERIA)
        before = in_force(mover)
        if {_wording(one) for one in before} == {_wording(one) for one in wanted}:
            raise InvalidAnswers({"criteria": say("This is how it is worded already.")})
        seq = case.record(
            "incident:criteria_changed",
            {
                "reason": reason,
                "before": [told(one) for one in before],
                "now": [told(one) for one in wanted],
            },
            actor,
        )
        word_criteria(mover, wanted, seq)
        mover.check_again()


def word_criteria(mover: Mover, wanted: Sequence[Mapping[str, Any]], seq: int) -> None:
    """Make the criteria in force just these; an unchanged one keeps its check.

    A changed wording is a new criterion beside the old one, which stays for the record; so do
    missed ones, and those that wait for signatures.
    """
    live = {_wording(row): row["id"] for row in in_force(mover)}
    kept = {_wording(one) for one in wanted}
    end_criteria(mover, [its for wording, its in live.items() if wording not in kept], seq)
    new = [
        criterion_row(mover, one, position, seq)
        for position, one in enumerate(wanted)
        if _wording(one) not in live
    ]
    if new:
        mover.case.conn.execute(insert(t.criterion), new)


def in_force(mover: Mover) -> list[dict[str, Any]]:
    """Return the criteria that count now, in their order, by column."""
    rows = mover.case.conn.execute(
        select(t.criterion)
        .where(t.criterion.c.incident_id == mover.case.incident.id, text(IN_FORCE))
        .order_by(t.criterion.c.position, t.criterion.c.changed_seq)
    )
    return [dict(row) for row in rows.mappings()]


def end_criteria(mover: Mover, criteria: list[UUID], seq: int) -> None:
    """Withdraw these criteria; they stay for the record."""
    if criteria:
        mover.case.conn.execute(
            update(t.criterion)
            .where(t.criterion.c.id.in_(criteria))
            .values(withdrawn_at=mover.case.now, changed_seq=seq)
        )


def criterion_row(mover: Mover, one: Mapping[str, Any], position: int, seq: int) -> dict[str, Any]:
    """Return the row of a new criterion with this wording, worded by the entry `seq`."""
    measure, threshold, evidence, must_hold = _wording(one)
    return {
        "id": uuid4(),
        "incident_id": mover.case.incident.id,
        "position": position,
        "measure": measure,
        "threshold": threshold,
        "evidence": evidence,
        "must_hold": must_hold,
        "changed_seq": seq,
    }


def _wording(one: Mapping[str, Any]) -> tuple[str, str, str, int]:
    return (
        one["measure"],
        one["threshold"],
        one.get("evidence") or "",
        int(one.get("must_hold") or 1),
    )


def told(one: Mapping[str, Any]) -> dict[str, Any]:
    """Return a wording as entries hold it."""
    names = ("measure", "threshold", "evidence", "must_hold")
    return dict(zip(names, _wording(one), strict=True))
