"""What is erased by law is asked for by one person and agreed to by another; holds forbid it."""

from collections.abc import Sequence

from alembic import op

revision: str = "0045"
down_revision: str | None = "0044"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SQL = """
CREATE TABLE legal_hold (
  id uuid CONSTRAINT pk_legal_hold PRIMARY KEY,
  person_id uuid CONSTRAINT fk_legal_hold_person_id REFERENCES person (id),
  incident_id uuid CONSTRAINT fk_legal_hold_incident_id REFERENCES incident (id),
  why text NOT NULL,
  placed_by uuid NOT NULL CONSTRAINT fk_legal_hold_placed_by REFERENCES person (id),
  placed_at timestamptz NOT NULL,
  CONSTRAINT ck_legal_hold_says
    CHECK (num_nonnulls(person_id, incident_id) = 1 AND btrim(why) <> '')
);
CREATE INDEX ix_legal_hold_person_id ON legal_hold (person_id);
CREATE INDEX ix_legal_hold_incident_id ON legal_hold (incident_id);
CREATE TABLE legal_hold_end (
  hold_id uuid CONSTRAINT pk_legal_hold_end PRIMARY KEY
    CONSTRAINT fk_legal_hold_end_hold_id REFERENCES legal_hold (id),
  why text NOT NULL,
  ended_by uuid NOT NULL CONSTRAINT fk_legal_hold_end_ended_by REFERENCES person (id),
  ended_at timestamptz NOT NULL,
  CONSTRAINT ck_legal_hold_end_says CHECK (btrim(why) <> '')
);
CREATE TABLE erasure (
  id uuid CONSTRAINT pk_erasure PRIMARY KEY,
  number integer NOT NULL GENERATED ALWAYS AS IDENTITY CONSTRAINT uq_erasure_number UNIQUE,
  person_id uuid CONSTRAINT fk_erasure_person_id REFERENCES person (id),
  names text[] NOT NULL DEFAULT '{}',
  ended_before timestamptz,
  process_id uuid CONSTRAINT fk_erasure_process_id REFERENCES business_process (id),
  ground text NOT NULL CONSTRAINT ck_erasure_ground
    CHECK (ground IN ('asked_for', 'no_longer_needed', 'kept_unlawfully', 'wanted_by_law',
    'kept_long_enough')),
  why text NOT NULL,
  asked_by uuid NOT NULL CONSTRAINT fk_erasure_asked_by REFERENCES person (id),
  asked_at timestamptz NOT NULL,
  CONSTRAINT uq_erasure_id_asked_by UNIQUE (id, asked_by),
  CONSTRAINT ck_erasure_says CHECK (btrim(why) <> '' AND (ended_before IS NULL)
    = (person_id IS NOT NULL OR cardinality(names) > 0)
    AND (process_id IS NULL OR ended_before IS NOT NULL))
);
CREATE INDEX ix_erasure_person_id ON erasure (person_id);
CREATE TABLE erasure_answer (
  erasure_id uuid CONSTRAINT pk_erasure_answer PRIMARY KEY,
  asked_by uuid NOT NULL,
  is_agreed boolean NOT NULL,
  words text,
  answered_by uuid NOT NULL CONSTRAINT fk_erasure_answer_answered_by REFERENCES person (id),
  answered_at timestamptz NOT NULL,
  CONSTRAINT fk_erasure_answer_erasure_id FOREIGN KEY (erasure_id, asked_by)
    REFERENCES erasure (id, asked_by),
  CONSTRAINT ck_erasure_answer_by_another CHECK (answered_by <> asked_by),
  CONSTRAINT ck_erasure_answer_says CHECK (is_agreed OR coalesce(btrim(words), '') <> '')
);
CREATE TABLE erasure_done (
  erasure_id uuid CONSTRAINT pk_erasure_done PRIMARY KEY
    CONSTRAINT fk_erasure_done_erasure_id REFERENCES erasure (id),
  done_at timestamptz NOT NULL,
  incidents integer NOT NULL
);
ALTER TABLE incident ADD COLUMN erased_by uuid
  CONSTRAINT fk_incident_erased_by REFERENCES erasure (id);
CREATE INDEX ix_incident_erased ON incident (erased_by) WHERE erased_by IS NOT NULL;
ALTER TABLE register_entry DROP CONSTRAINT ck_register_entry_kind;
ALTER TABLE register_entry ADD CONSTRAINT ck_register_entry_kind
  CHECK (kind IN ('organisation', 'person', 'team', 'process', 'product', 'calendar', 'ladder',
  'release', 'database', 'number', 'erasure', 'hold'));
"""


def upgrade() -> None:
    for statement in _SQL.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Evidence is never taken down.")
