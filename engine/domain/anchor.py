"""Leaving the house: where signed heads go, and when that is too long ago.

A newcomer would warn after a day: heads are signed daily, and one that is under way is not late.
"""

from datetime import timedelta
from enum import StrEnum

# a head is signed when the newest is so old
SIGNED_EVERY = timedelta(hours=23)
# everybody is told when nothing has left for so long: a day, and a margin
LATE_AFTER = timedelta(hours=30)
# all chains are looked through when that was so long ago
CHECKED_EVERY = timedelta(hours=23)


class AnchorWay(StrEnum):
    """How a signed head leaves the house."""

    MAIL = "mail"
    FILE = "file"
    WEBHOOK = "webhook"
