"""Files that people give as evidence, in the database: they are backed up and restored with it."""

from collections.abc import Sequence

from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SQL = """
CREATE TABLE file_content (
  digest bytea CONSTRAINT pk_file_content PRIMARY KEY,
  content bytea NOT NULL
);
ALTER TABLE file_content ALTER content SET STORAGE EXTERNAL;
CREATE TABLE file (
  id uuid CONSTRAINT pk_file PRIMARY KEY,
  incident_id uuid NOT NULL CONSTRAINT fk_file_incident_id REFERENCES incident (id),
  name text NOT NULL,
  size integer NOT NULL,
  digest bytea NOT NULL CONSTRAINT fk_file_digest REFERENCES file_content (digest),
  is_internal boolean NOT NULL DEFAULT false,
  added_by text NOT NULL,
  added_at timestamptz NOT NULL,
  entry_seq integer NOT NULL
);
CREATE INDEX ix_file_incident_id_file_entry_seq ON file (incident_id, entry_seq);
"""


def upgrade() -> None:
    for statement in _SQL.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Evidence is never taken down.")
