"""The studio keeps drafts, and a release knows who agreed to it."""

from collections.abc import Sequence

from alembic import op

revision: str = "0035"
down_revision: str | None = "0032"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SQL = """
ALTER TABLE release
  ADD COLUMN agreed_by text,
  ADD COLUMN touches jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN waived text;
CREATE TABLE draft (
  id uuid CONSTRAINT pk_draft PRIMARY KEY,
  title text NOT NULL,
  base_id uuid NOT NULL CONSTRAINT fk_draft_base_id REFERENCES release (id),
  begun_by uuid NOT NULL CONSTRAINT fk_draft_begun_by REFERENCES person (id),
  begun_at timestamptz NOT NULL,
  asked_by uuid CONSTRAINT fk_draft_asked_by REFERENCES person (id),
  asked_at timestamptz,
  reason text,
  asked_hash bytea,
  ended_at timestamptz,
  release_id uuid CONSTRAINT fk_draft_release_id REFERENCES release (id),
  CONSTRAINT ck_draft_ended CHECK (release_id IS NULL OR ended_at IS NOT NULL),
  CONSTRAINT ck_draft_asked CHECK (num_nulls(asked_by, asked_at, reason, asked_hash) IN (0, 4))
);
CREATE INDEX ix_draft_open ON draft (begun_at) WHERE ended_at IS NULL;
CREATE TABLE draft_file (
  draft_id uuid NOT NULL CONSTRAINT fk_draft_file_draft_id REFERENCES draft (id),
  name text NOT NULL,
  content bytea,
  revision integer NOT NULL,
  changed_by uuid NOT NULL CONSTRAINT fk_draft_file_changed_by REFERENCES person (id),
  changed_at timestamptz NOT NULL,
  CONSTRAINT pk_draft_file PRIMARY KEY (draft_id, name)
);
ALTER TABLE register_entry DROP CONSTRAINT ck_register_entry_kind;
ALTER TABLE register_entry ADD CONSTRAINT ck_register_entry_kind CHECK (kind IN
  ('organisation', 'person', 'team', 'process', 'product', 'calendar', 'ladder', 'release'));
"""


def upgrade() -> None:
    for statement in _SQL.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Evidence is never taken down.")
