"""What a run's expressions may read of its incident: facts from tables, each asked only if read.

A newcomer would copy facts into process data: there they would grow old, and could be posted.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from engine.domain.incident import Priority
from engine.domain.ladder import climb_every, remind_every
from engine.store.rows import Action

if TYPE_CHECKING:
    from engine.usecases.running import Mover


class RunFacts(Mapping[str, object]):
    """The read-only names that expressions see beside process data, each asked only if read.

    Instants and durations are ISO 8601 texts, as the engine's timers take them.
    """

    NAMES = (
        "gate",
        "remind_every",
        "decide_at",
        "ask_again_at",
        "watch_until",
        "due_at",
        "climb_every",
        "tries",
    )

    def __init__(self, mover: "Mover", action: Action | None) -> None:
        self._mover = mover
        self._action = action

    def __iter__(self) -> Iterator[str]:
        return iter(self.NAMES)

    def __len__(self) -> int:
        return len(self.NAMES)

    def __contains__(self, name: object) -> bool:
        return name in self.NAMES

    def __getitem__(self, name: str) -> object:
        if name not in self.NAMES:
            raise KeyError(name)
        mover, incident = self._mover, self._mover.case.incident
        ladder, now = mover.handling.ladder, mover.case.now
        priority = Priority(incident.highest_priority)
        match name:
            case "gate":
                return mover.judged()[0].value
            case "remind_every":
                return _duration(remind_every(priority, ladder=ladder))
            case "decide_at":
                return _instant(mover.decide_at())
            case "ask_again_at":
                return _instant(incident.ask_again_at or now)
            case "watch_until":
                return _instant(incident.watch_until or now)
            case "due_at":
                return _instant(self._action.due_at if self._action else now)
            case "tries":
                return "enough" if mover.is_tried_enough() else "missing"
            case _:
                return _duration(climb_every(priority, ladder=ladder))


def _duration(length: timedelta) -> str:
    return f"PT{int(length.total_seconds())}S"


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
