"""What masking costs an auditor's page, and what writing down who looked and was refused costs."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID

from flask.testing import FlaskClient
from sqlalchemy import text

from api.app import create_app
from api.bench.place import Place
from api.settings import Settings
from engine.domain.access import COUNTED_FOR, Attempt
from engine.domain.permissions import Actor
from engine.queries.access import AccessFilter, access
from engine.queries.actors import load_actor
from engine.usecases.noting import note_read, note_refused

# so many people outside are known by name, and so many entries has the incident
_OUTSIDE, _ENTRIES = 100_000, 2_000
_ACCESS_ENTRIES = 20_000
_ROUNDS = 15
# promised: the page of one incident with 2,000 entries in 0.3 s, masked or not
PROMISED_PAGE_MS = 300
_ENTER = text("""
    INSERT INTO person (id, name, login, email, organisation_id)
    SELECT gen_random_uuid(), 'Given' || n || ' Family' || n, 'outside' || n, n || '@example.org',
      (SELECT id FROM organisation ORDER BY name LIMIT 1)
    FROM generate_series(1, :many) n
""")
_PAGES = {"incident": "", "record": "/record", "time": "/time", "history": "/history"}


def looking(place: Place) -> dict[str, Any]:
    """Pages of an incident with 2,000 entries, as staff and as an auditor; 100,000 outside."""
    incident = place.incident(1)
    _fill(place, incident)
    place.analyze()
    settings = Settings(data_dir=Path(), secret_key="the key of a bench, 32 bytes or more")  # noqa: S106 - serves nobody
    app = create_app(place.handling, settings)
    with place.store.read() as conn:
        number = conn.scalar(text("SELECT number FROM incident WHERE id = :id"), {"id": incident})
    figures: dict[str, Any] = {"entries": _ENTRIES, "outside": _OUTSIDE}
    for who, login in (("staff", "ada"), ("auditor", "egon")):
        client = app.test_client()
        with client.session_transaction() as session:
            session["_user_id"] = f"{place.house.people[login].id}:0"
        figures[who] = {
            name: _timed(partial(_page, client, f"/incidents/{number}{path}"))
            for name, path in _PAGES.items()
        }
    return figures | {"promised_ms": PROMISED_PAGE_MS}


def noting(place: Place) -> dict[str, Any]:
    """One entry that somebody looked, one refusal, one that is only counted, and a listed page."""
    incident = place.incident(1)
    with place.store.read() as conn:
        egon = load_actor(conn, place.house.people["egon"].id)
    if egon is None:
        raise RuntimeError("nobody audits here")
    said = {"where": "/incidents/1", "what": "incident.page"}
    read = _timed(lambda: note_read(place.store, said, actor=egon, incident_id=incident))
    refused = _timed(lambda: _refuse(place, egon, incident))
    for _ in range(100):
        _refuse(place, egon, incident)
    counted = _timed(lambda: _refuse(place, egon, incident))
    for _ in range(_ACCESS_ENTRIES // 100):
        note_read(place.store, said, actor=egon, incident_id=incident)
    page = _timed(lambda: _listed(place))
    figures = {"read_ms": read, "refused_ms": refused, "counted_ms": counted, "page_ms": page}
    return figures | {"counted_for_s": COUNTED_FOR.total_seconds()}


def _fill(place: Place, incident: UUID) -> None:
    with place.store.begin() as work:
        work.conn.execute(_ENTER, {"many": _OUTSIDE})
        case = work.incident(incident)
        who = place.house.people["ada"]
        for n in range(_ENTRIES):
            words = f"Given{n} Family{n} rang and said that the balance of last month is wrong"
            case.record("incident:noted", {"words": words, "is_internal": True}, who)


def _page(client: FlaskClient, path: str) -> None:
    if client.get(path).status_code != 200:
        raise RuntimeError(f"{path} is not shown")


def _refuse(place: Place, who: Actor, incident: UUID) -> None:
    content: dict[str, object] = {"where": "POST /incidents/1/lead", "code": "not_allowed"}
    note_refused(place.store, [Attempt("lead", content, who, incident)])


def _listed(place: Place) -> None:
    with place.store.read() as conn:
        access(conn, AccessFilter())


def _timed(do: Callable[[], None]) -> float:
    samples = []
    for _ in range(_ROUNDS):
        begun = perf_counter()
        do()
        samples.append(perf_counter() - begun)
    return round(median(samples[2:]) * 1000, 1)
