"""`putright audit ...` over a period: controls, duties, gaps, a sample, rights, and replays.

What is recomputed here is recomputed now: no command goes by what a page's check has kept.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from secrets import randbelow
from typing import Any

import click
from sqlalchemy import Connection, text

from api.wiring import ready
from engine.domain.incident import Priority
from engine.errors import NotFound
from engine.language import say
from engine.queries.closure_sample import ClosureChoice, process_names, sample_closures
from engine.queries.closures import closures_without_evidence
from engine.queries.controls.control import Asked, CheckedClosures
from engine.queries.controls.running import run_controls
from engine.queries.duties import duty_counts, duty_lines
from engine.queries.gaps import gaps
from engine.queries.replayed import replayed_counts
from engine.queries.rights import rights_of

_USUAL = timedelta(days=90)


def _in_period(command: Callable[..., Any]) -> Callable[..., Any]:
    day = click.DateTime(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])
    for option in (
        click.option("--until", type=day, help="Before this (UTC); now unless said."),
        click.option("--since", type=day, help="From this on (UTC); 90 days unless said."),
    ):
        command = option(command)
    return command


_as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")


def _period(
    since: datetime | None, until: datetime | None, now: datetime
) -> tuple[datetime, datetime]:
    end = until.replace(tzinfo=UTC) if until else now
    begin = since.replace(tzinfo=UTC) if since else end - _USUAL
    if begin >= end:
        raise click.UsageError("--since must lie before --until.")
    return begin, end


def _told(found: object) -> None:
    click.echo(json.dumps(found, default=str))


@click.command("controls")
@_in_period
@_as_json
def controls_command(since: datetime | None, until: datetime | None, *, as_json: bool) -> None:
    """Run every control: what it applied to, and each exception.

    Exit status 1 if there is an exception.
    """
    with ready() as found:
        store = found.handling.store
        now = store.clock()
        begin, end = _period(since, until, now)
        with store.read() as conn:
            _, unproven = closures_without_evidence(conn, store.key.known)
            checked = CheckedClosures(
                now, version("putright"), tuple(one.number for one in unproven)
            )
            runs = list(run_controls(conn, Asked(begin, end, checked), now))
    if as_json:
        _told(
            [
                {
                    "control": run.control.name,
                    "statement": run.control.statement,
                    "subject": run.control.subject,
                    "population": run.population,
                    "exceptions": [asdict(one) for one in run.exceptions],
                    "tested_at": run.tested_at,
                    "version": run.version,
                }
                for run in runs
            ]
        )
    else:
        click.echo(f"{begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC, version {runs[0].version}")
        for run in runs:
            sign = "✗" if run.exceptions else "✓"
            click.echo(f"{sign} {run.control.title}: {run.population} {run.control.applies_to}")
            for one in run.exceptions:
                click.echo(f"  - {run.control.subject.replace('_', ' ')} {one.number}, {one.at}")
    if any(run.exceptions for run in runs):
        sys.exit(1)


@click.command("duties")
@_in_period
@_as_json
def duties_command(since: datetime | None, until: datetime | None, *, as_json: bool) -> None:
    """Say what one person did together, and which of it a rule forbids.

    Exit status 1 if some of it is forbidden.
    """
    with ready() as found:
        begin, end = _period(since, until, found.handling.store.clock())
        with found.handling.store.read() as conn:
            counts = duty_counts(conn, begin, end)
            lines, _ = duty_lines(conn, begin, end, overlap="forbidden")
    numbers = [line.number for line in lines]
    if as_json:
        _told(asdict(counts) | {"forbidden": counts.forbidden, "incidents": numbers})
    else:
        click.echo(f"{counts.closed} closed, {counts.forbidden} forbidden")
        for one in counts.overlaps:
            word = "forbidden" if one.is_forbidden else "allowed"
            click.echo(f"- {one.one} and {one.other}: {one.incidents} {word}. {one.rule}")
        for line in lines:
            click.echo(f"- forbidden: incident {line.number}")
    if counts.forbidden:
        sys.exit(1)


@click.command("gaps")
@_as_json
def gaps_command(*, as_json: bool) -> None:
    """Name the numbers that are missing, and what is known of why.

    Exit status 1 if nothing explains one of them.
    """
    with ready() as found, found.handling.store.read() as conn:
        missing = gaps(conn)
    if as_json:
        _told(asdict(missing) | {"unexplained": missing.unexplained})
    else:
        click.echo(f"{missing.unexplained} gaps that nothing explains")
        for one in missing.among:
            numbers = f"{one.first}" if one.missing == 1 else f"{one.first} to {one.last}"
            why = "a report was not kept" if one.is_explained else "nothing on record explains it"
            click.echo(f"- {one.kind.replace('_', ' ')} {numbers}: {why}")
        for inside in missing.inside:
            where = "the register" if inside.incident is None else f"incident {inside.incident}"
            there = f"{inside.there} of {inside.last} {inside.what.replace('_', ' ')} numbers"
            click.echo(f"- {where}: {there} are there")
    if missing.unexplained:
        sys.exit(1)


@click.command("sample")
@_in_period
@click.option("--most", type=click.IntRange(0, 1_000), default=25, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), help="Draws the same ones again.")
@click.option("--process", help="Only of the business process of this name.")
@click.option("--priority", type=click.Choice([one.value for one in Priority]))
@_as_json
def sample_command(
    since: datetime | None,
    until: datetime | None,
    most: int,
    seed: int | None,
    process: str | None,
    priority: str | None,
    *,
    as_json: bool,
) -> None:
    """Draw some closures at random, to be looked at."""
    seed = randbelow(2**31) if seed is None else seed
    with ready() as found:
        begin, end = _period(since, until, found.handling.store.clock())
        with found.handling.store.read() as conn:
            of = None if process is None else _process_named(conn, process)
            choice = ClosureChoice(begin, end, of, Priority(priority) if priority else None)
            drawn = sample_closures(conn, choice, most=most, seed=seed)
    if as_json:
        _told(asdict(drawn))
        return
    click.echo(f"drawn with --seed {seed}: {len(drawn.lines)} of {drawn.drawn_from}")
    for line in drawn.lines:
        about = f"“{line.title}”" if line.title else "for named people only"
        click.echo(f"- incident {line.number}, {line.closed_by} {line.ended_at:%Y-%m-%d}: {about}")


def _process_named(conn: Connection, name: str) -> Any:
    for which, called in process_names(conn):
        if called == name:
            return which
    raise NotFound(say("There is no business process “%(name)s”.", name=name))


_LOGIN = text("SELECT id FROM person WHERE login = :login")


@click.command("rights")
@click.argument("login")
@click.option("--at", type=click.DateTime(), help="At this moment (UTC); now unless said.")
@_as_json
def rights_command(login: str, at: datetime | None, *, as_json: bool) -> None:
    """Say what whoever signs in as LOGIN was at a moment, by the register's records."""
    with ready() as found:
        when = at.replace(tzinfo=UTC) if at else found.handling.store.clock()
        with found.handling.store.read() as conn:
            person = conn.scalar(_LOGIN, {"login": login})
            if person is None:
                raise NotFound(say("Nobody signs in as “%(login)s”.", login=login), login=login)
            rights = rights_of(conn, person)
    then = rights.at(when)
    if as_json:
        _told({"at": when, "then": asdict(then), "all": asdict(rights)})
        return
    click.echo(f"{rights.name}, {when:%Y-%m-%d %H:%M} UTC{', away' if then.away else ''}")
    for one in then.rights:
        since = f"since {one.since:%Y-%m-%d %H:%M}" if one.since else "before there were records"
        click.echo(f"- {one.what}, {'no record tells since when' if one.lacks else since}")


@click.command("replayed")
@_as_json
def replayed_command(*, as_json: bool) -> None:
    """Say what logs' machines tried to close, what was done instead, and whose time it was."""
    with ready() as found, found.handling.store.read() as conn:
        counts = replayed_counts(conn)
    if as_json:
        _told(asdict(counts))
        return
    said = asdict(counts)
    seconds = said.pop("seconds")
    said["machines"] = ", ".join(said["machines"])
    for name, count in said.items():
        click.echo(f"{name.replace('_', ' '):<20}{count}")
    for party, length in seconds.items():
        click.echo(f"{'days of ' + party:<20}{length / 86_400:.1f}")


AUDITING = (
    controls_command,
    duties_command,
    gaps_command,
    replayed_command,
    rights_command,
    sample_command,
)
