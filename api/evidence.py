"""Files as evidence on their way in and out: how large, and never shown in place."""

from mimetypes import guess_type
from urllib.parse import quote
from uuid import UUID

from flask import Flask, Response, make_response, request
from sqlalchemy import Connection

from engine.domain.permissions import Actor
from engine.errors import NotAllowed
from engine.language import say
from engine.queries.files import file_content
from engine.queries.purposes import is_masked
from engine.usecases.filing import LARGEST

# the form around the file
_MORE = 64 * 1024
_TAKES_FILES = frozenset({"files.add", "links.add_file", "api_incidents.add_evidence"})


def register(app: Flask) -> None:
    """Let these addresses, and no others, be sent a file."""

    def allow() -> None:
        if request.endpoint in _TAKES_FILES:
            request.max_content_length = LARGEST + _MORE

    app.before_request(allow)


def download(conn: Connection, incident_id: UUID, file_id: UUID, actor: Actor) -> Response:
    """Return a file as an attachment, which no browser opens by itself.

    Raises NotFound, or NotAllowed for an auditor who has not said what it is needed for.
    """
    if is_masked(conn, incident_id):
        raise NotAllowed(
            say("Nothing can be masked in a file: please state a purpose for this incident first.")
        )
    name, content = file_content(conn, incident_id, file_id, actor)
    answer = make_response(content)
    answer.headers["Content-Type"] = guess_type(name)[0] or "application/octet-stream"
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
