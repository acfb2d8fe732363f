"""The controls: what always holds, how often it applied, and each time that it did not."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from api import filters, identity
from api.pages.as_csv import as_csv
from api.pages.closures import USUAL
from api.pages.for_readers import for_auditors
from api.pages.period import asked_period
from engine.domain.publishing import SecondPerson
from engine.domain.rules import set_otherwise
from engine.language import say
from engine.queries.controls.control import Asked, Subject
from engine.queries.controls.running import control_named, last_checked, run_controls
from engine.queries.waivers import numbers_set, waivers

pages = for_auditors("controls", __name__)

_AT_ONCE = 50
SECOND = {
    SecondPerson.CLOSING: say("Two people publish what changes who closes incidents, or when."),
    SecondPerson.ALWAYS: say("Two people publish whatever changes."),
    SecondPerson.NEVER: say("One person is enough to publish."),
}
# where what a control looks at is shown, by its number
PAGES = {
    Subject.CLOSURE: "closures.one",
    Subject.INCIDENT: "incident.page",
    Subject.RELEASE: "studio.all_releases",
    Subject.CLOSING_LIST: "lists.page",
}


@pages.get("/desk/controls")
def page() -> ResponseReturnValue:
    """Show every control over a period, and what was waived or set otherwise."""
    period = asked_period(USUAL)
    handling = identity.handling()
    with handling.store.read() as conn:
        asked = Asked(*period.instants, last_checked(conn))
        runs = list(run_controls(conn, asked, filters.now()))
        waived, numbers = waivers(conn), numbers_set(conn)
    return render_template(
        "controls.html",
        runs=runs,
        waived=waived,
        numbers=numbers,
        otherwise=list(set_otherwise(handling.rules)),
        publishing=handling.publishing,
        second=SECOND[handling.publishing.second_person],
        period=period,
        today=filters.now().astimezone(identity.zone()).date(),
    )


@pages.get("/desk/controls/<name>")
def one(name: str) -> ResponseReturnValue:
    """Show one control with its exceptions, or all of these as a file."""
    control = control_named(name)
    period = asked_period(USUAL)
    with identity.handling().store.read() as conn:
        asked = Asked(*period.instants, last_checked(conn))
        (run,) = run_controls(conn, asked, filters.now(), [control])
    if request.args.get("as") == "csv":
        headings = [say("Number"), say("When")]
        rows = ([found.number, found.at.isoformat()] for found in run.exceptions)
        return as_csv(f"{name}-{period.first}-{period.last}", headings, rows)
    begin = max(request.args.get("from", 0, type=int), 0)
    return render_template(
        "control.html",
        run=run,
        shown=run.exceptions[begin : begin + _AT_ONCE],
        begin=begin,
        next=begin + _AT_ONCE if begin + _AT_ONCE < len(run.exceptions) else None,
        endpoint=PAGES[control.subject],
        by_number=control.subject is not Subject.RELEASE,
        period=period,
        today=filters.now().astimezone(identity.zone()).date(),
    )
