"""Columns hold their words only: Alembic does not write the checks of single columns."""

from collections.abc import Sequence

from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_PARTIES = "it business external customer"
_ANSWERS = "yes partly no"
_LEVELS = "high medium low"
_PRIORITIES = "P1 P2 P3 P4"
_ONE_OF = (
    ("action", "kind", "puts_right prevents"),
    ("action", "party", _PARTIES),
    ("action", "state", "proposed waiting open done dropped refused"),
    ("confirmation", "answer", _ANSWERS),
    ("confirmation", "grade", "signed_in link phone"),
    ("confirmation_line", "answer", _ANSWERS),
    ("decision", "decided", "close keep_asking ask_somebody_else back_to_work"),
    ("deputy", "of", "owner duty_lead authority"),
    ("diagram_version", "kind", "bpmn dmn form"),
    ("incident", "closed_by", "confirmed escalated"),
    ("incident", "highest_priority", _PRIORITIES),
    ("incident", "impact", _LEVELS),
    ("incident", "priority", _PRIORITIES),
    ("incident", "state", "open closed"),
    ("incident", "urgency", _LEVELS),
    ("organisation", "kind", "customer supplier"),
    ("target", "outcome", "done not_needed declined unreachable"),
    ("verification", "verdict", "right not_right watch_until"),
    ("visit", "how", "completed cancelled"),
    ("work_item", "how", "completed cancelled handed_on"),
    ("work_item", "lane", "it business external customer service_desk business_owner authority"),
    ("work_item", "party", _PARTIES),
)


def upgrade() -> None:
    for table, column, words in _ONE_OF:
        listed = ", ".join(f"'{word}'" for word in words.split())
        op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, f"{column} IN ({listed})")


def downgrade() -> None:
    raise NotImplementedError("Evidence is never taken down: restore a backup instead.")
