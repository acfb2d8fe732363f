"""A person's data is erased by law: by two people, never what is held, and the chains still hold."""

from uuid import UUID

import pytest
from sqlalchemy import Connection, text, update

from engine.domain.erasing import ERASED, Ground
from engine.errors import Conflict, InvalidAnswers, NotAllowed
from engine.queries.erasures import erasure, preview
from engine.store import schema as t
from engine.store.embedded import DatabaseUrls
from engine.store.migrate import owner_engine
from engine.usecases.commenting import comment
from engine.usecases.erasing import OfPerson, answer_erasure, ask_erasure, erase_all
from engine.usecases.filing import NewFile, add_file
from tests.tampering import audited, told
from tests.world import World

WHY = "Her letter of 3 March asks for it"
NAMES = ("carla costa", "carla@example.org")


@pytest.fixture
def two(world: World) -> World:
    """Dora and Hugo set up Putright."""
    with world.handling.store.begin() as work:
        for login in ("dora", "hugo"):
            who = t.person.c.id == world.people[login]
            work.conn.execute(update(t.person).where(who).values(roles=["staff", "operator"]))
    return world


def ask(world: World, login: str = "carla", *names: str, by: str = "dora") -> UUID:
    what = OfPerson(world.people[login] if login else None, names)
    store = world.handling.store
    return ask_erasure(store, what, ground=Ground.ASKED, why=WHY, actor=world.actor(by))


def agree(world: World, erasure_id: UUID, by: str = "hugo") -> None:
    store = world.handling.store
    answer_erasure(store, erasure_id, agrees=True, words=None, actor=world.actor(by))


def gone(world: World, login: str = "carla") -> None:
    """Let somebody have left, and nothing wait for them."""
    with world.handling.store.begin() as work:
        who = t.person.c.id == world.people[login]
        work.conn.execute(update(t.person).where(who).values(is_active=False))


def told_of_carla(world: World) -> UUID:
    """Return a closed incident in which Carla stands wherever somebody can."""
    incident = world.report(actual="CARLA  Costa (carla@example.org) got the wrong one")
    actor = world.actor("carla")
    comment(world.handling, incident, "I am ill, please hurry", actor=actor)
    comment(world.handling, incident, "Rang\nCarla Costa today", actor=world.actor("hugo"))
    add_file(world.handling, incident, NewFile("my letter.txt", b"I, Carla Costa"), actor=actor)
    world.lead(incident)
    world.agree(incident, world.for_team("databases", "Call Carla Costa"))
    world.act(incident, "ada")
    world.verify(incident)
    world.confirm(incident)
    assert world.row(incident).state == "closed"
    return incident


def everywhere(conn: Connection) -> dict[str, str]:
    """Return all rows of each table as one text in lower case."""
    tables = conn.scalars(
        text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
    ).all()
    return {
        table: (
            conn.scalar(text(f"SELECT string_agg(to_jsonb(x)::text, ' ') FROM {table} x")) or ""
        ).lower()
        for table in tables
    }


def test_a_persons_name_is_nowhere_any_more_and_everything_else_holds(
    two: World, database: DatabaseUrls
) -> None:
    incident = told_of_carla(two)
    gone(two)
    erasure_id = ask(two)
    agree(two, erasure_id)
    erase_all(two.handling.store, erasure_id)

    with owner_engine(database.owner_url).connect() as conn:
        found = everywhere(conn)
        left = {table for table, said in found.items() for name in NAMES if name in said}
        files = conn.execute(text("SELECT name, content FROM file JOIN file_content USING (digest)"))
        assert [tuple(row) for row in files] == [(ERASED, b"")]
        assert conn.scalar(text("SELECT putright_missing_evidence(:id)"), {"id": incident}) is None
    assert left == set()
    assert "i am ill" not in found["entry"]
    assert "erased person" in found["incident"]
    assert told(audited(two.handling.store)) == {}
    with two.handling.store.read() as conn:
        assert erasure(conn, erasure_id).incidents == 1
