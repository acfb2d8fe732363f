"""The editor of a draft's scenarios: their text, and what comes of each as it stands."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import identity
from api.errors import STATUS
from api.languages import flash
from api.pages.for_readers import for_readers
from api.pages.studio import title_of
from api.proving import judge_apart
from engine.bpmn.scenarios import SUFFIX, read_scenarios
from engine.domain.permissions import may_change_diagrams, may_read_diagrams
from engine.errors import Busy, Conflict, DiagramRefused, InvalidAnswers, NotAllowed, NotFound
from engine.language import say
from engine.queries.drafts import DraftFile, draft_file, draft_files, draft_page
from engine.usecases.drafting import save_file

pages = for_readers("scenario_editor", __name__)


@pages.before_request
def let_in() -> None:
    """Let pass who may read diagrams."""
    if not may_read_diagrams(identity.actor()):
        raise NotAllowed(say("The studio is for process owners and auditors."))


@pages.get("/studio/drafts/<uuid:draft_id>/scenarios/<name>")
def page(draft_id: UUID, name: str) -> ResponseReturnValue:
    """Show a file of scenarios, and what comes of each."""
    return _page(draft_id, name)


@pages.post("/studio/drafts/<uuid:draft_id>/scenarios/<name>")
def save(draft_id: UUID, name: str) -> ResponseReturnValue:
    """Save the text as it is; what is wrong with it is said, and keeps it from being published."""
    if not name.endswith(SUFFIX):
        raise NotFound(say("There is no file “%(name)s” in this draft.", name=name))
    # a browser sends its own ends of lines
    text = request.form.get("text", "").replace("\r\n", "\n")
    try:
        save_file(
            identity.handling(),
            draft_id,
            name,
            text.encode(),
            revision=request.form.get("revision", 0, type=int),
            actor=identity.actor(),
        )
    except InvalidAnswers as refusal:
        return _page(draft_id, name, text, next(iter(refusal.fields.values()))), 422
    except Conflict as refusal:
        return _page(draft_id, name, text, refusal.sentence), STATUS[refusal.code]
    flash(say("Saved in this draft."))
    return redirect(url_for("scenario_editor.page", draft_id=draft_id, name=name), 303)


def _page(draft_id: UUID, name: str, text: str | None = None, problem: str | None = None) -> str:
    with identity.handling().store.read() as conn:
        draft = draft_page(conn, draft_id)
        files = draft_files(conn, draft_id)
        found = draft_file(conn, draft_id, name)
    if found.content is None or not name.endswith(SUFFIX):
        raise NotFound(say("There is no file “%(name)s” in this draft.", name=name))
    saved = found.content.decode("utf-8", "replace")
    scenarios, findings = read_scenarios(name, found.content)
    failures = _failures(files, found)
    return render_template(
        "scenario_editor.html",
        draft=draft,
        file=found,
        title=title_of(name, found.content),
        text=saved if text is None else text,
        # what somebody else saved meanwhile, to be seen beside what was typed
        theirs=saved if text is not None and text != saved else None,
        findings=[one.sentence for one in findings],
        outcomes=None
        if failures is None
        else [(one.name, one.shows, failures.get(one.name)) for one in scenarios],
        problem=problem,
        may_change=may_change_diagrams(identity.actor()) and draft.ended_at is None,
    )


def _failures(files: dict[str, bytes], file: DraftFile) -> dict[str, str] | None:
    """Return why scenarios of this file fail, by name; None if none could be run."""
    texts = {name: content.decode("utf-8", "replace") for name, content in files.items()}
    try:
        told = judge_apart(texts)[1]
    except (Busy, DiagramRefused):
        return None
    if told is None:
        return None
    return {one["name"]: one["why"] for one in told["failures"] if one["file"] == file.name}
