"""Who watches an incident is told what is written about it."""

from collections.abc import Sequence

from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_KINDS = "'asked', 'reminded', 'told', 'over', 'undelivered', 'recorded', 'noted'"


def upgrade() -> None:
    for table in ("message", "unmailed"):
        op.execute(
            f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_kind,"
            f" ADD CONSTRAINT ck_{table}_kind CHECK (kind IN ({_KINDS}))"
        )
    op.execute("""
        CREATE TABLE watcher (
          incident_id uuid CONSTRAINT fk_watcher_incident_id REFERENCES incident (id),
          person_id uuid CONSTRAINT fk_watcher_person_id REFERENCES person (id),
          CONSTRAINT pk_watcher PRIMARY KEY (incident_id, person_id)
        )
    """)


def downgrade() -> None:
    raise NotImplementedError("What was written to people is never taken down.")
