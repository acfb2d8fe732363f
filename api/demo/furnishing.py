"""Furnishes an empty house: everybody, and an incident at every stage."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import text

from api.demo import stories
from api.demo.house import BY_LINK, PEOPLE, build
from api.demo.story import Crank, Story
from engine.domain.link import LinkRef
from engine.store.work import Store
from engine.usecases.directory import is_known
from engine.usecases.handling import Handling
from engine.usecases.links import keep_link

# Printed by the command that furnishes; nobody reaches a demonstration but from its own machine.
PASSWORD = "put-it-right-again"  # noqa: S105 - the demonstration's, and meant to be known

# (login, name, what they are here for), in the order in which a visitor would try them
SIGN_INS: tuple[tuple[str, str, str], ...] = tuple(
    (login, name, what) for login, (name, what, _, _) in PEOPLE.items() if login != BY_LINK
)
# so long a visitor can come back to the link that was printed
_LASTS = timedelta(days=365)
_ASKED = text("""
    SELECT w.id, w.incident_id, p.id AS person_id, p.name FROM work_item w
    JOIN person p ON w.people @> ARRAY[p.id]
    WHERE p.login = :login AND w.ended_at IS NULL AND w.mark = 'confirmation' LIMIT 1
""")


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


def link_of_somebody(handling: Handling) -> tuple[str, LinkRef] | None:
    """Return who answers by a link, and the link; None once they have."""
    with handling.store.begin() as work:
        row = work.conn.execute(_ASKED, {"login": BY_LINK}).first()
        if row is None:
            return None
        made = keep_link(
            work.conn, row.person_id, row.incident_id, row.id, now=work.now, lasts=_LASTS
        )
        return row.name, made
