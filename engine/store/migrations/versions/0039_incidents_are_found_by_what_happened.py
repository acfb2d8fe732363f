"""Incidents are found by what happened; what is looked for is kept, large results are files."""

from collections.abc import Sequence

from alembic import op

revision: str = "0039"
down_revision: str | None = "0038"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SQL = """
CREATE INDEX ix_incident_process_id ON incident (process_id);
CREATE INDEX ix_incident_product_id ON incident (product_id);
CREATE INDEX ix_incident_priority ON incident (priority);
CREATE INDEX ix_incident_closed_by ON incident (closed_by);
CREATE INDEX ix_incident_restricted ON incident (number) WHERE is_restricted;
CREATE INDEX ix_incident_checker ON incident (checker_id) WHERE checker_id IS NOT NULL;
CREATE INDEX ix_incident_delegate ON incident (delegate_id) WHERE delegate_id IS NOT NULL;
CREATE INDEX ix_incident_told ON incident (told_at, number);
CREATE INDEX ix_incident_ended ON incident
  (COALESCE(ended_at, '1900-01-01 00:00:00+00'::timestamptz), number);
CREATE INDEX ix_incident_lasted ON incident ((COALESCE(ended_at, observed_until,
  '9999-12-31 00:00:00+00'::timestamptz) - told_at), number);
CREATE INDEX ix_incident_gap ON incident ((right_since - repaired_at))
  WHERE repaired_at IS NOT NULL AND right_since IS NOT NULL;
CREATE INDEX ix_action_person ON action (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX ix_confirmation_person_id ON confirmation (person_id);
CREATE INDEX ix_confirmation_not_yes ON confirmation (incident_id) WHERE answer <> 'yes';
CREATE INDEX ix_confirmation_withdrawal ON confirmation (incident_id) WHERE is_withdrawal;
CREATE INDEX ix_verification_person_id ON verification (person_id);
CREATE INDEX ix_verification_not_right ON verification (incident_id)
  WHERE verdict = 'not_right';
CREATE INDEX ix_decision_person_id ON decision (person_id);
CREATE INDEX ix_decision_by_list ON decision (incident_id) WHERE list_id IS NOT NULL;
CREATE INDEX ix_decision_back ON decision (incident_id) WHERE decided = 'back_to_work';
CREATE INDEX ix_run_release_id ON run (release_id);
CREATE INDEX ix_visit_element ON visit (element);
CREATE INDEX ix_visit_flow ON visit (flow);
CREATE INDEX ix_work_item_answers ON work_item USING gin (answers jsonb_path_ops);
CREATE INDEX ix_work_item_answers_text ON work_item
  USING gin (jsonb_to_tsvector('simple', answers, '["string", "numeric"]'));
CREATE INDEX ix_entry_person ON entry (person_id, incident_id);
CREATE INDEX ix_entry_at ON entry USING brin (at);
CREATE TABLE saved_query (
  id uuid CONSTRAINT pk_saved_query PRIMARY KEY,
  person_id uuid NOT NULL CONSTRAINT fk_saved_query_person_id REFERENCES person (id),
  name text NOT NULL,
  query text NOT NULL,
  is_shared boolean NOT NULL DEFAULT false,
  saved_at timestamptz NOT NULL,
  CONSTRAINT uq_saved_query_person_id_name UNIQUE (person_id, name)
);
CREATE INDEX ix_saved_query_shared ON saved_query (name) WHERE is_shared;
CREATE TABLE result_file (
  id uuid CONSTRAINT pk_result_file PRIMARY KEY,
  person_id uuid NOT NULL CONSTRAINT fk_result_file_person_id REFERENCES person (id),
  query text NOT NULL,
  format text NOT NULL CONSTRAINT ck_result_file_format CHECK (format ~ '^[a-z0-9-]+$'),
  language text NOT NULL,
  asked_at timestamptz NOT NULL,
  begun_at timestamptz,
  begun integer NOT NULL DEFAULT 0,
  total bigint,
  lines bigint NOT NULL DEFAULT 0,
  size bigint NOT NULL DEFAULT 0,
  ended_at timestamptz,
  failed text
);
CREATE INDEX ix_result_file_theirs ON result_file (person_id, asked_at);
CREATE INDEX ix_result_file_asked_at ON result_file (asked_at);
CREATE TABLE result_part (
  file_id uuid NOT NULL CONSTRAINT fk_result_part_file_id
    REFERENCES result_file (id) ON DELETE CASCADE,
  place integer NOT NULL,
  content bytea NOT NULL,
  CONSTRAINT pk_result_part PRIMARY KEY (file_id, place)
);
"""


def upgrade() -> None:
    for statement in _SQL.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Evidence is never taken down.")
