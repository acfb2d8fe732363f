"""Every kind of chain there is: where its entries stand, and where its heads.

Whatever looks at all chains asks here, so that a new kind is one line of `KINDS`.  A newcomer would
write a query for incidents, and the register would go unchecked.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.access import NOBODY
from engine.domain.chain import Entry, Head
from engine.domain.register import REGISTER
from engine.language import Said, say
from engine.store.chaining import COLUMNS

# Rows that are read at once; the rest of a result waits in the database.
_AT_ONCE = 2_000
# The ids of chains are spread evenly, so that a part of all ids is a part of all chains.
_CHAINS_IN_A_SLICE = 1_000
_MOST_BITS = 20


@dataclass(frozen=True)
class Kind:
    """A kind of chain: its tables, and which columns hold the id of the chain.

    A kind with one chain only has its id, and no columns.  The table of heads has `head_seq` and
    `head_hash`.  No two chains of any kind share an id.  Whether a chain is where it belongs is
    told by what its id is the id of (`belongs`, SQL), and by what its first entry is about
    (`begins`, the first words of verbs; none: anything else).
    """

    name: str
    called: Said
    entries: str
    heads: str
    entries_id: str | None = None
    heads_id: str | None = None
    # which number people call a chain of this kind by
    number: str = "NULL"
    only: UUID | None = None
    belongs: str = "true"
    begins: tuple[str, ...] = ()

    def chain_of(self, table: str, column: str | None) -> str:
        """Return the SQL for the id of the chain that a row of the table is of."""
        return f"'{self.only}'::uuid" if column is None else f"{table}.{column}"


KINDS = (
    Kind(
        "incident",
        say("Incident %(number)s"),
        "entry",
        "incident",
        "incident_id",
        "id",
        "number",
        belongs=f"id NOT IN ('{REGISTER}', '{NOBODY}')"
        " AND NOT EXISTS (SELECT FROM person p WHERE p.id = incident.id)",
        begins=("incident",),
    ),
    Kind("register", say("Setting up"), "register_entry", "register", only=REGISTER),
    Kind(
        "access",
        say("Who looked, who was refused"),
        "access_entry",
        "access_chain",
        "chain_id",
        "id",
        belongs=f"id = '{NOBODY}' OR EXISTS (SELECT FROM person p WHERE p.id = access_chain.id)",
        begins=("access", "purpose", "refused"),
    ),
)
_ELSEWHERE = frozenset(subject for kind in KINDS for subject in kind.begins)
_BY_NAME = {kind.name: kind for kind in KINDS}


@dataclass(frozen=True)
class Slice:
    """A part of the chains of one kind: those whose id is between `low` and `high`, both in it."""

    kind: str
    low: UUID
    high: UUID


def _head(kind: Kind) -> str:
    return (
        f"SELECT '{kind.name}' AS kind, {kind.chain_of(kind.heads, kind.heads_id)} AS chain_id,"  # noqa: S608
        f" head_seq AS seq, head_hash AS hash, {kind.number}::bigint AS number FROM {kind.heads}"
    )


# in the order in which an `Entry` has them
_COLUMNS = ", ".join(COLUMNS)

# All heads: of which kind and chain, the newest entry's number and hash, what the chain is called.
HEADS_SQL = " UNION ALL ".join(f"{_head(kind)} WHERE head_seq > 0" for kind in KINDS)

_ONE_HEAD = text(f"SELECT * FROM ({HEADS_SQL}) one WHERE chain_id = :id")  # noqa: S608

# Each leaf of the log, with the hash that its entry has now.
LEAVES_SQL = " ".join(
    (
        "SELECT l.position, l.number AS head, l.chain_id, l.seq, l.hash,",
        "coalesce(" + ", ".join(f"{kind.entries}.hash" for kind in KINDS) + ") AS stands",
        "FROM signed_leaf l",
        *(
            f"LEFT JOIN {kind.entries} ON {kind.entries}.seq = l.seq"
            f" AND {kind.chain_of(kind.entries, kind.entries_id)} = l.chain_id"
            for kind in KINDS
        ),
    )
)


def entries_told(conn: Connection) -> int:
    """Return how many entries there are, as the heads tell it: counting them would read them."""
    told = f"SELECT coalesce(sum(seq), 0)::bigint FROM ({HEADS_SQL}) one"  # noqa: S608
    return conn.scalar(text(told)) or 0


def slices(conn: Connection) -> list[Slice]:
    """Return slices that hold every chain once, of a thousand or so each."""
    found = []
    for kind in KINDS:
        count = conn.scalar(text(f"SELECT count(*) FROM {kind.heads}")) or 0  # noqa: S608
        bits = min(max(count // _CHAINS_IN_A_SLICE, 1).bit_length() - 1, _MOST_BITS)
        if kind.only is not None:
            bits = 0
        step = 2 ** (128 - bits)
        found += [
            Slice(kind.name, UUID(int=at * step), UUID(int=(at + 1) * step - 1))
            for at in range(2**bits)
        ]
    return found


def heads_in(conn: Connection, part: Slice) -> dict[UUID, Head]:
    """Return the heads of the slice's chains, by the chains' ids."""
    kind = _BY_NAME[part.kind]
    sql = f"SELECT * FROM ({_head(kind)}) one WHERE chain_id BETWEEN :low AND :high"  # noqa: S608
    rows = conn.execute(text(sql), {"low": part.low, "high": part.high})
    return {row.chain_id: Head(row.seq, bytes(row.hash)) for row in rows}


def strangers_in(conn: Connection, part: Slice) -> set[UUID]:
    """Return the slice's chains whose id is not that of anything that has a chain of this kind."""
    kind = _BY_NAME[part.kind]
    if kind.only is not None:
        return set()
    asked = f"{kind.heads_id} BETWEEN :low AND :high AND NOT ({kind.belongs})"
    sql = f"SELECT {kind.heads_id} FROM {kind.heads} WHERE head_seq > 0 AND {asked}"  # noqa: S608
    return {*conn.scalars(text(sql), {"low": part.low, "high": part.high})}


