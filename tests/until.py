"""Waiting for what another thread or process brings about; nothing is made to wait for a time."""

import threading
import time
from collections.abc import Callable


def until(claim: Callable[[], object], seconds: float = 60) -> None:
    """Come back as soon as `claim` holds."""
    never, end = threading.Event(), time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < end, "it did not come about in time"
        never.wait(0.01)
