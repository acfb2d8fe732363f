"""What was refused while a request, a job or a command was at work, to be written down after it.

`Store.begin` says so of each transaction that is rolled back: pages tell some refusals themselves,
and jobs go on with the next line.  A newcomer would write each down where it is caught, and miss
those that are caught next year.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from engine.errors import GateShut, NotAllowed, PutrightError

# what of all that is refused is an attempt that somebody may be asked about
_ATTEMPTS = (NotAllowed, GateShut)
# a command may go through a whole log
_MOST = 1_000
_collected: ContextVar[list[PutrightError] | None] = ContextVar("refused", default=None)


def remember(refusal: PutrightError) -> None:
    """Keep it, if it is an attempt and somebody collects them."""
    kept = _collected.get()
    if kept is not None and len(kept) < _MOST and isinstance(refusal, _ATTEMPTS):
        kept.append(refusal)


def collect_anew() -> None:
    """Forget what was kept, and keep what is refused from now on, in this thread or task."""
    _collected.set([])


def collected() -> list[PutrightError]:
    """Return what was refused since then, the first first."""
    return list(_collected.get() or ())


@contextmanager
def collecting() -> Iterator[list[PutrightError]]:
    """Keep what is refused while the block lasts."""
    kept: list[PutrightError] = []
    token = _collected.set(kept)
    try:
        yield kept
    finally:
        _collected.reset(token)
