"""Figures over many incidents: how they went, whose time it was, and what waits now.

No figure names a person unless the house has switched that on.  Each bar and number leads to the
incidents behind it, each table is a file too.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import identity
from api.charts import Bar, Chart, Part
from api.filters import lasting, plain
from api.pages.for_readers import for_readers
from engine.domain.incident import Priority
from engine.domain.party import Party
from engine.domain.permissions import may_see_figures
from engine.errors import NotAllowed, NotFound
from engine.language import in_words, say
from engine.queries.backlog import WAITING, backlog, waiting
from engine.queries.chosen import By, Chosen, names_of
from engine.queries.party_time import PartyTime, longest_held, party_time
from engine.queries.period_figures import WHICH, FigureLine, Spread, behind, period_figures
from forms import plain_text

pages = for_readers("figures", __name__)

USUAL_DAYS = 90
MOST_BARS = 12
BY = {
    By.PROCESS: say("business process"),
    By.PRODUCT: say("product"),
    By.TEAM: say("team of the lead"),
    By.PRIORITY: say("priority"),
    By.DAY: say("day"),
    By.WEEK: say("week"),
    By.MONTH: say("month"),
    By.LEAD: say("who leads"),
}
SPANS = {
    "gap": say("From cause fixed to right again"),
    "restored": say("From first told to right again"),
    "answered": say("From first told to the customer’s answer"),
    "closed": say("From first told to closed"),
}
COUNTS = {
    "told": say("new"),
    "open": say("still open"),
    "confirmed": say("closed, the customer says it is right"),
    "escalated": say("closed without the customer's answer"),
    "set_aside": say("set aside"),
    "merged": say("joined"),
    "sent_back": say("not right at first"),
    "came_back": say("came back"),
}


NOW = {
    "open": say("Open"),
    "missing": say("Answers asked for"),
    "debt": say("Of these missing too long"),
    "items": say("To-dos past their day"),
    "timers": say("Timers that are late"),
}


@pages.before_request
def _require_right() -> None:
    if not may_see_figures(identity.actor()):
        raise NotAllowed(
            say("Figures are for auditors, process owners and those who run the installation.")
        )


@pages.get("/desk/figures")
def page() -> ResponseReturnValue:
    """Show the figures of a period, by what the reader asks for."""
    chosen, by, asked = _chosen()
    handling = identity.handling()
    now = handling.store.clock()
    with handling.store.read() as conn:
        found = period_figures(conn, chosen, by)
        waits = backlog(conn, chosen, by, now, ladder=handling.ladder)
        offered = {each: names_of(conn, each) for each in (By.PROCESS, By.PRODUCT, By.TEAM)}
    return render_template(
        "figures.html",
        found=found,
        waits=waits,
        by=by,
        bys=_offered(),
        spans=SPANS,
        counts=COUNTS,
        asked=asked,
        offered=offered,
        priorities=list(Priority),
        charts=_charts(found.groups, asked),
        more=max(len(found.groups) - MOST_BARS, 0),
        query=urlencode(asked),
        link=lambda key, which: _link(asked, key, which),
        now_link=lambda key, which: _link(asked, key, which, "figures.waits_now"),
        now_said=NOW,
    )


@pages.get("/desk/figures/time")
def whose_time() -> ResponseReturnValue:
    """Show whose time it was."""
    chosen, _, asked = _chosen()
    handling = identity.handling()
    with handling.store.read() as conn:
        found = party_time(conn, chosen, handling.store.clock())
    return render_template(
        "figures_time.html",
        found=found,
        chart=_time_chart(found, asked),
        query=urlencode(asked),
    )


@pages.get("/desk/figures/incidents")
def incidents() -> ResponseReturnValue:
    """List the incidents behind a figure, by number."""
    chosen, by, asked = _chosen()
    which = request.args.get("which", "told")
    if which not in WHICH:
        raise NotFound(say("There is no such figure."))
    key = _key()
    with identity.handling().store.read() as conn:
        lines, total = behind(conn, chosen, by, key, which)
        names = names_of(conn, by)
    return render_template(
        "figures_incidents.html",
        lines=lines,
        total=total,
        what=(COUNTS | SPANS)[which],
        of=None if key is None else names.get(key, key),
        query=urlencode(asked),
    )


@pages.get("/desk/figures/held")
def held() -> ResponseReturnValue:
    """List the incidents in which a party's time went, where it was longest first."""
    chosen, _, asked = _chosen()
    wanted = request.args.get("party", Party.IT.value)
    if wanted not in {*Party}:
        raise NotFound(say("There is no such figure."))
    handling = identity.handling()
    with handling.store.read() as conn:
        lines = longest_held(conn, chosen, Party(wanted), handling.store.clock())
    return render_template(
        "figures_held.html", lines=lines, party=Party(wanted), query=urlencode(asked)
    )


