"""Others who are harmed say so."""

from collections.abc import Sequence

from alembic import op

revision: str = "0030"
down_revision: str | None = "0029"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute(
        """CREATE TABLE also_harmed (
          incident_id uuid NOT NULL
            CONSTRAINT fk_also_harmed_incident_id REFERENCES incident (id),
          person_id uuid NOT NULL CONSTRAINT fk_also_harmed_person_id REFERENCES person (id),
          said_at timestamptz NOT NULL,
          entry_seq integer NOT NULL,
          CONSTRAINT pk_also_harmed PRIMARY KEY (incident_id, person_id)
        )"""
    )


def downgrade() -> None:
    raise NotImplementedError("Evidence is never taken down.")
