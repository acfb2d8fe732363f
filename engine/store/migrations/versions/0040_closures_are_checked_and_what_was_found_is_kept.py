"""Checks of all closures are kept, with what they found; a number that is given up is on record."""

from collections.abc import Sequence

from alembic import op

revision: str = "0040"
down_revision: str | None = "0039"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SQL = """
CREATE TABLE closure_check (
  id uuid CONSTRAINT pk_closure_check PRIMARY KEY,
  asked_by uuid NOT NULL CONSTRAINT fk_closure_check_asked_by REFERENCES person (id),
  asked_at timestamptz NOT NULL,
  version text NOT NULL,
  total integer NOT NULL,
  after_number bigint NOT NULL DEFAULT 0,
  closed integer NOT NULL DEFAULT 0,
  set_aside integer NOT NULL DEFAULT 0,
  merged integer NOT NULL DEFAULT 0,
  ended_at timestamptz
);
CREATE UNIQUE INDEX uq_closure_check_open ON closure_check ((ended_at IS NULL))
  WHERE ended_at IS NULL;
CREATE INDEX ix_closure_check_ended_at ON closure_check (ended_at);
CREATE TABLE closure_finding (
  check_id uuid NOT NULL CONSTRAINT fk_closure_finding_check_id REFERENCES closure_check (id),
  number bigint NOT NULL,
  incident_id uuid NOT NULL
    CONSTRAINT fk_closure_finding_incident_id REFERENCES incident (id),
  why text NOT NULL,
  CONSTRAINT pk_closure_finding PRIMARY KEY (check_id, number)
);
CREATE INDEX ix_incident_closed ON incident (ended_at, number) WHERE state = 'closed';
CREATE INDEX ix_entry_told ON entry (verb, at) WHERE verb IN ('closure:refused',
  'confirmation:late', 'incident:observed', 'incident:priority_set');
ALTER TABLE register_entry DROP CONSTRAINT ck_register_entry_kind;
ALTER TABLE register_entry ADD CONSTRAINT ck_register_entry_kind CHECK (kind IN ('organisation',
  'person', 'team', 'process', 'product', 'calendar', 'ladder', 'release', 'database', 'number'))
"""


def upgrade() -> None:
    for statement in _SQL.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Evidence is never taken down.")
