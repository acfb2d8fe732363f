# ruff: noqa: S608 - put together of constants; what was typed comes as parameters
"""Found incidents: a page of them, how many there are, and all of them one after the other.

A page costs the same whichever it is: it goes on from the last line's place in the order's index.
Which incidents come into question is read from a condition's own index where these are few, and
asked of each incident in turn, in the list's order, where they are many: then the page is full
soon.  What is neither takes long, is stopped, and told to narrow.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine.errors import InvalidAnswers
from engine.language import say
from engine.queries.finding.asked import Asked, Order, Sort
from engine.queries.finding.choices import asked_fields
from engine.queries.finding.columns import Column, column_sql, needs_held
from engine.queries.finding.condition import Condition
from engine.queries.finding.conditions import conditions_of
from engine.queries.finding.held import held_sql
from engine.queries.paging import FIRST, Page, cursor, place_of
from engine.store.patience import TookTooLong, patience
from engine.store.schema import ENDED, LASTED

COUNTED = 10_000
"""So many are counted; beyond that there are more."""
_FEW = 8_000
_PAGE_SECONDS, _COUNT_SECONDS = 5.0, 2.0
_AT_ONCE = 500
_BEYOND_ALL = 2**62


@dataclass(frozen=True)
class FoundLine:
    """One incident; `values` stand in the order of the columns."""

    id: UUID
    number: int
    is_restricted: bool
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Found:
    """One page; `next` is the cursor of the page behind it, None on the last."""

    columns: tuple[Column, ...]
    lines: tuple[FoundLine, ...]
    next: str | None


@dataclass(frozen=True)
class Count:
    """How many there are: just so many, more than so many, or None: not counted in time."""

    number: int | None
    is_more: bool = False


def _span(said: str) -> timedelta:
    try:
        return timedelta(microseconds=int(said))
    except OverflowError as error:
        raise ValueError(said) from error


_KEYS: Mapping[Sort, tuple[str, Any]] = {
    Sort.REPORTED: ("i.told_at", datetime.fromisoformat),
    Sort.ENDED: (ENDED.format(i="i."), datetime.fromisoformat),
    Sort.LASTED: (LASTED.format(i="i."), _span),
}
_PERSON = text("""
    SELECT id FROM person WHERE login = :said OR lower(name) = lower(:said) LIMIT 50
