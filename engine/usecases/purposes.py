"""An auditor states why customers' personal data is read, of what, and for how long.

Each statement, and its end, is an entry of the auditor's own access chain.  A newcomer would let
it last until it is ended: what is forgotten would stay open for ever.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update

from engine.domain.access import LONGEST_PURPOSE, PURPOSE_ENDED, PURPOSE_STATED, wanting_in
from engine.domain.permissions import Actor, may_audit
from engine.errors import InvalidAnswers, NotAllowed, NotFound
from engine.language import say
from engine.queries.purposes import numbered
from engine.store import schema as t
from engine.store.access import access_chain
from engine.store.work import Store

_MOST_INCIDENTS = 200


def state_purpose(
    store: Store, why: str, *, lasts: timedelta, numbers: Sequence[int] | None, actor: Actor
) -> UUID:
    """Let the auditor read it from now on; `numbers` are incidents', None is everything.

    Raises NotAllowed for anybody else, or InvalidAnswers.
    """
    if not may_audit(actor):
        raise NotAllowed(say("Only auditors state a purpose."))
    _check(why, lasts, numbers)
    with store.begin() as work:
        ids = None if numbers is None else _ids(numbered(work.conn, [*numbers]), numbers)
        made = {"id": uuid4(), "why": why.strip(), "until": work.now + lasts}
        row = made | {"person_id": actor.id, "incident_ids": ids, "stated_at": work.now}
        work.conn.execute(insert(t.purpose), row)
        content = made | {"incidents": "everything" if numbers is None else sorted({*numbers})}
        only = ids[0] if ids is not None and len(ids) == 1 else None
        access_chain(work, actor).add(PURPOSE_STATED, content, actor, only)
        return made["id"]  # type: ignore[return-value]


def end_purpose(store: Store, purpose_id: UUID, *, actor: Actor) -> None:
    """End it before its time; one that is over stays over.  Raises NotFound for another's."""
    with store.begin() as work:
        own = (t.purpose.c.id == purpose_id) & (t.purpose.c.person_id == actor.id)
        found = work.conn.execute(select(t.purpose).where(own).with_for_update()).first()
        if found is None:
            raise NotFound(say("There is no such purpose."))
        if found.ended_at is None and found.until > work.now:
            work.conn.execute(update(t.purpose).where(own).values(ended_at=work.now))
            access_chain(work, actor).add(PURPOSE_ENDED, {"id": purpose_id}, actor)


def _check(why: str, lasts: timedelta, numbers: Sequence[int] | None) -> None:
    wrong = {}
    if wanting := wanting_in(why):
        wrong["why"] = wanting
    if not timedelta(0) < lasts <= LONGEST_PURPOSE:
        wrong["lasts"] = say("A purpose lasts a working day at most.")
    if numbers is not None and not 1 <= len(numbers) <= _MOST_INCIDENTS:
        wrong["incidents"] = say(
            "Please name 1 to %(most)s incidents by their numbers.", most=_MOST_INCIDENTS
        )
    if wrong:
        raise InvalidAnswers(wrong)


def _ids(known: Mapping[int, UUID], numbers: Sequence[int]) -> list[UUID]:
    missing = sorted({*numbers} - {*known})
    if missing:
        raise InvalidAnswers(
            {
                "incidents": say(
                    "There is no incident %(numbers)s.",
                    numbers=", ".join(f"#{one}" for one in missing),
                )
            }
        )
    return [known[one] for one in sorted({*numbers})]
