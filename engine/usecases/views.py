"""Views that somebody saves to find them again; nobody else sees them."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from engine.errors import InvalidAnswers
from engine.language import say
from engine.store import schema as t
from engine.store.work import Store

MOST = 20
_LONGEST_NAME, _LONGEST_QUERY = 60, 500


def save_view(store: Store, person_id: UUID, name: str, query: str) -> None:
    """Keep `query` (what stands behind the question mark) by a name; one of that name is replaced.

    Raises InvalidAnswers for no name, a long one, or more than `MOST` views.
    """
    if not 0 < len(name) <= _LONGEST_NAME or len(query) > _LONGEST_QUERY:
        raise InvalidAnswers(
            {
                "name": say(
                    "Please give it a name of %(longest_name)s letters at most.",
                    longest_name=_LONGEST_NAME,
                )
            }
        )
    with store.begin() as work:
        others = (
            select(func.count())
            .select_from(t.saved_view)
            .where(t.saved_view.c.person_id == person_id, t.saved_view.c.name != name)
        )
        if (work.conn.scalar(others) or 0) >= MOST:
            raise InvalidAnswers(
                {"name": say("You have %(most)s already: take one away first.", most=MOST)}
            )
        kept = insert(t.saved_view).values(id=uuid4(), person_id=person_id, name=name, query=query)
        work.conn.execute(
            kept.on_conflict_do_update(index_elements=["person_id", "name"], set_={"query": query})
        )


def drop_view(store: Store, person_id: UUID, view_id: UUID) -> None:
    """Take one of the person's views away; one that is not there is no matter."""
    mine = (t.saved_view.c.id == view_id, t.saved_view.c.person_id == person_id)
    with store.begin() as work:
        work.conn.execute(delete(t.saved_view).where(*mine))


def views_of(conn: Connection, person_id: UUID) -> Sequence[tuple[UUID, str, str]]:
    """Return the person's views by name: id, name, query."""
    columns = (t.saved_view.c.id, t.saved_view.c.name, t.saved_view.c.query)
    found = select(*columns).where(t.saved_view.c.person_id == person_id)
    return [(row.id, row.name, row.query) for row in conn.execute(found.order_by("name"))]
