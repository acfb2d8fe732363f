"""The files of an incident, as far as the reader may see them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.erasing import ERASED
from engine.domain.permissions import Actor
from engine.errors import NotFound
from engine.language import say


@dataclass(frozen=True)
class FileLine:
    """A file; `size` in bytes, `is_internal`: for our organisation only."""

    id: UUID
    name: str
    size: int
    is_internal: bool
    added_by: str
    added_at: datetime

    @property
    def is_erased(self) -> bool:
        """Whether the law had it erased: of what was in it nothing is left."""
        return self.name == ERASED


_FILES = text("""
    SELECT id, name, size, is_internal, added_by, added_at FROM file
    WHERE incident_id = :id AND NOT (is_internal AND :outside) ORDER BY entry_seq LIMIT 500
""")
_CONTENT = text("""
    SELECT f.name, c.content FROM file f JOIN file_content c ON c.digest = f.digest
    WHERE f.id = :file AND f.incident_id = :id AND NOT (f.is_internal AND :outside)
""")


def files(conn: Connection, incident_id: UUID, actor: Actor) -> tuple[FileLine, ...]:
    """Return the files of an incident that `actor` has been found to may see.  One statement."""
    asked = {"id": incident_id, "outside": actor.is_outside}
    return tuple(FileLine(*row) for row in conn.execute(_FILES, asked))


def file_content(
    conn: Connection, incident_id: UUID, file_id: UUID, actor: Actor
) -> tuple[str, bytes]:
    """Return a file's name and content, of an incident that `actor` may see.  Raises NotFound."""
    asked = {"id": incident_id, "file": file_id, "outside": actor.is_outside}
    row = conn.execute(_CONTENT, asked).first()
    if row is None:
        raise NotFound(say("There is no such file."), file=str(file_id))
    if row.name == ERASED:
        raise NotFound(say("This was erased, as the law asks."), file=str(file_id))
    return row.name, bytes(row.content)
