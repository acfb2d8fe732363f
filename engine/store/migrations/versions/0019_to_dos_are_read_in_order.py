"""Open to-dos are read in the order in which they are due, however many there are."""

from collections.abc import Sequence

from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute(
        "CREATE INDEX ix_work_item_in_order ON work_item"
        " (coalesce(due_at, TIMESTAMPTZ '9999-12-31 00:00:00+00'), opened_at, id)"
        " WHERE ended_at IS NULL"
    )


def downgrade() -> None:
    op.execute("DROP INDEX ix_work_item_in_order")
