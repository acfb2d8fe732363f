"""What a form is given besides its questions: rows for each criterion or target, filled in.

One source for the page that shows the form and the use case that checks what came back.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine.store.facts import IN_FORCE, TargetFacts
from forms import Form

_CRITERIA = text(
    "SELECT id, measure, threshold, measured FROM criterion"  # noqa: S608 - a constant
    f" WHERE incident_id = :id AND {IN_FORCE} ORDER BY position, changed_seq, id"
)


def prefill_for(
    conn: Connection, form: Form, incident_id: UUID, targets: Sequence[TargetFacts]
) -> Mapping[str, Any]:
    """Return the given rows of each field of `form` that has fixed rows, by field name.

    Rows hold `criterion` or `target` (an id) and what is shown beside it.
    """
    given: dict[str, Any] = {}
    for field in form.fields:
        if not field.schema.get("x-fixed-rows"):
            continue
        columns = {column.name for column in field.fields}
        # shown to who answers; whoever checks writes down anew what they see
        tells_found = any(one.name == "measured" and one.read_only for one in field.fields)
        if "target" in columns:
            given[field.name] = [{"target": str(one.id), "label": one.label} for one in targets]
        elif "criterion" in columns:
            given[field.name] = [
                {"criterion": str(row.id), "measure": row.measure, "threshold": row.threshold}
                | ({"measured": row.measured} if tells_found and row.measured else {})
                for row in conn.execute(_CRITERIA, {"id": incident_id})
            ]
    return given
