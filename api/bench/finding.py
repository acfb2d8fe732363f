"""What finding costs at a million incidents: a first and a deep page of what auditors ask for.

They are made by the database itself, in a database of their own: as many as a large organisation
has after years, with answers, ways taken, records and people in life's proportions, and what is
rare.
No use case has made them, so nothing else may be measured on them.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from statistics import median
from time import perf_counter
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from api.bench.place import Place
from api.demo.house import build
from api.looking import look_again
from api.releasing import read_release
from engine.errors import InvalidAnswers
from engine.queries.finding.lines import count_found, found
from engine.queries.paging import Page
from engine.store.connect import application_engine
from engine.store.migrate import migrate
from engine.store.work import Store
from engine.usecases.publish import publish

Figure = dict[str, Any]

AT_MOST_MS = 300
_INCIDENTS = 1_000_000
_TIMES = 5
_DATABASE = "found"
# the instant at which it is looked, a day after the last was told
_NOW = datetime(2026, 1, 2, tzinfo=UTC)
_FIRST = datetime(2021, 1, 1, tzinfo=UTC)
_TABLES = (
    "incident", "run", "visit", "work_item", "confirmation", "decision", "verification", "entry",
)  # fmt: skip

# what is asked, as its address says it
ASKED: dict[str, str] = {
    "all": "",
    "longest first": "sort=lasted",
    "decided without an answer": "state=escalated",
    "open": "state=open&sort=lasted",
    "common words": "words=statement",
    "rare words": "words=zephyr",
    "words in answers": "words=ledger",
    "answered not right": "field=verify_outcome:verdict&op=is&value=not_right",
    "answered partly": "field=confirm_outcome:criteria.answer&op=is&value=partly",
    "a busy person": "person=hugo",
    "a customer": "person=person-1234",
    "who decided": "person=gita&part=decided",
    "a month": "since=2023-05-01&until=2023-05-31",
    "ended in a month, by length": "when=ended&since=2023-05-01&until=2023-05-31&sort=lasted",
    "recorded on a day": "when=recorded&since=2024-02-01&until=2024-02-01",
    "a process and a priority": "process={process}&priority=P1",
    "passed a common step": "passed=incident:verify_outcome",
    "passed a rare end": "passed=incident:closed_by_escalation",
    "never passed": "never=incident:verify_outcome",
    "took a rare way": "flow=confirmation:to_help",
    "rejected twice": "rejected=2",
    "back to work": "back=1",
    "the customer’s for 20 days": "party=customer&held=20",
    "a release": "release=1&state=closed",
    "took 60 days": "longer=60&sort=lasted&up=true",
    "fixed long before right": "gap=10",
    "answer older than work": "sign=old_answer",
    "many at once": "process={process}&state=escalated&passed=incident:verify_outcome"
    "&since=2022-01-01&until=2024-12-31&party=customer&held=5&priority=P3",
}


def find_million(place: Place) -> Figure:
    """Look for incidents among a million, each question for its first page and a deep one."""
    with _apart(place) as (store, owner_url):
        begun = perf_counter()
        process = _fill(owner_url, _INCIDENTS)
        figure: Figure = {"made_s": round(perf_counter() - begun), "at_most": AT_MOST_MS}
        worst = 0.0
        for name, query in ASKED.items():
            took = _looked(store, query.format(process=process))
            worst = max(worst, took["first_ms"], took["deep_ms"])
            figure[name] = took
    return figure | {"worst_ms": worst}


def _looked(store: Store, query: str) -> Figure:
    first, page = _page(store, query, None)
    after = page.next if page is not None else None
    for _ in range(20):  # far behind: each time a page of the largest size
        if after is None:
            break
        last, (_, page) = after, _page(store, query, after, 200)
        if page is None or page.next is None:
            after = last
            break
        after = page.next
    deep, _ = _page(store, query, after) if after is not None else (first, None)
    begun = perf_counter()
    with store.read() as conn:
        counted = count_found(conn, look_again(query).asked, now=_NOW)
    return {
        "first_ms": first,
        "deep_ms": deep,
        "count": f"{counted.number}{'+' if counted.is_more else ''}",
        "count_ms": round((perf_counter() - begun) * 1000),
    }


def _page(store: Store, query: str, after: str | None, size: int = 50) -> tuple[float, Any]:
    look = look_again(query)
    times, page = [], None
    for _ in range(_TIMES if size == 50 else 1):
        begun = perf_counter()
        with suppress(InvalidAnswers), store.read() as conn:  # stopped, as it took too long
            page = found(
                conn,
                look.asked,
                look.columns,
                now=_NOW,
                order=look.order,
                page=Page(size, after),
            )
        times.append((perf_counter() - begun) * 1000)
    return round(median(times), 1), page


@contextmanager
def _apart(place: Place) -> Iterator[tuple[Store, str]]:
    """Yield a store on a database of its own, and its owner's address; it is dropped at the end."""
    owner_url, app_url = (_other(url) for url in (place.owner_url, place.app_url))
    name = sql.Identifier(_DATABASE)
    with psycopg.connect(place.owner_url, autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        conn.execute(sql.SQL("CREATE DATABASE {}").format(name))
    try:
        migrate(owner_url)
        engine = application_engine(app_url)
        store = Store(engine, place.store.key, place.store.clock)
        publish(store, read_release(), by="bench", reason="to be measured")
        with store.begin() as work:
            build(work, lambda: "")
        yield store, owner_url
        engine.dispose()
    finally:
        with psycopg.connect(place.owner_url, autocommit=True) as conn:
            conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def _other(url: str) -> str:
    return make_url(url).set(database=_DATABASE).render_as_string(hide_password=False)


_INDEXES = """
    SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS made
    FROM pg_index i WHERE i.indrelid = ANY (CAST(%s AS regclass[]))
      AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
"""
_REFERENCES = """
    SELECT conrelid::regclass::text AS of, conname FROM pg_constraint
    WHERE contype = 'f' AND conrelid = ANY (CAST(%s AS regclass[]))
"""


def _fill(owner_url: str, many: int) -> str:
    """Make so many incidents; return the id of one of several business processes."""
    tables = [list(_TABLES)]
    with psycopg.connect(owner_url, autocommit=True) as conn:
        conn.execute("SET synchronous_commit = off")
        conn.execute("SET maintenance_work_mem = '512MB'")
        indexes = conn.execute(_INDEXES, tables).fetchall()
        # the guard and the references would be asked a million times what is known beforehand
        for table, name in conn.execute(_REFERENCES, tables).fetchall():
            conn.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        for table in _TABLES:
            conn.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for name, _ in indexes:
            conn.execute(f"DROP INDEX {name}")
        for statement in _statements():
            conn.execute(statement, {"many": many, "first": _FIRST, "now": _NOW})
        for _, made in indexes:
            conn.execute(made)
        conn.execute("VACUUM ANALYZE")
        row = conn.execute("SELECT id FROM business_process WHERE name = 'Process 7'").fetchone()
    return str(row[0]) if row else ""


def _statements() -> Sequence[str]:
    return [one for one in _MADE.split(";\n") if one.strip()]


_MADE = """
INSERT INTO person (id, name, login, email)
  SELECT md5('p' || n)::uuid, 'Person ' || n, 'person-' || n, 'p' || n || '@example.org'
  FROM generate_series(1, 20000) n;
INSERT INTO business_process (id, name, owner_id, duty_lead_id, authority_id, desk_id)
  SELECT md5('b' || n)::uuid, 'Process ' || n, p.owner_id, p.duty_lead_id, p.authority_id, p.desk_id
  FROM generate_series(1, 40) n,
    (SELECT * FROM business_process ORDER BY name LIMIT 1) p;
INSERT INTO product (id, process_id, name)
  SELECT md5('b' || n)::uuid, md5('b' || n)::uuid, 'Product' FROM generate_series(1, 40) n;
CREATE UNLOGGED TABLE plan AS
  SELECT n, md5('i' || n)::uuid AS incident, md5('r' || n)::uuid AS run,
    md5('b' || 1 + (40 * power(random(), 2))::int %% 40)::uuid AS process,
    CASE WHEN n %% 100 < 30 THEN (SELECT id FROM person WHERE login = 'hugo')
      ELSE md5('p' || 1 + (random() * 199)::int)::uuid END AS lead,
    md5('p' || 201 + (random() * 19798)::int)::uuid AS customer,
    told, told + interval '1 hour' * (2 + 90 * random()) AS fixed,
    interval '1 day' * (0.1 + 25 * power(random(), 3)) AS checking,
    interval '1 day' * (0.1 + 40 * power(random(), 6)) AS answering,
    random() < 0.07 AS decided, random() < 0.06 AS sent_back, random() < 0.04 AS partly,
    random() < 0.002 AS helped, random() < 0.01 AS stale, random() AS chance
  FROM (SELECT n, CAST(%(first)s AS timestamptz)
      + (CAST(%(now)s AS timestamptz) - interval '1 day' - CAST(%(first)s AS timestamptz))
        * (n::float / %(many)s) AS told FROM generate_series(1, %(many)s) n) x;
CREATE UNLOGGED TABLE course AS
  SELECT *, fixed + checking AS checked, fixed + checking + answering AS ended,
    fixed + checking + answering < %(now)s AS is_over FROM plan;
INSERT INTO incident (id, number, process_id, product_id, title, expected, actual, harmed, impact,
    urgency, priority, highest_priority, is_restricted, reporter_id, lead_id, state, told_at,
    taken_up_at, repaired_at, right_since, answered_at, ended_at, closed_by, confirmation_id,
    decision_id, head_seq, head_hash, work_seq)
  OVERRIDING SYSTEM VALUE
  SELECT incident, n, process, process,
    CASE WHEN chance < 0.00002 THEN 'A zephyr in ' ELSE 'Wrong ' END
      || (ARRAY['statement', 'payroll', 'order', 'letter', 'balance', 'price', 'address'])
        [1 + (chance * 1000)::int %% 7] || ' ' || n,
    'It shows what is owed', 'It shows something else, seen by ' || n %% 977, 'customers', 'medium',
    'medium', p.name, p.name, chance > 0.995, customer, lead,
    CASE WHEN is_over THEN 'closed' ELSE 'open' END, told, told + interval '20 minutes', fixed,
    CASE WHEN is_over THEN checked END, CASE WHEN is_over AND NOT decided THEN ended END,
    CASE WHEN is_over THEN ended END,
    CASE WHEN is_over THEN CASE WHEN decided THEN 'escalated' ELSE 'confirmed' END END,
    CASE WHEN is_over AND NOT decided THEN md5('c' || n)::uuid END,
    CASE WHEN is_over AND decided THEN md5('d' || n)::uuid END, 9,
    '\\x00', CASE WHEN stale THEN 9 ELSE 3 END
  FROM course, LATERAL (SELECT n %% 1000 * 7919 %% 100 AS drawn) o,
    LATERAL (SELECT CASE WHEN drawn < 2 THEN 'P1' WHEN drawn < 10 THEN 'P2'
      WHEN drawn < 70 THEN 'P3' ELSE 'P4' END) p (name);
INSERT INTO run (id, incident_id, release_id, diagram, snapshot, started_at, ended_at)
  SELECT run, incident, (SELECT id FROM release ORDER BY number DESC LIMIT 1), 'incident',
    CASE WHEN NOT is_over THEN '\\x00'::bytea END, told, CASE WHEN is_over THEN ended END
  FROM course;
INSERT INTO visit (run_id, diagram, element, flow, entered_at, left_at, how)
  SELECT run, v.diagram, v.element, v.flow, v.at, v.at, 'completed'
  FROM course, LATERAL (VALUES
    ('incident', 'agree_what_right_means', 'to_agree', told, true),
    ('incident', 'verify_outcome', 'to_verify', checked, checked < %(now)s),
    ('incident', 'agree_what_right_means', 'back_to_agree', checked, sent_back),
    ('confirmation', 'confirm_outcome', 'to_confirm', ended, is_over),
    ('confirmation', 'ask_for_help', 'to_help', ended, is_over AND helped),
    ('incident', CASE WHEN decided THEN 'closed_by_escalation' ELSE 'closed_confirmed' END,
      CASE WHEN decided THEN 'to_escalation' ELSE 'to_closed' END, ended, is_over)
  ) v (diagram, element, flow, at, is_so) WHERE v.is_so;
INSERT INTO work_item (id, incident_id, run_id, task_id, step, mark, title, lane, party, people,
    opened_at, ended_at, how, ended_by, answers)
  SELECT md5(v.step || n)::uuid, incident, run, md5(v.step || n)::uuid, v.step, v.mark, 'Do it',
    v.lane, v.lane, ARRAY[v.who], v.since, v.until,
    CASE WHEN v.until IS NOT NULL THEN 'completed' END,
    CASE WHEN v.until IS NOT NULL THEN v.who END, CASE WHEN v.until IS NOT NULL THEN v.answers END
  FROM course, LATERAL (VALUES
    ('agree_what_right_means', 'agreement', 'it', lead, told, fixed,
      jsonb_build_object('criteria', jsonb_build_array(jsonb_build_object('measure', 'Balance',
        'threshold', '0 differences', 'evidence', 'ledger report')))),
    ('verify_outcome', 'verification', 'business', lead, fixed,
      CASE WHEN checked < %(now)s THEN checked END,
      jsonb_build_object('verdict', CASE WHEN sent_back THEN 'not_right' ELSE 'right' END,
        'measured', jsonb_build_array(jsonb_build_object('measured', n %% 9973 || ' rows')))),
    ('confirm_outcome', 'confirmation', 'customer', customer, checked,
      CASE WHEN is_over THEN ended END,
      jsonb_build_object('criteria', jsonb_build_array(jsonb_build_object('answer',
        CASE WHEN partly THEN 'partly' ELSE 'yes' END)), 'words', 'Said by ' || n %% 4999))
  ) v (step, mark, lane, who, since, until, answers)
  WHERE v.since < %(now)s;
INSERT INTO confirmation (id, incident_id, person_id, answer, grade, answered_at, entry_seq)
  SELECT CASE WHEN k = 0 THEN md5('c' || n)::uuid ELSE gen_random_uuid() END, incident, customer,
    CASE WHEN k = 0 THEN 'yes' WHEN partly THEN 'partly' ELSE 'no' END, 'signed_in', ended, 8 - k
  FROM course, generate_series(0, CASE WHEN sent_back OR partly THEN 1 + (n %% 5 = 0)::int
    ELSE 0 END) k
  WHERE is_over AND NOT (k = 0 AND decided);
INSERT INTO decision (id, incident_id, person_id, authority, decided, reason, decided_at, entry_seq)
  SELECT md5('d' || n)::uuid, incident, (SELECT id FROM person WHERE login = 'gita'), 'owner',
    'close', 'Has moved away', ended, 8 FROM course WHERE is_over AND decided;
INSERT INTO verification (id, incident_id, person_id, verdict, verified_at, entry_seq)
  SELECT gen_random_uuid(), incident, lead, CASE WHEN sent_back THEN 'not_right' ELSE 'right' END,
    checked, 5 FROM course WHERE checked < %(now)s;
INSERT INTO entry (incident_id, seq, at, person_id, actor, verb, digest, key_id, previous, hash)
  SELECT incident, v.seq, v.at, v.who, 'Somebody', v.verb, '\\x00', 'bench', '\\x00', '\\x00'
  FROM course, LATERAL (VALUES
    (1, told, customer, 'incident:reported'), (2, told + interval '20 minutes', lead,
      'incident:lead_taken'), (3, fixed, lead, 'action:done'), (5, checked, lead,
      'outcome:verified'), (8, ended, customer, 'outcome:confirmed')
  ) v (seq, at, who, verb) WHERE v.at < %(now)s;
DROP TABLE plan;
DROP TABLE course;
"""
