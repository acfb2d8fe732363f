"""What every page says while signed heads do not leave the house: nothing, most of the time.

A newcomer would ask the database for each page: it is asked now and then, and what it said holds
for a while.
"""

from time import monotonic

from flask import Flask

from api import identity
from engine.domain.anchor import Heed, heed
from engine.errors import Unavailable
from engine.queries.signed_heads import outside
from engine.store.receipts import SIGNING
from engine.store.work import Store

_HOLDS_SECONDS = 20.0


def register(app: Flask, *, goes_somewhere: bool) -> None:
    """Make `not_anchored` known to every template."""
    known: dict[Store, tuple[float, Heed | None]] = {}

    def not_anchored() -> Heed | None:
        store = identity.handling().store
        until, said = known.get(store, (0.0, None))
        if monotonic() > until:
            said = _asked(store, goes_somewhere)
            known.clear()
            known[store] = monotonic() + _HOLDS_SECONDS, said
        return said

    app.jinja_env.globals["not_anchored"] = not_anchored


def _asked(store: Store, goes_somewhere: bool) -> Heed | None:
    try:
        with store.read() as conn:
            found = outside(conn)
    except Unavailable:
        return None
    return heed(
        now=store.clock(),
        goes_somewhere=goes_somewhere,
        is_older=SIGNING in found.failing,
        anchored_at=found.anchored_at,
        begun_at=found.begun_at,
    )
