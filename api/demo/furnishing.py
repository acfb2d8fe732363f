"""Furnishes an empty house: everybody, and an incident at every stage."""

from collections.abc import Callable

from api.demo import stories
from api.demo.house import PEOPLE, build
from api.demo.story import Crank, Story
from engine.store.work import Store
from engine.usecases.directory import is_known
from engine.usecases.handling import Handling

# Printed by the command that furnishes; nobody reaches a demonstration but from its own machine.
PASSWORD = "put-it-right-again"  # noqa: S105 - the demonstration's, and meant to be known

# (login, name, what they are here for), in the order in which a visitor would try them
SIGN_INS: tuple[tuple[str, str, str], ...] = tuple(
    (login, name, what) for login, (name, what, _, _) in PEOPLE.items()
)


def furnish(handling: Handling, hash_password: Callable[[str], str]) -> bool:
    """Furnish the demonstration; return whether anything was done.

    Does nothing where its people are known already.  Needs a published release; takes a few
    seconds.  Nothing it writes lies in the future.
    """
    now = handling.store.clock()
    crank = Crank(now, now)
    store = Store(handling.store.engine, handling.store.key, crank)
    with store.begin() as work:
        if is_known(work, "ada"):
            return False
        house = build(work, lambda: hash_password(PASSWORD))
    turned = Handling(store, handling.ladder, handling.releases)
    for tell in stories.ALL:
        tell(Story(turned, house, crank))
    return True
