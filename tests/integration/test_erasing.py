"""A person's data is erased by law: by two people, never what is held; the chains still hold."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, text, update
from sqlalchemy.exc import DBAPIError

from engine.domain.audited import Question
from engine.domain.chain import Tampering
from engine.domain.erasing import ERASED, Ground
from engine.errors import Conflict, InvalidAnswers, NotAllowed
from engine.queries.erasures import erasure, preview
from engine.queries.files import files
from engine.store import schema as t
from engine.store.embedded import DatabaseUrls
from engine.store.guard import faults
from engine.store.migrate import owner_engine
from engine.usecases import erasing
from engine.usecases.commenting import comment
from engine.usecases.erasing import OfPerson, answer_erasure, ask_erasure, erase_all
from engine.usecases.filing import NewFile, add_file
from engine.usecases.legal_holds import end_hold, place_hold
from engine.usecases.setting_aside import set_aside
from tests.at_once import at_once
from tests.integration.test_pack import (
    edit,
    files_of,
    made,
    packed,
    relisted,
    verified,
    with_line,
    wrong,
)
from tests.tampering import audited, told
from tests.unguarded import unguarded
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


def erased(world: World, login: str = "carla", *names: str) -> UUID:
    """Let somebody have left, and have them erased; return the erasure's id."""
    gone(world, login)
    erasure_id = ask(world, login, *names)
    agree(world, erasure_id)
    erase_all(world.handling.store, erasure_id)
    return erasure_id


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


_TABLES = text(
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
)


def everywhere(conn: Connection) -> dict[str, str]:
    """Return all rows of each table as one text in lower case."""
    rows = "SELECT string_agg(to_jsonb(x)::text, ' ') FROM {} x"
    tables = conn.scalars(_TABLES).all()
    return {one: (conn.scalar(text(rows.format(one))) or "").lower() for one in tables}


def test_a_persons_name_is_nowhere_any_more_and_everything_else_holds(
    two: World, database: DatabaseUrls
) -> None:
    incident = told_of_carla(two)
    erasure_id = erased(two)

    with owner_engine(database.owner_url).connect() as conn:
        found = everywhere(conn)
        left = {table for table, said in found.items() for name in NAMES if name in said}
        files = conn.execute(
            text("SELECT name, content FROM file JOIN file_content USING (digest)")
        )
        assert [tuple(row) for row in files] == [(ERASED, b"")]
        assert conn.scalar(text("SELECT putright_missing_evidence(:id)"), {"id": incident}) is None
    assert left == set()
    assert "i am ill" not in found["entry"]
    assert "erased person" in found["incident"]
    assert told(audited(two.handling.store)) == {}
    with two.handling.store.read() as conn:
        assert erasure(conn, erasure_id).incidents == 1


def test_one_person_asks_and_another_agrees(two: World) -> None:
    told_of_carla(two)
    gone(two)
    with pytest.raises(NotAllowed):
        ask(two, by="ada")
    erasure_id = ask(two)
    for login in ("dora", "ada", "egon"):
        with pytest.raises((Conflict, NotAllowed)):
            agree(two, erasure_id, by=login)
    # nothing is begun before somebody has agreed
    erase_all(two.handling.store, erasure_id)
    assert named(two) == "Carla Costa"
    agree(two, erasure_id)
    with pytest.raises(Conflict):
        agree(two, erasure_id)
    with pytest.raises(Conflict):
        ask(two)


def test_of_two_who_answer_at_once_one_has_the_say(two: World) -> None:
    two.report("olga")
    gone(two)
    erasure_id = ask(two, by="dora")
    with two.handling.store.begin() as work:
        who = t.person.c.id == two.people["gita"]
        work.conn.execute(update(t.person).where(who).values(roles=["staff", "operator"]))

    def answer(login: str, *, agrees: bool) -> Callable[[], None]:
        words = None if agrees else "She is a witness still"
        return lambda: answer_erasure(
            two.handling.store, erasure_id, agrees=agrees, words=words, actor=two.actor(login)
        )

    outcomes = at_once(answer("hugo", agrees=True), answer("gita", agrees=False))

    assert sorted(str(one and one.__name__) for one in outcomes) == ["Conflict", "None"]
    with two.handling.store.read() as conn:
        verbs = conn.scalars(text("SELECT verb FROM register_entry WHERE kind = 'erasure'")).all()
    assert len(verbs) == 2


