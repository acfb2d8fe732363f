"""The studio: how incidents are handled, in which versions, and what somebody is changing of it.

Pages for process owners, and for auditors to read.  A newcomer would look for the editors here:
each kind of file has its own (`diagram_editor.py`), and this leads there.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import identity
from api.errors import STATUS
from api.languages import flash
from api.pages.asking import words_in
from api.pages.draft_files import open_draft
from api.pages.for_readers import for_studio
from api.pages.history import named
from api.pages.named_files import Named, kind_of, named_files, title_of
from api.proving import judge_apart, texts_of
from engine.bpmn import judge_release
from engine.bpmn.closing_changes import changes_who_closes
from engine.bpmn.document import parse_xml
from engine.domain.permissions import may_change_diagrams
from engine.errors import Busy, Conflict, DiagramRefused, InvalidAnswers, NotFound
from engine.language import say
from engine.queries.drafts import draft_file, draft_files, drafts, release_files
from engine.queries.library import (
    content_of,
    parts,
    release_id_of,
    release_line,
    releases,
    versions,
)
from engine.usecases.drafting import (
    LARGEST,
    begin_draft,
    bring_up_to_date,
    discard_draft,
    rename_draft,
    save_over,
    undo_file,
)
from engine.usecases.publish import missing
from engine.usecases.publishing import agree_to_draft, publish_draft, take_back

pages = for_studio("studio", __name__)

KINDS = {
    "bpmn": say("Diagrams"),
    "dmn": say("Tables"),
    "form": say("Forms"),
    "scenarios": say("Scenarios"),
}
# where a file of a draft is edited
EDITORS = {
    "bpmn": "diagram_editor.page",
    "dmn": "table_editor.page",
    "form": "form_editor.page",
    "scenarios": "scenario_editor.page",
}
_MIMETYPES = {"bpmn": "application/xml", "dmn": "application/xml", "json": "application/json"}


@pages.get("/studio")
def library() -> ResponseReturnValue:
    """Show what is in force, and what somebody is changing."""
    handling = identity.handling()
    with handling.store.read() as conn:
        lines = parts(conn)
        release = handling.releases.in_force(conn) if lines else None
        newest = release_line(conn, release.number) if release else None
        found = drafts(conn)
    names = named_files(release.specs.release, release.files) if release else {}
    return render_template(
        "studio.html",
        release=newest,
        drafts=found,
        parts=[(one, names[one.name]) for one in lines],
        kinds=KINDS,
        may_change=may_change_diagrams(identity.actor()),
    )


@pages.get("/studio/releases")
def all_releases() -> ResponseReturnValue:
    """Show every release, the one in force first."""
    with identity.handling().store.read() as conn:
        found = releases(conn)
    return render_template(
        "studio_releases.html",
        releases=found,
        may_change=may_change_diagrams(identity.actor()),
    )


@pages.get("/studio/files/<name>")
def file(name: str) -> ResponseReturnValue:
    """Show a file's versions: who changed what and why, and how many runs are on each."""
    handling = identity.handling()
    with handling.store.read() as conn:
        models = {
            one.id: handling.releases.get(conn, one.id).specs.release for one in releases(conn)
        }
        found = versions(conn, name, models)
        release = handling.releases.in_force(conn)
        content = content_of(conn, found[0].numbers[-1], name)
    is_in_force = name in release.files
    called = named_files(release.specs.release, release.files) if is_in_force else {}
    return render_template(
        "studio_file.html",
        file=called.get(name) or Named(name, kind_of(name), title_of(name, content), ()),
        versions=found,
        is_in_force=is_in_force,
        number=found[0].numbers[-1],
    )


@pages.get("/studio/releases/<int:number>/files/<name>")
def content(number: int, name: str) -> ResponseReturnValue:
    """Return a file as a release has it, byte for byte; a diagram to be looked at with `drawn`."""
    with identity.handling().store.read() as conn:
        found = content_of(conn, number, name)
    if "drawn" in request.args and name.endswith(".bpmn"):
        return Response(named(parse_xml(name, found)), mimetype="application/xml")
    return _download(name, found)


@pages.get("/studio/drafts/<uuid:draft_id>/files/<name>")
def draft_content(draft_id: UUID, name: str) -> ResponseReturnValue:
    """Return a file as a draft has it."""
    with identity.handling().store.read() as conn:
        found = draft_file(conn, draft_id, name)
    if found.content is None:
        raise NotFound(say("There is no file “%(name)s” in this draft.", name=name))
    return _download(name, found.content)


