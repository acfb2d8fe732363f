"""The database without its guard, as whoever may alter the schema can have it."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text

from engine.store.embedded import DatabaseUrls
from engine.store.migrate import owner_engine

GUARDED = (
    "incident",
    "action",
    "criterion",
    "confirmer",
    "confirmation",
    "confirmation_line",
    "decision",
    "target",
    "verification",
    "entry",
    "work_item",
    "way_out",
    "way_back",
    "register_entry",
    "signed_head",
    "signed_leaf",
    "head_receipt",
)


@contextmanager
def unguarded(database: DatabaseUrls) -> Iterator[Connection]:
    """Somebody who may alter the schema has switched the guard off."""
    engine: Engine = owner_engine(database.owner_url)
    with engine.begin() as conn:
        for table in GUARDED:
            conn.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        yield conn
    engine.dispose()


def unreferred(conn: Connection, table: str) -> None:
    """Take away what refers to the table's rows, so that one of them can be taken out."""
    found = conn.execute(
        text(
            "SELECT conrelid::regclass::text AS of, conname FROM pg_constraint"
            " WHERE contype = 'f' AND confrelid = CAST(:table AS regclass)"
        ),
        {"table": table},
    ).all()
    for row in found:
        conn.execute(text(f"ALTER TABLE {row.of} DROP CONSTRAINT {row.conname}"))
