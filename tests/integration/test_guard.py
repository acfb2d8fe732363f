"""The database's own guard, attacked with plain SQL by the owner of its tables.

One furnished database for the whole file: every attack is refused and leaves every row as it was,
so that none spoils another.  Attacks are in `attacks.py`, by what they try.
"""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import errors as pg
from sqlalchemy import text

from engine.domain.chain import Tampering
from engine.store import schema as t
from engine.store.embedded import DatabaseUrls, EmbeddedServer
from engine.store.guard import APPEND_ONLY, faults, fingerprint
from engine.store.migrate import migrate, owner_engine
from tests.besieged import FORGING, Attack, Besieged, attacks
from tests.evidence import chain_faults
from tests.world import World

REFUSED = (pg.IntegrityError, pg.InsufficientPrivilege, pg.ObjectNotInPrerequisiteState)


def statement(sql: str) -> Attack:
    """Return an attack of one statement."""
    return Attack(sql, (sql.encode(),))


@pytest.fixture(scope="module")
def besieged(server: EmbeddedServer, migrated_template: str) -> Iterator[Besieged]:
    urls = server.create_database("besieged", template=migrated_template)
    world = World.make(urls.app_url)
    besieged = Besieged(world, urls)
    try:
        yield besieged
    finally:
        besieged.close()
        world.close()
        server.drop_database("besieged")


@pytest.mark.parametrize("attack", attacks("into_closed"), ids=str)
def test_sql_by_the_owner_makes_no_closed_incident(besieged: Besieged, attack: Attack) -> None:
    with pytest.raises(REFUSED):
        besieged.attack(besieged.owner, attack)

    assert besieged.everything() == besieged.untouched


@pytest.mark.parametrize("attack", attacks("into_closed"), ids=str)
def test_sql_by_the_application_makes_no_closed_incident_either(
    besieged: Besieged, attack: Attack
) -> None:
    with pytest.raises(REFUSED):
        besieged.attack(besieged.application, attack)

    assert besieged.everything() == besieged.untouched


@pytest.mark.parametrize("attack", attacks("on_the_closed"), ids=str)
def test_sql_by_the_owner_takes_nothing_from_a_closed_one(
    besieged: Besieged, attack: Attack
) -> None:
    with pytest.raises(REFUSED):
        besieged.attack(besieged.owner, attack)

    assert besieged.everything() == besieged.untouched


@pytest.mark.parametrize("attack", attacks("out_of_handling"), ids=str)
@pytest.mark.parametrize("role", ["owner", "application"])
def test_sql_takes_nothing_out_of_the_handling_and_changes_nothing_that_is_out(
    besieged: Besieged, attack: Attack, role: str
) -> None:
    with pytest.raises(REFUSED):
        besieged.attack(getattr(besieged, role), attack)

    assert besieged.everything() == besieged.untouched


GUARDED = (*APPEND_ONLY, "incident", "action", "criterion", "target", "confirmer", "work_item")


@pytest.mark.parametrize("table", [*GUARDED, "run", "person", "business_process"])
def test_nobody_empties_a_table_that_evidence_rests_on(besieged: Besieged, table: str) -> None:
    for role in (besieged.owner, besieged.application):
        with pytest.raises(REFUSED):
            besieged.attack(role, statement(f"TRUNCATE {table} CASCADE"))

    assert besieged.everything() == besieged.untouched


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_nobody_rewrites_the_record(besieged: Besieged, table: str) -> None:
    columns = t.metadata.tables[table].columns
    column = [one.name for one in columns if one.identity is None][1]
    for role in (besieged.owner, besieged.application):
        for sql in (f"DELETE FROM {table}", f"UPDATE {table} SET {column} = {column}"):  # noqa: S608
            with pytest.raises(REFUSED):
                besieged.attack(role, statement(sql))

    assert besieged.everything() == besieged.untouched


TAKING_IT_DOWN = {
    "empty a table": "TRUNCATE idempotency_key",
    "disable a trigger": "ALTER TABLE incident DISABLE TRIGGER guard_evidence",
    "drop the check": "ALTER TABLE incident DROP CONSTRAINT ck_incident_closed_with_evidence",
    "own a table": "ALTER TABLE incident OWNER TO putright_app",
    "drop a trigger": "DROP TRIGGER guard_kept ON action",
    "add a trigger": "CREATE TRIGGER mine BEFORE UPDATE ON incident"
    " EXECUTE FUNCTION putright_append_only()",
    "replace a function": "CREATE OR REPLACE FUNCTION putright_missing_evidence(the_incident uuid)"
    " RETURNS text LANGUAGE sql AS 'SELECT NULL'",
    "make an heir": "CREATE TABLE heir () INHERITS (incident)",
    "be a replica": "SET session_replication_role = replica",
    "become the owner": "SET ROLE putright_owner",
    "delete incidents": "DELETE FROM incident",
    "delete actions": "DELETE FROM action",
    "delete criteria": "DELETE FROM criterion",
    "delete confirmers": "DELETE FROM confirmer",
    "delete runs": "DELETE FROM run",
    "delete a release": "DELETE FROM release",
    "change a diagram": "UPDATE diagram_version SET content = ''",
    "change the version": "UPDATE alembic_version SET version_num = ''",
}


