"""Files as evidence: kept in the database, named in the record by their digest, never executed.

They are rows, so that an incident and its evidence are written, backed up and restored together.  A
newcomer would keep them in a folder: half a restore is a record that names what nobody has.
"""

import hashlib
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from uuid import UUID, uuid4

from sqlalchemy import func, insert
from sqlalchemy.dialects.postgresql import insert as upsert

from engine.domain.permissions import Actor, Machine, Verb
from engine.errors import InvalidAnswers
from engine.language import say
from engine.store import schema as t
from engine.usecases.handling import Handling
from engine.usecases.running import Mover
from engine.usecases.standing import require

LARGEST = 10 * 1024 * 1024
_LONGEST_NAME = 150
# what people give as evidence, by the end of its name; nothing that a browser or a shell runs
KINDS = frozenset((
    "pdf", "png", "jpg", "jpeg", "gif", "webp", "heic", "txt", "log", "csv", "tsv", "md", "json",
    "xlsx", "xls", "ods", "docx", "doc", "odt", "pptx", "odp", "eml", "msg", "zip", "mp4", "mov",
    "mp3",
))  # fmt: skip


@dataclass(frozen=True)
class NewFile:
    """A file as it came; its name is cleaned here."""

    name: str
    content: bytes

    @property
    def clean_name(self) -> str:
        """Return its last part, without what is no character."""
        last = PureWindowsPath(PurePosixPath(self.name).name).name
        kept = "".join(one for one in last if one.isprintable() and one not in '<>:"/\\|?*')
        stem, dot, end = kept.strip(" .").rpartition(".")
        return f"{stem[: _LONGEST_NAME - len(end) - 1]}{dot}{end}"[:_LONGEST_NAME]


def add_file(
    handling: Handling, incident_id: UUID, file: NewFile, *, actor: Actor, is_internal: bool = False
) -> UUID:
    """Keep a file with the incident and return its id; `is_internal`: for our organisation only.

    Raises NotFound, NotAllowed, IncidentClosed, or InvalidAnswers for one that is empty, too large
    or of a kind that is not kept.
    """
    check(file)
    if is_internal and actor.is_outside:
        raise InvalidAnswers({"file": say("What you give is seen by both sides.")})
    with handling.store.begin() as work:
        mover = Mover(handling, work.incident(incident_id), actor)
        require(mover, actor, Verb.ADD_NOTE)
        return keep_file(mover, file, actor, is_internal=is_internal)


def check(file: NewFile) -> None:
    """Raise InvalidAnswers for a file that is not kept."""
    if not file.content:
        raise InvalidAnswers({"file": say("Please choose a file with something in it.")})
    if len(file.content) > LARGEST:
        raise InvalidAnswers(
            {"file": say("A file has at most %(x)s MB.", x=LARGEST // 1024 // 1024)}
        )
    stem, _, kind = file.clean_name.rpartition(".")
    if not stem or kind.lower() not in KINDS:
        kinds = ", ".join(sorted(KINDS))
        raise InvalidAnswers(
            {"file": say("This kind of file is not kept. These are: %(kinds)s.", kinds=kinds)}
        )


def keep_file(mover: Mover, file: NewFile, by: Actor | Machine, *, is_internal: bool) -> UUID:
    """Keep a checked file with the locked incident and return its id."""
    case, conn = mover.case, mover.case.conn
    digest = hashlib.sha256(file.content).digest()
    name = file.clean_name
    seq = case.record(
        "file:added",
        {
            "name": name,
            "bytes": len(file.content),
            "sha256": digest.hex(),
            "is_internal": is_internal,
        },
        by,
    )
    content = {"digest": digest, "content": file.content}
    # what was erased by law and is given anew is there again
    conn.execute(
        upsert(t.file_content)
        .values(content)
        .on_conflict_do_update(
            index_elements=["digest"],
            set_={"content": file.content},
            where=func.length(t.file_content.c.content) == 0,
        )
    )
    made = uuid4()
    conn.execute(
        insert(t.file),
        {
            "id": made,
            "incident_id": case.incident.id,
            "name": name,
            "size": len(file.content),
            "digest": digest,
            "is_internal": is_internal,
            "added_by": by.name,
            "added_at": case.now,
            "entry_seq": seq,
        },
    )
    return made
