"""A file of a draft as its editor's page opens it: what it holds, and whether it may be changed.

Who changes diagrams and auditors come here; an auditor, and everybody once the draft is over, only
reads.  A newcomer would send who may not change it away.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from api import identity
from api.pages.asking import words_in
from engine.domain.permissions import may_change_diagrams
from engine.errors import InvalidAnswers, NotFound
from engine.language import Said, say
from engine.queries.drafts import DraftFile, DraftPage, draft_file, draft_files, draft_page

OF_EDITORS: Mapping[str, Said] = {
    "checking": say("Checking …"),
    "findings": say("To be mended"),
    "notChecked": say("It could not be checked; it is tried again with the next change."),
    "notSaved": say("It could not be saved; it is tried again."),
    "saved": say("Saved"),
    "saving": say("Saving …"),
    "theirs": say("Theirs"),
    "mine": say("Yours"),
    "takeTheirs": say("Take theirs, give mine up"),
    "keepMine": say("Keep mine, in place of theirs"),
    "undo": say("Undo"),
    "redo": say("Redo"),
}
"""What every editor with a script says by itself, of checking, saving and undoing."""


@dataclass(frozen=True)
class OpenFile:
    """A file, the draft that holds it, and all files of the release that this would become."""

    draft: DraftPage
    file: DraftFile
    beside: Mapping[str, bytes]
    may_change: bool

    @property
    def content(self) -> bytes:
        """Return what the file holds."""
        return self.file.content or b""


def open_draft(draft_id: UUID) -> tuple[DraftPage, bool]:
    """Return a draft, and whether the reader may change it.  Raises NotFound."""
    with identity.handling().store.read() as conn:
        draft = draft_page(conn, draft_id)
    return draft, draft.ended_at is None and may_change_diagrams(identity.actor())


def open_file(draft_id: UUID, name: str, suffix: str) -> OpenFile:
    """Return a file of a draft, as its editor shows it.

    Raises NotAllowed, or NotFound for one that is not there, was removed, or is for another editor.
    """
    draft, may_change = open_draft(draft_id)
    with identity.handling().store.read() as conn:
        file = draft_file(conn, draft_id, name)
        beside = draft_files(conn, draft_id)
    if file.content is None or not name.endswith(suffix):
        raise NotFound(say("There is no file “%(name)s” in this draft.", name=name))
    return OpenFile(draft, file, beside, may_change)


def sent_revision() -> int:
    """Return the revision that the page was made from; one that nothing has if it says none."""
    try:
        return int(request.form.get("revision", ""))
    except ValueError:
        return -1


@dataclass(frozen=True)
class Asked:
    """A question of a page that begins a file: its field, what it asks, and what was answered."""

    name: str
    asks: Said
    help: Said

    @property
    def value(self) -> str:
        """Return what was typed, or what the link to the page said."""
        return words_in(self.name) or request.args.get(self.name, "")


def begun(
    draft_id: UUID,
    heading: Said,
    fields: Sequence[Asked],
    button: Said,
    begin: Callable[[], str],
) -> ResponseReturnValue:
    """Ask what a new file is called; once that is said, `begin` it and go to the address it gives.

    What `begin` refuses (InvalidAnswers) stands beside the questions.
    """
    draft, may_change = open_draft(draft_id)
    problems: Mapping[str, str] = {}
    if request.method == "POST":
        try:
            return redirect(begin(), 303)
        except InvalidAnswers as refused:
            problems = refused.fields
    shown = render_template(
        "draft_begin.html",
        draft=draft,
        may_change=may_change,
        heading=heading,
        fields=fields,
        button=button,
        problems=problems,
    )
    return shown, 422 if problems else 200
