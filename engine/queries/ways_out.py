"""Every way out beside closing recomputed from rows, as `closures.py` does it for closures.

It trusts neither what the use cases said nor the database's guard.  Whether criteria and
confirmers came along with a merge is told by the record of the incident they went to: its own
rows may have changed since.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from engine.domain.incident import WayOut
from engine.queries.chains import ENTRIES_SQL, tampered
from engine.queries.closed import BATCH
from engine.queries.closures import Unproven, unproven_of


@dataclass(frozen=True)
class WaysOut:
    """How many incidents are set aside and merged now, and those that lack their evidence."""

    set_aside: int
    merged: int
    unproven: tuple[Unproven, ...]


_OUT = text("""
    SELECT i.id, i.number, i.state, i.told_at, i.ended_at, i.head_seq, i.head_hash,
      i.is_restricted,
      w.kind, w.incident_id AS whose, w.person_id, w.reason, w.left_at, w.entry_seq, w.into_id,
      into_.told_at AS into_told_at,
      EXISTS (SELECT FROM way_back b WHERE b.way_out_id = w.id) AS is_undone,
      EXISTS (SELECT FROM work_item x JOIN action a ON a.id = x.action_id
        WHERE x.incident_id = i.id AND ((x.how = 'completed' AND x.ended_at <= i.ended_at)
          OR (a.kind = 'puts_right' AND (x.how = 'completed' OR x.claimed_by IS NOT NULL))))
        AS has_begun,
      EXISTS (SELECT FROM entry e WHERE e.incident_id = w.into_id AND e.verb = 'incident:joined'
        AND e.at = w.left_at AND coalesce(e.content->>'report', i.number::text) = i.number::text)
        AS is_joined
    FROM incident i LEFT JOIN way_out w ON w.id = i.way_out_id
    LEFT JOIN incident into_ ON into_.id = w.into_id
    WHERE i.state IN ('set_aside', 'merged') AND i.number > :after ORDER BY i.number LIMIT :most
""")
_ENTRIES = text(ENTRIES_SQL)


def ways_out(conn: Connection, keys: Mapping[str, bytes], *, batch: int = BATCH) -> WaysOut:
    """Return what is out of the handling, and what of it is not as its record says.

    `keys` are the audit chain's secrets by key id.  Two statements for each batch.
    """
    counts = dict.fromkeys(WayOut, 0)
    unproven = []
    after = 0
    while rows := conn.execute(_OUT, {"after": after, "most": batch}).all():
        entries: dict[object, list[Any]] = {row.id: [] for row in rows}
        for entry in conn.execute(_ENTRIES, {"ids": list(entries)}):
            entries[entry.incident_id].append(entry)
        for row in rows:
            counts[WayOut(row.state)] += 1
            why = [*_wrong(row, entries[row.id]), *tampered(row, entries[row.id], keys)]
            if why:
                unproven.append(unproven_of(row, why))
        after = rows[-1].number
    return WaysOut(counts[WayOut.SET_ASIDE], counts[WayOut.MERGED], tuple(unproven))


def _wrong(row: Any, entries: list[Any]) -> Iterator[str]:
    if (row.kind, row.whose, row.left_at) != (row.state, row.id, row.ended_at):
        yield "the way out it took is not its own"
        return
    if row.is_undone:
        yield "it was brought back from there"
    record = next((one for one in entries if one.seq == row.entry_seq), None)
    if (
        record is None
        or (record.verb, record.at) != (f"incident:{row.kind}", row.left_at)
        or record.person_id != row.person_id
    ):
        yield "no record says who took it out"
    elif record.content is not None and record.content.get("reason") != row.reason:
        yield "its record has another reason"
    if not row.reason.strip():
        yield "nobody has said why"
    if row.kind == WayOut.SET_ASIDE and row.has_begun:
        yield "somebody had begun to act on it"
    if row.kind == WayOut.MERGED and row.into_told_at > row.told_at:
        yield "it was told first and merged into a later one"
    if row.kind == WayOut.MERGED and not row.is_joined:
        yield "the other one has no record of it"
