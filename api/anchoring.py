"""The jobs that sign where all chains stand, send that out of the house, and look through it all.

Each asks every few minutes whether its day has come: a worker that was away at a fixed hour would
miss it.  A newcomer would raise where a place takes nothing: why stands on the desk's page, and the
next round tries again.
"""

from collections.abc import Sequence
from os import cpu_count

from procrastinate import App, RetryStrategy

from api.anchors import heads_kept
from engine.domain.anchor import CHECKED_EVERY
from engine.errors import Busy, Unavailable
from engine.language import say
from engine.store.chain_checks import last_check
from engine.store.jobs import ANCHOR, CHECK_CHAINS
from engine.usecases.anchoring import Place, anchor_newest
from engine.usecases.auditing import OpenHandling, check_and_keep
from engine.usecases.handling import Handling
from engine.usecases.signing_heads import sign_if_due

_EVERY = "*/5 * * * *"


def keep_anchored(
    app: App, handling: Handling, open_handling: OpenHandling, places: Sequence[Place]
) -> None:
    """Register the jobs; without a signing key nothing is signed."""
    patience = RetryStrategy(
        max_attempts=8, exponential_wait=2, retry_exceptions=[Busy, Unavailable]
    )

    @app.task(name=ANCHOR, retry=patience)
    def anchor() -> None:
        # raised again, so that it is tried again soon: by then the round may be minutes away
        if failed := anchor_newest(handling, places):
            raise Unavailable(say("It did not go to %(places)s.", places=tuple(failed)))

    @app.task(name=CHECK_CHAINS, retry=patience)
    def check() -> None:
        _check(handling, open_handling, places)

    @app.periodic(cron=_EVERY)
    @app.task(name="putright.keep_signed", queueing_lock="putright.keep_signed", lock=ANCHOR)
    def keep_signed(timestamp: int) -> None:
        del timestamp
        if handling.signing is None:
            return
        sign_if_due(handling)
        anchor_newest(handling, places)

    @app.periodic(cron=_EVERY)
    @app.task(
        name="putright.keep_checked", queueing_lock="putright.keep_checked", lock=CHECK_CHAINS
    )
    def keep_checked(timestamp: int) -> None:
        del timestamp
        with handling.store.read() as conn:
            last = last_check(conn)
        if last is None or last.begun_at < handling.store.clock() - CHECKED_EVERY:
            _check(handling, open_handling, places)


def _check(handling: Handling, open_handling: OpenHandling, places: Sequence[Place]) -> None:
    check_and_keep(handling, heads_kept(places), open_handling, workers=cpu_count() or 1)
