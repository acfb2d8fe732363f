"""Migrations lead to today's tables, and running them again changes nothing.

A newcomer would trust Alembic's comparison: it is blind to the checks of single columns.
"""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from engine.store.embedded import DatabaseUrls, EmbeddedServer
from engine.store.guard import faults
from engine.store.migrate import is_current, is_ours, migrate, owner_engine
from engine.store.schema import metadata


def test_migrations_reach_todays_schema(database: DatabaseUrls) -> None:
    with owner_engine(database.owner_url).connect() as conn:
        context = MigrationContext.configure(conn, opts={"include_name": is_ours})

        assert compare_metadata(context, metadata) == []
        assert is_current(conn)


def test_migrating_again_changes_nothing(database: DatabaseUrls) -> None:
    migrate(database.owner_url)

    with owner_engine(database.owner_url).connect() as conn:
        assert is_current(conn)
        assert faults(conn) == []


# What a row may be, as PostgreSQL says it.
_CONSTRAINTS = text("""
SELECT conrelid::regclass::text AS of, pg_get_constraintdef(oid) AS says FROM pg_constraint
  WHERE conrelid <> 0 AND contype <> 't' AND connamespace = 'public'::regnamespace
""")


def constraints(owner_url: str) -> set[tuple[str, str]]:
    with owner_engine(owner_url).connect() as conn:
        rows = conn.execute(_CONSTRAINTS).all()
    return {(row.of, row.says) for row in rows if not row.of.startswith(("procr", "alembic"))}


def test_migrations_reach_every_check_and_reference_of_todays_schema(
    database: DatabaseUrls, server: EmbeddedServer
) -> None:
    created = server.create_database("created")
    with owner_engine(created.owner_url).begin() as conn:
        metadata.create_all(conn)

    assert constraints(database.owner_url) == constraints(created.owner_url)
    server.drop_database("created")
