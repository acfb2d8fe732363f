"""Having every closure recomputed, for an auditor, by a worker: hundreds at a time.

What is found is kept with when it was looked for and by which version of Putright, so that a page
can show it at once however much there is.  Killed, the check goes on where it was.  A newcomer
would hold one transaction open for all of it: nothing could be cleaned up meanwhile.
"""

from importlib.metadata import version
from itertools import islice
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select, update

from engine.domain.incident import IncidentState
from engine.domain.permissions import Actor
from engine.queries.closed import BATCH, all_closed
from engine.queries.closures import findings, unproven_of
from engine.queries.ways_out import ways_out
from engine.store import schema as t
from engine.store.jobs import defer_closure_check
from engine.store.work import Store, Work
from engine.usecases.at_the_desk import require_auditor


def ask_check(store: Store, *, actor: Actor) -> UUID:
    """Have everything checked soon, and return the check's id; one that goes on is that one.

    Raises NotAllowed for anybody but an auditor.
    """
    require_auditor(actor)
    check = t.closure_check.c
    with store.begin() as work:
        found = work.conn.scalar(select(check.id).where(check.ended_at.is_(None)))
        if found is None:
            found = uuid4()
            closed = select(func.count()).where(t.incident.c.state == IncidentState.CLOSED)
            work.conn.execute(
                insert(t.closure_check),
                {
                    "id": found,
                    "asked_by": actor.id,
                    "asked_at": work.now,
                    "version": version("putright"),
                    "total": work.conn.scalar(closed),
                },
            )
        # one whose worker was lost goes on
        defer_closure_check(work.conn, found)
    return UUID(str(found))


def check_all(store: Store, check_id: UUID, *, at_once: int = BATCH) -> None:
    """Check what is left to be checked; done again once it has ended, it does nothing.

    Raises Busy or Unavailable, to be tried again.
    """
    while True:
        with store.begin() as work:
            if not _go_on(work, check_id, at_once):
                return


def _go_on(work: Work, check_id: UUID, at_once: int) -> bool:
    """Check the next ones, or come to the end; return whether something is left to do."""
    check = t.closure_check.c
    row = work.conn.execute(
        select(t.closure_check).where(check.id == check_id).with_for_update()
    ).one()
    if row.ended_at is not None:
        return False
    keys = work.key.known
    looked_at = list(islice(all_closed(work.conn, at_once, after=row.after_number), at_once))
    unproven = [unproven_of(one.row, why) for one in looked_at if (why := findings(one, keys))]
    after = {}
    if looked_at:
        after = {"after_number": looked_at[-1].row.number, "closed": row.closed + len(looked_at)}
    else:
        out = ways_out(work.conn, keys)
        unproven = list(out.unproven)
        after = {"set_aside": out.set_aside, "merged": out.merged, "ended_at": work.now}
    if unproven:
        work.conn.execute(
            insert(t.closure_finding),
            [
                {"check_id": check_id, "number": one.number, "incident_id": one.id, "why": one.why}
                for one in unproven
            ],
        )
    work.conn.execute(update(t.closure_check).where(check.id == check_id).values(**after))
    return bool(looked_at)
