"""Who looked and who was refused is kept, in a chain for each person; auditors state a purpose."""

from collections.abc import Sequence

from alembic import op

revision: str = "0041"
down_revision: str | None = "0040"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Entries of every chain have the same columns, whatever format they are in by now.
_SQL = """
CREATE TABLE access_entry (LIKE entry INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
ALTER TABLE access_entry RENAME COLUMN incident_id TO chain_id;
ALTER TABLE access_entry ADD COLUMN incident_id uuid;
ALTER TABLE access_entry ADD CONSTRAINT pk_access_entry PRIMARY KEY (chain_id, seq);
ALTER TABLE access_entry ADD CONSTRAINT fk_access_entry_person_id
  FOREIGN KEY (person_id) REFERENCES person (id);
ALTER TABLE access_entry RENAME CONSTRAINT ck_entry_verb TO ck_access_entry_verb;
ALTER TABLE access_entry RENAME CONSTRAINT ck_entry_actor TO ck_access_entry_actor;
CREATE INDEX ix_access_entry_in_order ON access_entry (at, chain_id, seq);
CREATE INDEX ix_access_entry_incident ON access_entry (incident_id, at, chain_id, seq)
  WHERE incident_id IS NOT NULL;
CREATE INDEX ix_access_entry_chain ON access_entry (chain_id, at, seq);
CREATE INDEX ix_entry_read ON entry (at, incident_id, seq) WHERE verb = 'incident:read';
CREATE TABLE access_chain (
  id uuid CONSTRAINT pk_access_chain PRIMARY KEY,
  head_seq integer NOT NULL DEFAULT 0,
  head_hash bytea NOT NULL DEFAULT ''::bytea,
  head_at timestamptz,
  counted_since timestamptz,
  counted integer NOT NULL DEFAULT 0,
  left_out jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX ix_access_chain_left_out ON access_chain (counted_since) WHERE left_out <> '{}';
CREATE TABLE purpose (
  id uuid CONSTRAINT pk_purpose PRIMARY KEY,
  person_id uuid NOT NULL CONSTRAINT fk_purpose_person_id REFERENCES person (id),
  incident_ids uuid[],
  why text NOT NULL,
  stated_at timestamptz NOT NULL,
  until timestamptz NOT NULL,
  ended_at timestamptz,
  CONSTRAINT ck_purpose_says CHECK (btrim(why) <> '' AND stated_at < until
    AND cardinality(incident_ids) > 0)
);
CREATE INDEX ix_purpose_in_force ON purpose (person_id) WHERE ended_at IS NULL;
CREATE INDEX ix_person_outside_name ON person
  (regexp_replace(lower(name), '[^[:alnum:]]+', ' ', 'g')) WHERE organisation_id IS NOT NULL;
"""


def upgrade() -> None:
    for statement in _SQL.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Evidence is never taken down.")
