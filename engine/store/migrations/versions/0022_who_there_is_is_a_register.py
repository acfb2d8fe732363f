"""Each change of who there is, and who may do what, is an entry of the register's chain."""

from collections.abc import Sequence

from alembic import op

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SQL = """
CREATE TABLE register_entry (
  seq integer CONSTRAINT pk_register_entry PRIMARY KEY,
  kind text NOT NULL CONSTRAINT ck_register_entry_kind
    CHECK (kind IN ('organisation', 'person', 'team', 'process', 'calendar')),
  subject_id uuid NOT NULL,
  at timestamptz NOT NULL,
  person_id uuid CONSTRAINT fk_register_entry_person_id REFERENCES person (id),
  actor text NOT NULL,
  verb text NOT NULL CONSTRAINT ck_register_entry_verb CHECK (verb ~ '^[a-z_]+:[a-z_]+$'),
  content jsonb,
  salt bytea,
  digest bytea NOT NULL,
  key_id text NOT NULL,
  previous bytea NOT NULL,
  hash bytea NOT NULL
);
CREATE INDEX ix_register_entry_subject_id_register_entry_seq ON register_entry (subject_id, seq);
CREATE TABLE register (
  id integer CONSTRAINT pk_register PRIMARY KEY CONSTRAINT ck_register_one CHECK (id = 1),
  head_seq integer NOT NULL,
  head_hash bytea NOT NULL
);
INSERT INTO register VALUES (1, 0, '');
"""


def upgrade() -> None:
    for statement in _SQL.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Evidence is never taken down.")
