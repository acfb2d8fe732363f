"""Attempts to sign in are counted where every process sees them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("who", sa.LargeBinary(), nullable=False),
        sa.Column("place", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    op.create_index("ix_sign_in_attempt_who_sign_in_attempt_at", "sign_in_attempt", ["who", "at"])
    op.create_index(
        "ix_sign_in_attempt_place_sign_in_attempt_at", "sign_in_attempt", ["place", "at"]
    )


def downgrade() -> None:
    raise NotImplementedError("Evidence is never taken down: restore a backup instead.")
