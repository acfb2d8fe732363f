"""Working calendars, late notes, and disputes about whose time it was."""

from collections.abc import Sequence

from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_PARTIES = "('it', 'business', 'external', 'customer')"
_SQL = f"""
CREATE TABLE calendar (
  id uuid CONSTRAINT pk_calendar PRIMARY KEY,
  team_id uuid CONSTRAINT fk_calendar_team_id REFERENCES team (id),
  organisation_id uuid CONSTRAINT fk_calendar_organisation_id REFERENCES organisation (id),
  party text CONSTRAINT ck_calendar_party CHECK (party IN {_PARTIES}),
  valid_from timestamptz NOT NULL,
  time_zone text NOT NULL,
  opens time NOT NULL,
  closes time NOT NULL,
  days integer[] NOT NULL,
  country text,
  subdivision text,
  free_days date[] NOT NULL DEFAULT '{{}}',
  CONSTRAINT ck_calendar_whose CHECK (num_nonnulls(party, team_id, organisation_id) = 1),
  CONSTRAINT ck_calendar_days CHECK (days && ARRAY[0,1,2,3,4,5,6])
);
ALTER TABLE work_item
  ADD happened_at timestamptz,
  ADD charged_to text CONSTRAINT ck_work_item_charged_to CHECK (charged_to IN {_PARTIES}),
  ADD CONSTRAINT ck_work_item_happened CHECK (happened_at BETWEEN opened_at AND ended_at);
CREATE TABLE dispute (
  id uuid CONSTRAINT pk_dispute PRIMARY KEY,
  incident_id uuid NOT NULL CONSTRAINT fk_dispute_incident_id REFERENCES incident (id),
  since timestamptz NOT NULL,
  until timestamptz NOT NULL,
  party text NOT NULL CONSTRAINT ck_dispute_party CHECK (party IN {_PARTIES}),
  should_be text NOT NULL CONSTRAINT ck_dispute_should_be CHECK (should_be IN {_PARTIES}),
  why text NOT NULL,
  raised_by uuid NOT NULL CONSTRAINT fk_dispute_raised_by REFERENCES person (id),
  raised_at timestamptz NOT NULL,
  decide_by timestamptz NOT NULL,
  entry_seq integer NOT NULL,
  CONSTRAINT ck_dispute_says CHECK (since < until AND party <> should_be AND btrim(why) <> '')
);
CREATE INDEX ix_dispute_incident_id ON dispute (incident_id);
CREATE TABLE dispute_end (
  dispute_id uuid CONSTRAINT pk_dispute_end PRIMARY KEY
    CONSTRAINT fk_dispute_end_dispute_id REFERENCES dispute (id),
  how text NOT NULL CONSTRAINT ck_dispute_end_how CHECK (how IN ('moved', 'kept', 'withdrawn')),
  why text NOT NULL,
  ended_by uuid NOT NULL CONSTRAINT fk_dispute_end_ended_by REFERENCES person (id),
  ended_at timestamptz NOT NULL,
  entry_seq integer NOT NULL
);
"""


def upgrade() -> None:
    for statement in _SQL.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Evidence is never taken down: restore a backup instead.")
