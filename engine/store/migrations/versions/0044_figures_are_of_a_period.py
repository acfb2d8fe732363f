"""Counts of incidents are read from an index alone."""

from collections.abc import Sequence

from alembic import op

revision: str = "0044"
down_revision: str | None = "0042"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute(
        "CREATE INDEX ix_incident_counted ON incident (process_id, priority, state, closed_by)"
    )


def downgrade() -> None:
    raise NotImplementedError("Evidence is never taken down.")
