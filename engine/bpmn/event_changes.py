"""What differs in what an event is about: its message, its timer, what it ends."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

from engine.bpmn.model import Element, Event
from engine.bpmn.timing import parse_duration, working_days
from engine.domain.difference import Swap, shortened
from engine.language import Said, say, say_of

_KINDS: Mapping[str, Said] = {
    "cancel": say("a cancellation"),
    "compensate": say("a compensation"),
    "conditional": say("a condition"),
    "error": say("an error"),
    "escalation": say("an escalation"),
    "link": say("a link"),
    "message": say("a message"),
    "multiple": say("several things"),
    "signal": say("a signal"),
    "terminate": say("ending everything"),
    "timer": say("time that passes"),
}
_KIND = Swap(
    say("“%(name)s” is about %(now)s instead of %(before)s."),
    say("“%(name)s” is about %(now)s."),
    say("“%(name)s” is no longer about %(before)s."),
)
_NAME = Swap(
    say("“%(name)s” is about “%(now)s” instead of “%(before)s”."),
    say("“%(name)s” is about “%(now)s”."),
    say("“%(name)s” is no longer about “%(before)s”."),
)
_CODE = Swap(
    say("The code of “%(name)s” is “%(now)s” instead of “%(before)s”."),
    say("The code of “%(name)s” is “%(now)s”."),
    say("“%(name)s” has no code any more; it was “%(before)s”."),
)
_TIMER = Swap(
    say("“%(name)s” comes %(now)s instead of %(before)s."),
    say("“%(name)s” comes %(now)s."),
    say("“%(name)s” no longer comes %(before)s."),
)
_DAY, _HOUR, _MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
_UNITS: tuple[tuple[timedelta, Callable[[int], Said]], ...] = (
    (_DAY, lambda count: say_of(count, "1 day", "%(num)s days")),
    (_HOUR, lambda count: say_of(count, "1 hour", "%(num)s hours")),
    (_MINUTE, lambda count: say_of(count, "1 minute", "%(num)s minutes")),
)


def event_changes(before: Element, after: Element, name: str) -> Iterator[Said]:
    """Yield what differs in what an element waits for, tells or ends."""
    old, new = before.event or Event("none"), after.event or Event("none")
    if old.kind != new.kind:
        yield from _KIND.told(_KINDS.get(old.kind), _KINDS.get(new.kind), name=name)
        yield from _TIMER.told(None, _timer(new), name=name)
    else:
        yield from _NAME.told(old.name, new.name, name=name)
        yield from _CODE.told(old.code, new.code, name=name)
        yield from _TIMER.told(_timer(old), _timer(new), name=name)
        if (old.parts, old.all_parts) != (new.parts, new.all_parts):
            yield say("“%(name)s” is about other things together.", name=name)
    if before.interrupting and not after.interrupting:
        yield say("“%(name)s” no longer ends what it stands at.", name=name)
    if after.interrupting and not before.interrupting:
        yield say("“%(name)s” now ends what it stands at.", name=name)
    if before.on_event != after.on_event:
        yield say("“%(name)s” is begun by another kind of event.", name=name)
    if before.compensates != after.compensates:
        yield say("“%(name)s” is now for undoing, or no longer.", name=name)


def _timer(event: Event) -> str | None:
    if event.kind != "timer" or event.expression is None:
        return None
    text = event.expression
    literal = text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else None
    try:
        if event.timer == "cycle" and literal is not None and literal.startswith("R/"):
            return say("every %(time)s", time=_in_words(parse_duration(literal[2:])))
        if literal is not None and literal.startswith("P"):
            return say("after %(time)s", time=_in_words(parse_duration(literal)))
        if literal is not None and (days := working_days(literal)):
            return say("after %(time)s", time=say_of(days, "1 working day", "%(num)s working days"))
    except ValueError:
        pass
    if event.timer == "cycle":
        return say("again and again (`%(when)s`)", when=shortened(text))
    return say("at `%(when)s`", when=shortened(text))


def _in_words(length: timedelta) -> Said:
    """Return how long something is: 1 day, 3 hours."""
    parts: list[Said] = []
    for unit, said in _UNITS:
        count, length = divmod(length, unit)
        if count:
            parts.append(said(count))
    if length:
        seconds = int(length.total_seconds())
        parts.append(say_of(seconds, "1 second", "%(num)s seconds"))
    while len(parts) > 1:
        last = parts.pop()
        parts[-1] = say("%(more)s and %(rest)s", more=parts[-1], rest=last)
    return parts[0]