@pages.get("/desk/figures/waiting")
def waits_now() -> ResponseReturnValue:
    """List what waits at this moment behind a number."""
    chosen, by, asked = _chosen()
    which = request.args.get("which", "open")
    if which not in WAITING:
        raise NotFound(say("There is no such figure."))
    key = _key()
    handling = identity.handling()
    now = handling.store.clock()
    with handling.store.read() as conn:
        lines, total = waiting(conn, chosen, by, key, which, now, ladder=handling.ladder)
        names = names_of(conn, by)
    return render_template(
        "figures_waiting.html",
        lines=lines,
        total=total,
        what=NOW[which],
        of=None if key is None else names.get(key, key),
        query=urlencode(asked),
    )


@pages.get("/desk/figures/table.csv")
def table() -> ResponseReturnValue:
    """Give the numbers as a file: times in seconds."""
    chosen, by, _ = _chosen()
    with identity.handling().store.read() as conn:
        found = period_figures(conn, chosen, by)
    out = io.StringIO()
    sheet = csv.writer(out)
    spread = [f"{span}_{part}" for span in SPANS for part in ("of", "median_s", "p90_s")]
    sheet.writerow([by.value, *COUNTS, *spread])
    for line in (found.all, *found.groups):
        name = "all" if line is found.all else line.name or ""
        spans = [part for span in SPANS for part in _seconds(getattr(line, span))]
        sheet.writerow([_harmless(name), *(getattr(line, count) for count in COUNTS), *spans])
    return _file(out.getvalue(), "text/csv", "figures.csv")


@pages.get("/desk/figures/<name>.svg")
def drawing(name: str) -> ResponseReturnValue:
    """Give a chart as a file."""
    chosen, by, asked = _chosen()
    handling = identity.handling()
    with handling.store.read() as conn:
        if name == "time":
            charts = [_time_chart(party_time(conn, chosen, handling.store.clock()), asked)]
        else:
            charts = _charts(period_figures(conn, chosen, by).groups, asked)
    for chart in charts:
        if chart.name == name:
            return _file(chart.drawn(alone=True), "image/svg+xml", f"{name}.svg")
    raise NotFound(say("There is no such chart."))


