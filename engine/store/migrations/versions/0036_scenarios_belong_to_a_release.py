"""Scenarios belong to a release, and what came of them stands with its proof."""

from collections.abc import Sequence

from alembic import op

revision: str = "0036"
down_revision: str | None = "0035"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SQL = """
ALTER TABLE release_proof ADD COLUMN scenarios jsonb;
ALTER TABLE diagram_version DROP CONSTRAINT ck_diagram_version_kind;
ALTER TABLE diagram_version ADD CONSTRAINT ck_diagram_version_kind CHECK (kind IN
  ('bpmn', 'dmn', 'form', 'scenarios'));
"""


def upgrade() -> None:
    for statement in _SQL.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Evidence is never taken down.")