def test_who_is_here_or_is_asked_for_something_is_not_erased(two: World) -> None:
    incident = two.report()
    two.lead(incident)
    two.agree(incident, two.for_team("databases"))
    gone(two)
    with two.handling.store.read() as conn:
        why = [one.what for one in preview(conn, two.people["carla"]).in_the_way]
        offices = {one.what for one in preview(conn, two.people["gita"]).in_the_way}
    assert why == ["answers"]
    assert offices == {"here", "office"}
    with pytest.raises(Conflict):
        ask(two)


@pytest.mark.parametrize("on", ["person", "incident"])
def test_nothing_is_erased_while_somebody_holds_on_to_it(two: World, on: str) -> None:
    incident = told_of_carla(two)
    gone(two)
    store, hugo = two.handling.store, two.actor("hugo")
    what: dict[str, Any] = {"person_id": two.people["carla"]}
    if on == "incident":
        what = {"number": two.row(incident).number}
    held = place_hold(store, why="The court asks for it", actor=hugo, **what)
    with pytest.raises(Conflict):
        ask(two)
    end_hold(store, held, why="The court has decided", actor=hugo)
    erasure_id = ask(two)
    agree(two, erasure_id)
    place_hold(store, why="The court asks for it again", actor=hugo, **what)
    with pytest.raises(Conflict):
        erase_all(store, erasure_id)
    assert named(two) == "Carla Costa"
    assert two.row(incident).actual.startswith("CARLA")


def test_the_reason_names_nobody_as_it_stays(two: World) -> None:
    gone(two)
    with pytest.raises(InvalidAnswers) as refusal:
        ask_erasure(
            two.handling.store,
            OfPerson(two.people["carla"]),
            ground=Ground.ASKED,
            why="Carla Costa asks for it",
            actor=two.actor("dora"),
        )
    assert "why" in refusal.value.fields


def test_former_names_go_too_and_a_name_that_another_has_stays_in_words(two: World) -> None:
    incident = two.report("olga", actual="Mrs Brown and +49 (30) 1234567 of Carla Costa rang")
    with two.handling.store.begin() as work:
        work.conn.execute(
            update(t.person).where(t.person.c.id == two.people["olga"]).values(name="carla costa")
        )
    erased(two, "carla", "Mrs Brown", "0049 30 123 45 67", "+49301234567")

    said = two.row(incident).actual
    assert "Brown" not in said
    assert "1234567" not in said
    assert "of Carla Costa rang" in said
    assert named(two, "olga") == "carla costa"


def test_somebody_who_is_in_no_register_is_found_by_name(two: World) -> None:
    incident = two.report("hugo", caller="Paula Poe", caller_contact="paula@poe.example")
    erasure_id = ask(two, "", "Paula Poe", "paula@poe.example")
    agree(two, erasure_id)
    erase_all(two.handling.store, erasure_id)

    with two.handling.store.read() as conn:
        caller = conn.execute(text("SELECT name, contact FROM caller")).one()
        left = conn.scalars(text("SELECT names FROM erasure")).one()
    assert caller.name.startswith("Erased person")
    assert "poe" not in f"{caller.contact} {left}".lower()
    assert two.verbs(incident)[-1] == "incident:erased"
    assert told(audited(two.handling.store)) == {}