def _download(name: str, found: bytes) -> Response:
    answer = Response(found, mimetype=_MIMETYPES.get(name.rsplit(".", 1)[-1], "text/plain"))
    # never shown as a page: it is somebody's upload
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    return answer


# --- drafts --------------------------------------------------------------------------------------


@pages.post("/studio/drafts")
def begin() -> ResponseReturnValue:
    """Begin to change something; with `back_to` an earlier release comes back."""
    handling = identity.handling()
    number = request.form.get("back_to", type=int)
    try:
        with handling.store.read() as conn:
            back_to = release_id_of(conn, number) if number else None
        title = words_in("title")
        draft_id = begin_draft(handling, title, actor=identity.actor(), back_to=back_to)
    except InvalidAnswers as refusal:
        flash(next(iter(refusal.fields.values())))
        return redirect(url_for("studio.library"), 303)
    return redirect(url_for("studio.draft", draft_id=draft_id), 303)


@pages.get("/studio/drafts/<uuid:draft_id>")
def draft(draft_id: UUID) -> ResponseReturnValue:
    """Show what a draft changes, and what is left to do before it is published."""
    return _draft(draft_id)


@dataclass(frozen=True)
class Standing:
    """How far a draft is from being published; unchecked while others are being proved.

    `scenarios` as their command says it; `never` are the elements and ways that none passes.
    """

    is_checked: bool
    problems: tuple[str, ...]
    touches: tuple[str, ...]
    needs_second: bool
    scenarios: Any = None
    never: tuple[str, ...] = ()


def _draft(draft_id: UUID, problem: str | None = None) -> str:
    page, may_change = open_draft(draft_id)
    with identity.handling().store.read() as conn:
        after = draft_files(conn, draft_id)
        before = release_files(conn, page.base_id)
    judged = judge_release(after)
    return render_template(
        "studio_draft.html",
        draft=page,
        standing=_standing(before, after) if page.ended_at is None and page.changes else None,
        reason=words_in("reason"),
        me=identity.actor().id,
        files=named_files(judged.release, after).values(),
        changes={one.name: one for one in page.changes},
        kinds=KINDS,
        editors=EDITORS,
        may_change=may_change,
        problem=problem,
    )