""")


def found(
    conn: Connection,
    asked: Asked,
    columns: Sequence[Column],
    *,
    now: datetime,
    order: Order | None = None,
    page: Page = FIRST,
) -> Found:
    """Return a page of the incidents that fit, for an auditor.

    Raises InvalidAnswers for a bad cursor, for what nobody could fit, and for what takes too long.
    """
    order = order or Order()
    where, values = _after(order, page)
    try:
        with patience(conn, _PAGE_SECONDS):
            sql, asked_for = _statement(conn, asked, columns, order, where, now)
            rows = conn.execute(text(sql), asked_for | values | {"most": page.size + 1}).all()
    except TookTooLong as error:
        raise _too_much() from error
    lines = tuple(_line(row) for row in rows[: page.size])
    more = len(rows) > page.size
    return Found(tuple(columns), lines, _behind(order, rows[page.size - 1]) if more else None)


def count_all(conn: Connection, asked: Asked, *, now: datetime, seconds: float) -> int | None:
    """Return just how many fit; None if that took longer, and the transaction is over."""
    return _counted(conn, asked, now, seconds, "")


def count_found(conn: Connection, asked: Asked, *, now: datetime) -> Count:
    """Return how many fit.  A transaction in which it took too long is over."""
    number = _counted(conn, asked, now, _COUNT_SECONDS, f"LIMIT {COUNTED + 1}")
    return Count(None) if number is None else Count(min(number, COUNTED), number > COUNTED)


def _counted(
    conn: Connection, asked: Asked, now: datetime, seconds: float, limit: str
) -> int | None:
    try:
        with patience(conn, seconds):
            wanted, values = _wanted(conn, asked, None, now)
            sql = f"SELECT count(*) FROM (SELECT FROM {wanted} {limit}) x"
            return conn.scalar(text(sql), values) or 0
    except TookTooLong:
        return None


def all_found(
    conn: Connection,
    asked: Asked,
    columns: Sequence[Column],
    *,
    now: datetime,
    order: Order | None = None,
    most: int,
    seconds: float = 0,
) -> Iterator[FoundLine]:
    """Yield every incident that fits, in order, at most `most`, while they are read.

    `seconds` is how long each look at the database may take, 0 without end.  Raises TookTooLong.
    """
    order = order or Order()
    with patience(conn, seconds):
        sql, values = _statement(conn, asked, columns, order, "true", now)
        streamed = {"yield_per": _AT_ONCE}
        with conn.execute(text(sql), values | {"most": most}, execution_options=streamed) as rows:
            for row in rows:
                yield _line(row)


def _statement(
    conn: Connection,
    asked: Asked,
    columns: Sequence[Column],
    order: Order,
    after: str,
    now: datetime,
) -> tuple[str, dict[str, Any]]:
    wanted, values = _wanted(conn, asked, order, now)
    key = _KEYS[order.by][0] if order.by in _KEYS else "i.number"
    way = "DESC" if order.down else "ASC"
    in_order = f"{key} {way}, i.number {way}"
    held = f"CROSS JOIN LATERAL {held_sql('i')} AS held" if needs_held(columns) else ""
    picked = ", ".join(column_sql(column) for column in columns)
    sql = f"""
      SELECT i.id AS line_id, i.number AS line_number, i.is_restricted AS line_restricted,
        {key} AS line_key, {picked}
      FROM (SELECT i.* FROM {wanted} AND {after}
        ORDER BY {in_order} LIMIT :most) i {held}
      ORDER BY {in_order}"""
    return sql, values


def _wanted(
    conn: Connection, asked: Asked, order: Order | None, now: datetime
) -> tuple[str, dict[str, Any]]:
    """Return the incidents `i` that fit, to stand behind FROM; more conditions may follow."""
    fields = asked_fields(conn) if asked.answers else {}
    conditions = conditions_of(asked, _people(conn, asked.person), fields)
    values: dict[str, Any] = {"now": now}
    for one in conditions:
        values |= one.values
    few = []
    for place, (read, source) in enumerate(_sources(conditions, order)):
        guess = read[0].guess or source
        if (ids := _few(conn, source, guess, values)) is not None:
            few.append(f"id = ANY (CAST(:few{place} AS uuid[]))")
            values[f"few{place}"] = ids
            conditions = [one for one in conditions if one not in read]
    # OFFSET 0: these are read by their ids, never along the order of all
    of = f"(SELECT * FROM incident WHERE {' AND '.join(few)} OFFSET 0)" if few else "incident"
    where = " AND ".join(one.sql for one in conditions) or "true"
    return f"{of} i WHERE {where}", values


def _sources(
    conditions: Sequence[Condition], order: Order | None
) -> Iterator[tuple[Sequence[Condition], str]]:
    """Yield where the ids can be read of what is true, each with the conditions that it is."""
    by = order.by if order is not None else None
    cheap = [one for one in conditions if one.cheap]
    # what narrows the list's own order to a stretch is read from that
    if any(one.source is not None and (by is None or one.leads is not by) for one in cheap):
        all_of_them = " AND ".join(one.sql for one in cheap)
        yield cheap, f"SELECT i.id FROM incident i WHERE {all_of_them}"
    for one in conditions:
        if one.source is not None and not one.cheap:
            yield [one], one.source


def _few(conn: Connection, source: str, guess: str, values: Mapping[str, Any]) -> list[UUID] | None:
    """Return the ids, if they are few; None if it is better to ask each incident in turn."""
    if _guessed(conn, guess, values) > _FEW:
        return None
    sql = f"SELECT * FROM ({source}) s LIMIT :cap"
    ids = list(conn.scalars(text(sql), {**values, "cap": _FEW + 1}))
    return ids if len(ids) <= _FEW else None


def _guessed(conn: Connection, source: str, values: Mapping[str, Any]) -> float:
    """Return how many PostgreSQL thinks they are: of a word in every answer it need not count."""
    plan = conn.execute(text(f"EXPLAIN (FORMAT JSON) {source}"), values).scalar_one()
    rows: float = plan[0]["Plan"]["Plan Rows"]
    return rows


def _people(conn: Connection, said: str | None) -> list[UUID]:
    if not said:
        return []
    people = list(conn.scalars(_PERSON, {"said": said.strip()}))
    if not people:
        raise InvalidAnswers({"person": say("There is nobody by this name or login.")})
    return people


def _after(order: Order, page: Page) -> tuple[str, dict[str, Any]]:
    """Return what is true of the lines behind the page's cursor."""
    if page.after is None:
        return "true", {}
    sign = "<" if order.down else ">"
    if order.by not in _KEYS:
        (number,) = place_of(page.after, (int,))
        return f"i.number {sign} :number_at", {"number_at": _within(number)}
    key, shape = _KEYS[order.by]
    at, number = place_of(page.after, (shape, int))
    if isinstance(at, datetime) and at.tzinfo is None:
        raise InvalidAnswers({"after": say("There is no such page; start from the first.")})
    return f"({key}, i.number) {sign} (:key_at, :number_at)", {
        "key_at": at,
        "number_at": _within(number),
    }


def _within(number: int) -> int:
    return max(-_BEYOND_ALL, min(number, _BEYOND_ALL))


def _behind(order: Order, row: Any) -> str:
    if order.by not in _KEYS:
        return cursor(row.line_number)
    key = row.line_key
    if isinstance(key, timedelta):
        key = key // timedelta(microseconds=1)
    return cursor(key, row.line_number)


def _line(row: Any) -> FoundLine:
    return FoundLine(row.line_id, row.line_number, row.line_restricted, tuple(row[4:]))


def _too_much() -> InvalidAnswers:
    return InvalidAnswers(
        {
            "query": say(
                "This takes too long to look through: please narrow it, for example to a period,"
                " or have all of it made as a file."
            )
        }
    )