@pytest.mark.parametrize(
    ("name", "said", "left"),
    [
        ("O'Neil (Bob) [x]* \\m", "Mr O'Neil (Bob) [x]* \\m; oneil bob", "Mr {}; oneil bob"),
        ("Hans-Peter Groß", "HANS PETER\nGROß; Hans-Peter Großmann", "{}; Hans-Peter Großmann"),
        ("Paula Maria Poe", "POE, Paula Maria: Paula Poe", "{}: Paula Poe"),
        ("İpek Işık", "İpek Işık, Ipek", "{}, Ipek"),
        ("李明", "昨天李明来电", "昨天{}来电"),
        ("Ольга Попова", "ОЛЬГА ПОПОВА", "{}"),
        ('Bob "Hammer" Smith', 'Bob \\"Hammer\\" Smith\fBob Hammer Smith', "{}\f{}"),
        ("b.o'n+x@exa-mple.org", "ab.o'n+x@exa-mple.org B.O'N+X@exa-mple.org!", "a.. {}!"),
    ],
)
def test_a_name_is_found_however_it_is_written(two: World, name: str, said: str, left: str) -> None:
    incident = two.report("hugo", actual=said)
    erasure_id = ask(two, "", name)
    agree(two, erasure_id)
    erase_all(two.handling.store, erasure_id)
    actual = two.row(incident).actual
    pseudonym = actual[actual.index("Erased person") :][: len("Erased person 123456")]
    assert actual == left.replace("a..", "ab.o'n+x@exa-mple.org").format(pseudonym, pseudonym)


@pytest.mark.parametrize(
    "name", ["...", "..a", "😀😀😀", "Erased", "person", "x" * 500, "a\0bc", "Carla Costa", "hahn"]
)
def test_what_is_no_name_or_is_of_somebody_else_is_refused(two: World, name: str) -> None:
    with pytest.raises(InvalidAnswers) as refusal:
        ask(two, "", "Paula Poe", name)
    assert "names" in refusal.value.fields


def test_what_is_a_name_only_together_with_what_comes_next_is_left(two: World) -> None:
    incident = two.report("hugo", title="A letter from Paula", expected="Poe, the cat, is fed")
    erasure_id = ask(two, "", "Paula Poe")
    agree(two, erasure_id)
    erase_all(two.handling.store, erasure_id)
    assert two.row(incident).title == "A letter from Paula"


def test_who_has_a_longer_name_is_still_named_in_the_record(two: World) -> None:
    with two.handling.store.begin() as work:
        who = t.person.c.id == two.people["olga"]
        work.conn.execute(update(t.person).where(who).values(name="Carla Costa Lopez"))
    incident = two.report("olga")
    erased(two)
    with two.handling.store.read() as conn:
        actors = conn.scalars(
            text("SELECT DISTINCT actor FROM entry WHERE incident_id = :id"), {"id": incident}
        )
        assert list(actors) == ["Carla Costa Lopez"]


def test_whom_an_action_reached_are_as_many_as_before(two: World, database: DatabaseUrls) -> None:
    incident = two.report("olga", harmed_count=4)
    two.lead(incident)
    two.agree(incident, two.for_team("databases"), confirmers=("olga",))
    labels = ("Paula Poe", "paula@poe.example", "Somebody else")
    two.propose(incident, "hugo", targets=labels, targets_answer=True)
    two.act(incident, "ada")
    rows = [{"target": one, "outcome": "done"} for one in two.targets(incident).values()]
    two.do(incident, "ada", "do_it_action", outcome="done", what_was_done="Sent", targets=rows)
    two.verify(incident)
    two.confirm(incident, "olga")
    assert two.row(incident).state == "closed"
    erasure_id = ask(two, "", *labels[:2])
    agree(two, erasure_id)
    erase_all(two.handling.store, erasure_id)

    left = two.targets(incident)
    assert len(left) == 3
    assert not any("poe" in one.lower() for one in left)
    with owner_engine(database.owner_url).connect() as conn:
        assert conn.scalar(text("SELECT putright_missing_evidence(:id)"), {"id": incident}) is None


