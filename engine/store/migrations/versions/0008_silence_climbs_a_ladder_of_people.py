"""Deputies, superiors and absences; what the ladder did, and each try to reach somebody."""

from collections.abc import Sequence

from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SQL = """
ALTER TABLE person
  ADD deputy_id uuid CONSTRAINT fk_person_deputy_id REFERENCES person (id),
  ADD superior_id uuid CONSTRAINT fk_person_superior_id REFERENCES person (id),
  ADD CONSTRAINT ck_person_somebody_else CHECK (deputy_id <> id AND superior_id <> id);
CREATE TABLE absence (
  id uuid CONSTRAINT pk_absence PRIMARY KEY,
  person_id uuid NOT NULL CONSTRAINT fk_absence_person_id REFERENCES person (id),
  since timestamptz NOT NULL,
  until timestamptz NOT NULL,
  entered_at timestamptz NOT NULL,
  ended_at timestamptz,
  CONSTRAINT ck_absence_lasts CHECK (since < until)
);
CREATE INDEX ix_absence_person_id_absence_until ON absence (person_id, until);
ALTER TABLE incident
  ADD delegate_id uuid CONSTRAINT fk_incident_delegate_id REFERENCES person (id);
ALTER TABLE work_item ADD asked_again_at timestamptz;
CREATE INDEX ix_work_item_asked ON work_item ((people[1]), opened_at) WHERE mark = 'confirmation';
CREATE TABLE rung (
  id uuid CONSTRAINT pk_rung PRIMARY KEY,
  item_id uuid NOT NULL CONSTRAINT fk_rung_item_id REFERENCES work_item (id),
  kind text NOT NULL CONSTRAINT ck_rung_kind
    CHECK (kind IN ('deputy', 'owner_told', 'superior_told', 'nobody_left')),
  people uuid[] NOT NULL,
  reached_at timestamptz NOT NULL,
  entry_seq integer NOT NULL
);
CREATE INDEX ix_rung_item_id ON rung (item_id);
CREATE INDEX ix_rung_people ON rung USING gin (people);
CREATE TABLE tried (
  id uuid CONSTRAINT pk_tried PRIMARY KEY,
  item_id uuid NOT NULL CONSTRAINT fk_tried_item_id REFERENCES work_item (id),
  whom_id uuid NOT NULL CONSTRAINT fk_tried_whom_id REFERENCES person (id),
  tried_by uuid NOT NULL CONSTRAINT fk_tried_tried_by REFERENCES person (id),
  channel text NOT NULL CONSTRAINT ck_tried_channel
    CHECK (channel IN ('call', 'letter', 'visit', 'message', 'other')),
  words text NOT NULL,
  tried_at timestamptz NOT NULL,
  entered_at timestamptz NOT NULL,
  entry_seq integer NOT NULL,
  CONSTRAINT ck_tried_says CHECK (btrim(words) <> '' AND tried_at <= entered_at)
);
CREATE INDEX ix_tried_item_id ON tried (item_id);
"""


def upgrade() -> None:
    for statement in _SQL.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Evidence is never taken down: restore a backup instead.")
