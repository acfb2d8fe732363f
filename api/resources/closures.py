"""For auditors: what one incident was closed on, the controls, and who did what together."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from marshmallow import Schema, fields

from api import tokens
from api.reading import read_about
from api.resources.resource import handling, now, number_or_id, resource
from api.shapes import schema_of
from engine.errors import InvalidAnswers
from engine.language import say
from engine.queries.closure_evidence import ClosureEvidence, closure_evidence
from engine.queries.controls.control import Asked, Exceptional
from engine.queries.controls.running import ControlRun, last_checked, run_controls
from engine.queries.duties import DutyCounts, duty_counts
from engine.queries.gaps import Gaps, gaps
from engine.queries.replayed import ReplayedCounts, replayed_counts
from engine.usecases.at_the_desk import require_auditor

blueprint = resource("api_closures", __name__, "Closures")

_USUAL = timedelta(days=90)


class PeriodAsked(Schema):
    """From `since` until before `until`; the last 90 days unless said."""

    since = fields.AwareDateTime(load_default=None)
    until = fields.AwareDateTime(load_default=None)


@dataclass(frozen=True)
class ControlShown:
    """A control in a period; `tested_at` None: what it goes by was never checked."""

    name: str
    title: str
    statement: str
    applies_to: str
    subject: str
    population: int
    exceptions: tuple[Exceptional, ...]
    tested_at: datetime | None
    version: str


def control_shown(run: ControlRun) -> ControlShown:
    """Return what is told of a control and its run."""
    one = run.control
    return ControlShown(
        one.name,
        one.title,
        one.statement,
        one.applies_to,
        one.subject,
        run.population,
        run.exceptions,
        run.tested_at,
        run.version,
    )


def _period(asked: dict[str, Any]) -> tuple[datetime, datetime]:
    until = asked["until"] or now()
    since = asked["since"] or until - _USUAL
    if since >= until:
        raise InvalidAnswers({"since": say("This must lie before the end of the period.")})
    return since, until


@blueprint.route("/incidents/<which>/closure", methods=["GET"])
@blueprint.response(200, schema_of(ClosureEvidence))
def closure(which: str) -> ClosureEvidence:
    """Show what an incident was closed on, judged again: then, and now."""
    require_auditor(tokens.actor())
    store = handling().store
    with store.read() as conn, store.read_as_written() as written:
        seen = read_about(conn, number_or_id(which), tokens.actor())
        return closure_evidence(conn, seen.incident.id, store.key.known, as_written=written)


@blueprint.route("/controls", methods=["GET"])
@blueprint.arguments(PeriodAsked, location="query")
@blueprint.response(200, schema_of(ControlShown)(many=True))
def controls(asked: dict[str, Any]) -> list[ControlShown]:
    """Run every control over a period, with each exception."""
    require_auditor(tokens.actor())
    since, until = _period(asked)
    with handling().store.read() as conn:
        within = Asked(since, until, last_checked(conn))
        return [control_shown(run) for run in run_controls(conn, within, now())]


@blueprint.route("/duties", methods=["GET"])
@blueprint.arguments(PeriodAsked, location="query")
@blueprint.response(200, schema_of(DutyCounts))
def duties(asked: dict[str, Any]) -> DutyCounts:
    """Count what one person did together, as the rules forbid or allow it."""
    require_auditor(tokens.actor())
    since, until = _period(asked)
    with handling().store.read() as conn:
        return duty_counts(conn, since, until)


@blueprint.route("/gaps", methods=["GET"])
@blueprint.response(200, schema_of(Gaps))
def missing_numbers() -> Gaps:
    """Show the numbers that are missing, with what is known of why."""
    require_auditor(tokens.actor())
    with handling().store.read() as conn:
        return gaps(conn)


@blueprint.route("/replayed", methods=["GET"])
@blueprint.response(200, schema_of(ReplayedCounts))
def replayed() -> ReplayedCounts:
    """Count what logs' machines tried to close, what was done instead, and whose time it was."""
    require_auditor(tokens.actor())
    with handling().store.read() as conn:
        return replayed_counts(conn)
