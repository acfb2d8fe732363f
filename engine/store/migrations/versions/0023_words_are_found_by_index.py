"""Words in incidents and actions are found by index."""

from collections.abc import Sequence

from alembic import op

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SQL = """
CREATE INDEX ix_incident_text ON incident USING gin (
  to_tsvector('simple', title || ' ' || expected || ' ' || actual || ' ' || harmed));
CREATE INDEX ix_action_text ON action USING gin (
  to_tsvector('simple', title || ' ' || detail || ' ' || coalesce(outcome, '')));
"""


def upgrade() -> None:
    for statement in _SQL.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Evidence is never taken down.")
