"""Counting what a piece of work asks of the database: the figure that no machine makes slower."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Engine, event


@dataclass
class Counted:
    """The statements that were sent, in order, and how many transactions were committed."""

    statements: list[str] = field(default_factory=list)
    commits: int = 0


@contextmanager
def counted(engine: Engine) -> Iterator[Counted]:
    """Count while the block lasts; many rows of one INSERT are one statement."""
    found = Counted()

    def statement(*given: object) -> None:
        found.statements.append(str(given[2]))

    def commit(*_: object) -> None:
        found.commits += 1

    event.listen(engine, "before_cursor_execute", statement)
    event.listen(engine, "commit", commit)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", statement)
        event.remove(engine, "commit", commit)
