"""What templates say of instants, lengths, numbers and words: in the reader's zone and language.

A newcomer would let the browser turn times into local ones: pages work without scripts, and the
person's own zone is known.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal
from flask import Flask, g
from markupsafe import Markup

from api import identity
from api.languages import current, language
from engine.domain.permissions import (
    may_audit,
    may_read_diagrams,
    may_report,
    may_sample_ways_out,
    may_see_figures,
    may_see_signals,
    may_set_up,
)
from engine.domain.wording import WORDS, word
from engine.errors import Unavailable
from engine.language import Said, in_words, say, say_of
from engine.queries.messages import unread

# as entries hold them
_INSTANT = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)")
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def register(app: Flask) -> None:
    """Make the filters known to every template."""
    app.add_template_filter(when)
    app.add_template_filter(ago)
    app.add_template_filter(lasting)
    app.add_template_filter(exactly)
    app.add_template_filter(instants)
    app.add_template_filter(to_the_second)
    app.add_template_filter(plain)
    app.add_template_filter(first_up)
    app.add_template_filter(ours)
    app.add_template_filter(number)
    app.add_template_filter(money)
    app.jinja_env.globals["now"] = now
    app.jinja_env.globals["unread"] = _unread
    app.jinja_env.globals["may_audit"] = may_audit
    app.jinja_env.globals["may_report"] = may_report
    app.jinja_env.globals["may_sample_ways_out"] = may_sample_ways_out
    app.jinja_env.globals["may_set_up"] = may_set_up
    app.jinja_env.globals["may_read_diagrams"] = may_read_diagrams
    app.jinja_env.globals["may_see_figures"] = may_see_figures
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
    if local.year == today.astimezone(zone).year:
        pattern = say("EEE d MMM, HH:mm")
    else:
        pattern = say("EEE d MMM y, HH:mm")
    day, _, behind = in_words(pattern).partition("HH:mm")
    return f"{_day_of(local.date(), day, current().code)}{local:%H:%M}{behind}"


@lru_cache(maxsize=1_000)
def _day_of(day: date, pattern: str, code: str) -> str:
    # a page has hundreds of instants, of a few days
    return format_date(day, pattern, locale=language(code).locale)


def day_of(day: date) -> str:
    """Return a day without its year, as it stands below a drawing."""
    return format_date(day, in_words(say("d MMM")), locale=current().locale)


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
    zone, said = identity.zone(), in_words(_roughly((now() - at).total_seconds()))
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
    parts = [
        (days, in_words(say("d"))),
        (hours, in_words(say("h"))),
        (minutes, in_words(say("min"))),
        (left, in_words(say("s"))),
    ]
    while len(parts) > 1 and not parts[0][0]:
        parts.pop(0)
    shown = [f"{count}\N{NO-BREAK SPACE}{unit}" for count, unit in parts[:2] if count]
    return sign + (" ".join(shown) if shown else f"0\N{NO-BREAK SPACE}{parts[-1][1]}")


def exactly(span: timedelta) -> str:
    """Return how long something took, to the second: “2 d 4 h 3 min 8 s”."""
    seconds = int(abs(span).total_seconds())
    days, rest = divmod(seconds, _DAY)
    hours, rest = divmod(rest, _HOUR)
    minutes, left = divmod(rest, _MINUTE)
    parts = [(days, say("d")), (hours, say("h")), (minutes, say("min")), (left, say("s"))]
    shown = [f"{count}\N{NO-BREAK SPACE}{in_words(unit)}" for count, unit in parts if count]
    sign = "−" if span < timedelta(0) else ""
    return sign + (" ".join(shown) or f"0\N{NO-BREAK SPACE}{in_words(parts[-1][1])}")


def to_the_second(at: datetime) -> Markup:
    """Return `<time>` with the instant in the reader's zone, to the second."""
    zone = identity.zone()
    local = at.astimezone(zone)
    return Markup('<time datetime="{}">{}{:%S}</time>').format(
        local.isoformat(timespec="seconds"), f"{spoken(at, zone, now())}:", local
    )


def instants(words: str) -> str:
    """Return an entry's words with every instant in them as people write it, to the second."""

    def written(found: re.Match[str]) -> str:
        at = datetime.fromisoformat(found[0])
        zone = identity.zone()
        return f"{spoken(at, zone, now())}:{at.astimezone(zone):%S}"

    return _INSTANT.sub(written, words)


def plain(machine: str | None) -> str:
    """Return the screen's word for a machine word, itself where there is none."""
    if machine is None:
        return ""
    return in_words(word(machine)) if machine in WORDS else machine.replace("_", " ")


def ours(words: str) -> str:
    """Return words that may be those of a shipped diagram or form, in the reader's language."""
    return in_words(words if isinstance(words, Said) else say(words))


def first_up(words: str) -> str:
    """Return the words with a capital first letter and the rest untouched."""
    words = in_words(words)
    return words[:1].upper() + words[1:]


def number(value: object) -> str:
    """Return a number without the zeros that its column keeps behind the point."""
    return format_decimal(Decimal(f"{value}"), locale=current().locale)


def countries(offered: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return countries (ISO 3166, with their English names) by their names for the reader."""
    known = current().locale.territories
    named = ((code, known.get(code, name)) for code, name in offered)
    return sorted(named, key=lambda country: country[1])


def money(amount: object, currency: str) -> str:
    """Return an amount with its currency (ISO 4217), as the reader's language writes it."""
    return format_currency(Decimal(f"{amount}"), currency, locale=current().locale)


def _roughly(gap: float) -> Said:
    """Return how many seconds ago it was, in its largest unit; below nothing it lies ahead."""
    seconds = int(abs(gap))
    days, hours, minutes = seconds // _DAY, seconds // _HOUR, seconds // _MINUTE
    if not minutes:
        return say("just now")
    if gap > 0:
        if days:
            return say_of(days, "1 day ago", "%(num)s days ago")
        if hours:
            return say_of(hours, "1 hour ago", "%(num)s hours ago")
        return say_of(minutes, "1 minute ago", "%(num)s minutes ago")
    if days:
        return say_of(days, "in 1 day", "in %(num)s days")
    if hours:
        return say_of(hours, "in 1 hour", "in %(num)s hours")
    return say_of(minutes, "in 1 minute", "in %(num)s minutes")
