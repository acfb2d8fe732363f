"""What people are written, in their inbox and by mail, and what they do not want mailed."""

from collections.abc import Sequence

from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SQL = """
CREATE TABLE message (
  id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_message PRIMARY KEY,
  incident_id uuid NOT NULL CONSTRAINT fk_message_incident_id REFERENCES incident (id),
  person_id uuid NOT NULL CONSTRAINT fk_message_person_id REFERENCES person (id),
  item_id uuid CONSTRAINT fk_message_item_id REFERENCES work_item (id),
  kind text NOT NULL
    CONSTRAINT ck_message_kind CHECK (kind IN ('asked', 'reminded', 'told', 'over')),
  cause text NOT NULL,
  caused_at timestamptz NOT NULL,
  next_try_at timestamptz,
  tries integer NOT NULL DEFAULT 0,
  sent_at timestamptz,
  failed text,
  read_at timestamptz,
  CONSTRAINT uq_message_person_id_incident_id_cause UNIQUE (person_id, incident_id, cause)
);
CREATE INDEX ix_message_person_id_message_id ON message (person_id, id);
CREATE INDEX ix_message_item_id ON message (item_id);
CREATE INDEX ix_message_unread ON message (person_id) WHERE read_at IS NULL;
CREATE INDEX ix_message_to_send ON message (next_try_at) WHERE next_try_at IS NOT NULL;
CREATE INDEX ix_message_dead ON message (id)
  WHERE failed IS NOT NULL AND next_try_at IS NULL AND sent_at IS NULL;
CREATE TABLE unmailed (
  person_id uuid CONSTRAINT fk_unmailed_person_id REFERENCES person (id),
  kind text CONSTRAINT ck_unmailed_kind CHECK (kind IN ('asked', 'reminded', 'told', 'over')),
  CONSTRAINT pk_unmailed PRIMARY KEY (person_id, kind)
);
"""


def upgrade() -> None:
    for statement in _SQL.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("What was written to people is never taken down.")
