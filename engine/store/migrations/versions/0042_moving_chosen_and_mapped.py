"""A move may be of one business process or of chosen incidents, and maps elements by hand."""

from collections.abc import Sequence

from alembic import op

revision: str = "0042"
down_revision: str | None = "0041"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SQL = """
ALTER TABLE move ADD COLUMN process_id uuid
  CONSTRAINT fk_move_process_id REFERENCES business_process (id);
ALTER TABLE move ADD COLUMN is_chosen boolean NOT NULL DEFAULT false;
ALTER TABLE move ADD COLUMN mapping jsonb NOT NULL DEFAULT '{}';
ALTER TABLE move_line ADD COLUMN said jsonb NOT NULL DEFAULT '[]';
ALTER TABLE work_item ADD COLUMN left_over jsonb;
CREATE INDEX ix_run_open ON run (release_id) WHERE ended_at IS NULL;
CREATE TABLE release_standing (
  key text CONSTRAINT pk_release_standing PRIMARY KEY,
  diagram text NOT NULL,
  found jsonb NOT NULL,
  proved_with text NOT NULL,
  proved_at timestamptz NOT NULL
);
"""


def upgrade() -> None:
    for statement in _SQL.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Evidence is never taken down.")
