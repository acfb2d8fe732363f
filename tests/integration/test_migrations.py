"""Migrations lead to today's tables, and running them again changes nothing."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from engine.store.embedded import DatabaseUrls
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
