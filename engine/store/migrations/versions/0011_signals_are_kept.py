"""Signals: what monitoring says, and the incidents that grew from it."""

from collections.abc import Sequence

from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SQL = """
CREATE TABLE signal (
  id uuid CONSTRAINT pk_signal PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY NOT NULL CONSTRAINT uq_signal_number UNIQUE,
  process_id uuid NOT NULL CONSTRAINT fk_signal_process_id REFERENCES business_process (id),
  alerts integer NOT NULL DEFAULT 0,
  going_on integer NOT NULL DEFAULT 0,
  titles text[] NOT NULL DEFAULT '{}',
  first_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  recovered_at timestamptz
);
CREATE INDEX ix_signal_process_id_signal_last_at ON signal (process_id, last_at);
CREATE TABLE alert (
  signal_id uuid CONSTRAINT fk_alert_signal_id REFERENCES signal (id),
  key text,
  title text NOT NULL,
  started_at timestamptz NOT NULL,
  recovered_at timestamptz,
  CONSTRAINT pk_alert PRIMARY KEY (signal_id, key)
);
CREATE INDEX ix_alert_going_on ON alert (key) WHERE recovered_at IS NULL;
CREATE TABLE signal_joined (
  signal_id uuid CONSTRAINT fk_signal_joined_signal_id REFERENCES signal (id),
  incident_id uuid CONSTRAINT fk_signal_joined_incident_id REFERENCES incident (id),
  person_id uuid NOT NULL CONSTRAINT fk_signal_joined_person_id REFERENCES person (id),
  joined_at timestamptz NOT NULL,
  entry_seq integer NOT NULL,
  told_recovered_at timestamptz,
  CONSTRAINT pk_signal_joined PRIMARY KEY (signal_id, incident_id)
);
CREATE INDEX ix_signal_joined_incident_id ON signal_joined (incident_id);
"""


def upgrade() -> None:
    for statement in _SQL.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Evidence is never taken down: restore a backup instead.")
