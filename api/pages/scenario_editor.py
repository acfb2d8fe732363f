"""The editor of a draft's scenarios: their text, and what comes of each as it stands."""

from collections.abc import Mapping
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import identity
from api.errors import STATUS
from api.languages import flash
from api.pages.draft_files import open_file, sent_revision
from api.pages.for_readers import for_studio
from api.pages.named_files import title_of
from api.proving import judge_apart, texts_of
from engine.bpmn.scenarios import SUFFIX, read_scenarios
from engine.errors import Busy, Conflict, DiagramRefused, InvalidAnswers, NotFound
from engine.language import say
from engine.usecases.drafting import save_file

pages = for_studio("scenario_editor", __name__)


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
            revision=sent_revision(),
            actor=identity.actor(),
        )
    except InvalidAnswers as refusal:
        return _page(draft_id, name, text, next(iter(refusal.fields.values()))), 422
    except Conflict as refusal:
        return _page(draft_id, name, text, refusal.sentence), STATUS[refusal.code]
    flash(say("Saved in this draft."))
    return redirect(url_for("scenario_editor.page", draft_id=draft_id, name=name), 303)


def _page(draft_id: UUID, name: str, text: str | None = None, problem: str | None = None) -> str:
    opened = open_file(draft_id, name, SUFFIX)
    saved = opened.content.decode("utf-8", "replace")
    scenarios, findings = read_scenarios(name, opened.content)
    failures = _failures(opened.beside, name)
    return render_template(
        "scenario_editor.html",
        draft=opened.draft,
        file=opened.file,
        title=title_of(name, opened.content),
        text=saved if text is None else text,
        # what somebody else saved meanwhile, to be seen beside what was typed
        theirs=saved if text is not None and text != saved else None,
        findings=[one.sentence for one in findings],
        outcomes=None
        if failures is None
        else [(one.name, one.shows, failures.get(one.name)) for one in scenarios],
        problem=problem,
        may_change=opened.may_change,
    )


def _failures(files: Mapping[str, bytes], file: str) -> dict[str, str] | None:
    """Return why scenarios of a file fail, by name; None if none could be run."""
    try:
        told = judge_apart(texts_of(files))[1]
    except (Busy, DiagramRefused):
        return None
    if told is None:
        return None
    return {one["name"]: one["why"] for one in told["failures"] if one["file"] == file}
