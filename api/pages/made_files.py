"""Files that a worker makes for an auditor: asked for, how far they are, fetched, taken away."""

from collections.abc import Iterator, Sequence
from urllib.parse import parse_qsl
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import filters, identity
from api.errors import STATUS
from api.languages import current, flash
from api.looking import look_again
from api.pages.finding_words import chips
from api.pages.for_readers import for_auditors
from api.results import KINDS, named_in
from engine.domain.permissions import Actor
from engine.errors import Conflict, InvalidAnswers, NotFound
from engine.language import say
from engine.queries.finding.choices import offered
from engine.store.work import Store
from engine.usecases import result_files
from engine.usecases.fetching import lacks_purpose, require_purpose
from engine.usecases.result_files import ResultFile

pages = for_auditors("made_files", __name__)


@pages.get("/desk/files")
def files() -> ResponseReturnValue:
    """List the files that one has had made."""
    return _files()


@pages.post("/desk/files")
def make() -> ResponseReturnValue:
    """Have a file made."""
    kind = request.form.get("format", "csv")
    if kind not in KINDS:
        raise InvalidAnswers({"format": say("There is no such kind of file.")})
    try:
        return have_made(kind, request.form.get("query", ""))
    except Conflict as refusal:
        return _files(refusal.sentence), STATUS[refusal.code]


def have_made(kind: str, query: str) -> ResponseReturnValue:
    """Have a file made and lead to it.  Raises InvalidAnswers, or Conflict for too many at once."""
    made = result_files.ask_for_file(
        identity.handling().store,
        KINDS[kind].again(query),
        kind,
        language=current().code,
        actor=identity.actor(),
    )
    return redirect(url_for("made_files.one", result_id=made), 303)


@pages.get("/desk/files/<uuid:result_id>")
def one(result_id: UUID) -> ResponseReturnValue:
    """Show how far a file is."""
    with identity.handling().store.read() as conn:
        file = result_files.file_of(conn, result_id, actor=identity.actor())
        is_over = lacks_purpose(conn, file, named_in(file), filters.now(), actor=identity.actor())
    return render_template(
        "made_file.html",
        file=file,
        is_over=is_over,
        kind=KINDS[file.format],
        about=_about(file),
        kept=result_files.KEPT,
    )


@pages.get("/desk/files/<uuid:result_id>/content")
def content(result_id: UUID) -> ResponseReturnValue:
    """Fetch a file that is there."""
    return fetched(identity.handling().store, result_id, identity.actor())


@pages.post("/desk/files/<uuid:result_id>/drop")
def take_away(result_id: UUID) -> ResponseReturnValue:
    """Take a file away, or stop making it."""
    result_files.drop_file(identity.handling().store, result_id, actor=identity.actor())
    flash(say("It is taken away."))
    return redirect(url_for("made_files.files"), 303)


def fetched(store: Store, result_id: UUID, actor: Actor) -> Response:
    """Return a file that is there, for a page or a program.

    Raises NotFound, or NotAllowed if it names people and nothing that was stated holds any more.
    """
    with store.read() as conn:
        file = result_files.file_of(conn, result_id, actor=actor)
        if not file.is_there:
            raise NotFound(say("The file is not there yet."))
        require_purpose(conn, file, named_in(file), store.clock(), actor=actor)
    kind = KINDS[file.format]
    name = f"putright-{file.asked_at:%Y-%m-%d}{kind.ends}"
    answer = as_file(result_files.content_of(store, file), kind.content_type, name)
    answer.headers["Content-Length"] = str(file.size)
    return answer


def as_file(content: Iterator[bytes], content_type: str, name: str) -> Response:
    """Return bytes as a file to be kept, which no browser opens as a page."""
    answer = Response(content, content_type=content_type)
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _files(problem: str | None = None) -> str:
    with identity.handling().store.read() as conn:
        made = result_files.files_of(conn, identity.actor())
    return render_template(
        "made_files.html", files=made, kinds=KINDS, problem=problem, kept=result_files.KEPT
    )


def _about(file: ResultFile) -> Sequence[str]:
    """Return what was asked for, in words."""
    if KINDS[file.format].page != "finding.page":
        return [value for _, value in parse_qsl(file.query)]
    try:
        look = look_again(file.query)
    except InvalidAnswers:
        return ()
    with identity.handling().store.read() as conn:
        return [chip.words for chip in chips(look, offered(conn))]
