"""Alembic's environment: always handed a connection, never reads a URL of its own."""

from alembic import context

from engine.store.migrate import is_ours
from engine.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transaction_per_migration=False,
    include_name=is_ours,
)
with context.begin_transaction():
    context.run_migrations()
