"""Who acted can be erased from an entry, and the heads of all chains are signed."""

from collections.abc import Sequence

from alembic import op

revision: str = "0038"
down_revision: str | None = "0037"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Entries that are there keep the format they were hashed in; their guard refuses every change.
_FORMAT = """
ALTER TABLE {table}
  ALTER COLUMN actor DROP NOT NULL,
  ADD COLUMN format smallint NOT NULL DEFAULT 1,
  ADD COLUMN actor_salt bytea,
  ADD COLUMN actor_digest bytea,
  ADD COLUMN mac bytea,
  ADD CONSTRAINT ck_{table}_actor CHECK (CASE format
    WHEN 1 THEN actor IS NOT NULL AND actor_salt IS NULL AND actor_digest IS NULL AND mac IS NULL
    ELSE actor_digest IS NOT NULL AND mac IS NOT NULL
      AND (actor IS NULL) = (actor_salt IS NULL) END)
"""


def upgrade() -> None:
    for table in ("entry", "register_entry"):
        op.execute(_FORMAT.format(table=table))


def downgrade() -> None:
    raise NotImplementedError("Evidence is never taken down.")
