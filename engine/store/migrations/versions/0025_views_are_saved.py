"""Lists that somebody wants to find again."""

from collections.abc import Sequence

from alembic import op

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute(
        """CREATE TABLE saved_view (
          id uuid CONSTRAINT pk_saved_view PRIMARY KEY,
          person_id uuid NOT NULL CONSTRAINT fk_saved_view_person_id REFERENCES person (id),
          name text NOT NULL,
          query text NOT NULL,
          CONSTRAINT uq_saved_view_person_id_name UNIQUE (person_id, name)
        )"""
    )


def downgrade() -> None:
    op.execute("DROP TABLE saved_view")
