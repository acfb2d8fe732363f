"""What incidents were closed on, and which of them cannot show it; for auditors.

The evidence of one closure is read and judged as it is asked for.  All of them are recomputed by a
worker: the list is what the last check found, with when that was and by which version.
"""

from datetime import timedelta
from secrets import randbelow

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import filters, identity
from api.pages.as_csv import as_csv
from api.pages.asking import asked_number
from api.pages.for_readers import for_auditors
from api.pages.period import asked_period
from api.reading import read_incident
from engine.domain.incident import ClosedBy, Priority
from engine.domain.wording import DUTIES
from engine.language import say
from engine.queries.closure_checks import check_findings, check_under_way, last_check
from engine.queries.closure_evidence import closure_evidence
from engine.queries.closure_sample import ClosureChoice, process_names, sample_closures
from engine.queries.endings import Ending, authorities, ending_counts, endings
from engine.queries.paging import Page, cursor
from engine.usecases.closure_checks import ask_check

pages = for_auditors("closures", __name__)

USUAL = timedelta(days=90)
_SAMPLE, _MOST_SAMPLED, _SEEDS = 25, 200, 2**31
ENDINGS = {
    Ending.CONFIRMED: say("closed, as the customer says that it is right"),
    Ending.WITHDRAWN: say("closed, as who reported it took it back"),
    Ending.ESCALATED: say("closed by a decision without the customer’s answer"),
    Ending.BY_LIST: say("of these closed by list"),
    Ending.CONTRADICTED: say("of these contradicted by the customer later"),
    Ending.CONFIRMED_LATE: say("of these confirmed by the customer later"),
    Ending.SET_ASIDE: say("set aside"),
    Ending.BROUGHT_BACK: say("brought back after that"),
    Ending.MERGED: say("joined with an earlier report"),
    Ending.UNDONE: say("separated again after that"),
}
# what such a line is called where it stands by itself
TITLES = ENDINGS | {
    Ending.BY_LIST: say("closed by list"),
    Ending.CONTRADICTED: say("decisions that the customer contradicted later"),
    Ending.CONFIRMED_LATE: say("decisions that the customer confirmed later"),
    Ending.BROUGHT_BACK: say("set aside, and brought back after that"),
    Ending.UNDONE: say("joined, and separated again after that"),
}


@pages.get("/desk/closures")
def listed() -> ResponseReturnValue:
    """Show which closures cannot show their evidence, and how incidents ended."""
    period = asked_period(USUAL)
    page = Page(after=request.args.get("after") or None)
    with identity.handling().store.read() as conn:
        last, under_way = last_check(conn), check_under_way(conn)
        found, after = check_findings(conn, last.id, page) if last else ([], None)
        counts = ending_counts(conn, *period.instants)
        decided = authorities(conn, *period.instants)
    return render_template(
        "closures.html",
        last=last,
        under_way=under_way,
        found=found,
        after=after,
        is_first=page.after is None,
        period=period,
        today=_today(),
        counts=counts,
        endings=ENDINGS,
        decided=decided,
    )


@pages.post("/desk/closures/check")
def check() -> ResponseReturnValue:
    """Have every closure recomputed."""
    ask_check(identity.handling().store, actor=identity.actor())
    return redirect(url_for("closures.listed", _anchor="check"), 303)


@pages.get("/desk/closures/<int:number>")
def one(number: int) -> ResponseReturnValue:
    """Show what an incident was closed on, and whether that held then and holds now."""
    store = identity.handling().store
    keys = store.key.known
    with store.read() as conn, store.read_as_written() as written:
        incident = read_incident(conn, number, identity.actor(), filters.now())
        found = closure_evidence(conn, incident.id, keys, as_written=written)
    return render_template(
        "closure.html", incident=incident, found=found, duties=DUTIES, behind=cursor
    )


@pages.get("/desk/closures/ended")
def ended() -> ResponseReturnValue:
    """Show the incidents that ended one way within a period."""
    how = request.args.get("how", "")
    if how not in ENDINGS:
        abort(404)
    kind = Ending(how)
    period = asked_period(USUAL)
    page = Page(after=request.args.get("after") or None)
    with identity.handling().store.read() as conn:
        lines, after = endings(conn, kind, *period.instants, page)
        count = ending_counts(conn, *period.instants)[kind]
    return render_template(
        "endings.html",
        kind=kind,
        title=TITLES[kind],
        lines=lines,
        count=count,
        after=after,
        is_first=page.after is None,
        period=period,
        today=_today(),
    )


@pages.get("/desk/closures/sample")
def sample() -> ResponseReturnValue:
    """Draw some closures at random."""
    period = asked_period(USUAL)
    most = asked_number("sample", _MOST_SAMPLED, _SAMPLE)
    seed = asked_number("seed", _SEEDS - 1, randbelow(_SEEDS))
    chosen = {name: request.args.get(name, "") for name in ("process", "priority", "closed_by")}
    with identity.handling().store.read() as conn:
        processes = process_names(conn)
        since, until = period.instants
        choice = ClosureChoice(
            since,
            until,
            next((one for one, _ in processes if str(one) == chosen["process"]), None),
            next((one for one in Priority if one == chosen["priority"]), None),
            next((one for one in ClosedBy if one == chosen["closed_by"]), None),
        )
        found = sample_closures(conn, choice, most=most, seed=seed)
    if request.args.get("as") == "csv":
        return as_csv(
            f"closures-{seed}",
            [say("Incident"), say("Title"), say("Business process"), say("Priority"),
             say("How it ended"), say("Closed")],
            (
                (line.number, line.title, line.process, line.priority, line.closed_by,
                 line.ended_at.isoformat())
                for line in found.lines
            ),
        )  # fmt: skip
    return render_template(
        "closure_sample.html",
        found=found,
        most=most,
        chosen=chosen,
        processes=processes,
        priorities=list(Priority),
        ways=list(ClosedBy),
        period=period,
        today=_today(),
    )


def _today() -> object:
    return filters.now().astimezone(identity.zone()).date()
