"""Brings a database to today's schema, its guard and its grants; run as the owner of the tables.

Running it again changes nothing.  Two at once are safe: the second waits for the first.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.pool import NullPool

from engine.store import guard, masking, offices
from engine.store.connect import script, sqlalchemy_url
from engine.store.guard import APPEND_ONLY

APP_ROLE = "putright_app"
_ADVISORY_LOCK = 7_885_478  # any constant, the same in every Putright


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def is_ours(name: str | None, kind: str, parents: Mapping[Any, str | None]) -> bool:
    """Whether a table is Putright's own: the job engine keeps its tables in step by itself."""
    table = name if kind == "table" else parents.get("table_name")
    return not (table or "").startswith("procrastinate_")


def owner_engine(owner_url: str) -> Engine:
    """Return an engine for the owner's few statements; it keeps no connection open."""
    return create_engine(sqlalchemy_url(owner_url), poolclass=NullPool)


def migrate(owner_url: str) -> None:
    """Bring the database behind `owner_url` to today's schema in one transaction."""
    with owner_engine(owner_url).begin() as conn:
        conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        config = _config()
        config.attributes["connection"] = conn
        masking.remove(conn)
        command.upgrade(config, "head")
        guard.install(conn)
        offices.install(conn)
        masking.install(conn)
        _install_jobs(conn)
        _grant(conn)


def masking_faults(owner_url: str) -> list[str]:
    """Return what of the views that mask is not this release's, a sentence each."""
    with owner_engine(owner_url).connect() as conn:
        if not conn.scalar(text("SELECT has_database_privilege(current_database(), 'CREATE')")):
            return [
                (
                    "only the owner of the tables can tell whether the views mask what they should:"
                    " set PUTRIGHT_OWNER_URL"
                )
            ]
        return masking.faults(conn)


def is_current(conn: Connection) -> bool:
    """Whether the database has exactly the newest migration."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    return MigrationContext.configure(conn).get_current_revision() == newest


def _install_jobs(conn: Connection) -> None:
    if conn.scalar(text("SELECT to_regclass('procrastinate_jobs')")) is None:
        script(conn, SchemaManager.get_schema())


def _grant(conn: Connection) -> None:
    if conn.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :r"), {"r": APP_ROLE}) is None:
        return
    # A role that may not TRUNCATE, ALTER or own anything; on append-only tables it only adds.
    for grant in (
        "GRANT USAGE ON SCHEMA public TO",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO",
        "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO",
        f"REVOKE UPDATE, DELETE ON {', '.join(APPEND_ONLY)} FROM",
        "REVOKE DELETE ON incident, action, criterion, confirmer, run, restriction FROM",
        "REVOKE UPDATE, DELETE ON release, release_part, release_proof, diagram_version FROM",
        "GRANT USAGE ON SCHEMA masked TO",
        "GRANT SELECT ON ALL TABLES IN SCHEMA masked TO",
        "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA masked TO",
        "REVOKE DELETE ON access_chain, purpose FROM",
        # said by the functions that erase, and by nobody else
        "REVOKE INSERT ON erasure_done FROM",
        # what was proved decides whom a move may take along
        "REVOKE UPDATE, DELETE ON release_standing FROM",
        "REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM",
    ):
        conn.exec_driver_sql(f"{grant} {APP_ROLE}")
