"""Leaving the house: where signed heads go, and when that is too long ago.

A newcomer would warn after a day: heads are signed daily, and one that is under way is not late.
"""

from datetime import datetime, timedelta
from enum import StrEnum

# a head is signed when the newest is so old
SIGNED_EVERY = timedelta(hours=23)
# everybody is told when nothing has left for so long: a day, and a margin
LATE_AFTER = timedelta(hours=30)
# all chains are looked through when that was so long ago
CHECKED_EVERY = timedelta(hours=23)


class Heed(StrEnum):
    """What everybody is told of signed heads that do not leave."""

    # a head has left that is newer than all that are here
    OLDER = "older"
    LATE = "late"
    NOWHERE = "nowhere"


def heed(
    *,
    now: datetime,
    goes_somewhere: bool,
    is_older: bool,
    anchored_at: datetime | None,
    begun_at: datetime | None,
) -> Heed | None:
    """Return what everybody is to be told, if anything.

    `anchored_at` is when the last head that has left was signed, `begun_at` when the record began:
    what is a few hours old is not late yet.
    """
    if is_older:
        return Heed.OLDER
    if not goes_somewhere:
        return Heed.NOWHERE
    since = anchored_at or begun_at
    return Heed.LATE if since is not None and now - since > LATE_AFTER else None


class AnchorWay(StrEnum):
    """How a signed head leaves the house."""

    MAIL = "mail"
    FILE = "file"
    WEBHOOK = "webhook"
