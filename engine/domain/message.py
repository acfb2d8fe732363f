"""What is written to people, by kind and way: what they may do without, and when it goes out."""

from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from engine.domain.incident import Priority
from engine.domain.working_calendar import WorkingCalendar


class MessageKind(StrEnum):
    """Why somebody is written to."""

    ASKED = "asked"
    REMINDED = "reminded"
    TOLD = "told"
    # it is asked whether it is right again, and they are harmed, too
    FOUND_RIGHT = "found_right"
    OVER = "over"
    # what was asked of somebody else did not reach them
    UNDELIVERED = "undelivered"
    # somebody wrote down an answer of theirs
    RECORDED = "recorded"
    # somebody wrote about an incident that they lead, watch or are named in
    NOTED = "noted"


class Way(StrEnum):
    """How letters go out; everything is in the inbox besides."""

    MAIL = "mail"
    # a gateway of chat or text messages, for what is urgent or about mail itself
    CALL = "call"


# What is asked of somebody always comes by mail, and what was written down in their name: nothing
# is done behind anybody's back.
ALWAYS_MAILED = frozenset({MessageKind.ASKED, MessageKind.RECORDED})

# With these, letters go at once and by the second way as well; they are in no bundle.
URGENT = frozenset({Priority.P1, Priority.P2})

# How long after each failure it is tried again; after the last of them a letter is dead.
TRY_AGAIN_AFTER = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
)
# What could not be sent for so long says nothing any more that a to-do does not say better.
STALE_AFTER = timedelta(days=3)


def bundled_at(priority: Priority, caused_at: datetime, calendar: WorkingCalendar) -> datetime:
    """Return when an answer that was asked for at `caused_at` is asked for by mail, in UTC.

    P1 and P2 at once.  P3 with whatever else waits as the person's day begins or at its middle, P4
    as it begins: on their working days (rules, The ladder).
    """
    if priority in URGENT:
        return caused_at
    local = caused_at.astimezone(calendar.zone)
    begins, ends = (calendar.opens.hour * 60 + calendar.opens.minute,
                    calendar.closes.hour * 60 + calendar.closes.minute)  # fmt: skip
    half = ((ends - begins) % (24 * 60) or 24 * 60) // 2
    after = [0, half] if priority is Priority.P3 else [0]
    # a shift may begin on the day before
    day = local.date() - timedelta(days=1)
    while True:
        if calendar.is_working(day):
            opens = datetime.combine(day, time(begins // 60, begins % 60), calendar.zone)
            for minutes in after:
                at = (opens + timedelta(minutes=minutes)).astimezone(UTC)
                if at >= caused_at:
                    return at
        day += timedelta(days=1)
