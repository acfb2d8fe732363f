"""Ways out are kept: set aside, merged, withdrawn, and what is opened beside another."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_CLOSED_WITH_EVIDENCE = (
    "(state = 'closed') = (num_nonnulls(confirmation_id, decision_id) = 1)"
    " AND (state = 'closed' OR num_nonnulls(confirmation_id, decision_id) = 0)"
    " AND (closed_by IS NOT DISTINCT FROM CASE"
    " WHEN state <> 'closed' THEN NULL"
    " WHEN confirmation_id IS NOT NULL THEN 'confirmed' ELSE 'escalated' END)"
    " AND ((state = 'open') = (ended_at IS NULL))"
    " AND ((state IN ('set_aside', 'merged')) = (way_out_id IS NOT NULL))"
)


def upgrade() -> None:
    _ways()
    _marks()
    op.add_column("incident", sa.Column("way_out_id", sa.Uuid(), nullable=True))
    op.add_column("incident", sa.Column("origin_id", sa.Uuid(), nullable=True))
    op.add_column("incident", sa.Column("origin", sa.Text(), nullable=True))
    for column, table in (("way_out_id", "way_out"), ("origin_id", "incident")):
        op.create_foreign_key(op.f(f"fk_incident_{column}"), "incident", table, [column], ["id"])
    op.create_index(op.f("ix_incident_origin_id"), "incident", ["origin_id"])
    op.create_index(
        "uq_incident_recurs",
        "incident",
        ["origin_id"],
        unique=True,
        postgresql_where=sa.text("origin = 'recurs'"),
    )
    op.drop_constraint(op.f("ck_incident_state"), "incident")
    op.drop_constraint(op.f("ck_incident_closed_with_evidence"), "incident")
    for name, says in (
        ("state", "state IN ('open', 'closed', 'set_aside', 'merged')"),
        ("closed_with_evidence", _CLOSED_WITH_EVIDENCE),
        ("origin", "origin IN ('recurs', 'split', 'objected')"),
        ("origin_both", "(origin_id IS NULL) = (origin IS NULL)"),
    ):
        op.create_check_constraint(op.f(f"ck_incident_{name}"), "incident", says)


def _ways() -> None:
    op.create_table(
        "way_out",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("into_id", sa.Uuid(), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry_seq", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('set_aside', 'merged')", name=op.f("ck_way_out_kind")),
        sa.CheckConstraint("btrim(reason) <> ''", name=op.f("ck_way_out_reason")),
        sa.CheckConstraint(
            "(kind = 'merged') = (into_id IS NOT NULL)", name=op.f("ck_way_out_into")
        ),
        sa.CheckConstraint("into_id <> incident_id", name=op.f("ck_way_out_another")),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_way_out_incident_id")
        ),
        sa.ForeignKeyConstraint(["into_id"], ["incident.id"], name=op.f("fk_way_out_into_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_way_out_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_way_out")),
    )
    op.create_index(op.f("ix_way_out_incident_id"), "way_out", ["incident_id"])
    op.create_index(op.f("ix_way_out_into_id"), "way_out", ["into_id"])
    op.create_table(
        "way_back",
        sa.Column("way_out_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry_seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["way_out_id"], ["way_out.id"], name=op.f("fk_way_back_way_out_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_way_back_person_id")),
        sa.PrimaryKeyConstraint("way_out_id", name=op.f("pk_way_back")),
    )
    op.create_table(
        "acceptance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry_seq", sa.Integer(), nullable=False),
        sa.CheckConstraint("btrim(reason) <> ''", name=op.f("ck_acceptance_reason")),
        sa.CheckConstraint("until > accepted_at", name=op.f("ck_acceptance_ahead")),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_acceptance_incident_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_acceptance_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acceptance")),
    )
    op.create_index(op.f("ix_acceptance_incident_id"), "acceptance", ["incident_id"])


def _marks() -> None:
    for table in ("criterion", "confirmer"):
        op.add_column(table, sa.Column("came_from_id", sa.Uuid(), nullable=True))
        op.create_foreign_key(
            op.f(f"fk_{table}_came_from_id"), table, "incident", ["came_from_id"], ["id"]
        )
    for table, column in (("action", "is_remedy"), ("confirmation", "is_withdrawal")):
        op.add_column(
            table, sa.Column(column, sa.Boolean(), server_default=sa.text("false"), nullable=False)
        )


def downgrade() -> None:
    raise NotImplementedError("Evidence is never taken down: restore a backup instead.")
