"""For those who run the installation: is it alive, and is anything late.

Figures count and name nothing.  They are for a token of somebody with the role `operator`; where
the setting says so (`METRICS_ON_LOOPBACK`), for a collector on the same machine too.  A newcomer
would switch that on behind a proxy: there every request comes from the same machine.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address

from flask import Blueprint, Flask, Response, current_app, request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from sqlalchemy import text

from api import identity, tokens
from engine.domain.permissions import Role
from engine.errors import NotAllowed
from engine.language import say
from engine.queries.chosen import By, Chosen
from engine.queries.debt import Debt, confirmation_debt
from engine.queries.figures import Counted, Figures, counted, figures
from engine.queries.period_figures import FigureLine, period_figures

_LATELY = timedelta(days=30)

blueprint = Blueprint("operations", __name__)


def register(app: Flask) -> None:
    """Serve /health and /metrics."""
    app.config.setdefault("METRICS_ON_LOOPBACK", False)
    app.register_blueprint(blueprint)


@blueprint.get("/health")
def health() -> dict[str, str]:
    """Say that this process answers and reaches its database; else 503, `unavailable`."""
    with identity.handling().store.read() as conn:
        conn.execute(text("SELECT 1"))
    return {"status": "ok", "database": "ok"}


@blueprint.get("/metrics")
def metrics() -> Response:
    """Tell the figures as Prometheus reads them."""
    _require_operator()
    handling = identity.handling()
    now = handling.store.clock()
    with handling.store.read() as conn:
        found = figures(conn, now)
        owed = confirmation_debt(conn, now, ladder=handling.ladder)
        stands = counted(conn)
        lately = period_figures(conn, Chosen(since=now - _LATELY), By.PRIORITY).all
    registry = CollectorRegistry()
    registry.register(_Told(now, found, owed, stands, lately))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _require_operator() -> None:
    if current_app.config["METRICS_ON_LOOPBACK"] and _is_near(request.remote_addr):
        return
    tokens.require_actor()
    if not tokens.actor().has_role(Role.OPERATOR):
        raise NotAllowed(say("Only operators can see these figures."))


def _is_near(address: str | None) -> bool:
    return address is not None and ip_address(address).is_loopback


class _Told(Collector):
    """One reading; it is made anew for every request, so nothing here can go stale."""

    def __init__(
        self,
        now: datetime,
        found: Figures,
        owed: Debt,
        stands: Sequence[Counted],
        lately: FigureLine,
    ) -> None:
        self._now = now
        self._found = found
        self._owed = owed
        self._stands = stands
        self._lately = lately

    def collect(self) -> Iterator[Metric]:
        found, owed = self._found, self._owed
        asked = owed.asked_longest_at
        oldest = (self._now - asked).total_seconds() if asked else 0
        for name, says, value in (
            ("timers_late", "Timers that are due and have not fired", found.late_timers),
            ("timers_late_seconds", "How late the oldest is", found.late_by.total_seconds()),
            ("runs_faulted", "Runs that wait for somebody to look", found.faulted_runs),
            ("incidents_open", "Open incidents", found.open_incidents),
            ("items_open", "Open to-dos", found.open_items),
            ("items_overdue", "Open to-dos past their due date", found.overdue_items),
            (
                "items_overdue_seconds",
                "How late the latest is",
                found.items_late_by.total_seconds(),
            ),
            ("answers_missing", "Confirmations asked for and not given", owed.missing),
            ("answers_in_debt", "Those of them that count as debt", owed.debt),
            ("answers_in_debt_seconds", "How long ago the first of these was asked for", oldest),
        ):
            yield GaugeMetricFamily(f"putright_{name}", says, value=value)
        jobs = GaugeMetricFamily("putright_jobs", "Jobs that are kept", labels=["status"])
        for status, number in sorted(found.jobs.items()):
            jobs.add_metric([status], number)
        yield jobs
        yield from self._incidents()
        yield from self._lengths()

    def _incidents(self) -> Iterator[Metric]:
        told = CounterMetricFamily(
            "putright_incidents_told", "Incidents told of", labels=["process"]
        )
        waiting = GaugeMetricFamily(
            "putright_incidents", "Open incidents", labels=["process", "priority"]
        )
        # no counter: what was set aside or joined may be brought back
        ended = GaugeMetricFamily(
            "putright_incidents_ended", "Incidents that are over", labels=["process", "way"]
        )
        sums: Counter[str] = Counter()
        ways: Counter[tuple[str, str]] = Counter()
        for one in self._stands:
            sums[one.process] += one.number
            if one.state == "open":
                waiting.add_metric([one.process, one.priority], one.number)
            else:
                ways[one.process, one.state] += one.number
        for process, number in sums.items():
            told.add_metric([process], number)
        for (process, way), number in ways.items():
            ended.add_metric([process, way], number)
        yield from (waiting, told, ended)

    def _lengths(self) -> Iterator[Metric]:
        days = _LATELY.days
        for name, says in (
            ("restored", "From first told to right again"),
            ("answered", "From first told to the customer's answer"),
            ("closed", "From first told to closed"),
            ("gap", "From cause fixed to right again"),
        ):
            spread = getattr(self._lately, name)
            metric = GaugeMetricFamily(
                f"putright_{name}_seconds",
                f"{says}, of incidents told of in the last {days} days",
                labels=["quantile"],
            )
            for quantile, length in (("0.5", spread.median), ("0.9", spread.ninetieth)):
                if length is not None:
                    metric.add_metric([quantile], length.total_seconds())
            yield metric