def can_begin(kind: str, verb: str) -> bool:
    """Whether the first entry of a chain of this kind can have such a verb."""
    subject, begins = verb.partition(":")[0], _BY_NAME[kind].begins
    return subject in begins if begins else subject not in _ELSEWHERE


def at_one_instant(conn: Connection) -> None:
    """Have all that this transaction reads be as it was when it begins, which it does here."""
    conn.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))


def called(conn: Connection, chain_id: UUID) -> Said:
    """Return what people call a chain; its id if there is no such chain any more."""
    found = conn.execute(_ONE_HEAD, {"id": chain_id}).first()
    if found is None:
        return say("Chain %(chain)s", chain=str(chain_id))
    return say(_BY_NAME[found.kind].called.template, number=found.number)


def entries_in(conn: Connection, part: Slice) -> Iterator[Entry]:
    """Yield the entries of the slice, chain by chain and in order.

    They come a few at a time, however many there are; the transaction stays open meanwhile.
    """
    kind = _BY_NAME[part.kind]
    chain = kind.chain_of(kind.entries, kind.entries_id)
    where = "" if kind.only is not None else f"WHERE {chain} BETWEEN :low AND :high"
    sql = f"SELECT {chain}, {_COLUMNS} FROM {kind.entries} {where} ORDER BY 1, seq"  # noqa: S608
    bounds = {} if kind.only is not None else {"low": part.low, "high": part.high}
    for row in streamed(conn, sql, **bounds):
        yield Entry(*row)


def streamed(conn: Connection, sql: str, **values: Any) -> Iterator[Any]:
    """Yield the rows of a query through a cursor of the database's: memory stays flat.

    Who does not take them all closes the generator, while the transaction lasts.
    """
    options = {"stream_results": True, "yield_per": _AT_ONCE}
    with closing(conn.execute(text(sql), values, execution_options=options)) as rows:
        yield from rows