def test_who_is_named_in_the_reason_of_another_erasure_can_be_erased(
    two: World, database: DatabaseUrls
) -> None:
    store, dora = two.handling.store, two.actor("dora")
    gone(two)
    first = ask_erasure(
        store,
        OfPerson(two.people["carla"]),
        ground=Ground.ASKED,
        why="Her lawyer, Paula Poe, asks for it",
        actor=dora,
    )
    agree(two, first)
    erase_all(store, first)
    second = ask(two, "", "Paula Poe")
    agree(two, second)
    erase_all(store, second)
    with owner_engine(database.owner_url).connect() as conn:
        assert {table for table, said in everywhere(conn).items() if "poe" in said} == set()
    assert told(audited(store)) == {}


def test_what_was_given_by_others_too_is_still_to_be_read(two: World) -> None:
    incident = two.report()
    letter = NewFile("letter.txt", b"the same letter")
    add_file(two.handling, incident, letter, actor=two.actor("carla"))
    add_file(two.handling, incident, letter, actor=two.actor("hugo"))
    _aside(two, incident)
    erased(two)
    with two.handling.store.read() as conn:
        assert bytes(conn.scalars(text("SELECT content FROM file_content")).one()) == letter.content


def test_the_same_file_given_anew_is_kept_again(two: World) -> None:
    incident = told_of_carla(two)
    erased(two)
    other = two.report("olga")
    letter = NewFile("a letter.txt", b"I, Carla Costa")
    add_file(two.handling, other, letter, actor=two.actor("olga"))
    with two.handling.store.read() as conn:
        kept = bytes(conn.scalars(text("SELECT content FROM file_content")).one())
        old, new = (files(conn, one, two.actor("hugo"))[0] for one in (incident, other))
    assert kept == letter.content
    assert (old.is_erased, new.is_erased) == (True, False)


# --- what no other way leads to ----------------------------------------------------------------

ATTACKS = {
    "a record's content": "UPDATE entry SET content = NULL, salt = NULL WHERE seq = 2",
    "a record's actor": "UPDATE entry SET actor = NULL, actor_salt = NULL WHERE seq = 2",
    "other words": "UPDATE decision SET reason = '[erased]'",
    "an incident's words": "UPDATE incident SET title = '[erased]' WHERE state = 'closed'",
    "an answer": "UPDATE confirmation SET words = NULL, answer = 'no'",
    "a finished one": "INSERT INTO erasure_done SELECT id, now(), 0 FROM erasure",
    "an agreement of one": "INSERT INTO erasure_answer SELECT id, asked_by, true, NULL, asked_by,"
    " now() FROM erasure",
    "a hold that goes": "DELETE FROM legal_hold",
    "a request that changes": "UPDATE erasure SET why = 'Another'",
}


def run(url: str, *statements: str) -> None:
    """Run plain SQL in one transaction."""
    engine = owner_engine(url)
    try:
        with engine.begin() as conn:
            for sql in statements:
                conn.execute(text(sql))
    finally:
        engine.dispose()


# whoever owns the tables can say that one is finished: it erases nothing
BY_OWNER = {"a finished one"}


@pytest.mark.parametrize(
    ("attack", "as_owner"),
    [(one, as_owner) for one in ATTACKS for as_owner in (False, True)[: 2 - (one in BY_OWNER)]],
)
def test_nothing_is_erased_by_plain_sql(
    two: World, database: DatabaseUrls, attack: str, as_owner: bool
) -> None:
    _furnished(two)
    url = database.owner_url if as_owner else database.app_url
    as_if = "SELECT set_config('putright.erasing', id::text, true) FROM erasure"
    with pytest.raises(DBAPIError):
        run(url, as_if, ATTACKS[attack])


# what the stack of calls looks like while something is erased
IN_A_COMMENT = """/* public.putright_erase_incident(uuid,uuid)
PL/pgSQL function public.putright_erase_incident(uuid,uuid) line 30 at SQL statement
*/"""


