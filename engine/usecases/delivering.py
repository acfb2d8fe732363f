"""What follows once mail has reached people whom nothing else reaches, and once it never will.

A newcomer would count from when somebody was to be written to: a mail server that is down would
turn into their silence.  Until it is delivered, and if it comes back, the time is the asker's, and
no ladder runs (rules, The ledger 2; The ladder).
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.incident import IncidentState
from engine.domain.mark import Mark
from engine.domain.message import MessageKind
from engine.domain.permissions import Machine
from engine.store.jobs import defer_stepping_in, defer_undelivered
from engine.store.rows import Item
from engine.usecases import climbing
from engine.usecases.handling import Handling
from engine.usecases.links import end_links
from engine.usecases.running import Mover

POST = Machine("Putright's post")

_DELIVERED = text(
    "UPDATE work_item SET waits_for_mail = false, delivered_at = greatest(opened_at, :at)"
    " WHERE id = :id"
)
_LOST = text("""
    UPDATE person SET unreachable_since = :now, unreachable_because = :why
    WHERE id = :id AND unreachable_since IS NULL AND password_hash IS NULL
""")
_FOUND = text(
    "UPDATE person SET unreachable_since = NULL, unreachable_because = NULL WHERE id = :id"
)
_BY_ADDRESS = text("SELECT id FROM person WHERE lower(email) = lower(:address) AND is_active")
_WAITING_FOR = text("""
    SELECT id FROM work_item
    WHERE ended_at IS NULL AND people @> ARRAY[CAST(:id AS uuid)] AND mark IS NOT NULL
""")
_NAME = text("SELECT name, unreachable_because FROM person WHERE id = :id")


def delivered(handling: Handling, item_id: UUID, at: datetime) -> None:
    """Count the people of this to-do as asked from `at` (aware) on; doing it again changes nothing.

    A closing decision that waits for their answer opens later by as much.  Raises NotFound.
    """
    with handling.store.begin() as work:
        case, item, _ = work.item(item_id)
        if not item.waits_for_mail:
            return
        work.conn.execute(_DELIVERED, {"id": item_id, "at": at})
        if item.ended_at is not None:
            return
        case.record("item:delivered", {"step": item.step, "item": str(item_id), "at": at}, POST)
        if item.mark == Mark.CONFIRMATION and case.incident.state == IncidentState.OPEN:
            Mover(handling, case, POST).reread_timers()


def undelivered(handling: Handling, item_id: UUID, person_id: UUID) -> None:
    """Ask who is next for a to-do that did not reach somebody, and tell the lead.

    Doing it again changes nothing but the record.  Raises NotFound.
    """
    with handling.store.begin() as work:
        case, item, _ = work.item(item_id)
        if item.ended_at is not None or case.incident.state != IncidentState.OPEN:
            return
        who = work.conn.execute(_NAME, {"id": person_id}).one()
        content = {"step": item.step, "person": who.name, "why": who.unreachable_because}
        case.record("item:undelivered", content, POST)
        mover = Mover(handling, case, POST)
        mover.tell(MessageKind.UNDELIVERED, [case.incident.lead_id], item_id)
        _ask_next(mover, item)


def _ask_next(mover: Mover, item: Item) -> None:
    if item.mark == Mark.CONFIRMATION:
        climbing.ask_beside(mover, item.id)


def bounced(handling: Handling, address: str, why: str) -> int:
    """Note that mail to this address comes back; return how many people have it."""
    with handling.store.begin() as work:
        people = work.conn.scalars(_BY_ADDRESS, {"address": address}).all()
        for who in people:
            lose(work.conn, who, why, work.now)
        return len(people)


def lose(conn: Connection, person_id: UUID, why: str, now: datetime) -> None:
    """Note that mail does not reach somebody, and have who is next asked once this has committed.

    Nothing for those who sign in: they are reached all the same.  `why` is what was said.
    """
    if not conn.execute(_LOST, {"id": person_id, "why": why, "now": now}).rowcount:
        return
    end_links(conn, person_id, now)
    defer_stepping_in(conn, [person_id])
    if items := conn.scalars(_WAITING_FOR, {"id": person_id}).all():
        defer_undelivered(conn, items, person_id)


def find(conn: Connection, person_id: UUID) -> None:
    """Note that mail reaches somebody again, at an address that was seen to."""
    conn.execute(_FOUND, {"id": person_id})
