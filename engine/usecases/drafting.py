"""Drafting: what process owners change of the release in force, before it is published.

Several may work on one draft: each save names the revision that it was made from, and one that is
stale changes nothing.  A newcomer would refuse what cannot run: a draft may be wrong for as long
as somebody works on it; publishing asks.
"""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from engine.domain.permissions import Actor, may_change_diagrams, may_read_diagrams
from engine.errors import Conflict, InvalidAnswers, NotAllowed, NotFound, StaleFile
from engine.language import say
from engine.queries.drafts import DraftFile, draft_file, draft_page, release_files
from engine.queries.library import in_force
from engine.store import schema as t
from engine.store.work import Work
from engine.usecases.handling import Handling
from engine.usecases.publish import KINDS

LARGEST = 1_000_000
"""Bytes of one file."""
_LONGEST_TITLE = 120
_LONGEST_REASON = 1_000
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,80}(\.[a-z]{1,20})?\.[a-z]{3,4}")


def require_process_owner(actor: Actor) -> None:
    """Raise NotAllowed for anybody who may not edit diagrams."""
    if not may_change_diagrams(actor):
        raise NotAllowed(say("Diagrams are changed by process owners."))


def require_reader_of_diagrams(actor: Actor) -> None:
    """Raise NotAllowed for anybody who may not see the studio."""
    if not may_read_diagrams(actor):
        raise NotAllowed(say("The studio is for process owners and auditors."))


def begin_draft(
    handling: Handling, title: str, *, actor: Actor, back_to: UUID | None = None
) -> UUID:
    """Begin to change the release in force; return the draft's id.

    With `back_to` it starts as what brings that earlier release back.  Raises NotAllowed,
    InvalidAnswers without a title, or NotFound.
    """
    require_process_owner(actor)
    with handling.store.begin() as work:
        base = in_force(work.conn)
        if base is None:
            raise NotFound(say("No diagrams are published yet: run “putright publish”."))
        draft_id = uuid4()
        work.conn.execute(
            insert(t.draft),
            {
                "id": draft_id,
                "title": _title(title),
                "base_id": base,
                "begun_by": actor.id,
                "begun_at": work.now,
            },
        )
        if back_to is not None:
            wanted = release_files(work.conn, back_to)
            if not wanted:
                raise NotFound(say("There is no such release."), release=str(back_to))
            now = release_files(work.conn, base)
            for name in {*wanted, *now}:
                if wanted.get(name) != now.get(name):
                    _write(work, draft_id, name, wanted.get(name), 1, actor)
    return draft_id


def rename_draft(handling: Handling, draft_id: UUID, title: str, *, actor: Actor) -> None:
    """Give an open draft another title.  Raises NotAllowed, NotFound, Conflict, InvalidAnswers."""
    require_process_owner(actor)
    with handling.store.begin() as work:
        lock_draft(work, draft_id)
        change_draft(work, draft_id, title=_title(title))


def save_file(
    handling: Handling,
    draft_id: UUID,
    name: str,
    content: bytes | None,
    *,
    revision: int,
    actor: Actor,
) -> int:
    """Save a file of the draft (None: remove it) and return its new revision.

    `revision` is the one that the change was made from; 0 for a file that the draft has not
    touched.  What was asked to be published is asked no more.  Raises StaleFile if it was saved
    meanwhile, NotAllowed, NotFound, Conflict for a draft that is over, or InvalidAnswers for a name
    or a size that no release can have.
    """
    require_process_owner(actor)
    _require_name(name)
    if content is not None and len(content) > LARGEST:
        raise InvalidAnswers({"content": say("A file has at most %(most)s bytes.", most=LARGEST)})
    with handling.store.begin() as work:
        lock_draft(work, draft_id)
        now = _now(work.conn, draft_id, name)
        require_fresh(now, revision)
        if now.content == content:
            return revision
        _write(work, draft_id, name, content, revision + 1, actor)
        change_draft(work, draft_id, **NOT_ASKED)
    return revision + 1


def save_over(
    handling: Handling, draft_id: UUID, name: str, content: bytes | None, *, actor: Actor
) -> None:
    """Save a file over whatever the draft has of it now: whoever does has chosen to.

    Raises as `save_file` does.
    """
    with handling.store.read() as conn:
        revision = _now(conn, draft_id, name).revision
    save_file(handling, draft_id, name, content, revision=revision, actor=actor)


