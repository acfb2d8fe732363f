"""What a page costs where there is much to show."""

from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID

from sqlalchemy import text

from api.app import create_app
from api.bench.counting import counted
from api.bench.place import Place
from api.settings import Settings

_OPEN = 100_000
_ROUNDS = 15
# addresses of the page that people open most: what is mine, what is my teams', everybody's,
# narrowed, and a page far behind the first
_PAGES = {
    "mine": "/",
    "teams": "/?scope=teams",
    "all": "/?scope=all",
    "overdue": "/?scope=teams&overdue=yes",
    "unclaimed": "/?scope=all&unclaimed=yes&priority=P3",
}
# to-dos of the one incident: one in eight is somebody's own, the others are teams'
_FILL = text("""
    INSERT INTO work_item (id, incident_id, run_id, action_id, task_id, step, title, lane, party,
      team_id, people, claimed_by, opened_at, due_at)
    SELECT gen_random_uuid(), w.incident_id, w.run_id, w.action_id, gen_random_uuid(), w.step,
      w.title, w.lane, w.party,
      CASE WHEN n % 8 = 0 THEN NULL ELSE (ARRAY(SELECT id FROM team ORDER BY name))[1 + n % 5] END,
      CASE WHEN n % 8 = 0 THEN ARRAY[(ARRAY(SELECT id FROM person ORDER BY login))[1 + n / 8 % 17]]
        ELSE '{}' END,
      CASE WHEN n % 24 = 1 THEN (ARRAY(SELECT id FROM person ORDER BY login))[1 + n % 17] END,
      now() - n * interval '1 minute', now() + (n % 20000 - 4000) * interval '7 minutes'
    FROM generate_series(1, :many) n, work_item w WHERE w.id = :like
""")


def my_work(place: Place) -> dict[str, Any]:
    """The page of to-dos with 100,000 open ones, as people open it, through the application."""
    incident = place.incident(1)
    item = next(one for one in place.items(incident) if one.action_id is not None)
    with place.store.begin() as work:
        work.conn.execute(_FILL, {"many": _OPEN, "like": item.id})
    place.analyze()
    settings = Settings(data_dir=Path(), secret_key="the key of a bench, 32 bytes or more")  # noqa: S106 - serves nobody
    client = create_app(place.handling, settings).test_client()
    who: UUID = place.house.people["ada"].id
    with client.session_transaction() as session:
        session["_user_id"] = f"{who}:0"
    figures: dict[str, Any] = {"open": _OPEN}
    for name, path in _PAGES.items():
        samples = []
        for _ in range(_ROUNDS):
            begun = perf_counter()
            answer = client.get(path)
            samples.append(perf_counter() - begun)
            if answer.status_code != 200:
                raise RuntimeError(f"{path} answers {answer.status_code}")
        with counted(place.store.engine) as one:
            client.get(path)
        figures[name] = {
            "median_ms": round(median(samples[2:]) * 1000, 1),
            "worst_ms": round(max(samples[2:]) * 1000, 1),
            "sql": len(one.statements),
        }
    return figures
