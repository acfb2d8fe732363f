"""Migrations reach today's schema: what `schema.py` says is what a migrated database has."""

from sqlalchemy import text

from engine.store import schema as t
from engine.store.embedded import DatabaseUrls, EmbeddedServer
from engine.store.migrate import is_current, migrate, owner_engine

# Everything that says what a row may be, as PostgreSQL repeats it; triggers are the guard's.
_DESCRIBED = text("""
SELECT conrelid::regclass::text AS of, conname AS name, pg_get_constraintdef(oid) AS says
  FROM pg_constraint WHERE conrelid <> 0 AND contype <> 't'
  AND connamespace = 'public'::regnamespace
UNION ALL SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) || ' '
    || a.attnotnull::text || ' ' || a.attidentity::text || ' '
    || coalesce(pg_get_expr(d.adbin, d.adrelid), '')
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relnamespace = 'public'::regnamespace
""")


def described(owner_url: str) -> set[tuple[str, str, str]]:
    with owner_engine(owner_url).connect() as owner:
        return {
            (row.of, row.name, row.says) for row in owner.execute(_DESCRIBED) if is_ours(row.of)
        }


def is_ours(table: str) -> bool:
    return not table.startswith(("procrastinate", "alembic"))


def test_migrations_reach_todays_schema(database: DatabaseUrls, server: EmbeddedServer) -> None:
    created = server.create_database("created")
    with owner_engine(created.owner_url).begin() as owner:
        t.metadata.create_all(owner)

    assert described(database.owner_url) == described(created.owner_url)
    server.drop_database("created")


def test_migrating_again_changes_nothing(database: DatabaseUrls) -> None:
    before = described(database.owner_url)

    migrate(database.owner_url)

    assert described(database.owner_url) == before
    with owner_engine(database.owner_url).connect() as owner:
        assert is_current(owner)
