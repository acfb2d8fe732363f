"""Signed heads leave the house: the newest goes to each place that has not had it.

It goes out before its receipt says so: whoever is killed in between sends it again, which harms
nobody.  A newcomer would send all that a place has missed: each head stands for those before it.
"""

import logging
from collections.abc import Sequence
from typing import Protocol

from engine.domain.anchor import AnchorWay
from engine.domain.signed_head import SignedHead
from engine.store.receipts import fails, has_receipt, keep_receipt
from engine.store.signed_heads import newest_head
from engine.usecases.handling import Handling
from engine.usecases.posting import NotTaken

log = logging.getLogger(__name__)


class Place(Protocol):
    """Somewhere outside that keeps signed heads."""

    @property
    def way(self) -> AnchorWay:
        """By which way they go there."""

    @property
    def name(self) -> str:
        """What receipts call it; no secret is in it."""

    def send(self, head: SignedHead) -> None:
        """Have it keep the head; one that it has stays as it is.  Raises NotTaken."""


def anchor_newest(handling: Handling, places: Sequence[Place]) -> list[str]:
    """Send the newest signed head to each place that has no receipt for it.

    Return the places that did not take it; why stands in `unanchored`.
    """
    with handling.store.read() as conn:
        head = newest_head(conn)
        waiting = [
            place
            for place in places
            if head is not None and not has_receipt(conn, head.number, place.way, place.name)
        ]
    return [
        place.name for place in waiting if head is not None and not _sent(handling, place, head)
    ]


def _sent(handling: Handling, place: Place, head: SignedHead) -> bool:
    try:
        place.send(head)
    except NotTaken as refusal:
        log.warning(
            "Signed head %s does not go to %s: %s", head.number, place.name, refusal.sentence
        )
        with handling.store.begin() as work:
            fails(work.conn, place.name, refusal.sentence, work.now)
        return False
    with handling.store.begin() as work:
        keep_receipt(work.conn, head.number, place.way, place.name, work.now)
    return True
