"""Links by which people without an account follow an incident and do what is asked of them."""

from collections.abc import Sequence

from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SQL = """
CREATE TABLE link (
  id uuid CONSTRAINT pk_link PRIMARY KEY,
  person_id uuid NOT NULL CONSTRAINT fk_link_person_id REFERENCES person (id),
  purpose text NOT NULL CONSTRAINT ck_link_purpose CHECK (purpose IN ('follow', 'todo')),
  incident_id uuid NOT NULL CONSTRAINT fk_link_incident_id REFERENCES incident (id),
  item_id uuid CONSTRAINT fk_link_item_id REFERENCES work_item (id),
  generation integer NOT NULL DEFAULT 0,
  made_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  ended_at timestamptz,
  CONSTRAINT ck_link_subject CHECK ((purpose = 'todo') = (item_id IS NOT NULL))
);
CREATE INDEX ix_link_person_id_open ON link (person_id) WHERE ended_at IS NULL;
"""


def upgrade() -> None:
    for statement in _SQL.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Links that people hold are never taken down.")
