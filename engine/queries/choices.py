"""What can be chosen in select fields: (id, readable name) pairs by the format of the field."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.permissions import Actor

Choices = Mapping[str, Sequence[tuple[str, str]]]

# By where they come from; by what they are, too, where the same makes several.
_PRODUCTS = """SELECT 'product' AS format, d.id,
      CASE WHEN count(*) OVER (PARTITION BY d.process_id) = 1 THEN p.name
        ELSE p.name || ': ' || d.name END AS label
    FROM product d JOIN business_process p ON p.id = d.process_id WHERE d.is_made"""
_PUBLIC = text(f"{_PRODUCTS} AND p.is_public ORDER BY label, id")
_CHOICES = text(f"""
    SELECT 'person' AS format, p.id, p.name || coalesce(' (' || o.name || ')', '') AS label
    FROM person p LEFT JOIN organisation o ON o.id = p.organisation_id
    WHERE p.is_active AND (CAST(:organisation AS uuid) IS NULL
      OR p.organisation_id = CAST(:organisation AS uuid))
    UNION ALL
    SELECT 'team', id, name FROM team
    WHERE (CAST(:organisation AS uuid) IS NULL OR organisation_id = CAST(:organisation AS uuid))
      AND NOT EXISTS (SELECT FROM incident
        WHERE id = CAST(:incident AS uuid) AND is_restricted)
    UNION ALL
    SELECT 'process', id, name FROM business_process
    UNION ALL
    {_PRODUCTS}
    UNION ALL
    SELECT 'action', id, '#' || number || ' ' || title FROM action
    WHERE incident_id = CAST(:incident AS uuid)
    ORDER BY format, label, id
""")  # noqa: S608 - a constant


def choices(conn: Connection, actor: Actor, *, incident_id: UUID | None = None) -> Choices:
    """Return the choices for people, teams, processes, products and the incident's actions.

    People outside our organisation choose among their own people and teams only.  There is no
    `team` where there is none to choose from, or only named people may read.  One statement.
    """
    found: dict[str, list[tuple[str, str]]] = {
        format_: [] for format_ in ("person", "team", "process", "product", "action")
    }
    asked = {"organisation": actor.organisation_id, "incident": incident_id}
    for row in conn.execute(_CHOICES, asked):
        found[row.format].append((str(row.id), row.label))
    if not found["team"]:
        del found["team"]
    return found


def public_products(conn: Connection) -> Sequence[tuple[str, str]]:
    """Return the products that anybody can tell us of: id and name, by name."""
    return [(str(row.id), row.label) for row in conn.execute(_PUBLIC)]


def process_names(conn: Connection) -> Sequence[str]:
    """Return what the business processes are called, by name."""
    return conn.scalars(text("SELECT name FROM business_process ORDER BY lower(name)")).all()
