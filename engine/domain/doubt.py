"""Words that do not go with a *yes*: whoever writes them is asked once more, and not taken.

A question too many costs a click; an answer that was no yes closes what is not right.
"""

import re
from collections.abc import Iterable

# English and German, as people write to us; whole words only
_WORDS = (
    "but", "still", "not yet", "except", "however", "unfortunately", "although", "missing",
    "wrong", "doesn't work", "does not work", "not working", "one more thing", "aside from",
    "apart from", "almost", "mostly", "partly",
    "aber", "noch nicht", "immer noch", "noch immer", "außer", "ausser", "jedoch", "leider",
    "obwohl", "fehlt", "fehlen", "falsch", "funktioniert nicht", "geht nicht", "bis auf", "fast",
    "teilweise", "nur noch",
)  # fmt: skip
_DOUBT = re.compile(
    r"(?<!\w)(?:" + "|".join(re.escape(one) for one in _WORDS) + r")(?!\w)", re.IGNORECASE
)


def doubt_in(words: Iterable[str | None]) -> str | None:
    """Return the first of these texts that does not go with a *yes*, or None."""
    return next((one for one in words if one and _DOUBT.search(one.replace("’", "'"))), None)
