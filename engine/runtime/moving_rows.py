"""The rows of a snapshot as a tree, while a run is carried over to another release.

A newcomer would change the lists of the snapshot: a row that goes or comes moves the index of each
that stands after it, and of each that points there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Row:
    """A row of a snapshot, with its data and parent resolved.

    `was` is the name that its spec had on the old release; None for one that was added.
    """

    spec: str
    state: int
    parent: "Row | None"
    data: dict[str, Any]
    internal: Any
    rank: int
    alive: Any
    was: str | None = None
    children: list["Row"] = field(default_factory=list)


def rows_of(tasks: Sequence[Sequence[Any]]) -> list[Row]:
    """Return the rows that a snapshot lists, each with its children."""
    rows: list[Row] = []
    for name, state, place, data, internal, rank, alive in tasks:
        parent = rows[place] if place is not None else None
        own = dict(parent.data) if data == 0 and parent is not None else data
        row = Row(name, state, parent, own, internal, rank, alive, name)
        if parent is not None:
            parent.children.append(row)
        rows.append(row)
    return rows


def below(row: Row) -> list[Row]:
    """Return a row and all below it, in the order of the tree."""
    found, waiting = [], [row]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting.extend(reversed(one.children))
    return found


def drop(row: Row) -> None:
    """Take a row away with all that hangs below it."""
    if row.parent is not None and row in row.parent.children:
        row.parent.children.remove(row)


def take_out(row: Row) -> None:
    """Put what hangs below a row in its place."""
    parent = row.parent
    if parent is None:
        return
    at = parent.children.index(row)
    for child in row.children:
        child.parent = parent
    parent.children[at : at + 1] = row.children


def listed(rows: Sequence[Row]) -> list[list[Any]]:
    """Return rows as a snapshot lists them."""
    index = {id(row): place for place, row in enumerate(rows)}
    return [
        [
            row.spec,
            row.state,
            index[id(row.parent)] if row.parent is not None else None,
            0 if row.parent is not None and row.parent.data == row.data else row.data,
            row.internal,
            row.rank,
            row.alive,
        ]
        for row in rows
    ]
