"""One list closes many, line by line."""

from collections.abc import Sequence

from alembic import op

revision: str = "0028"
down_revision: str | None = "0027"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SQL = """
CREATE TABLE closing_list (
  id uuid CONSTRAINT pk_closing_list PRIMARY KEY,
  process_id uuid NOT NULL
    CONSTRAINT fk_closing_list_process_id REFERENCES business_process (id),
  number bigint GENERATED ALWAYS AS IDENTITY NOT NULL
    CONSTRAINT uq_closing_list_number UNIQUE,
  priority text CONSTRAINT ck_closing_list_priority CHECK (priority IN ('P3', 'P4')),
  made_by uuid NOT NULL CONSTRAINT fk_closing_list_made_by REFERENCES person (id),
  made_at timestamptz NOT NULL,
  seed bigint NOT NULL
);
CREATE INDEX ix_closing_list_made
  ON closing_list (process_id, priority, made_at);
CREATE TABLE closing_list_line (
  list_id uuid NOT NULL CONSTRAINT fk_closing_list_line_list_id REFERENCES closing_list (id),
  incident_id uuid NOT NULL
    CONSTRAINT fk_closing_list_line_incident_id REFERENCES incident (id),
  place integer NOT NULL,
  is_phoned boolean NOT NULL,
  CONSTRAINT pk_closing_list_line PRIMARY KEY (list_id, incident_id)
);
CREATE INDEX ix_closing_list_line_incident_id ON closing_list_line (incident_id);
ALTER TABLE decision
  ADD COLUMN list_id uuid,
  ADD CONSTRAINT ck_decision_by_list CHECK (list_id IS NULL OR decided = 'close'),
  ADD CONSTRAINT fk_decision_list_id FOREIGN KEY (list_id, incident_id)
    REFERENCES closing_list_line (list_id, incident_id);
"""


def upgrade() -> None:
    for statement in _SQL.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Evidence is never taken down.")
