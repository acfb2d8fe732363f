"""Several people do something in the same moment."""

import threading
from collections.abc import Callable

from engine.errors import PutrightError


def at_once(*deeds: Callable[[], object]) -> list[type[Exception] | None]:
    """Do all of it in threads that start together; return what each was refused with."""
    refused: list[type[Exception] | None] = [None] * len(deeds)
    gate = threading.Barrier(len(deeds))

    def run(place: int) -> None:
        gate.wait()
        try:
            deeds[place]()
        except PutrightError as refusal:
            refused[place] = type(refusal)

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused
