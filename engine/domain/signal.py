"""What monitoring says: alerts of one process that come close together are one signal.

A signal is not an incident (rules, Actions).  A newcomer would open one for each alert: nobody
knows yet whether any product comes out wrong, and four hundred of them say it no better than one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4


@dataclass(frozen=True)
class Alert:
    """One alert; the same `key` is the same alert told again.  `recovered_at` None: it goes on."""

    key: str
    title: str
    started_at: datetime
    recovered_at: datetime | None = None


@dataclass
class Span:
    """From when until when the alerts of a signal started."""

    signal_id: UUID
    first_at: datetime
    last_at: datetime

    def is_near(self, at: datetime, window: timedelta) -> bool:
        """Whether an alert of this instant belongs to the signal."""
        return self.first_at - window <= at <= self.last_at + window

    def take(self, at: datetime) -> None:
        """Reach as far as this instant."""
        self.first_at, self.last_at = min(self.first_at, at), max(self.last_at, at)


@dataclass
class Gathered:
    """Which signal each new alert belongs to, which signals begin, and which alerts are over."""

    begun: list[UUID] = field(default_factory=list)
    new: list[tuple[UUID, Alert]] = field(default_factory=list)
    over: list[tuple[UUID, Alert]] = field(default_factory=list)

    @property
    def signal_ids(self) -> list[UUID]:
        """Return every signal that this changes, each once."""
        return list(dict.fromkeys(signal for signal, _ in (*self.new, *self.over)))


def gather(
    alerts: Iterable[Alert],
    spans: list[Span],
    going_on: Mapping[str, UUID],
    window: timedelta,
) -> Gathered:
    """Return where the alerts of one process belong, given its signals and what goes on by key.

    What goes on and is told again changes nothing; what is over before it was told is left out.
    """
    found, signals = Gathered(), dict(going_on)
    for alert in sorted(alerts, key=lambda one: one.started_at):
        known = signals.get(alert.key)
        if alert.recovered_at is not None:
            if known is not None:
                found.over.append((known, alert))
        elif known is None:
            span = next((one for one in spans if one.is_near(alert.started_at, window)), None)
            if span is None:
                span = Span(uuid4(), alert.started_at, alert.started_at)
                spans.append(span)
                found.begun.append(span.signal_id)
            span.take(alert.started_at)
            signals[alert.key] = span.signal_id
            found.new.append((span.signal_id, alert))
    return found
