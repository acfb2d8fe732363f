"""Files for process mining: ask for one, see how far it is, fetch it; each auditor their own."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from flask import current_app, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from api import identity
from api.languages import flash
from api.mining import Format
from api.mining.shelf import Shelf, Wanted
from api.pages.asking import words_in
from api.pages.for_readers import for_auditors
from engine.errors import InvalidAnswers
from engine.language import say
from engine.queries.chosen import By, names_of

pages = for_auditors("mining", __name__)

FORMATS = {
    Format.OCEL_JSON: say("OCEL 2.0, as JSON"),
    Format.OCEL_SQLITE: say("OCEL 2.0, as a SQLite database"),
    Format.XES: say("XES (IEEE 1849)"),
    Format.XES2: say("XES 2.0"),
}


@pages.get("/desk/mining")
def page() -> ResponseReturnValue:
    """Ask what is wanted, and list what was asked for."""
    return _page()


@pages.post("/desk/mining")
def ask() -> ResponseReturnValue:
    """Have a file written."""
    try:
        _shelf().ask(identity.handling().store, _wanted(), actor=identity.actor())
    except InvalidAnswers as refusal:
        return _page(dict(refusal.fields)), 422
    flash(say("It is being written. You can leave this page meanwhile."))
    return redirect(url_for("mining.page"), 303)


@pages.get("/desk/mining/<uuid:export_id>/file")
def fetch(export_id: UUID) -> ResponseReturnValue:
    """Give a file that is written."""
    found = _shelf().one(export_id, identity.actor().id)
    return send_file(_shelf().file(found), as_attachment=True, download_name=found.file_name)


@pages.post("/desk/mining/<uuid:export_id>/gone")
def drop(export_id: UUID) -> ResponseReturnValue:
    """Take a file away before its time."""
    _shelf().drop(_shelf().one(export_id, identity.actor().id))
    return redirect(url_for("mining.page"), 303)


def _page(problems: dict[str, str] | None = None) -> str:
    with identity.handling().store.read() as conn:
        processes = names_of(conn, By.PROCESS)
    mine = _shelf().of(identity.actor().id)
    return render_template(
        "mining.html",
        mine=mine,
        goes_on=any(one.state in ("waits", "writes") for one in mine),
        formats=FORMATS,
        processes=processes,
        given=request.form,
        problems=problems or {},
    )


def _wanted() -> Wanted:
    given, zone = request.form, identity.zone()
    since, until = _day(given.get("from")), _day(given.get("to"))
    kind = given.get("format", "")
    if kind not in {one.value for one in Format}:
        raise InvalidAnswers({"format": say("Please choose what kind of file.")})
    process = given.get("process", "")
    with identity.handling().store.read() as conn:
        known = names_of(conn, By.PROCESS)
    return Wanted(
        Format(kind),
        datetime.combine(since, time(), zone) if since else None,
        datetime.combine(until + timedelta(days=1), time(), zone) if until else None,
        UUID(process) if process in known else None,
        given.get("names") == "yes",
        words_in("purpose")[:1_000],
        given.get("by_run") == "yes",
    )


def _day(said: str | None) -> date | None:
    if not said:
        return None
    try:
        day = date.fromisoformat(said)
    except ValueError as error:
        raise InvalidAnswers({"from": say("Please give a day.")}) from error
    if not date(1970, 1, 1) <= day <= date(9000, 1, 1):
        raise InvalidAnswers({"from": say("Please give a day.")})
    return day


def _shelf() -> Shelf:
    return Shelf(current_app.config["EXPORTS"])
