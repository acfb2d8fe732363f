"""Those without an account can tell us of some business processes."""

from collections.abc import Sequence

from alembic import op

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("ALTER TABLE business_process ADD COLUMN is_public boolean NOT NULL DEFAULT false")


def downgrade() -> None:
    op.execute("ALTER TABLE business_process DROP COLUMN is_public")
