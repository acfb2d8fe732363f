"""Whose time it was over many incidents: the ledgers of all of them, added up.

The rule of whose time it is stands in the domain once, and is not written again in SQL: however
many incidents there are, so many ledgers are cut and no more, of incidents drawn at random.  The
same ones are drawn each time, so that a figure does not move by itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.attribution import Dispute, DisputeState, attribute, disputed, totals
from engine.domain.ledger import Reason, cut
from engine.domain.party import Party
from engine.queries.chosen import Chosen
from engine.queries.ledger import stints_of, watching_of
from engine.queries.period_figures import ids_of

MOST_LEDGERS = 2_000
_AT_ONCE = 500


@dataclass(frozen=True)
class PartyTime:
    """Each party's time, together `whole`; `nobody` is what of it nobody was asked in.

    `disputed` is what of it is disputed and undecided.  It is of `ledgers` incidents, drawn from
    `total`.
    """

    ledgers: int
    total: int
    whole: timedelta
    parties: Mapping[Party, timedelta]
    nobody: timedelta
    disputed: timedelta

    def share(self, party: Party) -> float:
        """Return a party's part of the whole, from 0 to 1."""
        return self.parties[party] / self.whole if self.whole else 0.0


_INCIDENTS = text("""
    SELECT i.id, i.number, p.name AS process, i.highest_priority AS priority, i.told_at,
      i.ended_at, i.observed_until, coalesce(
      (SELECT team.party FROM membership m JOIN team ON team.id = m.team_id
       WHERE m.person_id = i.lead_id ORDER BY team.id <> p.desk_id, team.name LIMIT 1),
      'business') AS lead_party
    FROM incident i JOIN business_process p ON p.id = i.process_id WHERE i.id = ANY (:ids)
""")
# Until two were made of one report, whoever was asked was asked for both.
_ITEMS = text("""
    WITH RECURSIVE part (of, id, until) AS (
      SELECT i.id, i.id, CAST(NULL AS timestamptz) FROM incident i WHERE i.id = ANY (:ids)
      UNION ALL SELECT part.of, i.origin_id, r.started_at FROM part
        JOIN incident i ON i.id = part.id AND i.origin = 'split'
        JOIN run r ON r.incident_id = i.id AND r.action_id IS NULL)
    SELECT part.of, w.id, coalesce(w.charged_to, w.party) AS party, w.opened_at, w.waits_for_mail,
      w.delivered_at, least(w.happened_at, w.ended_at, part.until) AS until, w.mark,
      '' AS title, NULL AS action_title
    FROM part JOIN work_item w ON w.incident_id = part.id
      AND (part.until IS NULL OR w.opened_at < part.until)
    LEFT JOIN action a ON a.id = w.action_id WHERE a.id IS NULL OR a.kind = 'puts_right'
    ORDER BY w.opened_at, w.id
""")
_WATCHED = text("""
    SELECT incident_id AS of, verified_at FROM verification
    WHERE incident_id = ANY (:ids) AND verdict = 'watch_until' ORDER BY entry_seq
""")
_OUT = text("""
    SELECT o.incident_id AS of, o.left_at, b.returned_at
    FROM way_out o JOIN way_back b ON b.way_out_id = o.id
    WHERE o.incident_id = ANY (:ids) ORDER BY o.left_at
""")
_DISPUTES = text("""
    SELECT d.incident_id AS of, d.id, d.since, d.until, d.party, d.should_be,
      coalesce(e.how, 'open') AS state
    FROM dispute d LEFT JOIN dispute_end e ON e.dispute_id = d.id
    WHERE d.incident_id = ANY (:ids) ORDER BY d.entry_seq
""")


def party_time(
    conn: Connection, chosen: Chosen, now: datetime, *, most: int = MOST_LEDGERS
) -> PartyTime:
    """Return whose time it was in the incidents chosen, as far as `now` (aware).

    Labels that a dispute has moved count as moved.  Five statements for each 500 ledgers.
    """
    ids, total = ids_of(conn, chosen, most=most)
    cuts = [
        one
        for place in range(0, len(ids), _AT_ONCE)
        for one in _ledgers(conn, ids[place : place + _AT_ONCE], now)
    ]
    sums = {party: _sum(one.parties[party] for one in cuts) for party in Party}
    return PartyTime(
        len(ids),
        total,
        _sum(sums.values()),
        sums,
        _sum(one.nobody for one in cuts),
        _sum(one.disputed for one in cuts),
    )


def _sum(lengths: Iterable[timedelta]) -> timedelta:
    return sum(lengths, timedelta(0))


@dataclass(frozen=True)
class Held:
    """How long a party had an incident; `whole` is all of its time."""

    number: int
    process: str
    priority: str
    length: timedelta
    whole: timedelta


def longest_held(
    conn: Connection,
    chosen: Chosen,
    party: Party,
    now: datetime,
    *,
    drawn: int = MOST_LEDGERS,
    most: int = 200,
) -> Sequence[Held]:
    """Return where a party's time went, of the incidents that `party_time` adds up: longest first.

    Those that it never had are left out.
    """
    ids, _ = ids_of(conn, chosen, most=drawn)
    cuts = [
        one
        for place in range(0, len(ids), _AT_ONCE)
        for one in _ledgers(conn, ids[place : place + _AT_ONCE], now)
        if one.parties[party]
    ]
    cuts.sort(key=lambda one: (-one.parties[party], one.number))
    return [
        Held(one.number, one.process, one.priority, one.parties[party], _sum(one.parties.values()))
        for one in cuts[:most]
    ]


@dataclass(frozen=True)
class _Cut:
    number: int
    process: str
    priority: str
    parties: Mapping[Party, timedelta]
    nobody: timedelta
    disputed: timedelta


def _ledgers(conn: Connection, ids: Sequence[UUID], now: datetime) -> list[_Cut]:
    asked = {"ids": list(ids)}
    items, watched, out, disputes = (
        _by_incident(conn.execute(sql, asked)) for sql in (_ITEMS, _WATCHED, _OUT, _DISPUTES)
    )
    return [
        _ledger(row, items[row.id], watched[row.id], out[row.id], disputes[row.id], now)
        for row in conn.execute(_INCIDENTS, asked)
    ]


def _by_incident(rows: Any) -> defaultdict[UUID, list[Any]]:
    found: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.of].append(row)
    return found


def _ledger(
    about: Any,
    items: Sequence[Any],
    watched: Sequence[Any],
    out: Sequence[Any],
    disputes: Sequence[Any],
    now: datetime,
) -> _Cut:
    asker = Party(about.lead_party)
    segments = cut(
        about.told_at,
        max(about.ended_at or about.observed_until or now, about.told_at),
        [stint for row in items for stint in stints_of(row, asker)],
        lead_party=asker,
        watching=list(
            watching_of([row.verified_at for row in watched], [row.opened_at for row in items])
        ),
        out=[(row.left_at, row.returned_at) for row in out],
    )
    attributed = attribute(segments, [], [_dispute(row) for row in disputes])
    nobody = _sum(one.length for one in segments if one.reason is Reason.NOBODY)
    return _Cut(
        about.number,
        about.process,
        about.priority,
        totals(attributed),
        nobody,
        disputed(attributed),
    )


def _dispute(row: Any) -> Dispute:
    parties = Party(row.party), Party(row.should_be)
    return Dispute(row.id, row.since, row.until, *parties, DisputeState(row.state))
