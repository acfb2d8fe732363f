"""Whoever is harmed, too, is told that it is found right: they may know better."""

from collections.abc import Sequence

from alembic import op

revision: str = "0031"
down_revision: str | None = "0030"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_KINDS = "'asked', 'reminded', 'told', 'found_right', 'over', 'undelivered', 'recorded', 'noted'"


def upgrade() -> None:
    for table in ("message", "unmailed"):
        op.execute(
            f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_kind,"
            f" ADD CONSTRAINT ck_{table}_kind CHECK (kind IN ({_KINDS}))"
        )


def downgrade() -> None:
    raise NotImplementedError("What was written to people is never taken down.")
