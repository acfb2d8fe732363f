"""The ladder is set by priority."""

from collections.abc import Sequence

from alembic import op

revision: str = "0029"
down_revision: str | None = "0028"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SQL = """
CREATE TABLE rungs (
  id uuid CONSTRAINT pk_rungs PRIMARY KEY,
  priority text NOT NULL CONSTRAINT ck_rungs_priority
    CHECK (priority IN ('P1', 'P2', 'P3', 'P4'))
    CONSTRAINT uq_rungs_priority UNIQUE,
  numbers jsonb NOT NULL
);
ALTER TABLE register_entry DROP CONSTRAINT ck_register_entry_kind;
ALTER TABLE register_entry ADD CONSTRAINT ck_register_entry_kind
  CHECK (kind IN ('organisation', 'person', 'team', 'process', 'calendar', 'ladder'));
"""


def upgrade() -> None:
    for statement in _SQL.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Evidence is never taken down.")