@pytest.mark.parametrize("attack", [*ATTACKS, "a closure without evidence"])
def test_who_says_in_a_comment_that_they_are_erasing_is_refused_too(
    two: World, database: DatabaseUrls, attack: str
) -> None:
    asked = two.report("olga")
    _furnished(two)
    close = (
        "UPDATE incident SET state = 'closed', ended_at = now(), closed_by = 'confirmed',"  # noqa: S608
        f" confirmation_id = (SELECT id FROM confirmation LIMIT 1) WHERE id = '{asked}'"
    )
    as_if = "SELECT set_config('putright.erasing', id::text, true) FROM erasure"
    done = {one: sql for one, sql in ATTACKS.items() if one not in BY_OWNER}.get(attack, close)
    with pytest.raises(DBAPIError):
        run(
            database.owner_url,
            as_if,
            f"DO $$ BEGIN {done} {IN_A_COMMENT}; END $$",
            f"DO $$ BEGIN SET CONSTRAINTS ALL IMMEDIATE {IN_A_COMMENT}; END $$",
        )


def test_nothing_of_the_callers_runs_as_the_owner(two: World, database: DatabaseUrls) -> None:
    incident = told_of_carla(two)
    gone(two)
    erasure_id = ask(two)
    agree(two, erasure_id)
    name = database.app_url.partition("?")[0].rpartition("/")[2]
    run(database.owner_url, f"GRANT TEMPORARY ON DATABASE {name} TO putright_app")
    for kind in ("uuid", "jsonb", "text", "bytea"):
        # a type of one's own, with a check that calls a function of one's own
        sql = "SELECT 1 / (current_user = session_user)::integer = 1"
        takes = f"pg_temp.mine(it pg_catalog.{kind}) RETURNS boolean LANGUAGE sql"
        mine = (
            f"CREATE FUNCTION {takes} AS '{sql}'",
            f"CREATE DOMAIN pg_temp.{kind} AS pg_catalog.{kind} CHECK (pg_temp.mine(VALUE))",
        )
        with pytest.raises(DBAPIError, match="said by an entry"):
            run(
                database.app_url,
                *mine,
                f"SELECT public.putright_erase_incident('{erasure_id}', '{incident}')",
            )


def test_the_guard_tells_that_everybody_may_call_what_erases(database: DatabaseUrls) -> None:
    with owner_engine(database.owner_url).begin() as conn:
        assert faults(conn) == []
        conn.execute(
            text("GRANT EXECUTE ON FUNCTION putright_erase_incident(uuid, uuid) TO PUBLIC")
        )
        assert faults(conn) == [
            "the function putright_erase_incident is not the one of this release"
        ]


def test_the_functions_ask_by_themselves_whether_two_have_agreed(
    two: World, database: DatabaseUrls
) -> None:
    incident = told_of_carla(two)
    gone(two)
    erasure_id = ask(two)
    calls = (
        f"SELECT putright_erase_incident('{erasure_id}', '{incident}')",
        f"SELECT putright_finish_erasing('{erasure_id}', now())",
    )
    forged = (
        "INSERT INTO erasure_answer SELECT e.id, asked_by, true, NULL, p.id, now()"
        " FROM erasure e, person p WHERE p.login = 'hugo'"
    )
    for before in ((), (forged,)):
        for call in calls:
            with pytest.raises(DBAPIError):
                run(database.app_url, *before, call)


def test_erasing_without_saying_so_in_the_chain_is_refused(
    two: World, database: DatabaseUrls
) -> None:
    incident = told_of_carla(two)
    gone(two)
    erasure_id = ask(two)
    agree(two, erasure_id)
    with pytest.raises(DBAPIError, match="said by an entry"):
        run(database.app_url, f"SELECT putright_erase_incident('{erasure_id}', '{incident}')")


