"""Who had a hand in it is found by index."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.drop_index(op.f("ix_confirmation_incident_id"), table_name="confirmation")
    op.create_index(
        "ix_confirmation_latest",
        "confirmation",
        ["incident_id", "person_id", "entry_seq"],
    )
    op.drop_index(op.f("ix_decision_incident_id"), table_name="decision")
    op.create_index(
        "ix_decision_latest",
        "decision",
        ["incident_id", "entry_seq"],
    )
    op.create_index(
        "ix_entry_lead_taken",
        "entry",
        ["incident_id"],
        postgresql_where=sa.text("verb = 'incident:lead_taken'"),
    )
    op.create_foreign_key(
        op.f("fk_incident_confirmation_id"),
        "incident",
        "confirmation",
        ["confirmation_id"],
        ["id"],
    )
    op.create_foreign_key(
        op.f("fk_incident_decision_id"), "incident", "decision", ["decision_id"], ["id"]
    )
    op.create_index(
        "ix_target_unaccepted",
        "target",
        ["action_id"],
        postgresql_where=sa.text("outcome <> 'done' AND accepted_by IS NULL"),
    )
    op.drop_index(op.f("ix_verification_incident_id"), table_name="verification")
    op.create_index(
        "ix_verification_who",
        "verification",
        ["incident_id", "person_id"],
    )
    op.create_index(
        "ix_work_item_worked",
        "work_item",
        ["incident_id", "ended_by"],
        postgresql_where=sa.text(
            "action_id IS NOT NULL AND lane <> 'customer' AND how = 'completed'"
        ),
    )


def downgrade() -> None:
    raise NotImplementedError("Evidence is never taken down: restore a backup instead.")
