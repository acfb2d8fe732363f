"""Which signed head has left the house, as receipts, and why one has not, until it has."""

from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from engine.domain.anchor import AnchorWay
from engine.store import schema as t

# stands among the places for the signing itself
SIGNING = ""


def has_receipt(conn: Connection, number: int, way: AnchorWay, place: str) -> bool:
    """Whether this signed head has gone there."""
    receipt = t.head_receipt.c
    found = select(receipt.number).where(
        receipt.number == number, receipt.way == way, receipt.place == place
    )
    return conn.scalar(found) is not None


def keep_receipt(conn: Connection, number: int, way: AnchorWay, place: str, at: datetime) -> None:
    """Write down that a signed head has gone there; what is written down already stays."""
    row = {"number": number, "way": way, "place": place, "at": at}
    conn.execute(insert(t.head_receipt).on_conflict_do_nothing(), row)
    works_again(conn, place)


def fails(conn: Connection, place: str, why: str, since: datetime) -> None:
    """Keep why nothing goes there, and since when."""
    row = {"place": place, "why": why, "since": since}
    conn.execute(
        insert(t.unanchored)
        .values(row)
        .on_conflict_do_update(index_elements=["place"], set_={"why": why})
    )


def works_again(conn: Connection, place: str) -> None:
    """Forget that nothing went there."""
    conn.execute(delete(t.unanchored).where(t.unanchored.c.place == place))