def _file(content: str, kind: str, name: str) -> Response:
    answer = Response(content, mimetype=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _harmless(name: str) -> str:
    """Return a name that no spreadsheet takes for a formula."""
    return f"'{name}" if name[:1] in ("=", "+", "-", "@", "\t", "\r") else name


def _seconds(spread: Spread) -> list[object]:
    ends = [spread.median, spread.ninetieth]
    return [spread.count, *("" if one is None else round(one.total_seconds()) for one in ends)]


# --- what is asked for ----------------------------------------------------------------------------


def _offered() -> Mapping[By, Any]:
    names_people = current_app.config["FIGURES_NAME_PEOPLE"]
    return {by: said for by, said in BY.items() if by is not By.LEAD or names_people}


def _chosen() -> tuple[Chosen, By, dict[str, str]]:
    """Return what the address asks for, and its words; what makes no sense is left out."""
    given, zone = request.args, identity.zone()
    today = identity.handling().store.clock().astimezone(zone).date()
    since = _day(given.get("from")) or today - timedelta(days=USUAL_DAYS)
    until = _day(given.get("to")) or today
    wanted = given.get("by", "")
    by = By(wanted) if wanted in {each.value for each in _offered()} else By.PROCESS
    priority = given.get("priority", "")
    chosen = Chosen(
        since=datetime.combine(since, time(), zone),
        until=datetime.combine(until + timedelta(days=1), time(), zone),
        process_id=_id(given.get("process")),
        product_id=_id(given.get("product")),
        team_id=_id(given.get("team")),
        priority=Priority(priority) if priority in {*Priority} else None,
        zone=str(zone),
    )
    asked = {"from": since.isoformat(), "to": until.isoformat(), "by": by.value}
    for name, value in (
        ("process", chosen.process_id),
        ("product", chosen.product_id),
        ("team", chosen.team_id),
        ("priority", chosen.priority),
    ):
        if value is not None:
            asked[name] = str(value)
    return chosen, by, asked


def _key() -> str | None:
    """Return the group that is asked for; '' is that of those without one, None is all of them."""
    key = request.args.get("key")
    return None if key is None else plain_text(key)


def _day(said: str | None) -> date | None:
    try:
        day = date.fromisoformat(said or "")
    except ValueError:
        return None
    return day if date(1970, 1, 1) <= day <= date(9000, 1, 1) else None


def _id(said: str | None) -> UUID | None:
    try:
        return UUID(said or "")
    except ValueError:
        return None


def _link(
    asked: Mapping[str, str], key: str | None, which: str, page: str = "figures.incidents"
) -> str:
    more = {"which": which} | ({} if key is None else {"key": key})
    return f"{url_for(page)}?{urlencode(dict(asked) | more)}"


# --- what is shown --------------------------------------------------------------------------------


def _of_few(spread: Spread) -> str:
    return in_words(say("of only %(count)s", count=spread.count)) if spread.is_of_few else ""


def _charts(groups: Sequence[FigureLine], asked: Mapping[str, str]) -> list[Chart]:
    shown = groups[:MOST_BARS]
    told = Chart(
        "told",
        in_words(say("New incidents, and how they ended")),
        in_words(say("A bar for each group; the table below says the same.")),
        [_told(line, asked) for line in shown],
    )
    return [*(_span_chart(span, shown, asked) for span in SPANS), told]


def _named(line: FigureLine) -> str:
    return line.name or in_words(say("none"))


def _told(line: FigureLine, asked: Mapping[str, str]) -> Bar:
    parts = [
        Part(look, value, f"{in_words(said)}: {value}")
        for look, value, said in (
            ("good", line.confirmed, COUNTS["confirmed"]),
            ("heed", line.escalated, COUNTS["escalated"]),
            ("open", line.open, COUNTS["open"]),
            ("out", line.set_aside + line.merged, say("set aside or joined")),
        )
    ]
    return Bar(
        _named(line),
        parts,
        str(line.told),
        in_words(say("%(count)s still open", count=line.open)) if line.open else "",
        _link(asked, line.key or "", "told"),
    )


def _span_chart(span: str, lines: Sequence[FigureLine], asked: Mapping[str, str]) -> Chart:
    bars = []
    for line in lines:
        spread: Spread = getattr(line, span)
        if spread.median is None or spread.ninetieth is None:
            continue
        half, most = lasting(spread.median), lasting(spread.ninetieth)
        says = in_words(say("9 of 10 within %(time)s", time=most))
        bars.append(
            Bar(
                _named(line),
                [Part("main", spread.median.total_seconds(), half)],
                half,
                _of_few(spread),
                _link(asked, line.key or "", span),
                Part("soft", spread.ninetieth.total_seconds(), says),
            )
        )
    about = say("The median of each group; the paler bar reaches as far as nine of ten.")
    return Chart(span, in_words(SPANS[span]), in_words(about), bars)


def _time_chart(found: PartyTime, asked: Mapping[str, str]) -> Chart:
    bars = [
        Bar(
            plain(party),
            [Part(party.value, found.share(party), lasting(found.parties[party]))],
            f"{found.share(party):.0%}",
            lasting(found.parties[party]),
            f"{url_for('figures.held')}?{urlencode(dict(asked) | {'party': party.value})}",
        )
        for party in Party
    ]
    about = say("The part of each; together they are the whole.")
    return Chart("time", in_words(say("Whose time it was")), in_words(about), bars)