@pytest.mark.parametrize(
    "sql", TAKING_IT_DOWN.values(), ids=[name.replace(" ", "_") for name in TAKING_IT_DOWN]
)
def test_the_application_cannot_take_the_guard_down(besieged: Besieged, sql: str) -> None:
    with pytest.raises(pg.InsufficientPrivilege):
        besieged.attack(besieged.application, statement(sql))


BENT = {
    "a trigger disabled": "ALTER TABLE incident DISABLE TRIGGER guard_evidence",
    "a trigger for replicas only": "ALTER TABLE incident ENABLE REPLICA TRIGGER guard_kept",
    "a trigger dropped": "DROP TRIGGER guard_truncate ON entry",
    "a trigger with a condition": "DROP TRIGGER guard_kept ON action; CREATE TRIGGER guard_kept"
    " BEFORE INSERT OR DELETE OR UPDATE ON action FOR EACH ROW WHEN (false)"
    " EXECUTE FUNCTION putright_keep_action()",
    "a trigger of somebody else": "CREATE FUNCTION mine() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN RETURN NULL; END'; CREATE TRIGGER a_first BEFORE UPDATE ON action"
    " FOR EACH ROW EXECUTE FUNCTION mine()",
    "a function replaced": "CREATE OR REPLACE FUNCTION putright_missing_evidence(the_incident"
    " uuid) RETURNS text LANGUAGE sql AS 'SELECT NULL::text'",
    "a function that looks elsewhere": "ALTER FUNCTION putright_missing_evidence(uuid)"
    " SET search_path = pg_temp, public",
    "the check dropped": "ALTER TABLE incident DROP CONSTRAINT ck_incident_closed_with_evidence",
    "a table that inherits": "CREATE TABLE heir () INHERITS (incident)",
    "a rule": "CREATE RULE quiet AS ON UPDATE TO action DO INSTEAD NOTHING",
    "rows hidden from the guard": "ALTER TABLE action ENABLE ROW LEVEL SECURITY",
    "a table that a crash empties": "ALTER TABLE visit SET UNLOGGED",
}


@pytest.mark.parametrize("sql", BENT.values(), ids=[name.replace(" ", "_") for name in BENT])
def test_whatever_bends_the_guard_changes_its_fingerprint_and_is_named(
    besieged: Besieged, sql: str
) -> None:
    with owner_engine(besieged.owner_url).connect() as owner:
        straight = fingerprint(owner)
        assert faults(owner) == []

        owner.exec_driver_sql(sql)

        assert fingerprint(owner) != straight
        assert faults(owner) != []
        owner.rollback()


def test_migrating_again_sets_a_bent_guard_up_again(database: DatabaseUrls) -> None:
    with owner_engine(database.owner_url).begin() as owner:
        straight = fingerprint(owner)
        owner.exec_driver_sql("ALTER TABLE incident DISABLE TRIGGER guard_evidence")

    migrate(database.owner_url)

    with owner_engine(database.owner_url).begin() as owner:
        assert fingerprint(owner) == straight


def test_with_the_triggers_disabled_by_the_owner_a_closure_by_sql_succeeds(
    world: World, database: DatabaseUrls
) -> None:
    incident = world.asked()
    confirmed = world.confirmed()
    with owner_engine(database.owner_url).begin() as owner:
        straight = fingerprint(owner)
        owner.exec_driver_sql("ALTER TABLE incident DISABLE TRIGGER USER")
        owner.execute(
            text(
                "UPDATE incident SET state = 'closed', closed_by = 'confirmed', ended_at = now(),"
                " confirmation_id = (SELECT confirmation_id FROM incident WHERE id = :confirmed)"
                " WHERE id = :incident"
            ),
            {"confirmed": confirmed, "incident": incident},
        )

        assert fingerprint(owner) != straight
    assert world.row(incident).state == "closed"


def test_who_forges_every_row_of_a_closure_is_named_by_the_audit_chain(
    world: World, database: DatabaseUrls
) -> None:
    incident = world.asked()
    ids = {"incident": incident, "carla": world.people["carla"]}
    with psycopg.connect(database.owner_url) as owner:
        owner.execute(FORGING)
        for sql in attacks("whole_forgery")[0].statements:
            owner.execute(sql, ids)

    assert world.row(incident).state == "closed"
    with world.handling.store.read() as conn:
        broken = chain_faults(conn, incident)
    assert {one.what for one in broken} <= {Tampering.CHANGED, Tampering.ADDED}
    last = world.row(incident).head_seq
    assert {last - 1, last} == {one.seq for one in broken}
