"""Drafts: what somebody wants to change of a release, as it stands now.

A newcomer would look for whole copies: a draft holds only the files that were touched, beside the
release that it changes.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select, text

from engine.errors import NotFound
from engine.language import say
from engine.queries.library import in_force
from engine.store import schema as t


class Change(StrEnum):
    """What a draft does to a file."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True)
class DraftLine:
    """A draft in a list; `ended_at` None while it is open, `release` the number that it became."""

    id: UUID
    title: str
    base: int
    begun_by: str
    begun_at: datetime
    changed_at: datetime
    files: int
    asked_by: str | None
    ended_at: datetime | None
    release: int | None


@dataclass(frozen=True)
class DraftFile:
    """One file in a draft; `revision` 0 and nobody while it is the release's own.

    `content` None: it is removed.
    """

    name: str
    content: bytes | None
    revision: int
    changed_by: str | None
    changed_at: datetime | None


@dataclass(frozen=True)
class ChangedFile:
    """A file that the draft changes; `moved_on`: another release changed it meanwhile, too."""

    name: str
    change: Change
    by: str
    at: datetime
    moved_on: bool


@dataclass(frozen=True)
class DraftPage:
    """A draft and what it changes, by file name.

    `is_behind`: another release is in force than the one it changes.  `asked_hash` is of the files
    that somebody asked to have published; `now_hash` of those that it would become now.
    """

    id: UUID
    title: str
    base_id: UUID
    base: int
    is_behind: bool
    begun_by: str
    begun_at: datetime
    asked_by: str | None
    asked_by_id: UUID | None
    asked_at: datetime | None
    reason: str | None
    asked_hash: bytes | None
    now_hash: bytes
    ended_at: datetime | None
    release: int | None
    changes: tuple[ChangedFile, ...]


_LINES = text("""
    SELECT d.id, d.title, base.number AS base, begun.name AS begun_by, d.begun_at,
      coalesce(f.changed_at, d.begun_at) AS changed_at, coalesce(f.files, 0) AS files,
      asked.name AS asked_by, d.ended_at, made.number AS release
    FROM draft d JOIN release base ON base.id = d.base_id
    JOIN person begun ON begun.id = d.begun_by
    LEFT JOIN person asked ON asked.id = d.asked_by
    LEFT JOIN release made ON made.id = d.release_id
    LEFT JOIN LATERAL (SELECT max(changed_at) AS changed_at, count(*) AS files
      FROM draft_file WHERE draft_id = d.id) f ON true
    WHERE d.ended_at IS NULL OR :ended
    ORDER BY d.ended_at IS NOT NULL, changed_at DESC, d.id LIMIT 200
""")
_FILES = text("""
    SELECT f.name, f.content, f.revision, f.changed_at, p.name AS changed_by
    FROM draft_file f JOIN person p ON p.id = f.changed_by WHERE f.draft_id = :draft
    ORDER BY f.name
""")


def drafts(conn: Connection, *, ended: bool = False) -> Sequence[DraftLine]:
    """Return the open drafts, what was changed last first; with `ended` those that are over too."""
    return [DraftLine(*row) for row in conn.execute(_LINES, {"ended": ended})]


def release_files(conn: Connection, release_id: UUID | None) -> dict[str, bytes]:
    """Return the files of a release by name; none if there is no such release."""
    rows = conn.execute(
        select(t.release_part.c.name, t.diagram_version.c.content)
        .join(t.diagram_version, t.diagram_version.c.hash == t.release_part.c.hash)
        .where(t.release_part.c.release_id == release_id)
        .order_by(t.release_part.c.name)
    )
    return {row.name: bytes(row.content) for row in rows}


def draft_files(conn: Connection, draft_id: UUID) -> dict[str, bytes]:
    """Return all files of the release that the draft would become.  Raises NotFound."""
    files = release_files(conn, _found(conn, draft_id).base_id)
    return _with(files, _touched(conn, draft_id))


def draft_file(conn: Connection, draft_id: UUID, name: str) -> DraftFile:
    """Return a file as the draft has it, the release's own if it was not touched.

    Raises NotFound for a draft, or a file, that there is not.
    """
    base_id = _found(conn, draft_id).base_id
    for one in _touched(conn, draft_id):
        if one.name == name:
            return DraftFile(name, one.content, one.revision, one.changed_by, one.changed_at)
    files = release_files(conn, base_id)
    if name not in files:
        raise NotFound(say("There is no file “%(name)s” in this draft.", name=name))
    return DraftFile(name, files[name], 0, None, None)


def draft_page(conn: Connection, draft_id: UUID) -> DraftPage:
    """Return a draft and what it changes.  Raises NotFound."""
    row = _found(conn, draft_id)
    newest_id = in_force(conn)
    base = release_files(conn, row.base_id)
    newest = base if newest_id in (row.base_id, None) else release_files(conn, newest_id)
    touched = _touched(conn, draft_id)
    changes = []
    for one in touched:
        if (change := _change(base.get(one.name), one.content)) is not None:
            moved_on = newest.get(one.name) not in (base.get(one.name), one.content)
            changes.append(ChangedFile(one.name, change, one.changed_by, one.changed_at, moved_on))
    return DraftPage(
        id=row.id,
        title=row.title,
        base_id=row.base_id,
        base=row.base,
        is_behind=newest_id != row.base_id and row.ended_at is None,
        begun_by=row.begun,
        begun_at=row.begun_at,
        asked_by=row.asked,
        asked_by_id=row.asked_by,
        asked_at=row.asked_at,
        reason=row.reason,
        asked_hash=None if row.asked_hash is None else bytes(row.asked_hash),
        now_hash=hash_of(_with(base, touched)),
        ended_at=row.ended_at,
        release=row.made,
        changes=tuple(changes),
    )


def hash_of(files: Mapping[str, bytes]) -> bytes:
    """Return the SHA-256 over names and contents, in the order of the names."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{len(name)}:{name}:{len(files[name])}:".encode())
        digest.update(files[name])
    return digest.digest()


def _touched(conn: Connection, draft_id: UUID) -> Sequence[Row[Any]]:
    return conn.execute(_FILES, {"draft": draft_id}).all()


def _with(files: Mapping[str, bytes], touched: Iterable[Row[Any]]) -> dict[str, bytes]:
    """Return files as they are with what a draft does to them, by name."""
    after = {**files, **{one.name: one.content for one in touched}}
    return {name: content for name, content in sorted(after.items()) if content is not None}


def _change(before: bytes | None, after: bytes | None) -> Change | None:
    if before == after:
        return None
    if before is None:
        return Change.ADDED
    return Change.REMOVED if after is None else Change.CHANGED


_DRAFT = text("""
    SELECT d.*, base.number AS base, made.number AS made, begun.name AS begun, asked.name AS asked
    FROM draft d JOIN release base ON base.id = d.base_id
    JOIN person begun ON begun.id = d.begun_by
    LEFT JOIN person asked ON asked.id = d.asked_by
    LEFT JOIN release made ON made.id = d.release_id WHERE d.id = :id
""")


def _found(conn: Connection, draft_id: UUID) -> Any:
    row = conn.execute(_DRAFT, {"id": draft_id}).one_or_none()
    if row is None:
        raise NotFound(say("There is no such draft."), draft=str(draft_id))
    return row
