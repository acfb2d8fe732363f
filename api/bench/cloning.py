"""Many incidents at once, all at the same stage: as one statement, not one by one."""

from typing import Any

from sqlalchemy import text

from api.bench.place import Place

_CLONE = """
    WITH twin AS (
      INSERT INTO incident ({columns}) SELECT {picked} FROM incident i, generate_series(1, :many)
      WHERE i.id = :of RETURNING id),
    ran AS (
      INSERT INTO run (id, incident_id, release_id, diagram, snapshot, waiting, due_at, started_at)
      SELECT gen_random_uuid(), twin.id, r.release_id, r.diagram, r.snapshot, r.waiting, {due},
        r.started_at
      FROM twin, run r WHERE r.incident_id = :of AND r.action_id IS NULL RETURNING incident_id)
    INSERT INTO confirmer (incident_id, person_id, named_at)
    SELECT ran.incident_id, c.person_id, c.named_at FROM ran, confirmer c
    WHERE c.incident_id = :of
"""


def clone(place: Place, incident: Any, many: int, due: str) -> None:
    """Add so many incidents that stand where one stands; `due` is SQL for when their runs are."""
    own = {"id": "gen_random_uuid()", "head_seq": "0", "head_hash": "''::bytea"}
    with place.store.begin() as work:
        # the guard's look at each new row was planned while the table was small: in life it is
        # planned anew as the table grows, here all rows come in one statement
        work.conn.execute(text("SET LOCAL enable_seqscan = off"))
        work.conn.execute(text("DISCARD PLANS"))
        names = [
            name
            for (name,) in work.conn.execute(
                text(
                    "SELECT attname FROM pg_attribute WHERE attrelid = 'incident'::regclass"
                    " AND attnum > 0 AND NOT attisdropped AND attidentity = ''"
                )
            )
        ]
        sql = _CLONE.format(
            columns=", ".join(names),
            picked=", ".join(own.get(name, f"i.{name}") for name in names),
            due=due,
        )
        work.conn.execute(text(sql), {"many": many, "of": incident})
