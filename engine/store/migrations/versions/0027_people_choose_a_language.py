"""People choose a language."""

from collections.abc import Sequence

from alembic import op

revision: str = "0027"
down_revision: str | None = "0026"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("ALTER TABLE person ADD COLUMN language text")


def downgrade() -> None:
    raise NotImplementedError("Evidence is never taken down.")
