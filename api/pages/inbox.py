"""What the reader was written; what comes by mail, too; and letters that nobody took."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import identity
from api.languages import flash
from api.pages.for_readers import for_readers
from engine.domain.message import ALWAYS_MAILED, MessageKind
from engine.language import say
from engine.queries.messages import dead_letters, inbox, unmailed
from engine.queries.paging import Page
from engine.usecases.posting import choose, mark_read, send_again

pages = for_readers("inbox", __name__)


@pages.get("/inbox")
def page() -> ResponseReturnValue:
    """Show what the reader was written, newest first."""
    asked = Page(size=50, after=request.args.get("after") or None)
    with identity.handling().store.read() as conn:
        found = inbox(conn, identity.actor().id, asked)
        kept = unmailed(conn, identity.actor().id)
    return render_template(
        "inbox.html",
        found=found,
        kept=kept,
        is_first=asked.after is None,
        kinds=[kind for kind in MessageKind if kind not in ALWAYS_MAILED],
    )


@pages.get("/inbox/count")
def count() -> ResponseReturnValue:
    """Show how many are not read: the part of each page that comes anew by itself."""
    return render_template("_unread.html")


@pages.post("/inbox/read")
def read() -> ResponseReturnValue:
    """Take all of it as read."""
    mark_read(identity.handling().store, identity.actor().id)
    return redirect(url_for("inbox.page"), 303)


@pages.post("/inbox/mail")
def by_mail() -> ResponseReturnValue:
    """Choose what comes by mail, too."""
    wanted = set(request.form.getlist("kind"))
    for kind in MessageKind:
        if kind not in ALWAYS_MAILED:
            choose(
                identity.handling().store,
                identity.actor().id,
                kind,
                is_mailed=kind.value in wanted,
            )
    flash(say("It is noted what comes by mail."))
    return redirect(url_for("inbox.page"), 303)


@pages.get("/letters")
def letters() -> ResponseReturnValue:
    """Show operators the letters that no mail server took."""
    with identity.handling().store.read() as conn:
        found = dead_letters(conn, identity.actor())
    return render_template("letters.html", found=found)


@pages.post("/letters/<int:message_id>/again")
def again(message_id: int) -> ResponseReturnValue:
    """Try a letter anew."""
    send_again(identity.handling(), message_id, actor=identity.actor())
    flash(say("It is sent again."))
    return redirect(url_for("inbox.letters"), 303)