def test_what_is_erased_without_a_tombstone_is_found(two: World, database: DatabaseUrls) -> None:
    incident = told_of_carla(two)
    with unguarded(database) as conn:
        conn.execute(
            text(
                "UPDATE entry SET content = NULL, salt = NULL WHERE incident_id = :id AND seq = 2"
            ),
            {"id": incident},
        )
        conn.execute(
            text(
                "UPDATE entry SET actor = NULL, actor_salt = NULL"
                " WHERE incident_id = :id AND seq = 3"
            ),
            {"id": incident},
        )
    number = two.row(incident).number
    assert told(audited(two.handling.store)) == {
        Question.INTEGRITY: [
            (f"Incident {number}", 2, Tampering.ERASED_UNSAID),
            (f"Incident {number}", 3, Tampering.ERASED_UNSAID),
        ]
    }


def test_one_that_is_stopped_goes_on_where_it_was(two: World) -> None:
    incidents = [told_of_carla(two) for _ in range(3)]
    gone(two)
    erasure_id = ask(two)
    agree(two, erasure_id)
    store = two.handling.store
    with store.read() as conn:
        line = erasure(conn, erasure_id)
    erasing._Deed(store, line, two.actor("hugo")).erase(incidents[1])
    assert named(two) == "Carla Costa"

    erase_all(store, erasure_id)
    erase_all(store, erasure_id)

    assert all(two.verbs(one).count("incident:erased") == 1 for one in incidents)
    with store.read() as conn:
        assert erasure(conn, erasure_id).incidents == 3
    assert told(audited(store)) == {}


def test_two_workers_at_once_erase_it_once(two: World) -> None:
    incidents = [told_of_carla(two) for _ in range(3)]
    gone(two)
    erasure_id = ask(two)
    agree(two, erasure_id)
    store, hugo = two.handling.store, two.actor("hugo")

    def say_late() -> None:
        comment(two.handling, incidents[1], "Carla Costa was here", actor=hugo)

    def erase() -> None:
        erase_all(store, erasure_id)

    at_once(erase, say_late, erase)
    erase()

    with store.read() as conn:
        assert erasure(conn, erasure_id).incidents == 3
    assert all("Carla" not in two.row(one).actual for one in incidents)
    assert told(audited(store)) == {}


def test_a_pack_of_what_was_erased_verifies_and_says_so(two: World, tmp_path: Path) -> None:
    incident = told_of_carla(two)
    number = two.row(incident).number
    erased(two)
    status, told_of = verified(made(two, tmp_path / "pack.zip", number))

    assert (status, wrong(told_of)) == (0, {})
    assert any("hold nothing, as it was erased" in one for one in told_of["notes"])
    closed = two.verbs(incident).index("incident:closed")
    forged = edit(f"incidents/{number}/entries.jsonl", with_line(closed, content=None, salt=None))
    files_in = relisted(forged(files_of(tmp_path / "pack.zip")))
    status, told_of = verified(packed(files_in, tmp_path / "forged.zip"))
    assert status == 1
    said = f"record {closed + 1} had its content taken out, and none says so"
    assert said in str(told_of["integrity"])


def named(world: World, login: str = "carla") -> str:
    """Return what somebody is called in the register."""
    with world.handling.store.read() as conn:
        found = text("SELECT name FROM person WHERE id = :id")
        return str(conn.scalar(found, {"id": world.people[login]}))


def _aside(world: World, incident: UUID) -> None:
    set_aside(world.handling, incident, reason="It is a test report", actor=world.actor("hugo"))


def _furnished(world: World) -> None:
    """Have something to attack: a decision, an answer, a hold, and an erasure that is agreed to."""
    told_of_carla(world)
    two_decided = world.decided()
    assert world.row(two_decided).state == "closed"
    gone(world)
    store = world.handling.store
    place_hold(
        store, why="Another one is held", actor=world.actor("hugo"), person_id=world.people["sami"]
    )
    erasure_id = ask(world)
    agree(world, erasure_id)
