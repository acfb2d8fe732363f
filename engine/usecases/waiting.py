"""What a run waits for, as its row keeps it: read by those who ask without the engine."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from engine.runtime import Waiting


def as_json(waiting: Waiting) -> dict[str, Any]:
    """Return one wait as JSON; instants are ISO 8601 texts."""
    return {
        "task": str(waiting.task_id),
        "element": waiting.element,
        "diagram": waiting.diagram,
        "kind": waiting.kind,
        "title": waiting.title,
        "lane": waiting.lane,
        "mark": waiting.mark,
        "message": waiting.message,
        "due_at": _instant(waiting.due_at),
        "since": _instant(waiting.since),
    }


def from_json(kept: dict[str, Any]) -> Waiting:
    """Return the wait that `as_json` kept."""
    due = kept["due_at"]
    return Waiting(
        task_id=UUID(kept["task"]),
        element=kept["element"],
        diagram=kept["diagram"],
        kind=kept["kind"],
        title=kept["title"],
        lane=kept["lane"],
        mark=kept["mark"],
        message=kept["message"],
        due_at=datetime.fromisoformat(due) if due else None,
        since=datetime.fromisoformat(kept["since"]),
    )


def _instant(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None
