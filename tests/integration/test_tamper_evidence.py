"""Whatever is done to the record by the owner of its database is found, and named."""

import hashlib
from datetime import timedelta
from functools import partial
from uuid import UUID

import psycopg
import pytest
from psycopg import errors as pg
from sqlalchemy import Connection, text

from api.wiring import plain_handling
from engine.domain.audited import Question
from engine.domain.signed_head import SignedHead
from engine.store.embedded import DatabaseUrls
from engine.usecases.auditing import audit_chains
from engine.usecases.noting import note_read
from engine.usecases.signing_heads import sign_heads
from tests.tampering import AGAINST, audited, cut, remove_incident, rewrite, signing, told
from tests.unguarded import unguarded
from tests.world import World

INTEGRITY, COMPLETENESS, AUTHENTICITY = Question

# what each attack does to a record of the incident, and what is said of it
_ON_A_CHAIN = {
    "changed": (
        ["UPDATE entry SET content = '{}' WHERE incident_id = :id AND seq = 3"],
        {INTEGRITY: [(3, "changed")]},
    ),
    "another actor": (
        ["UPDATE entry SET actor = 'Somebody else' WHERE incident_id = :id AND seq = 3"],
        {INTEGRITY: [(3, "changed")]},
    ),
    "removed": (
        ["DELETE FROM entry WHERE incident_id = :id AND seq = 3"],
        {COMPLETENESS: [(3, "removed")]},
    ),
    "added": (
        [
            (
                "INSERT INTO entry (incident_id, seq, at, actor, verb, content, salt, digest,"
                " key_id, previous, hash) SELECT incident_id, seq + 1, at, actor, verb, content,"
                " salt, digest, key_id, hash, sha256(hash) FROM (SELECT incident_id, seq, at,"
                " 'Forger' AS actor, verb, content, salt, digest, key_id, hash FROM entry"
                " WHERE incident_id = :id ORDER BY seq DESC LIMIT 1) e"
            )
        ],
        {INTEGRITY: [(None, "added")]},
    ),
    "swapped": (
        [
            "UPDATE entry SET seq = 1003 WHERE incident_id = :id AND seq = 3",
            "UPDATE entry SET seq = 3 WHERE incident_id = :id AND seq = 4",
            "UPDATE entry SET seq = 4 WHERE incident_id = :id AND seq = 1003",
        ],
        {INTEGRITY: [(3, "swapped"), (4, "swapped")]},
    ),
    "truncated": (
        ["DELETE FROM entry WHERE incident_id = :id AND seq > 3"],
        {COMPLETENESS: [(4, "truncated")]},
    ),
    "back-dated": (
        ["UPDATE entry SET at = at - interval '9 days' WHERE incident_id = :id AND seq = 3"],
        {INTEGRITY: [(3, "back_dated"), (3, "changed")]},
    ),
    "all gone": (
        ["DELETE FROM entry WHERE incident_id = :id"],
        {COMPLETENESS: [(1, "truncated")]},
    ),
    "a key that is not known": (
        ["UPDATE entry SET key_id = 'other' WHERE incident_id = :id AND seq = 3"],
        {AUTHENTICITY: [(3, "unknown_key")]},
    ),
}


def seen(found: dict[Question, list[tuple[str, int, str]]], last: int) -> object:
    return {
        question: [(seq if seq <= last else None, what) for _, seq, what in lines]
        for question, lines in found.items()
    }


def test_an_untouched_record_holds(world: World) -> None:
    incident = world.confirmed()
    head = sign_heads(signing(world))
    world.report()

    found = audited(world.handling.store, [head])

    assert found.is_sound
    assert found.chains == 3  # two incidents, and the register
    assert (found.entries, found.heads, found.given) == (entries(world), 1, 1)
    assert head.entries == world.row(incident).head_seq + 1
    assert list(found.signed_by.values()) == [1]
    assert found.notes == []


