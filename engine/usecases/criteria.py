"""How we know that it is right: worded, changed, missed, and made good by agreement.

A criterion is never worded anew in place: what people said yes to must stay readable.  A newcomer
would let one that was missed be replaced: it stays, and what makes it good counts beside it, once
owner and confirmer have both signed.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, insert, select, text, update

from engine.domain.permissions import Actor, Verb
from engine.domain.standing import Standing
from engine.errors import Conflict, InvalidAnswers, NotAllowed, NotFound
from engine.store import schema as t
from engine.store.facts import IN_FORCE
from engine.usecases.handling import Handling
from engine.usecases.running import PROPOSED, Mover
from engine.usecases.standing import require

_OWNERS = frozenset({Standing.OWNER, Standing.DEPUTY_OWNER})


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
        raise InvalidAnswers({"reason": "Please say why."})
    with handling.store.begin() as work:
        case = work.incident(incident_id)
        mover = Mover(handling, case, actor)
        require(mover, actor, Verb.CHANGE_CRITERIA)
        before = in_force(mover)
        if {_wording(one) for one in before} == {_wording(one) for one in wanted}:
            raise InvalidAnswers({"criteria": "This is how it is worded already."})
        seq = case.record(
            "incident:criteria_changed",
            {
                "reason": reason,
                "before": [_told(one) for one in before],
                "now": [_told(one) for one in wanted],
            },
            actor,
        )
        word_criteria(mover, wanted, seq)
        check_again(mover)


def word_criteria(mover: Mover, wanted: Sequence[Mapping[str, Any]], seq: int) -> None:
    """Make the criteria in force just these; an unchanged one keeps its check.

    A changed wording is a new criterion beside the old one, which stays for the record; so do
    missed ones, and those that wait for signatures.
    """
    live = {_wording(row): row["id"] for row in in_force(mover)}
    kept = {_wording(one) for one in wanted}
    _end(mover, [its for wording, its in live.items() if wording not in kept], seq)
    new = [
        _criterion(mover, one, position, seq)
        for position, one in enumerate(wanted)
        if _wording(one) not in live
    ]
    if new:
        mover.case.conn.execute(insert(t.criterion), new)


def miss_criterion(
    handling: Handling, incident_id: UUID, criterion_id: UUID, *, why: str, actor: Actor
) -> None:
    """Say that a criterion can no longer be met; it stays so, and another has to make it good.

    Raises NotFound, NotAllowed for anybody but the lead and the owner, IncidentClosed,
    InvalidAnswers without a reason, or Conflict if it is not in force.
    """
    if not why.strip():
        raise InvalidAnswers({"why": "Please say why it can no longer be met."})
    with handling.store.begin() as work:
        mover = Mover(handling, work.incident(incident_id), actor)
        require(mover, actor, Verb.CHANGE_CRITERIA)
        missed = next((one for one in in_force(mover) if one["id"] == criterion_id), None)
        if missed is None:
            raise Conflict("This point was changed meanwhile.")
        content = {"criterion": str(criterion_id), "measure": missed["measure"], "why": why}
        seq = mover.case.record("criterion:missed", content, actor)
        mover.case.conn.execute(
            update(t.criterion)
            .where(t.criterion.c.id == criterion_id)
            .values(missed_at=work.now, missed_because=why, changed_seq=seq)
        )
        check_again(mover)


def propose_make_good(
    handling: Handling,
    incident_id: UUID,
    missed_id: UUID,
    worded: Mapping[str, Any],
    *,
    actor: Actor,
) -> UUID:
    """Propose what makes a missed criterion good and return its id; the newest proposal stands.

    It counts once an owner and a confirmer have signed; an owner who proposes it has.  Raises
    NotFound, NotAllowed for anybody but the lead and the owner, IncidentClosed, or Conflict.
    """
    with handling.store.begin() as work:
        mover = Mover(handling, work.incident(incident_id), actor)
        standing = require(mover, actor, Verb.CHANGE_CRITERIA)
        missed = _criterion_of(mover, missed_id)
        if missed.missed_at is None or missed.withdrawn_at is not None:
            raise Conflict("This point was not missed.")
        earlier = _standing_in(mover, missed_id)
        if earlier is not None and not earlier.is_pending:
            raise Conflict("Something is agreed in its place already.")
        content = {"instead_of": str(missed_id), "missed": missed.measure, **_told(worded)}
        seq = mover.case.record("criterion:make_good_proposed", content, actor)
        if earlier is not None:
            _end(mover, [earlier.id], seq)
        made = _criterion(mover, worded, missed.position, seq)
        mover.case.conn.execute(
            insert(t.criterion), made | {"instead_of": missed_id, "is_pending": True}
        )
        if standing & _OWNERS:
            _sign(mover, made["id"], made["measure"], "owner", actor)
        return UUID(str(made["id"]))


def sign_make_good(
    handling: Handling, incident_id: UUID, criterion_id: UUID, *, actor: Actor
) -> None:
    """Agree, as owner or as confirmer, that this makes a missed criterion good.

    With both it counts: earlier answers end, and what is being checked is checked again.
    Raises NotFound, NotAllowed for anybody else or for one person in both places,
    IncidentClosed, or Conflict.
    """
    with handling.store.begin() as work:
        mover = Mover(handling, work.incident(incident_id), actor)
        standing = require(mover, actor, Verb.SIGN_MAKE_GOOD)
        pending = _criterion_of(mover, criterion_id)
        if not pending.is_pending or pending.withdrawn_at is not None:
            raise Conflict("This was agreed or replaced meanwhile.")
        signed = _signatures(mover, criterion_id)
        if actor.id in signed.values():
            raise NotAllowed("You have signed this; somebody else signs for the other side.")
        place = "owner" if standing & _OWNERS and "owner" not in signed else "confirmer"
        if place in signed or (place == "confirmer" and Standing.CONFIRMER not in standing):
            raise NotAllowed("This is signed for your side already.")
        seq = _sign(mover, criterion_id, pending.measure, place, actor)
        if len(signed) == 1:
            mover.case.conn.execute(
                update(t.criterion)
                .where(t.criterion.c.id == criterion_id)
                .values(is_pending=False, changed_seq=seq)
            )
            check_again(mover)


def check_again(mover: Mover) -> None:
    """Take the incident back from being checked or confirmed, so that it is checked anew."""
    mover.forget()
    if any(at["message"] == PROPOSED for at in mover.own_run.waiting):
        mover.move(mover.own_run, message=PROPOSED)
    mover.settle()


def in_force(mover: Mover) -> list[dict[str, Any]]:
    """Return the criteria that count now, in their order, by column."""
    rows = mover.case.conn.execute(
        select(t.criterion)
        .where(t.criterion.c.incident_id == mover.case.incident.id, text(IN_FORCE))
        .order_by(t.criterion.c.position, t.criterion.c.changed_seq)
    )
    return [dict(row) for row in rows.mappings()]


def _sign(mover: Mover, criterion_id: UUID, measure: str, place: str, actor: Actor) -> int:
    content = {"criterion": str(criterion_id), "measure": measure, "as": place}
    seq = mover.case.record("criterion:signed", content, actor)
    mover.case.conn.execute(
        insert(t.criterion_signature),
        {
            "criterion_id": criterion_id,
            "signs_as": place,
            "incident_id": mover.case.incident.id,
            "person_id": actor.id,
            "signed_at": mover.case.now,
            "entry_seq": seq,
        },
    )
    return seq


def _signatures(mover: Mover, criterion_id: UUID) -> dict[str, UUID]:
    signature = t.criterion_signature.c
    rows = mover.case.conn.execute(
        select(signature.signs_as, signature.person_id).where(
            signature.criterion_id == criterion_id
        )
    )
    return {row.signs_as: row.person_id for row in rows}


def _criterion_of(mover: Mover, criterion_id: UUID) -> Row[Any]:
    row = mover.case.conn.execute(
        select(t.criterion).where(
            t.criterion.c.id == criterion_id,
            t.criterion.c.incident_id == mover.case.incident.id,
        )
    ).first()
    if row is None:
        raise NotFound("There is no such point here.")
    return row


def _standing_in(mover: Mover, missed_id: UUID) -> Row[Any] | None:
    return mover.case.conn.execute(
        select(t.criterion).where(
            t.criterion.c.instead_of == missed_id, t.criterion.c.withdrawn_at.is_(None)
        )
    ).first()


def _end(mover: Mover, criteria: list[UUID], seq: int) -> None:
    if criteria:
        mover.case.conn.execute(
            update(t.criterion)
            .where(t.criterion.c.id.in_(criteria))
            .values(withdrawn_at=mover.case.now, changed_seq=seq)
        )


def _criterion(mover: Mover, one: Mapping[str, Any], position: int, seq: int) -> dict[str, Any]:
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


def _told(one: Mapping[str, Any]) -> dict[str, Any]:
    names = ("measure", "threshold", "evidence", "must_hold")
    return dict(zip(names, _wording(one), strict=True))
