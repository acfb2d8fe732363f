"""Who acted can be erased from an entry, and the heads of all chains are signed."""

from collections.abc import Sequence

from alembic import op

revision: str = "0038"
down_revision: str | None = "0037"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Entries that are there keep the format they were hashed in; their guard refuses every change.
_FORMAT = """
ALTER TABLE {table}
  ALTER COLUMN actor DROP NOT NULL,
  ADD COLUMN format smallint NOT NULL DEFAULT 1,
  ADD COLUMN actor_salt bytea,
  ADD COLUMN actor_digest bytea,
  ADD COLUMN mac bytea,
  ADD CONSTRAINT ck_{table}_actor CHECK (CASE format
    WHEN 1 THEN actor IS NOT NULL AND actor_salt IS NULL AND actor_digest IS NULL AND mac IS NULL
    ELSE actor_digest IS NOT NULL AND mac IS NOT NULL
      AND (actor IS NULL) = (actor_salt IS NULL) END)
"""

_SQL = """
ALTER TABLE register_entry
  DROP CONSTRAINT ck_register_entry_kind,
  ADD CONSTRAINT ck_register_entry_kind CHECK (kind IN ('organisation', 'person', 'team',
    'process', 'product', 'calendar', 'ladder', 'release', 'database'));
CREATE TABLE signed_head (
  number integer CONSTRAINT pk_signed_head PRIMARY KEY,
  at timestamptz NOT NULL,
  chains bigint NOT NULL,
  entries bigint NOT NULL,
  size bigint NOT NULL,
  root bytea NOT NULL,
  previous bytea NOT NULL,
  key_id text NOT NULL,
  public_key bytea NOT NULL,
  signature bytea NOT NULL,
  peaks bytea NOT NULL
);
CREATE TABLE signed_leaf (
  position bigint CONSTRAINT pk_signed_leaf PRIMARY KEY,
  number integer NOT NULL CONSTRAINT fk_signed_leaf_number REFERENCES signed_head (number)
    DEFERRABLE INITIALLY DEFERRED,
  chain_id uuid NOT NULL,
  seq integer NOT NULL,
  hash bytea NOT NULL,
  CONSTRAINT uq_signed_leaf_chain_id_seq UNIQUE (chain_id, seq)
);
CREATE INDEX ix_signed_leaf_number ON signed_leaf (number);
CREATE TABLE head_receipt (
  number integer NOT NULL CONSTRAINT fk_head_receipt_number REFERENCES signed_head (number),
  way text NOT NULL CONSTRAINT ck_head_receipt_way CHECK (way IN ('mail', 'file', 'webhook')),
  place text NOT NULL,
  at timestamptz NOT NULL,
  CONSTRAINT pk_head_receipt PRIMARY KEY (number, way, place)
);
CREATE TABLE unanchored (
  place text CONSTRAINT pk_unanchored PRIMARY KEY,
  why text NOT NULL,
  since timestamptz NOT NULL
);
CREATE TABLE chain_check (
  id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_chain_check PRIMARY KEY,
  begun_at timestamptz NOT NULL,
  ended_at timestamptz NOT NULL,
  chains bigint NOT NULL,
  entries bigint NOT NULL,
  heads integer NOT NULL,
  given integer NOT NULL,
  wrong jsonb NOT NULL,
  findings jsonb NOT NULL,
  notes jsonb NOT NULL
);
"""


def upgrade() -> None:
    for table in ("entry", "register_entry"):
        op.execute(_FORMAT.format(table=table))
    for statement in _SQL.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Evidence is never taken down.")