def _standing(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Standing:
    touches = changes_who_closes(before, after)
    needs_second = identity.handling().publishing.needs_second(touches)
    try:
        problems, scenarios = checked(after)
    except Busy:
        return Standing(False, (), touches, needs_second)
    never = [one for missed in (scenarios or {}).get("missed", {}).values() for one in missed]
    return Standing(
        True, tuple(problems), touches, needs_second, scenarios, tuple(_named_in(after, never))
    )


def _named_in(files: Mapping[str, bytes], ids: Iterable[str]) -> Iterator[str]:
    names: dict[str, str] = {}
    for process in judge_release(files).release.processes.values():
        names |= {one.id: one.name for one in process.elements.values()}
        names |= {one.id: one.name for one in process.flows}
    yield from (names.get(one) or one.replace("_", " ") for one in ids)


def checked(files: Mapping[str, bytes]) -> tuple[list[str], Any]:
    """Return what keeps files from being published, and what came of their scenarios.

    Found in a process of its own.  Raises Busy while others are being proved.
    """
    try:
        proved, scenarios = judge_apart(texts_of(files))
    except DiagramRefused as refusal:
        return [str(one) for one in refusal.findings], None
    known = {process["id"] for file in proved for process in file["processes"]}
    failures = (scenarios or {}).get("failures", ())
    return [
        *missing(files, known),
        *(
            f"{file['file']}: {finding['message']}"
            for file in proved
            for finding in (
                *file["findings"],
                *(one for process in file["processes"] for one in process["findings"]),
            )
            if finding["severity"] in ("refuted", "unknown")
        ),
        *(f"{one['file']}, “{one['name']}”: {one['why']}" for one in failures),
    ], scenarios


@pages.post("/studio/drafts/<uuid:draft_id>/publish")
def publish(draft_id: UUID) -> ResponseReturnValue:
    """Publish a draft, or ask a second person to agree."""

    def deed() -> None:
        _require_publishable(draft_id)
        done = publish_draft(
            identity.handling(), draft_id, reason=words_in("reason"), actor=identity.actor()
        )
        if done.number is None:
            flash(say("Now a second person has to agree."))
        else:
            flash(say("Release %(number)s is in force.", number=done.number))

    return _done(draft_id, deed)


@pages.post("/studio/drafts/<uuid:draft_id>/agree")
def agree(draft_id: UUID) -> ResponseReturnValue:
    """Agree, as the second person, to what was looked at."""

    def deed() -> None:
        _require_publishable(draft_id)
        number = agree_to_draft(
            identity.handling(), draft_id, seen=request.form.get("seen", ""), actor=identity.actor()
        )
        flash(say("Release %(number)s is in force.", number=number))

    return _done(draft_id, deed)


@pages.post("/studio/drafts/<uuid:draft_id>/decline")
def decline(draft_id: UUID) -> ResponseReturnValue:
    """Take back what was asked, or decline it."""
    return _done(draft_id, lambda: take_back(identity.handling(), draft_id, actor=identity.actor()))


def _require_publishable(draft_id: UUID) -> None:
    # what is hostile is found where it can be given up, before it is proved for good
    with identity.handling().store.read() as conn:
        files = draft_files(conn, draft_id)
    if problems := checked(files)[0]:
        raise DiagramRefused(problems)


@pages.post("/studio/drafts/<uuid:draft_id>/title")
def rename(draft_id: UUID) -> ResponseReturnValue:
    """Call a draft something else."""
    return _done(
        draft_id,
        lambda: rename_draft(
            identity.handling(), draft_id, words_in("title"), actor=identity.actor()
        ),
    )


@pages.post("/studio/drafts/<uuid:draft_id>/end")
def discard(draft_id: UUID) -> ResponseReturnValue:
    """Give a draft up."""
    discard_draft(identity.handling(), draft_id, actor=identity.actor())
    flash(say("The draft is given up."))
    return redirect(url_for("studio.library"), 303)


@pages.post("/studio/drafts/<uuid:draft_id>/up-to-date")
def update(draft_id: UUID) -> ResponseReturnValue:
    """Let the draft change the release that is in force now."""
    chosen = {
        name.removeprefix("of:"): one
        for name, one in request.form.items()
        if name.startswith("of:")
    }
    return _done(
        draft_id,
        lambda: bring_up_to_date(
            identity.handling(),
            draft_id,
            actor=identity.actor(),
            keep=[name for name, one in chosen.items() if one == "mine"],
            take=[name for name, one in chosen.items() if one == "theirs"],
        ),
    )


@pages.post("/studio/drafts/<uuid:draft_id>/files")
def bring(draft_id: UUID) -> ResponseReturnValue:
    """Take files from the sender's computer into the draft, in place of those of the same name."""
    sent = [one for one in request.files.getlist("file") if one.filename]

    def save() -> None:
        if not sent:
            raise InvalidAnswers({"file": say("Please choose a file.")})
        for one in sent:
            name = (one.filename or "").replace("\\", "/").rsplit("/", 1)[-1]
            _save(draft_id, name, one.stream.read(LARGEST + 1))

    return _done(draft_id, save)


@pages.post("/studio/drafts/<uuid:draft_id>/files/<name>/undo")
def undo(draft_id: UUID, name: str) -> ResponseReturnValue:
    """Leave a file as the release has it."""
    return _done(
        draft_id,
        lambda: undo_file(identity.handling(), draft_id, name, actor=identity.actor()),
    )


@pages.post("/studio/drafts/<uuid:draft_id>/files/<name>/remove")
def remove(draft_id: UUID, name: str) -> ResponseReturnValue:
    """Take a file out of what the draft becomes."""
    return _done(draft_id, lambda: _save(draft_id, name, None))


def _save(draft_id: UUID, name: str, content: bytes | None) -> None:
    save_over(identity.handling(), draft_id, name, content, actor=identity.actor())


def _done(draft_id: UUID, deed: Callable[[], None]) -> ResponseReturnValue:
    try:
        deed()
    except InvalidAnswers as refusal:
        return _draft(draft_id, next(iter(refusal.fields.values()))), 422
    except (Conflict, DiagramRefused) as refusal:
        return _draft(draft_id, refusal.sentence), STATUS[refusal.code]
    return redirect(url_for("studio.draft", draft_id=draft_id), 303)
