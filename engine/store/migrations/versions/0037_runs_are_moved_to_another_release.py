"""Runs are moved to another release, line by line."""

from collections.abc import Sequence

from alembic import op

revision: str = "0037"
down_revision: str | None = "0036"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SQL = """
CREATE TABLE move (
  id uuid CONSTRAINT pk_move PRIMARY KEY,
  from_id uuid NOT NULL CONSTRAINT fk_move_from_id REFERENCES release (id),
  to_id uuid NOT NULL CONSTRAINT fk_move_to_id REFERENCES release (id),
  asked_by uuid NOT NULL CONSTRAINT fk_move_asked_by REFERENCES person (id),
  asked_at timestamptz NOT NULL,
  reason text NOT NULL,
  ended_at timestamptz
);
CREATE TABLE move_line (
  move_id uuid NOT NULL CONSTRAINT fk_move_line_move_id REFERENCES move (id),
  run_id uuid NOT NULL CONSTRAINT fk_move_line_run_id REFERENCES run (id),
  state text NOT NULL CONSTRAINT ck_move_line_state
    CHECK (state IN ('waits', 'moved', 'stays', 'over')),
  sentence text,
  done_at timestamptz,
  CONSTRAINT pk_move_line PRIMARY KEY (move_id, run_id)
);
CREATE INDEX ix_move_line_waits ON move_line (move_id) WHERE state = 'waits';
CREATE INDEX ix_move_line_run_id ON move_line (run_id);
"""


def upgrade() -> None:
    for statement in _SQL.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Evidence is never taken down.")
