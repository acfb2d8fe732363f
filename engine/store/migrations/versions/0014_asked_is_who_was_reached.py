"""Nobody counts as asked before it reached them; what is urgent goes by a second way as well."""

from collections.abc import Sequence

from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SQL = """
ALTER TABLE person
  ADD phone text,
  ADD unreachable_since timestamptz,
  ADD unreachable_because text;
ALTER TABLE business_process ADD carries_mail boolean NOT NULL DEFAULT false;
ALTER TABLE work_item
  ADD waits_for_mail boolean NOT NULL DEFAULT false,
  ADD delivered_at timestamptz,
  ADD CONSTRAINT ck_work_item_delivered
    CHECK (delivered_at >= opened_at AND NOT (waits_for_mail AND delivered_at IS NOT NULL));
ALTER TABLE message
  ADD next_call_at timestamptz,
  ADD calls integer NOT NULL DEFAULT 0,
  ADD called_at timestamptz,
  ADD call_failed text;
ALTER TABLE message DROP CONSTRAINT ck_message_kind, ADD CONSTRAINT ck_message_kind
  CHECK (kind IN ('asked', 'reminded', 'told', 'over', 'undelivered'));
ALTER TABLE unmailed DROP CONSTRAINT ck_unmailed_kind, ADD CONSTRAINT ck_unmailed_kind
  CHECK (kind IN ('asked', 'reminded', 'told', 'over', 'undelivered'));
CREATE INDEX ix_message_to_call ON message (next_call_at) WHERE next_call_at IS NOT NULL;
DROP INDEX ix_message_dead;
CREATE INDEX ix_message_dead ON message (id)
  WHERE failed IS NOT NULL AND next_try_at IS NULL AND sent_at IS NULL
  OR call_failed IS NOT NULL AND next_call_at IS NULL AND called_at IS NULL;
"""


def upgrade() -> None:
    for statement in _SQL.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("What was written to people is never taken down.")
