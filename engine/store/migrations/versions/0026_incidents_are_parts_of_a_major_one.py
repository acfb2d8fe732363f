"""Incidents are parts of a major one, and each is closed by itself."""

from collections.abc import Sequence

from alembic import op

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SQL = """
ALTER TABLE incident
  ADD COLUMN major_id uuid CONSTRAINT fk_incident_major_id REFERENCES incident (id),
  ADD CONSTRAINT ck_incident_major CHECK (major_id <> id);
CREATE INDEX ix_incident_major_id ON incident (major_id) WHERE major_id IS NOT NULL;
"""


def upgrade() -> None:
    for statement in _SQL.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Evidence is never taken down.")