def test_several_processes_find_the_same(world: World, database: DatabaseUrls) -> None:
    incident = world.confirmed()
    with unguarded(database) as conn:
        rewrite(conn, incident, 3, verb="action:done")
        conn.execute(text("UPDATE entry SET content = '{}' WHERE seq = 2"))
    store = world.handling.store
    opening = partial(plain_handling, database.app_url, store.key)

    found = audit_chains(store, AGAINST, opening, workers=2, few=0)

    assert told(found) == told(audited(store)) != {}
    assert (found.chains, found.entries) == (2, entries(world))


def entries(world: World) -> int:
    with world.handling.store.read() as conn:
        return conn.execute(
            text("SELECT (SELECT count(*) FROM entry) + (SELECT count(*) FROM register_entry)")
        ).scalar_one()


@pytest.mark.parametrize("attack", _ON_A_CHAIN)
def test_what_was_done_to_a_chain_is_named(
    world: World, database: DatabaseUrls, attack: str
) -> None:
    statements, expected = _ON_A_CHAIN[attack]
    incident, other = world.asked(), world.report()
    last = world.row(incident).head_seq

    with unguarded(database) as conn:
        for statement in statements:
            conn.execute(text(statement), {"id": incident})

    found = told(audited(world.handling.store))
    assert seen(found, last) == expected
    number, untouched = world.row(incident).number, world.row(other).number
    assert {where for lines in found.values() for where, _, _ in lines} == {f"Incident {number}"}
    assert number != untouched


def test_what_was_done_to_the_register_is_named(world: World, database: DatabaseUrls) -> None:
    with unguarded(database) as conn:
        conn.execute(text("UPDATE register_entry SET content = '{}'"))

    assert told(audited(world.handling.store)) == {INTEGRITY: [("Setting up", 1, "changed")]}


_COLUMNS = (
    "seq, at, actor, person_id, verb, content, salt, digest, key_id, previous, hash, format,"
    " actor_salt, actor_digest, mac"
)
# everything else is as another row of the table has it
_A_HEAD_OF_WHO_LOOKED = (
    "INSERT INTO access_chain (id, head_seq, head_hash, head_at)"
    " SELECT id, head_seq, head_hash, :now FROM incident"
)
_A_PERSON = (
    "INSERT INTO person SELECT (jsonb_populate_record(p, jsonb_build_object("
    "'id', CAST(:id AS text), 'login', 'somebody'))).* FROM person p WHERE p.login = 'egon'"
)
_AN_INCIDENT = (
    "INSERT INTO incident OVERRIDING SYSTEM VALUE SELECT (jsonb_populate_record(i,"
    " jsonb_build_object('id', c.id, 'number', 99, 'head_seq', c.head_seq,"
    " 'head_hash', c.head_hash))).* FROM incident i, access_chain c"
)


def _copy(conn: Connection, to: str, its: str, source: str, chain: str) -> None:
    sql = f"INSERT INTO {to} ({its}, {_COLUMNS}) SELECT {chain}, {_COLUMNS} FROM {source}"  # noqa: S608
    conn.execute(text(sql))


def test_an_incident_s_record_that_stands_among_those_who_looked_is_named(
    world: World, database: DatabaseUrls
) -> None:
    incident = world.report()
    sign_heads(signing(world))

    with unguarded(database) as conn:
        _copy(conn, "access_entry", "chain_id", "entry", "incident_id")
        conn.execute(text(_A_HEAD_OF_WHO_LOOKED), {"now": world.clock.now})
        remove_incident(conn, incident)

    misplaced = {INTEGRITY: [("Who looked, who was refused", 1, "misplaced")]}
    assert told(audited(world.handling.store)) == misplaced

    # even if there were somebody whose chain it could be
    with unguarded(database) as conn:
        conn.execute(text(_A_PERSON), {"id": str(incident)})

    assert told(audited(world.handling.store)) == misplaced


