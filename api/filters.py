"""What templates say of instants, lengths and words; always in the reader's zone.

A newcomer would let the browser turn times into local ones: pages work without scripts, and the
person's own zone is known.
"""

from datetime import datetime, timedelta, tzinfo

from flask import Flask, g
from markupsafe import Markup

from api import identity
from engine.domain.permissions import (
    may_report,
    may_sample_ways_out,
    may_see_signals,
    may_set_up,
)
from engine.domain.wording import WORDS, word
from engine.errors import Unavailable
from engine.queries.messages import unread

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def register(app: Flask) -> None:
    """Make the filters known to every template."""
    app.add_template_filter(when)
    app.add_template_filter(ago)
    app.add_template_filter(lasting)
    app.add_template_filter(plain)
    app.add_template_filter(first_up)
    app.add_template_filter(number)
    app.jinja_env.globals["now"] = now
    app.jinja_env.globals["unread"] = _unread
    app.jinja_env.globals["may_report"] = may_report
    app.jinja_env.globals["may_sample_ways_out"] = may_sample_ways_out
    app.jinja_env.globals["may_set_up"] = may_set_up
    app.jinja_env.globals["may_see_signals"] = may_see_signals


def now() -> datetime:
    """Return the instant of this request, the same for all of it."""
    if "now" not in g:
        g.now = identity.handling().store.clock()
    instant: datetime = g.now
    return instant


def _unread() -> int:
    # a page that gives back what was typed is shown while the database is away, too
    try:
        with identity.handling().store.read() as conn:
            return unread(conn, identity.actor().id)
    except Unavailable:
        return 0


def spoken(at: datetime, zone: tzinfo, today: datetime) -> str:
    """Return an instant as people write it, to the minute, with the year if it is another."""
    local = at.astimezone(zone)
    day = f"{_DAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]}"
    if local.year != today.astimezone(zone).year:
        day += f" {local.year}"
    return f"{day}, {local:%H:%M}"


def when(at: datetime | None) -> Markup:
    """Return `<time>` with the instant in the reader's zone; nothing for None."""
    if at is None:
        return Markup("")
    zone = identity.zone()
    return Markup('<time datetime="{}">{}</time>').format(
        at.astimezone(zone).isoformat(timespec="seconds"), spoken(at, zone, now())
    )


def ago(at: datetime | None) -> Markup:
    """Return how long ago it was, or how far ahead it lies, with the instant as its title."""
    if at is None:
        return Markup("")
    zone, gap = identity.zone(), (now() - at).total_seconds()
    if abs(gap) < _MINUTE:
        said = "just now"
    elif gap > 0:
        said = f"{_roughly(gap)} ago"
    else:
        said = f"in {_roughly(-gap)}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.astimezone(zone).isoformat(timespec="seconds"), spoken(at, zone, now()), said
    )


def lasting(span: timedelta) -> str:
    """Return how long something took, in its two largest units: “2 d 4 h”, “35 min”, “8 s”."""
    seconds = int(abs(span).total_seconds())
    sign = "−" if span < timedelta(0) else ""
    days, rest = divmod(seconds, _DAY)
    hours, rest = divmod(rest, _HOUR)
    minutes, left = divmod(rest, _MINUTE)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (left, "s")]
    while len(parts) > 1 and not parts[0][0]:
        parts.pop(0)
    shown = [f"{count}\N{NO-BREAK SPACE}{unit}" for count, unit in parts[:2] if count]
    return sign + (" ".join(shown) if shown else "0\N{NO-BREAK SPACE}s")


def plain(machine: str | None) -> str:
    """Return the screen's word for a machine word, itself where there is none."""
    if machine is None:
        return ""
    return word(machine) if machine in WORDS else machine.replace("_", " ")


def first_up(words: str) -> str:
    """Return the words with a capital first letter and the rest untouched."""
    return words[:1].upper() + words[1:]


def number(value: object) -> str:
    """Return a number without the zeros that its column keeps behind the point."""
    text = f"{value}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _roughly(seconds: float) -> str:
    for size, unit in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "a moment"
