"""What somebody with the database's owner, and even with the audit key, can do to a record."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import Connection, delete, select, text, update

from engine.domain.audited import Audited, Question
from engine.domain.chain import Entry, entry_hash, entry_mac
from engine.domain.signed_head import SignedHead, SigningKey
from engine.store import schema as t
from engine.store.chaining import COLUMNS
from engine.store.work import Store
from engine.usecases.auditing import Against, audit_chains
from engine.usecases.handling import Handling, Signing
from tests.world import KEY, World

SIGNING = Signing(SigningKey("first", b"the signing key of a test, 32 b."))
AGAINST = Against({KEY.id: KEY.secret}, SIGNING.known)


def signing(world: World, *, left: int = 0) -> Handling:
    """Return the world's handling with a key to sign with; `left` has left the house already."""
    return replace(world.handling, signing=replace(SIGNING, left=lambda: left))


def audited(store: Store, given: Sequence[SignedHead] = ()) -> Audited:
    """Look through everything."""
    return audit_chains(store, replace(AGAINST, given=given))


def told(found: Audited) -> dict[Question, list[tuple[str, int, str]]]:
    """Return what was found, by question, without its sentences."""
    return {
        question: [
            (str(one.where), one.seq, str(one.what))
            for one in found.findings
            if one.question is question
        ]
        for question in Question
        if found.wrong[question]
    }


def rewrite(conn: Connection, incident: UUID, seq: int, **changes: object) -> None:
    """Write a chain anew from an entry on, with the key, so that each of its entries holds."""
    rows = conn.execute(
        select(*(t.entry.c[name] for name in COLUMNS))
        .where(t.entry.c.incident_id == incident)
        .order_by(t.entry.c.seq)
    )
    entries = [Entry(incident, *row) for row in rows]
    previous = entries[seq - 2].hash if seq > 1 else b""
    for entry in entries[seq - 1 :]:
        said = replace(entry, previous=previous, **(changes if entry.seq == seq else {}))
        previous = entry_hash(KEY.secret, said)
        conn.execute(
            update(t.entry)
            .where(t.entry.c.incident_id == incident, t.entry.c.seq == entry.seq)
            .values(
                {name: getattr(said, name) for name in COLUMNS if name != "seq"}
                | {"hash": previous, "mac": entry_mac(KEY.secret, previous)}
            )
        )
    head = {"head_seq": entries[-1].seq, "head_hash": previous}
    conn.execute(update(t.incident).where(t.incident.c.id == incident).values(head))


def cut(conn: Connection, incident: UUID, seq: int) -> None:
    """Cut a chain off behind an entry, and let its incident say that this is its newest."""
    conn.execute(delete(t.entry).where(t.entry.c.incident_id == incident, t.entry.c.seq > seq))
    hashed = conn.scalar(
        select(t.entry.c.hash).where(t.entry.c.incident_id == incident, t.entry.c.seq == seq)
    )
    head = {"head_seq": seq, "head_hash": hashed}
    conn.execute(update(t.incident).where(t.incident.c.id == incident).values(head))


def remove_incident(conn: Connection, incident: UUID) -> None:
    """Remove an incident with every row that has to do with it."""
    runs = f"(SELECT id FROM run WHERE incident_id = '{incident}')"  # noqa: S608
    for table, where in (
        ("visit", f"run_id IN {runs}"),
        ("entry", f"incident_id = '{incident}'"),
        ("message", f"incident_id = '{incident}'"),
        ("criterion", f"incident_id = '{incident}'"),
        ("confirmer", f"incident_id = '{incident}'"),
        ("work_item", f"incident_id = '{incident}'"),
        ("run", f"incident_id = '{incident}'"),
        ("incident", f"id = '{incident}'"),
    ):
        conn.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        conn.execute(text(f"DELETE FROM {table} WHERE {where}"))  # noqa: S608
