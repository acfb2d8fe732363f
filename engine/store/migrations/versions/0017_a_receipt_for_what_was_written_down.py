"""Whoever is said to have answered is written that, and can say that they did not."""

from collections.abc import Sequence

from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_KINDS = "'asked', 'reminded', 'told', 'over', 'undelivered', 'recorded'"


def upgrade() -> None:
    for table in ("message", "unmailed"):
        op.execute(
            f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_kind,"
            f" ADD CONSTRAINT ck_{table}_kind CHECK (kind IN ({_KINDS}))"
        )


def downgrade() -> None:
    raise NotImplementedError("What was written to people is never taken down.")
