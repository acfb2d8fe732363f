"""Why a restriction was not lifted, and which absences were acted on.

What PostgreSQL works out by itself comes with it, as with every migration: who answers as owner or
authority (`offices`), and the guard, which asks how many are harmed.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SQL = """
ALTER TABLE absence ADD noticed_at timestamptz;
CREATE INDEX ix_absence_unnoticed ON absence (since) WHERE noticed_at IS NULL;
ALTER TABLE restriction
  ADD declined_by uuid CONSTRAINT fk_restriction_declined_by REFERENCES person (id),
  ADD declined_because text,
  ADD declined_at timestamptz,
  ADD CONSTRAINT ck_restriction_declined
    CHECK (num_nulls(declined_by, declined_because, declined_at) IN (0, 3)
    AND (declined_by IS NULL OR (coalesce(declined_by <> lift_asked_by, false)
      AND lifted_at IS NULL)));
"""


def upgrade() -> None:
    for statement in _SQL.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Evidence is never taken down: restore a backup instead.")
