"""What is written to people, by kind: what they may keep to their inbox, and what they may not."""

from datetime import timedelta
from enum import StrEnum


class MessageKind(StrEnum):
    """Why somebody is written to."""

    ASKED = "asked"
    REMINDED = "reminded"
    TOLD = "told"
    OVER = "over"


# What is asked of somebody always comes by mail: nobody may be asked behind their back.
ALWAYS_MAILED = frozenset({MessageKind.ASKED})

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
