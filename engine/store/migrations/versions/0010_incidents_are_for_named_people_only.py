"""Incidents for named people only: since when, why, who may read them, and who agreed to end it."""

from collections.abc import Sequence

from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SQL = """
CREATE TABLE restriction (
  id uuid CONSTRAINT pk_restriction PRIMARY KEY,
  incident_id uuid NOT NULL CONSTRAINT fk_restriction_incident_id REFERENCES incident (id),
  restricted_by uuid NOT NULL CONSTRAINT fk_restriction_restricted_by REFERENCES person (id),
  reason text NOT NULL CONSTRAINT ck_restriction_reason CHECK (btrim(reason) <> ''),
  restricted_at timestamptz NOT NULL,
  lift_asked_by uuid CONSTRAINT fk_restriction_lift_asked_by REFERENCES person (id),
  lift_reason text,
  lift_asked_at timestamptz,
  lifted_by uuid CONSTRAINT fk_restriction_lifted_by REFERENCES person (id),
  lifted_at timestamptz,
  CONSTRAINT ck_restriction_asked
    CHECK (num_nulls(lift_asked_by, lift_reason, lift_asked_at) IN (0, 3)),
  CONSTRAINT ck_restriction_lifted_by_another CHECK (num_nulls(lifted_by, lifted_at) IN (0, 2)
    AND (lifted_by IS NULL OR coalesce(lifted_by <> lift_asked_by, false)))
);
CREATE UNIQUE INDEX uq_restriction_in_force ON restriction (incident_id) WHERE lifted_at IS NULL;
CREATE TABLE naming (
  restriction_id uuid CONSTRAINT fk_naming_restriction_id REFERENCES restriction (id),
  person_id uuid CONSTRAINT fk_naming_person_id REFERENCES person (id),
  entry_seq integer,
  is_named boolean NOT NULL,
  CONSTRAINT pk_naming PRIMARY KEY (restriction_id, person_id, entry_seq)
);
INSERT INTO restriction (id, incident_id, restricted_by, reason, restricted_at)
  SELECT gen_random_uuid(), id, reporter_id, 'Reported so', told_at
  FROM incident WHERE is_restricted;
"""


def upgrade() -> None:
    for statement in _SQL.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Evidence is never taken down: restore a backup instead.")