def undo_file(handling: Handling, draft_id: UUID, name: str, *, actor: Actor) -> None:
    """Leave a file as the release has it; one that was not touched is no matter.

    Raises NotAllowed, NotFound, or Conflict for a draft that is over.
    """
    require_process_owner(actor)
    with handling.store.begin() as work:
        lock_draft(work, draft_id)
        of_it = (t.draft_file.c.draft_id == draft_id, t.draft_file.c.name == name)
        work.conn.execute(delete(t.draft_file).where(*of_it))
        change_draft(work, draft_id, **NOT_ASKED)


def discard_draft(handling: Handling, draft_id: UUID, *, actor: Actor) -> None:
    """Give a draft up; what it held stays to be read.  Raises NotAllowed, NotFound, Conflict."""
    require_process_owner(actor)
    with handling.store.begin() as work:
        lock_draft(work, draft_id)
        change_draft(work, draft_id, ended_at=work.now, **NOT_ASKED)


def bring_up_to_date(
    handling: Handling, draft_id: UUID, *, actor: Actor, keep: Iterable[str], take: Iterable[str]
) -> None:
    """Let the draft change the release that is in force now.

    Where both changed a file, `keep` names those that stay as the draft has them, `take` those
    that become the release's.  Raises Conflict naming what is in neither, NotAllowed, or NotFound.
    """
    require_process_owner(actor)
    keep, take = set(keep), set(take)
    with handling.store.begin() as work:
        lock_draft(work, draft_id)
        page = draft_page(work.conn, draft_id)
        both = {one.name for one in page.changes if one.moved_on}
        if undecided := sorted(both - keep - take):
            raise Conflict(
                say("Please choose for each: %(files)s.", files=", ".join(undecided)),
                files=undecided,
            )
        taken = (t.draft_file.c.draft_id == draft_id, t.draft_file.c.name.in_(both & take))
        work.conn.execute(delete(t.draft_file).where(*taken))
        change_draft(work, draft_id, base_id=in_force(work.conn), **NOT_ASKED)


# --- what others need, too ------------------------------------------------------------------

NOT_ASKED: dict[str, Any] = dict.fromkeys(("asked_by", "asked_at", "reason", "asked_hash"))


def require_fresh(now: DraftFile, revision: int) -> None:
    """Raise StaleFile if a change was made from another revision of the file than this one."""
    if now.revision != revision:
        raise StaleFile(
            say(
                "%(name)s saved this file meanwhile; nothing was overwritten.",
                name=now.changed_by or "",
            ),
            revision=now.revision,
        )


def lock_draft(work: Work, draft_id: UUID) -> None:
    """Wait until nobody else changes the draft.  Raises NotFound, or Conflict if it is over."""
    found = select(t.draft.c.ended_at).where(t.draft.c.id == draft_id).with_for_update()
    row = work.conn.execute(found).one_or_none()
    if row is None:
        raise NotFound(say("There is no such draft."), draft=str(draft_id))
    if row.ended_at is not None:
        raise Conflict(say("This draft was published or given up meanwhile."))


def require_reason(reason: str) -> str:
    """Return why something is done, in one line.  Raises InvalidAnswers without."""
    reason = " ".join(reason.split())
    if not 0 < len(reason) <= _LONGEST_REASON:
        raise InvalidAnswers({"reason": say("Please say why, for whoever reads it later.")})
    return reason


def change_draft(work: Work, draft_id: UUID, **values: object) -> None:
    """Write these columns of a draft that is locked."""
    work.conn.execute(update(t.draft).where(t.draft.c.id == draft_id).values(**values))


def _now(conn: Connection, draft_id: UUID, name: str) -> DraftFile:
    try:
        return draft_file(conn, draft_id, name)
    except NotFound:  # a new one
        return DraftFile(name, None, 0, None, None)


def _write(
    work: Work, draft_id: UUID, name: str, content: bytes | None, revision: int, actor: Actor
) -> None:
    values = {
        "content": content,
        "revision": revision,
        "changed_by": actor.id,
        "changed_at": work.now,
    }
    work.conn.execute(
        upsert(t.draft_file)
        .values(draft_id=draft_id, name=name, **values)
        .on_conflict_do_update(index_elements=["draft_id", "name"], set_=values)
    )


def _title(title: str) -> str:
    title = " ".join(title.split())
    if not 0 < len(title) <= _LONGEST_TITLE:
        raise InvalidAnswers(
            {
                "title": say(
                    "Please say in %(most)s letters at most what it is to change.",
                    most=_LONGEST_TITLE,
                )
            }
        )
    return title


def _require_name(name: str) -> None:
    if _NAME.fullmatch(name) is None or PurePosixPath(name).suffix not in KINDS:
        raise InvalidAnswers(
            {
                "name": say(
                    "A file is called by letters, digits and _, and ends in %(kinds)s.",
                    kinds=", ".join(sorted(KINDS)),
                )
            }
        )
