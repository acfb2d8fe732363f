"""Receiving alerts: monitoring says them as often as it likes, and each is counted once.

Nothing here opens an incident or closes one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Connection, Uuid, bindparam, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from engine.domain.permissions import Actor
from engine.domain.signal import Alert, Gathered, Span, gather
from engine.errors import InvalidAnswers
from engine.language import say
from engine.store import schema as t
from engine.store.jobs import defer_telling
from engine.usecases.handling import Handling
from engine.usecases.signals import require_watching


def receive(
    handling: Handling, process_id: UUID, alerts: Sequence[Alert], *, actor: Actor
) -> list[UUID]:
    """Take alerts of a business process in, and return the signals that this changed.

    Each joins the signal that it is close to in time, or begins one; an instant that lies ahead
    is now.  When the last one of a signal is over, what grew from it is told so, and stays open.
    Raises NotAllowed outside our organisation, or InvalidAnswers for an unknown process.
    """
    require_watching(actor)
    with handling.store.begin() as work:
        _lock(work.conn, process_id)
        told = [_by_now(one, work.now) for one in alerts]
        window = handling.rules.signal_window
        spans = _spans(work.conn, process_id, min(one.started_at for one in told) - window)
        found = gather(told, spans, _going_on(work.conn, process_id, told), window)
        _write(work.conn, process_id, found)
        recovered = _count(work.conn, found.signal_ids)
        if recovered:
            defer_telling(work.conn, recovered)
        return found.signal_ids


def _lock(conn: Connection, process_id: UUID) -> None:
    """Let one at a time add to a process, so that two first alerts at once begin one signal."""
    one = select(t.business_process.c.id).where(t.business_process.c.id == process_id)
    if conn.scalar(one.with_for_update(key_share=True)) is None:
        raise InvalidAnswers({"process": say("Please choose from the business processes listed.")})


def _by_now(alert: Alert, now: datetime) -> Alert:
    over = alert.recovered_at
    return replace(
        alert,
        started_at=min(alert.started_at, now),
        recovered_at=None if over is None else min(over, now),
    )


def _spans(conn: Connection, process_id: UUID, since: datetime) -> list[Span]:
    rows = conn.execute(
        select(t.signal.c.id, t.signal.c.first_at, t.signal.c.last_at)
        .where(t.signal.c.process_id == process_id, t.signal.c.last_at >= since)
        .order_by(t.signal.c.last_at.desc())
    )
    return [Span(*row) for row in rows]


def _going_on(conn: Connection, process_id: UUID, told: Iterable[Alert]) -> dict[str, UUID]:
    rows = conn.execute(
        select(t.alert.c.key, t.alert.c.signal_id)
        .join(t.signal, t.signal.c.id == t.alert.c.signal_id)
        .where(
            t.signal.c.process_id == process_id,
            t.alert.c.key.in_({one.key for one in told}),
            t.alert.c.recovered_at.is_(None),
        )
    )
    return {row.key: row.signal_id for row in rows}


def _write(conn: Connection, process_id: UUID, found: Gathered) -> None:
    if found.begun:
        started = {signal: alert.started_at for signal, alert in reversed(found.new)}
        conn.execute(
            insert(t.signal),
            [
                {"id": one, "process_id": process_id, "first_at": at, "last_at": at}
                for one, at in started.items()
                if one in found.begun
            ],
        )
    if found.new:
        adding = upsert(t.alert)
        # one that was over has begun again
        again = adding.on_conflict_do_update(
            index_elements=["signal_id", "key"], set_={"recovered_at": None}
        )
        conn.execute(
            again,
            [
                {
                    "signal_id": signal,
                    "key": one.key,
                    "title": one.title,
                    "started_at": one.started_at,
                }
                for signal, one in found.new
            ],
        )
    if found.over:
        conn.execute(
            _OVER,
            [
                {"of": signal, "its_key": one.key, "at": one.recovered_at}
                for signal, one in found.over
            ],
        )


_OVER = (
    update(t.alert)
    .where(t.alert.c.signal_id == bindparam("of"), t.alert.c.key == bindparam("its_key"))
    .values(recovered_at=bindparam("at"))
)
_COUNT = text("""
    UPDATE signal s SET alerts = a.alerts, going_on = a.going_on, titles = a.titles[1:3],
      first_at = a.first_at, last_at = a.last_at,
      recovered_at = CASE WHEN a.going_on = 0 THEN a.recovered_at END
    FROM (SELECT signal_id, count(*) AS alerts,
            count(*) FILTER (WHERE recovered_at IS NULL) AS going_on,
            array_agg(DISTINCT title) AS titles,
            min(started_at) AS first_at, max(started_at) AS last_at,
            max(recovered_at) AS recovered_at
          FROM alert WHERE signal_id = ANY (:signals) GROUP BY signal_id) a
    WHERE s.id = a.signal_id RETURNING s.id, s.recovered_at
""").bindparams(bindparam("signals", type_=ARRAY(Uuid)))


def _count(conn: Connection, signals: Sequence[UUID]) -> list[UUID]:
    """Count what the signals hold anew, and return those of which nothing goes on any more."""
    rows = conn.execute(_COUNT, {"signals": list(signals)})
    return [row.id for row in rows if row.recovered_at is not None]
