"""After a replay: what the log's machine tried to close, and what the ladder did instead."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from api import identity
from api.pages.as_csv import as_csv
from api.pages.for_readers import for_auditors
from engine.domain.party import Party
from engine.domain.wording import word
from engine.language import in_words, say
from engine.queries.paging import MOST, Page
from engine.queries.replayed import ReplayedLine, replayed_counts, replayed_lines

pages = for_auditors("replayed", __name__)


@pages.get("/desk/replayed")
def page() -> ResponseReturnValue:
    """Show what was tried, what came of it, and whose the time was, incident by incident."""
    tried_only = request.args.get("show") != "all"
    if request.args.get("as") == "csv":
        return _as_file(tried_only=tried_only)
    asked = Page(size=30, after=request.args.get("after") or None)
    with identity.handling().store.read() as conn:
        counts = replayed_counts(conn)
        lines, after = replayed_lines(conn, asked, tried_only=tried_only)
    return render_template(
        "replayed.html",
        counts=counts,
        whole=sum(counts.seconds.values()),
        lines=lines,
        after=after,
        is_first=asked.after is None,
        tried_only=tried_only,
    )


def _as_file(*, tried_only: bool) -> ResponseReturnValue:
    headings = [
        say("Incident"),
        say("Number in the log"),
        say("Tried to close"),
        say("First tried"),
        say("Still missing"),
        say("Asked"),
        say("Reminded"),
        say("Told others"),
        say("Asked for a decision"),
        *(say("Seconds of %(party)s", party=in_words(word(party))) for party in Party),
    ]
    with identity.handling().store.read() as conn:
        rows, after = [], None
        while True:
            lines, after = replayed_lines(conn, Page(MOST, after), tried_only=tried_only)
            rows += [_row(line) for line in lines]
            if after is None:
                return as_csv("replayed", headings, rows)


def _row(line: ReplayedLine) -> list[object]:
    times = (line.first_at, line.asked_at, line.to_decide_at)
    first_at, asked_at, decide_at = (one and one.isoformat() for one in times)
    return [
        line.number,
        line.reference,
        line.tried,
        first_at,
        "; ".join(line.missing),
        asked_at,
        line.reminded,
        line.told,
        decide_at,
        *((line.seconds or {}).get(party) for party in Party),
    ]
