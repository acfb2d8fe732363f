"""Publishing a draft: proved, said why, and agreed to by a second person where the rule asks.

What a second person agrees to is a content, by its hash: a draft that was changed since it was
asked for has to be asked for again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from engine.bpmn.closing_changes import changes_who_closes
from engine.domain.permissions import Actor
from engine.errors import Conflict, NotAllowed
from engine.language import Said, say
from engine.queries.drafts import DraftPage, draft_files, draft_page, hash_of, release_files
from engine.store.registering import lock_register
from engine.store.work import Work
from engine.usecases.drafting import (
    NOT_ASKED,
    change_draft,
    lock_draft,
    require_process_owner,
    require_reason,
)
from engine.usecases.handling import Handling
from engine.usecases.publish import Signed, put_in_force, require_publishable


@dataclass(frozen=True)
class Published:
    """What came of it: the release's number; None if a second person has to agree first."""

    number: int | None


def publish_draft(handling: Handling, draft_id: UUID, *, reason: str, actor: Actor) -> Published:
    """Make the draft the release in force, or ask for a second person where one is needed.

    Raises DiagramRefused with every finding, InvalidAnswers without a reason, Conflict if another
    release is in force than the one it changes or it changes nothing, NotAllowed, or NotFound.
    """
    require_process_owner(actor)
    reason = require_reason(reason)
    with handling.store.read() as conn:
        files = draft_files(conn, draft_id)
    checked = require_publishable(files)
    with handling.store.begin() as work:
        _, touches = _require_ready(work, draft_id, files)
        if handling.publishing.needs_second(touches):
            change_draft(
                work,
                draft_id,
                asked_by=actor.id,
                asked_at=work.now,
                reason=reason,
                asked_hash=hash_of(files),
            )
            return Published(None)
        waived = handling.publishing.waived_by if touches else None
        signed = Signed(actor, reason, touches=touches, waived=waived)
        release_id, number = put_in_force(work, files, checked, signed)
        change_draft(work, draft_id, ended_at=work.now, release_id=release_id)
    return Published(number)


def agree_to_draft(handling: Handling, draft_id: UUID, *, seen: str, actor: Actor) -> int:
    """Agree, as the second person, to what was asked for; return the release's number.

    `seen` is the hash, in hex, of the files that were looked at.  Raises NotAllowed for whoever
    asked, and what `publish_draft` raises; Conflict too if it was changed meanwhile.
    """
    require_process_owner(actor)
    with handling.store.read() as conn:
        files = draft_files(conn, draft_id)
    checked = require_publishable(files)
    with handling.store.begin() as work:
        page, touches = _require_ready(work, draft_id, files)
        if page.asked_by_id == actor.id:
            raise NotAllowed(say("Somebody else has to agree to what you ask for."))
        if page.asked_hash is None or page.asked_hash.hex() != seen or page.now_hash.hex() != seen:
            raise Conflict(say("It was changed, or taken back, since you looked."))
        signed = Signed(
            actor, page.reason or "", author=page.asked_by, agreed_by=actor.name, touches=touches
        )
        release_id, number = put_in_force(work, files, checked, signed)
        change_draft(work, draft_id, ended_at=work.now, release_id=release_id)
    return number


def take_back(handling: Handling, draft_id: UUID, *, actor: Actor) -> None:
    """Ask no more that the draft is published, or decline it; it stays a draft."""
    require_process_owner(actor)
    with handling.store.begin() as work:
        lock_draft(work, draft_id)
        change_draft(work, draft_id, **NOT_ASKED)


def _require_ready(
    work: Work, draft_id: UUID, files: Mapping[str, bytes]
) -> tuple[DraftPage, tuple[Said, ...]]:
    """Return the draft, and what publishing these files changes about closing.  Raises Conflict."""
    lock_draft(work, draft_id)
    lock_register(work.conn)
    page = draft_page(work.conn, draft_id)
    if page.now_hash != hash_of(files):
        raise Conflict(say("It was changed, or taken back, since you looked."))
    if page.is_behind:
        raise Conflict(say("Another release was published meanwhile: bring the draft up to date."))
    if not page.changes:
        raise Conflict(say("It changes nothing yet."))
    return page, changes_who_closes(release_files(work.conn, page.base_id), files)
