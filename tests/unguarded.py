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
