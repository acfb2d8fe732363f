"""What the page of figures costs where there are very many incidents, as auditors open it."""

from datetime import date, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import psycopg

from api.app import create_app
from api.bench.mining import copy, handled
from api.bench.place import Place
from api.settings import Settings
from engine.clock import now

_MANY = 100_000
_ROUNDS = 5
# answers that are asked for; more would be a house where nobody ever answers
_MISSING = 2_000


def figures_page(place: Place) -> dict[str, Any]:
    """The page over the usual 90 days and over a year, and whose time it was, among 100,000."""
    copy(place, handled(place), 0, _MANY)
    with psycopg.connect(place.owner_url) as conn:
        conn.execute("ALTER TABLE work_item DISABLE TRIGGER USER")
        conn.execute(
            "UPDATE work_item SET ended_at = opened_at, how = 'cancelled' WHERE ended_at IS NULL"
            " AND opened_at < (SELECT max(opened_at) FROM work_item) - %s * interval '5 minutes'",
            [_MISSING],
        )
        conn.execute("ALTER TABLE work_item ENABLE TRIGGER USER")
    place.analyze()
    settings = Settings(data_dir=Path(), secret_key="the key of a bench, 32 bytes or more")  # noqa: S106 - serves nobody
    client = create_app(place.handling, settings).test_client()
    with client.session_transaction() as session:
        session["_user_id"] = f"{place.house.people['egon'].id}:0"
    today: date = now().date()
    year = f"from={today - timedelta(days=365)}"
    figures: dict[str, Any] = {"incidents": _MANY}
    for name, path in (
        ("usual", "/desk/figures"),
        ("year_by_team", f"/desk/figures?{year}&by=team"),
        ("year_by_week", f"/desk/figures?{year}&by=week"),
        ("whose_time", "/desk/figures/time"),
    ):
        figures[name] = {"median_ms": round(median(_took(client, path)) * 1000)}
    return figures


def _took(client: Any, path: str) -> list[float]:
    samples = []
    for _ in range(_ROUNDS):
        begun = perf_counter()
        answer = client.get(path)
        samples.append(perf_counter() - begun)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answers {answer.status_code}")
    return samples[1:]