def test_who_looked_cannot_be_made_an_incident_unseen(world: World, database: DatabaseUrls) -> None:
    world.report()
    note_read(world.handling.store, {"where": "incident"}, actor=world.actor("egon"))
    sign_heads(signing(world))

    with unguarded(database) as conn:
        conn.execute(text(_AN_INCIDENT))
        _copy(conn, "entry", "incident_id", "access_entry", "chain_id")
        conn.execute(text("ALTER TABLE access_entry DISABLE TRIGGER USER"))
        conn.execute(text("DELETE FROM access_entry"))
        conn.execute(text("DELETE FROM access_chain"))

    assert told(audited(world.handling.store)) == {INTEGRITY: [("Incident 99", 1, "misplaced")]}


def test_a_chain_written_anew_with_the_key_shows_against_what_was_signed(
    world: World, database: DatabaseUrls
) -> None:
    incident = world.confirmed()
    sign_heads(signing(world))
    last, number = world.row(incident).head_seq, world.row(incident).number

    with unguarded(database) as conn:
        rewrite(conn, incident, 3, verb="action:done")

    assert told(audited(world.handling.store)) == {
        INTEGRITY: [(f"Incident {number}", last, "changed")]
    }


def test_a_chain_cut_off_together_with_its_head_shows_against_what_was_signed(
    world: World, database: DatabaseUrls
) -> None:
    incident = world.asked()
    sign_heads(signing(world))
    last, number = world.row(incident).head_seq, world.row(incident).number

    with unguarded(database) as conn:
        cut(conn, incident, 3)

    assert told(audited(world.handling.store)) == {
        COMPLETENESS: [(f"Incident {number}", last, "removed")]
    }


def test_an_incident_removed_with_all_its_rows_shows_against_what_was_signed(
    world: World, database: DatabaseUrls
) -> None:
    incident = world.report()
    sign_heads(signing(world))

    with unguarded(database) as conn:
        remove_incident(conn, incident)

    (line,) = told(audited(world.handling.store))[COMPLETENESS]
    assert line == (f"Chain {incident}", 1, "removed")


def rewritten_log(conn: Connection, incident: UUID) -> None:
    """Let the log say what the chain says now."""
    conn.execute(
        text(
            "UPDATE signed_leaf l SET hash = e.hash FROM entry e"
            " WHERE e.incident_id = l.chain_id AND e.seq = l.seq AND l.chain_id = :id"
        ),
        {"id": incident},
    )


def test_a_log_written_anew_is_not_what_was_signed(world: World, database: DatabaseUrls) -> None:
    incident = world.confirmed()
    sign_heads(signing(world))

    with unguarded(database) as conn:
        rewrite(conn, incident, 3, verb="action:done")
        rewritten_log(conn, incident)

    assert told(audited(world.handling.store)) == {INTEGRITY: [("Signed head 1", 1, "changed")]}


def test_whoever_has_every_key_is_found_by_the_heads_that_have_left(
    world: World, database: DatabaseUrls
) -> None:
    incident = world.confirmed()
    left = sign_heads(signing(world))

    with unguarded(database) as conn:
        rewrite(conn, incident, 3, verb="action:done")
        conn.execute(text("DELETE FROM signed_leaf"))
        conn.execute(text("DELETE FROM signed_head"))
    sign_heads(signing(world))

    assert audited(world.handling.store).is_sound
    found = told(audited(world.handling.store, [left]))
    where = "Signed head 1 from outside"
    assert found == {INTEGRITY: [(where, 1, "changed"), (where, 1, "changed")]}


def test_a_removed_signed_head_is_named(world: World, database: DatabaseUrls) -> None:
    for _ in range(3):
        world.report()
        sign_heads(signing(world))

    with unguarded(database) as conn:
        conn.execute(text("DELETE FROM signed_leaf WHERE number = 2"))
        conn.execute(text("DELETE FROM signed_head WHERE number = 2"))

    found = told(audited(world.handling.store))
    assert ("Signed head 2", 2, "removed") in found[COMPLETENESS]
    assert ("Signed head 3", 3, "truncated") in found[COMPLETENESS]


