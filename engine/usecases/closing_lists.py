"""Making one list of many answers that are missing, and closing the lines that somebody reviewed.

Each line is a closing decision of its own, with its own entry; that it was one of a list is kept
with it and told wherever it is.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert, text

from engine.domain.closing_list import allowance, to_be_phoned
from engine.domain.incident import Decided, Priority
from engine.domain.permissions import Actor
from engine.errors import Conflict, InvalidAnswers, NotAllowed
from engine.language import say
from engine.queries.closing_lists import closing_list, groups, last_made_at
from engine.store import schema as t
from engine.usecases.complete import complete
from engine.usecases.handling import Handling
from engine.usecases.many import Done, each

_HIGHEST_SEED = 2**31
_OPEN_DECISION = text("""
    SELECT id FROM work_item
    WHERE incident_id = :id AND mark = 'closing_decision' AND ended_at IS NULL
""")
# two at once: one of them makes the list of this week
_LOCK = text("SELECT 1 FROM business_process WHERE id = :process FOR NO KEY UPDATE")


def make_list(handling: Handling, process_id: UUID, priority: Priority, *, actor: Actor) -> int:
    """Make a list of what `actor` may decide of this process and priority; return its number.

    The oldest come first; a share of them is drawn at random to be phoned first.  Raises Conflict
    before the time for the next list has come, or InvalidAnswers where there is nothing to put on
    one.
    """
    allowed = allowance(priority, handling.rules)
    if allowed is None:
        raise InvalidAnswers({"priority": say("Only P3 and P4 are decided by list.")})
    with handling.store.begin() as work:
        work.conn.execute(_LOCK, {"process": process_id})
        last = last_made_at(work.conn, process_id, priority)
        if not allowed.may_be_made(last, work.now):
            raise Conflict(
                say(
                    "The next list can be made %(days)s days after the last one.",
                    days=allowed.every.days,
                )
            )
        found = groups(work.conn, actor.id, process_id=process_id, priority=priority)
        if not found:
            raise InvalidAnswers({"process": say("Nothing of this can be decided by list now.")})
        lines = found[0].incidents[: allowed.most]
        seed = secrets.randbelow(_HIGHEST_SEED)
        return _written(
            work.conn, process_id, priority, lines, seed, to_be_phoned(lines, handling.rules, seed),
            actor, work.now,
        )  # fmt: skip


def _written(
    conn: Connection,
    process_id: UUID,
    priority: Priority,
    lines: Sequence[UUID],
    seed: int,
    phoned: frozenset[UUID],
    actor: Actor,
    now: datetime,
) -> int:
    list_id = uuid4()
    number: int = conn.execute(
        insert(t.closing_list).returning(t.closing_list.c.number),
        {
            "id": list_id,
            "process_id": process_id,
            "priority": priority,
            "made_by": actor.id,
            "made_at": now,
            "seed": seed,
        },
    ).scalar_one()
    conn.execute(
        insert(t.closing_list_line),
        [
            {"list_id": list_id, "incident_id": one, "place": place, "is_phoned": one in phoned}
            for place, one in enumerate(lines, 1)
        ],
    )
    return number


def close_lines(
    handling: Handling,
    number: int,
    incidents: Sequence[UUID],
    *,
    reason: str,
    actor: Actor,
    key: str | None = None,
) -> Done:
    """Close these incidents of a list without the customer's answer, each by itself.

    What has changed meanwhile stays open, and is told.  Raises NotFound, NotAllowed for who has
    not made the list, or InvalidAnswers without a line or a reason.
    """
    if not incidents:
        raise InvalidAnswers({"lines": say("Please tick the lines that you close.")})
    if not reason.strip():
        raise InvalidAnswers({"reason": say("Please say why they are closed without an answer.")})
    with handling.store.read() as conn:
        found = closing_list(conn, number, actor)
    if found.made_by_id != actor.id:
        raise NotAllowed(
            say("%(name)s has made this list, and decides its lines.", name=found.made_by)
        )
    answers = {"decided": Decided.CLOSE.value, "reason": reason}

    def close(incident_id: UUID) -> None:
        with handling.store.read() as conn:
            item_id = conn.scalar(_OPEN_DECISION, {"id": incident_id})
        if item_id is None:
            raise Conflict(say("One is no longer to be decided."))
        complete(handling, item_id, answers, actor=actor, key=key, list_id=found.id)

    return each(incidents, close)
