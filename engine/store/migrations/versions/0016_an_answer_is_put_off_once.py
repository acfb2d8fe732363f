"""Who is asked for an answer may put it off, once."""

from collections.abc import Sequence

from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("ALTER TABLE work_item ADD put_off_until timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE work_item DROP put_off_until")
