"""A criterion that can no longer be met is missed, and another one makes it good by agreement.

A newcomer would let a missed one be replaced: it stays, and what makes it good counts beside it,
once owner and confirmer have both signed.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, update

from engine.domain.permissions import Actor, Verb
from engine.domain.standing import Standing
from engine.errors import Conflict, InvalidAnswers, NotAllowed, NotFound
from engine.language import say
from engine.store import schema as t
from engine.usecases.criteria import criterion_row, end_criteria, in_force, told
from engine.usecases.handling import Handling
from engine.usecases.running import Mover
from engine.usecases.standing import require

_OWNERS = frozenset({Standing.OWNER, Standing.DEPUTY_OWNER})


def miss_criterion(
    handling: Handling, incident_id: UUID, criterion_id: UUID, *, why: str, actor: Actor
) -> None:
    """Say that a criterion can no longer be met; it stays so, and another has to make it good.

    Raises NotFound, NotAllowed for anybody but the lead and the owner, IncidentClosed,
    InvalidAnswers without a reason, or Conflict if it is not in force.
    """
    if not why.strip():
        raise InvalidAnswers({"why": say("Please say why it can no longer be met.")})
    with handling.store.begin() as work:
        mover = Mover(handling, work.incident(incident_id), actor)
        require(mover, actor, Verb.CHANGE_CRITERIA)
        missed = next((one for one in in_force(mover) if one["id"] == criterion_id), None)
        if missed is None:
            raise Conflict(say("This point was changed meanwhile."))
        content = {"criterion": str(criterion_id), "measure": missed["measure"], "why": why}
        seq = mover.case.record("criterion:missed", content, actor)
        mover.case.conn.execute(
            update(t.criterion)
            .where(t.criterion.c.id == criterion_id)
            .values(missed_at=work.now, missed_because=why, changed_seq=seq)
        )
        mover.check_again()


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
            raise Conflict(say("This point was not missed."))
        earlier = _standing_in(mover, missed_id)
        if earlier is not None and not earlier.is_pending:
            raise Conflict(say("Something is agreed in its place already."))
        content = {"instead_of": str(missed_id), "missed": missed.measure, **told(worded)}
        seq = mover.case.record("criterion:make_good_proposed", content, actor)
        if earlier is not None:
            end_criteria(mover, [earlier.id], seq)
        made = criterion_row(mover, worded, missed.position, seq)
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
            raise Conflict(say("This was agreed or replaced meanwhile."))
        signed = _signatures(mover, criterion_id)
        if actor.id in signed.values():
            raise NotAllowed(say("You have signed this; somebody else signs for the other side."))
        place = "owner" if standing & _OWNERS and "owner" not in signed else "confirmer"
        if place in signed or (place == "confirmer" and Standing.CONFIRMER not in standing):
            raise NotAllowed(say("This is signed for your side already."))
        seq = _sign(mover, criterion_id, pending.measure, place, actor)
        if len(signed) == 1:
            mover.case.conn.execute(
                update(t.criterion)
                .where(t.criterion.c.id == criterion_id)
                .values(is_pending=False, changed_seq=seq)
            )
            mover.check_again()


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
        raise NotFound(say("There is no such point here."))
    return row


def _standing_in(mover: Mover, missed_id: UUID) -> Row[Any] | None:
    return mover.case.conn.execute(
        select(t.criterion).where(
            t.criterion.c.instead_of == missed_id, t.criterion.c.withdrawn_at.is_(None)
        )
    ).first()
