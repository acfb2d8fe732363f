"""What auditors look for again: each keeps their own, and may share it with all auditors."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import Connection, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert

from engine.domain.permissions import Actor
from engine.errors import InvalidAnswers
from engine.language import say
from engine.store import schema as t
from engine.store.work import Store
from engine.usecases.at_the_desk import require_auditor

MOST = 100
_LONGEST_NAME, _LONGEST_QUERY = 60, 4_000


@dataclass(frozen=True)
class SavedQuery:
    """One of them; `query` is what stands behind the question mark, `by` whose it is."""

    id: UUID
    name: str
    query: str
    is_shared: bool
    is_mine: bool
    by: str


_THEIRS = text("""
    SELECT q.id, q.name, q.query, q.is_shared, q.person_id = :me AS is_mine, p.name AS by
    FROM saved_query q JOIN person p ON p.id = q.person_id
    WHERE q.person_id = :me OR (q.is_shared AND p.is_active AND 'auditor' = ANY (p.roles))
    ORDER BY q.person_id <> :me, lower(q.name), p.name LIMIT 300
""")


def save_query(store: Store, name: str, query: str, *, shared: bool, actor: Actor) -> None:
    """Keep `query` by a name; one's own of that name is replaced.

    Raises NotAllowed, or InvalidAnswers for no name, a long one, or more than `MOST`.
    """
    require_auditor(actor)
    if not 0 < len(name) <= _LONGEST_NAME or len(query) > _LONGEST_QUERY:
        sentence = say(
            "Please give it a name of %(longest_name)s letters at most.",
            longest_name=_LONGEST_NAME,
        )
        raise InvalidAnswers({"name": sentence})
    mine = t.saved_query.c.person_id == actor.id
    with store.begin() as work:
        others = select(func.count()).select_from(t.saved_query)
        if (work.conn.scalar(others.where(mine, t.saved_query.c.name != name)) or 0) >= MOST:
            sentence = say("You have %(most)s already: take one away first.", most=MOST)
            raise InvalidAnswers({"name": sentence})
        values = {"query": query, "is_shared": shared, "saved_at": work.now}
        kept = insert(t.saved_query).values(id=uuid4(), person_id=actor.id, name=name, **values)
        work.conn.execute(
            kept.on_conflict_do_update(index_elements=["person_id", "name"], set_=values)
        )


def drop_query(store: Store, query_id: UUID, *, actor: Actor) -> None:
    """Take one's own away; one that is not there, or another's, is no matter."""
    mine = (t.saved_query.c.id == query_id, t.saved_query.c.person_id == actor.id)
    with store.begin() as work:
        work.conn.execute(delete(t.saved_query).where(*mine))


def queries_for(conn: Connection, actor: Actor) -> Sequence[SavedQuery]:
    """Return one's own by name, then those that other auditors share."""
    return [SavedQuery(**row._mapping) for row in conn.execute(_THEIRS, {"me": actor.id})]
