"""Right again, who, and actions: what these rules of handling rest on."""

from collections.abc import Sequence

from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SQL = """
ALTER TABLE organisation
  ADD contact_id uuid CONSTRAINT fk_organisation_contact_id REFERENCES person (id),
  ADD second_contact_id uuid CONSTRAINT fk_organisation_second_contact_id REFERENCES person (id),
  ADD our_owner_id uuid CONSTRAINT fk_organisation_our_owner_id REFERENCES person (id);
CREATE TABLE representative (
  process_id uuid NOT NULL CONSTRAINT fk_representative_process_id REFERENCES business_process (id),
  person_id uuid NOT NULL CONSTRAINT fk_representative_person_id REFERENCES person (id),
  stands_for text NOT NULL,
  CONSTRAINT pk_representative PRIMARY KEY (process_id, person_id)
);
ALTER TABLE incident
  ADD harmed_count integer CONSTRAINT ck_incident_harmed_count CHECK (harmed_count >= 0),
  ADD checker_id uuid CONSTRAINT fk_incident_checker_id REFERENCES person (id),
  ADD look_by timestamptz,
  ADD lead_offered_to uuid[] NOT NULL DEFAULT '{}',
  ADD restore_by timestamptz;
CREATE INDEX ix_incident_look ON incident (look_by) WHERE state = 'open' AND look_by IS NOT NULL;
CREATE INDEX ix_incident_offered ON incident USING gin (lead_offered_to)
  WHERE lead_offered_to <> '{}';
ALTER TABLE criterion
  ADD must_hold integer NOT NULL DEFAULT 1
    CONSTRAINT ck_criterion_must_hold CHECK (must_hold BETWEEN 1 AND 50),
  ADD missed_at timestamptz,
  ADD missed_because text,
  ADD instead_of uuid CONSTRAINT fk_criterion_instead_of REFERENCES criterion (id),
  ADD is_pending boolean NOT NULL DEFAULT false,
  ADD CONSTRAINT ck_criterion_missed CHECK ((missed_at IS NULL) = (missed_because IS NULL)
    AND (NOT is_pending OR instead_of IS NOT NULL)
    AND coalesce(btrim(missed_because), '-') <> '');
CREATE TABLE criterion_signature (
  criterion_id uuid NOT NULL
    CONSTRAINT fk_criterion_signature_criterion_id REFERENCES criterion (id),
  signs_as text NOT NULL
    CONSTRAINT ck_criterion_signature_signs_as CHECK (signs_as IN ('owner', 'confirmer')),
  incident_id uuid NOT NULL CONSTRAINT fk_criterion_signature_incident_id REFERENCES incident (id),
  person_id uuid NOT NULL CONSTRAINT fk_criterion_signature_person_id REFERENCES person (id),
  signed_at timestamptz NOT NULL,
  entry_seq integer NOT NULL,
  CONSTRAINT pk_criterion_signature PRIMARY KEY (criterion_id, signs_as),
  CONSTRAINT uq_criterion_signature_criterion_id_person_id UNIQUE (criterion_id, person_id)
);
CREATE INDEX ix_criterion_signature_incident_id ON criterion_signature (incident_id);
ALTER TABLE confirmer
  ADD stands_for_count integer NOT NULL DEFAULT 0
    CONSTRAINT ck_confirmer_stands_for_count CHECK (stands_for_count >= 0);
CREATE TABLE uncovered_accepted (
  id uuid CONSTRAINT pk_uncovered_accepted PRIMARY KEY,
  incident_id uuid NOT NULL CONSTRAINT fk_uncovered_accepted_incident_id REFERENCES incident (id),
  number integer NOT NULL,
  reason text NOT NULL,
  person_id uuid NOT NULL CONSTRAINT fk_uncovered_accepted_person_id REFERENCES person (id),
  accepted_at timestamptz NOT NULL,
  entry_seq integer NOT NULL,
  CONSTRAINT ck_uncovered_accepted_says CHECK (btrim(reason) <> '' AND number > 0)
);
CREATE INDEX ix_uncovered_accepted_incident_id ON uncovered_accepted (incident_id);
CREATE TABLE priority_lowering (
  incident_id uuid NOT NULL CONSTRAINT pk_priority_lowering PRIMARY KEY
    CONSTRAINT fk_priority_lowering_incident_id REFERENCES incident (id),
  priority text NOT NULL
    CONSTRAINT ck_priority_lowering_priority CHECK (priority IN ('P1', 'P2', 'P3', 'P4')),
  reason text NOT NULL,
  proposed_by uuid NOT NULL CONSTRAINT fk_priority_lowering_proposed_by REFERENCES person (id),
  proposed_at timestamptz NOT NULL
);
CREATE TABLE caller (
  incident_id uuid NOT NULL CONSTRAINT pk_caller PRIMARY KEY
    CONSTRAINT fk_caller_incident_id REFERENCES incident (id),
  name text NOT NULL,
  contact text,
  digest bytea CONSTRAINT uq_caller_digest UNIQUE,
  made_at timestamptz NOT NULL
);
ALTER TABLE action
  ADD deadline_at timestamptz,
  ADD deadline_because text,
  ADD targets_answer boolean NOT NULL DEFAULT false,
  ADD contact text,
  ADD CONSTRAINT ck_action_deadline CHECK ((deadline_at IS NULL) = (deadline_because IS NULL)
    AND due_at <= coalesce(deadline_at, due_at));
"""


def upgrade() -> None:
    for statement in _SQL.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Evidence is never taken down: restore a backup instead.")
