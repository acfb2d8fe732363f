"""What a link in a letter opens: one to-do to answer, or one incident to follow.

The link is who one is, for this and nothing else: there is no session, and no way into the house.
Opening it changes nothing, as mail scanners open links; only a form that is sent does.
"""

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import filters, identity, languages
from api.addresses import link_of
from api.evidence import download
from api.pages.answering import (
    Desk,
    deny,
    hand_answer_on,
    keep_draft,
    put_answer_off,
    show,
    take_answers,
)
from api.pages.files import take_file
from api.reading import read_about, read_incident
from engine.domain.link import LinkRef, Purpose
from engine.domain.permissions import Verb
from engine.errors import LinkOver, NotFound
from engine.language import say
from engine.queries.comments import comments
from engine.queries.files import files
from engine.queries.links import Held, held
from engine.usecases.links import ask_for_new_link
from engine.usecases.signing_in import set_language

pages = Blueprint("links", __name__)


@pages.get("/l/<token>")
def page(token: str) -> ResponseReturnValue:
    """Show the one thing that the link is for."""
    found = _held(token)
    if found.purpose is Purpose.TODO:
        return show(_desk(token, found))
    with identity.handling().store.read() as conn:
        incident = read_incident(conn, found.incident_id, found.actor, filters.now())
        said = comments(conn, incident.id, found.actor)
        kept = files(conn, incident.id, found.actor)
    return render_template(
        "link_follow.html",
        incident=incident,
        said=said,
        files=kept,
        own_page=url_for("links.add_file", token=token),
        Verb=Verb,
        whose=found.name,
    )


@pages.post("/l/<token>")
def answer(token: str) -> ResponseReturnValue:
    """Take the answers to the to-do that the link is for."""
    return _done_there(token, take_answers)


@pages.post("/l/<token>/draft")
def draft(token: str) -> ResponseReturnValue:
    """Keep what is typed so far."""
    return _done_there(token, keep_draft)


@pages.post("/l/<token>/later")
def later(token: str) -> ResponseReturnValue:
    """Be asked for the answer again later."""
    return _done_there(token, put_answer_off)


@pages.post("/l/<token>/not-for-me")
def somebody_else(token: str) -> ResponseReturnValue:
    """Say who can answer instead."""
    return _done_there(token, hand_answer_on)


@pages.post("/l/<token>/not-said")
def not_said(token: str) -> ResponseReturnValue:
    """Say that one did not give the answer that was written down."""
    return _done_there(token, deny)


@pages.post("/l/<token>/files")
def add_file(token: str) -> ResponseReturnValue:
    """Keep a file with the incident that the link follows."""
    found = _followed(token)
    take_file(found.incident_id, found.actor, is_internal=False)
    return redirect(url_for("links.page", token=token, _anchor="files"), 303)


@pages.get("/l/<token>/files/<uuid:file_id>")
def get_file(token: str, file_id: UUID) -> ResponseReturnValue:
    """Download a file of the incident that the link follows."""
    found = _followed(token)
    with identity.handling().store.read() as conn:
        read_about(conn, found.incident_id, found.actor)
        return download(conn, found.incident_id, file_id, found.actor)


def _followed(token: str) -> Held:
    found = _held(token)
    if found.purpose is not Purpose.FOLLOW:
        raise NotFound(say("There are no files here."))
    return found


@pages.post("/l/<token>/language")
def speak(token: str) -> ResponseReturnValue:
    """Speak another language to whoever the link was sent to from now on, in letters too."""
    chosen, found = request.form.get("language", ""), _held(token)
    if chosen in languages.codes():
        languages.remember(chosen)
        set_language(identity.handling().store, found.actor.id, chosen)
    return redirect(url_for("links.page", token=token), 303)


@pages.post("/l/<token>/new")
def new(token: str) -> ResponseReturnValue:
    """Have a new link mailed to whom this one was sent to."""
    ask_for_new_link(identity.handling(), _ref(token))
    return render_template("link_over.html", refusal=None, token_of_link=token)


def _done_there(token: str, do: Callable[[Desk], ResponseReturnValue]) -> ResponseReturnValue:
    return do(_desk(token, _held(token)))


def _desk(token: str, found: Held) -> Desk:
    if found.item_id is None:
        raise NotFound(say("There is nothing to be answered here."))
    own_page = url_for("links.page", token=token)
    return Desk(
        found.item_id,
        found.actor,
        own_page=own_page,
        goes_on=own_page,
        template="link_todo.html",
        is_over="link_ended.html",
        more={"whose": found.name},
    )


def _ref(token: str) -> LinkRef:
    ref = link_of(token, current_app.config["SECRET_KEY"])
    if ref is None:
        raise NotFound(say("This link is not one of ours."))
    return ref


def _held(token: str) -> Held:
    with identity.handling().store.read() as conn:
        found = held(conn, _ref(token), filters.now())
    g.zone, g.link_actor = found.zone, found.actor
    return found


@pages.errorhandler(LinkOver)
def over(refusal: LinkOver) -> ResponseReturnValue:
    """Say that the link is over, and how to get a new one."""
    token = (request.view_args or {})["token"]
    g.told = refusal
    return render_template("link_over.html", refusal=refusal, token_of_link=token), 410
