"""A database that goes away in mid-use and comes back, as people at the web see it.

The worker's side of it is in `test_worker.py`.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from sqlalchemy import Connection, event, func, select

from engine.store import schema as t
from engine.store.connect import driver
from engine.store.embedded import DatabaseUrls, EmbeddedServer
from tests.machine import Machine
from tests.outage import away
from tests.rivals import AN_INCIDENT, EVERY_ENTRY, held
from tests.until import until
from tests.visitor import Visitor, hidden_in, todo_path, words_of
from tests.world import World

Visit = Callable[[str | None], Visitor]
Start = Callable[[str | None], Machine]
DONE = {"outcome": "done", "what_was_done": "Corrected 214 rows"}
SENTENCE = "The database cannot be reached just now; please try again."


def to_do(world: World) -> tuple[UUID, UUID]:
    incident = world.report()
    world.lead(incident)
    world.propose(incident, "hugo")
    return incident, world.item(incident, "do_it_action").id


def test_people_and_programs_are_told_and_go_on_when_it_is_back(
    world: World, server: EmbeddedServer, database: DatabaseUrls, visit: Visit, machine: Start
) -> None:
    incident, item = to_do(world)
    ada, program = visit("ada"), machine("ada")
    form = hidden_in(ada.get(todo_path(item)))

    with away(server, database):
        pages = [
            ada.get("/", status=503),
            ada.get("/incidents", status=503),
            ada.send_as_it_is(todo_path(item), form | DONE, 503),
        ]
        answers = [
            program.send("GET", f"/items/{item}"),
            program.send("POST", f"/items/{item}/complete", {"answers": DONE}),
            program.send("GET", "/health"),
        ]

    assert [SENTENCE in words_of(page) for page in pages] == [True] * 3
    assert [(one.status_code, one.headers["Retry-After"]) for one in answers] == [(503, "5")] * 3
    assert [one.get_json()["code"] for one in answers] == ["unavailable"] * 3
    assert [one.get_json()["sentence"] for one in answers] == [SENTENCE] * 3
    assert program.get("/health") == {"status": "ok", "database": "ok"}
    ada.send_as_it_is(todo_path(item), form | DONE, 303)
    assert world.verbs(incident).count("action:done") == 1


def test_connections_that_were_lost_unnoticed_cost_one_answer_and_no_more(
    world: World, server: EmbeddedServer, database: DatabaseUrls, machine: Start
) -> None:
    _, item = to_do(world)
    program = machine("ada")
    with ThreadPoolExecutor(3) as pool:  # more than one is kept open
        list(pool.map(lambda _: program.get(f"/items/{item}"), range(3)))

    with away(server, database):
        pass

    statuses = [program.send("GET", f"/items/{item}").status_code for _ in range(4)]
    assert statuses == [503, 200, 200, 200]


def test_what_was_typed_stays_when_the_database_goes_away_while_it_is_sent(
    world: World, server: EmbeddedServer, database: DatabaseUrls, visit: Visit
) -> None:
    incident, item = to_do(world)
    ada = visit("ada")

    with ThreadPoolExecutor(1) as pool, held(database.owner_url, AN_INCIDENT, incident) as waiting:
        sending = pool.submit(ada.send, todo_path(item), DONE, 503)
        until(waiting)
        with away(server, database):
            page = sending.result()

    assert SENTENCE in words_of(page)
    assert "Corrected 214 rows" in page
    ada.send_as_it_is(todo_path(item), hidden_in(page) | DONE, 303)
    assert world.verbs(incident).count("action:done") == 1


def test_a_report_whose_answer_was_lost_with_the_connection_is_not_made_twice(
    world: World, database: DatabaseUrls, visit: Visit
) -> None:
    carla = visit("carla")
    report = {
        "product": str(world.process_id),
        "title": "Wrong balances",
        "expected": "Right ones",
        "actual": "Wrong ones",
        "impact": "medium",
        "urgency": "low",
    }

    def commit_and_be_lost(conn: Connection) -> None:
        driver(conn).commit()
        driver(conn).close()

    with ThreadPoolExecutor(1) as pool, held(database.owner_url, EVERY_ENTRY) as waiting:
        sending = pool.submit(carla.send, "/report", report, 503)
        until(waiting)
        event.listen(world.handling.store.engine, "commit", commit_and_be_lost, once=True)
    page = sending.result()

    assert SENTENCE in words_of(page)
    carla.send_as_it_is("/report", hidden_in(page) | report, 303)
    with world.handling.store.read() as conn:
        assert conn.scalar(select(func.count()).select_from(t.incident)) == 1
