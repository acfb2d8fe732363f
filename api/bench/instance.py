"""What the pages of one long incident cost whoever inspects it.

A newcomer would copy rows until there are enough: the entries, visits and to-dos here are those of
real handling, so that they belong together.
"""

from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any
from uuid import UUID

from sqlalchemy import text

from api.app import create_app
from api.bench.counting import counted
from api.bench.place import DONE, Place
from api.settings import Settings
from engine.clock import now
from engine.domain.party import Party
from engine.usecases.complete import complete
from engine.usecases.proposing import Proposal, propose_action

_ENTRIES = 2_000
_ROUNDS = 9
_STEP = timedelta(minutes=7)
_ABOUT = text("SELECT number, head_seq FROM incident WHERE id = :id")
_VISITS = text("""
    SELECT count(*) FROM visit v JOIN run r ON r.id = v.run_id WHERE r.incident_id = :id
""")


def incident_2000_entries(place: Place) -> dict[str, Any]:
    """Each page of an incident with 2,000 entries, as an auditor opens it."""
    incident = _long(place)
    with place.store.read() as conn:
        number, entries = conn.execute(_ABOUT, {"id": incident}).one()
        visits = conn.scalar(_VISITS, {"id": incident})
    place.analyze()
    settings = Settings(data_dir=Path(), secret_key="the key of a bench, 32 bytes or more")  # noqa: S106 - serves nobody
    client = create_app(place.handling, settings).test_client()
    with client.session_transaction() as session:
        session["_user_id"] = f"{place.house.people['egon'].id}:0"
    figures: dict[str, Any] = {"entries": entries, "visits": visits, "at_most": 300}
    for name, path in _pages(number).items():
        samples, spent = [], []
        for _ in range(_ROUNDS):
            begun, busy = perf_counter(), process_time()
            answer = client.get(path)
            samples.append(perf_counter() - begun)
            spent.append(process_time() - busy)
            if answer.status_code != 200:
                raise RuntimeError(f"{path} answers {answer.status_code}")
        with counted(place.store.engine) as one:
            client.get(path)
        figures[name] = {
            "median_ms": round(median(samples[1:]) * 1000, 1),
            # our own work, without the database's and without waiting for a busy machine
            "cpu_ms": round(median(spent[1:]) * 1000, 1),
            "kilobytes": round(len(answer.data) / 1024),
            "sql": len(one.statements),
        }
    return figures


def _pages(number: int) -> dict[str, str]:
    at = f"/incidents/{number}"
    return {
        "now": at,
        "history": f"{at}/history",
        "moment": f"{at}/history?at=1000",
        "replay": f"{at}/replay.json",
        "record": f"{at}/record",
        "record_end": f"{at}/record?at=1900",
        "record_of_one": f"{at}/record?who=kind:person&about=action",
        "time": f"{at}/time",
    }


def _long(place: Place) -> UUID:
    """Return an incident that was worked on until it has so many entries."""
    at = now() - timedelta(days=30)
    incident = place.incident(0, at=at)
    people, team = place.house.people, place.house.teams["IT operations"]
    done = 0
    while _written(place, incident) < _ENTRIES:
        for _ in range(10):
            at += _STEP
            done += 1
            proposal = Proposal(f"Put part {done} right", Party.IT, team_id=team)
            propose_action(place.handling, incident, proposal, actor=people["hugo"], now=at)
        for item in place.items(incident)[1:]:
            at += _STEP
            complete(place.handling, item.id, DONE, actor=people["ada"], now=at)
    return incident


def _written(place: Place, incident: UUID) -> int:
    with place.store.read() as conn:
        written: int = conn.execute(_ABOUT, {"id": incident}).one().head_seq
    return written
