"""Targets are found from their incident, without reading its actions that reach nobody by name."""

from collections.abc import Sequence

from alembic import op

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# the guard looks at each row that changes: what is filled in here changes no fact
_SQL = """
ALTER TABLE action ADD CONSTRAINT uq_action_id_incident_id UNIQUE (id, incident_id);
ALTER TABLE target ADD COLUMN incident_id uuid;
ALTER TABLE target DISABLE TRIGGER USER;
UPDATE target SET incident_id = a.incident_id FROM action a WHERE a.id = target.action_id;
ALTER TABLE target ENABLE TRIGGER USER;
ALTER TABLE target ALTER COLUMN incident_id SET NOT NULL;
ALTER TABLE target DROP CONSTRAINT fk_target_action_id;
ALTER TABLE target ADD CONSTRAINT fk_target_action
  FOREIGN KEY (action_id, incident_id) REFERENCES action (id, incident_id);
DROP INDEX ix_target_unaccepted;
CREATE INDEX ix_target_unaccepted ON target (incident_id)
  WHERE outcome <> 'done' AND accepted_by IS NULL;
CREATE INDEX ix_target_answered ON target (incident_id) WHERE answered_by IS NOT NULL;
"""


def upgrade() -> None:
    for statement in _SQL.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Evidence is never taken down.")
