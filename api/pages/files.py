"""Giving files as evidence, and getting them back: always as downloads, never shown in place."""

from uuid import UUID

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from api import identity
from api.evidence import download
from api.languages import flash
from api.pages.for_readers import for_readers
from api.reading import read_about
from engine.domain.permissions import Actor
from engine.errors import InvalidAnswers
from engine.language import say
from engine.queries.seen import seen_incident
from engine.usecases.filing import LARGEST, NewFile, add_file

pages = for_readers("files", __name__)


@pages.post("/incidents/<int:number>/files")
def add(number: int) -> ResponseReturnValue:
    """Keep a file with the incident."""
    actor = identity.actor()
    with identity.handling().store.read() as conn:
        incident_id = seen_incident(conn, number, actor).incident.id
    take_file(incident_id, actor, is_internal=request.form.get("for") == "us")
    return redirect(url_for("incident.page", number=number, _anchor="files"), 303)


@pages.get("/incidents/<int:number>/files/<uuid:file_id>")
def get(number: int, file_id: UUID) -> ResponseReturnValue:
    """Download a file."""
    with identity.handling().store.read() as conn:
        incident_id = seen_incident(conn, number, identity.actor()).incident.id
        file = download(conn, incident_id, file_id, identity.actor())
        # what is refused was not read
        read_about(conn, incident_id, identity.actor())
        return file


def take_file(incident_id: UUID, actor: Actor, *, is_internal: bool) -> None:
    """Keep the file that was posted, and say so, or why not."""
    sent = request.files.get("file")
    try:
        if sent is None or not sent.filename:
            raise InvalidAnswers({"file": say("Please choose a file.")})
        file = NewFile(sent.filename, sent.read(LARGEST + 1))
        add_file(identity.handling(), incident_id, file, actor=actor, is_internal=is_internal)
        flash(say("“%(clean_name)s” is kept.", clean_name=file.clean_name))
    except InvalidAnswers as refusal:
        flash(next(iter(refusal.fields.values())))