def test_the_newest_signed_head_cannot_be_removed_unseen_once_it_has_left(
    world: World, database: DatabaseUrls
) -> None:
    sign_heads(signing(world))
    world.report()
    left = sign_heads(signing(world))

    with unguarded(database) as conn:
        conn.execute(text("DELETE FROM signed_leaf WHERE number = 2"))
        conn.execute(text("DELETE FROM signed_head WHERE number = 2"))

    assert audited(world.handling.store).is_sound
    assert ("Signed head 2 from outside", 2, "truncated") in told(
        audited(world.handling.store, [left])
    )[COMPLETENESS]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("signature = sha256(signature) || sha256(root)", "signature"),
        ("key_id = 'other'", "signature"),
        ("at = at - interval '1 hour'", "signature"),
        ("entries = entries + 1", "signature"),
    ],
)
def test_a_signed_head_that_nobody_of_ours_signed_is_named(
    world: World, database: DatabaseUrls, change: str, what: str
) -> None:
    sign_heads(signing(world))

    with unguarded(database) as conn:
        conn.execute(text(f"UPDATE signed_head SET {change}"))  # noqa: S608

    assert told(audited(world.handling.store)) == {AUTHENTICITY: [("Signed head 1", 1, what)]}


_REFUSED = (pg.InsufficientPrivilege, pg.IntegrityError, pg.ObjectNotInPrerequisiteState)
_KEPT = ("entry", "register_entry", "signed_head", "signed_leaf", "head_receipt", "chain_check")


@pytest.mark.parametrize("role", ["app_url", "owner_url"])
@pytest.mark.parametrize("table", _KEPT)
@pytest.mark.parametrize("sql", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_nothing_of_the_record_can_be_changed_or_deleted(
    world: World, database: DatabaseUrls, role: str, table: str, sql: str
) -> None:
    world.report()
    sign_heads(signing(world))
    with world.handling.store.begin() as work:
        work.conn.execute(
            text("INSERT INTO head_receipt VALUES (1, 'file', '/kept', :now)"), {"now": work.now}
        )
        work.conn.execute(
            text(
                "INSERT INTO chain_check (begun_at, ended_at, chains, entries, heads, given, wrong,"
                " findings, notes) VALUES (:now, :now, 1, 1, 1, 0, '{}', '[]', '[]')"
            ),
            {"now": work.now},
        )
    column = {"chain_check": "chains", "head_receipt": "number"}.get(table, "seq")
    column = "number" if table == "signed_head" else column

    with psycopg.connect(getattr(database, role)) as conn, pytest.raises(_REFUSED):
        conn.execute(sql.format(table, column, column))


def test_the_application_may_not_even_try(world: World) -> None:
    for table in _KEPT:
        for right in ("UPDATE", "DELETE", "TRUNCATE"):
            with world.handling.store.read() as conn:
                assert not conn.scalar(
                    text("SELECT has_table_privilege(current_user, :table, :right)"),
                    {"table": table, "right": right},
                )


def test_a_head_from_outside_is_held_against_its_own_signature(world: World) -> None:
    left = sign_heads(signing(world))
    forged = SignedHead(**{**left.__dict__, "entries": left.entries + 1})

    found = told(audited(world.handling.store, [forged]))

    assert found[AUTHENTICITY] == [("Signed head 1 from outside", 1, "signature")]


def test_signed_heads_follow_from_each_other(world: World) -> None:
    first = sign_heads(signing(world))
    world.clock.forward(days=1)
    second = sign_heads(signing(world))

    assert second.previous == hashlib.sha256(first.statement).digest()
    assert (second.number, second.at - first.at) == (2, timedelta(days=1))
    assert second.size == first.size  # nothing was added meanwhile
