"""Changing a form of a draft, card by card; what others rely on is never lost unnoticed.

A newcomer would leave that to the proof: it finds a condition that can no longer hold, but not a
reason that nobody is asked for any more.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from engine.bpmn import judge_release
from engine.domain.permissions import Actor
from engine.errors import InvalidAnswers
from engine.expressions import FACTS, FUNCTIONS, is_reserved
from engine.language import say
from engine.queries.drafts import draft_file, draft_files
from engine.usecases.drafting import require_fresh, require_process_owner, save_file, save_over
from engine.usecases.form_needs import check_needs
from engine.usecases.form_rules import check_marks, read_forms
from engine.usecases.form_uses import Use, lost, uses_of
from engine.usecases.handling import Handling
from forms import Form, FormError
from forms.dependence import EditRefused
from forms.editing import new_form, parsed

RESERVED = frozenset(FACTS | FUNCTIONS.keys() | {"typename", "dmninputexpr", "data_objects"})
"""Names that the language of conditions owns: no field gets one."""

Edit = Callable[[Form], Mapping[str, Any]]
"""What makes a form's schema of a form; raises EditRefused."""


@dataclass(frozen=True)
class EditedForm:
    """A form after an edit: its file, and its new revision.

    With `losing` nothing was saved (`revision` is the old one): these rely on what would go.
    """

    content: bytes
    revision: int
    losing: tuple[Use, ...] = ()


def edit_form(
    handling: Handling,
    draft_id: UUID,
    file: str,
    edit: Edit,
    *,
    revision: int,
    actor: Actor,
    is_sure: bool = False,
) -> EditedForm:
    """Change a form of a draft and save it; `is_sure`: even if something relies on what goes.

    Raises EditRefused for what no form can be, StaleFile if it was saved meanwhile, NotAllowed,
    NotFound, FormError for a file that is no form, or Conflict for a draft that is over.
    """
    require_process_owner(actor)
    with handling.store.read() as conn:
        now = draft_file(conn, draft_id, file)
        beside = draft_files(conn, draft_id)
    before = form_of(file, now.content or b"")
    require_fresh(now, revision)
    content = edited(before, edit, now.content or b"")
    losing = lost(uses_of(before.name, beside), before, form_of(file, content))
    if losing and not is_sure:
        return EditedForm(content, revision, losing)
    saved = save_file(handling, draft_id, file, content, revision=revision, actor=actor)
    return EditedForm(content, saved)


def edited(before: Form, edit: Edit, like: bytes) -> bytes:
    """Return the file of a form after an edit.  Raises EditRefused."""
    return parsed(before.name, edit(before), like, _reserved_for(before))


def begin_form(handling: Handling, draft_id: UUID, step: str, title: str, *, actor: Actor) -> str:
    """Put a new form for a step into a draft and return its file's name.

    Raises InvalidAnswers for a step that there cannot be or that has a form, NotAllowed, NotFound,
    or Conflict for a draft that is over.
    """
    try:
        content = new_form(title)
    except EditRefused as refused:
        raise InvalidAnswers({"title": refused.sentence}) from refused
    file = f"{step}.json"
    try:
        Form.parse(step, content, reserved=FACTS | FUNCTIONS.keys())
    except FormError as error:
        raise InvalidAnswers(
            {"step": say("No step can be called “%(name)s”.", name=step)}
        ) from error
    if is_reserved(step):
        raise InvalidAnswers({"step": say("No step can be called “%(name)s”.", name=step)})
    with handling.store.read() as conn:
        is_there = file in draft_files(conn, draft_id)
    if is_there:
        raise InvalidAnswers({"step": say("This step has a form already.")})
    save_over(handling, draft_id, file, content, actor=actor)
    return file


def unpublishable(file: str, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return why a form could not be published beside the other files, a sentence each."""
    step = PurePosixPath(file).stem
    release, forms = judge_release(files).release, read_forms(files)
    found = [
        *(one for one in forms.refused if one.file == file),
        *(one for one in check_marks(release, forms.forms) if one.element == step),
        *(one for one in check_needs(release, forms.forms, files) if one.file == file),
    ]
    return tuple(dict.fromkeys(one.sentence for one in found))


def form_of(file: str, content: bytes) -> Form:
    """Return the form in a file of a draft.  Raises FormError if it is none."""
    # what expressions own is refused for new names; a form that was published keeps those it has
    return Form.parse(PurePosixPath(file).stem, content)


def _reserved_for(form: Form) -> frozenset[str]:
    return frozenset(FACTS | FUNCTIONS.keys()) - {one.name for one in form.fields}
