"""The demonstration: everybody, and an incident at every stage."""

from datetime import UTC, datetime

from sqlalchemy import func, select

from api.demo import PASSWORD, SIGN_INS, furnish, link_of_somebody
from api.demo.house import BY_LINK
from engine.domain.ladder import DEFAULT
from engine.store import schema as t
from engine.store.connect import application_engine
from engine.store.embedded import DatabaseUrls
from engine.store.work import Store
from engine.usecases.handling import Handling
from tests.world import KEY

NOW = datetime(2026, 4, 10, 9, 0, tzinfo=UTC)


def test_the_demonstration_shows_every_stage_and_is_furnished_once(database: DatabaseUrls) -> None:
    engine = application_engine(database.app_url)
    handling = Handling(Store(engine, KEY, lambda: NOW), DEFAULT)
    asked: list[str] = []

    def hashed(password: str) -> str:
        asked.append(password)
        return "a hash"

    assert furnish(handling, hashed) is True
    assert furnish(handling, hashed) is False

    assert asked == [PASSWORD]
    with handling.store.read() as conn:
        logins = set(conn.scalars(select(t.person.c.login)))
        ways = set(conn.scalars(select(t.incident.c.state)))
        closed = set(conn.scalars(select(t.incident.c.closed_by)))
        marks = set(conn.scalars(select(t.work_item.c.mark).where(t.work_item.c.how.is_(None))))
        states = set(conn.scalars(select(t.action.c.state)))
        reaches = conn.scalar(select(func.count()).select_from(t.target))
        latest = conn.scalar(select(func.max(t.entry.c.at)))
    assert logins == {login for login, _, _ in SIGN_INS} | {BY_LINK}
    found = link_of_somebody(handling)
    assert found is not None
    assert found == link_of_somebody(handling), "the same link whenever it is printed"
    assert ways == {"open", "closed", "set_aside", "merged"}
    assert closed == {None, "confirmed", "escalated"}
    assert marks == {None, "agreement", "verification", "confirmation", "closing_decision"}
    assert states == {"proposed", "waiting", "open", "done"}
    assert reaches == 221
    assert latest is not None
    assert latest <= NOW
    engine.dispose()
