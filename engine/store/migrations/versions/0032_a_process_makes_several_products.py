"""A business process makes several products, and an incident is about one of them."""

from collections.abc import Sequence

from alembic import op

revision: str = "0032"
down_revision: str | None = "0031"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# The first product of a process has its id, so what is known of incidents needs no look-up.
_SQL = """
CREATE TABLE product (
  id uuid CONSTRAINT pk_product PRIMARY KEY,
  process_id uuid NOT NULL
    CONSTRAINT fk_product_process_id REFERENCES business_process (id),
  name text NOT NULL,
  default_criteria jsonb NOT NULL DEFAULT '[]',
  is_made boolean NOT NULL DEFAULT true,
  CONSTRAINT uq_product_id_process_id UNIQUE (id, process_id),
  CONSTRAINT uq_product_process_id_name UNIQUE (process_id, name)
);
INSERT INTO product (id, process_id, name, default_criteria)
  SELECT id, id, product, default_criteria FROM business_process;
ALTER TABLE business_process DROP COLUMN product, DROP COLUMN default_criteria;
ALTER TABLE incident ADD COLUMN product_id uuid;
ALTER TABLE incident DISABLE TRIGGER USER;
UPDATE incident SET product_id = process_id;
ALTER TABLE incident ENABLE TRIGGER USER;
ALTER TABLE incident ALTER COLUMN product_id SET NOT NULL,
  ADD CONSTRAINT fk_incident_product_id_process_id
    FOREIGN KEY (product_id, process_id) REFERENCES product (id, process_id);
ALTER TABLE register_entry DROP CONSTRAINT ck_register_entry_kind;
ALTER TABLE register_entry ADD CONSTRAINT ck_register_entry_kind CHECK (kind IN
  ('organisation', 'person', 'team', 'process', 'product', 'calendar', 'ladder'));
"""


def upgrade() -> None:
    for statement in _SQL.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Evidence is never taken down.")
