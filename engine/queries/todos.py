"""To-dos: the open work items that somebody could do, soonest due first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Connection, Row, TextClause, text

from engine.domain.incident import Priority
from engine.domain.party import Party
from engine.domain.permissions import Actor, Role
from engine.queries.paging import FIRST, Page, cursor, place_of
from engine.store.schema import LAST_OF_ALL


class Scope(StrEnum):
    """Whose to-dos: asked of me by name or taken by me, my teams', or all that I may see."""

    MINE = "mine"
    TEAMS = "teams"
    ALL = "all"


@dataclass(frozen=True)
class TodoFilters:
    """What a scope is narrowed to; each that is set has to hold.

    `unclaimed`: taken by nobody; `overdue`: its due date has passed; `process`: the name of a
    business process, as it is written there.
    """

    unclaimed: bool = False
    overdue: bool = False
    party: Party | None = None
    process: str | None = None
    priority: Priority | None = None


ALL_OF_THEM = TodoFilters()


@dataclass(frozen=True)
class Todo:
    """One line of the list.

    `incident_title`, `action_title` and the holder's name are None for an incident that is for
    named people only, for them too: it has a number here.  `is_mine`: taken by the reader, or
    asked of them by name and taken by nobody.
    """

    id: UUID
    incident_id: UUID
    incident_number: int
    incident_title: str | None
    process: str
    priority: str
    step: str
    mark: str | None
    title: str
    action_number: int | None
    action_title: str | None
    lane: str
    party: str
    team: str | None
    claimed_by: UUID | None
    claimed_by_name: str | None
    opened_at: datetime
    due_at: datetime | None
    is_overdue: bool
    is_mine: bool
    reminders: int


@dataclass(frozen=True)
class TodoCounts:
    """How many there are in each view; `unclaimed` and `overdue` are of mine and my teams'."""

    mine: int
    teams: int
    unclaimed: int
    overdue: int


@dataclass(frozen=True)
class Todos:
    """One page of to-dos; `next` is the cursor of the page behind it, None on the last."""

    lines: tuple[Todo, ...]
    counts: TodoCounts
    next: str | None


_MINE = """(w.claimed_by = :me
  OR (w.claimed_by IS NULL AND w.people @> ARRAY[CAST(:me AS uuid)]))"""
# a team never opens a restricted incident (rules, Restricted incidents)
_TEAMS = "(w.team_id = ANY (CAST(:teams AS uuid[])) AND NOT i.is_restricted)"
_NAMED = "(w.claimed_by = :me OR w.people @> ARRAY[CAST(:me AS uuid)] OR i.lead_id = :me)"
_SCOPES = {
    Scope.MINE: _MINE,
    Scope.TEAMS: _TEAMS,
    Scope.ALL: f"({_NAMED} OR {_TEAMS} OR :is_auditor OR (:is_staff AND NOT i.is_restricted))",
}

_LINES = """
    SELECT w.id, w.incident_id, i.number, i.title AS incident_title, i.priority, i.is_restricted,
      p.name AS process, w.step, w.mark, w.title, a.number AS action_number,
      a.title AS action_title, w.lane, w.party, team.name AS team, w.claimed_by,
      holder.name AS claimed_by_name, w.opened_at, w.due_at, w.reminders,
      coalesce(w.due_at, {latest}) AS sort_at, {mine} IS TRUE AS is_mine
    FROM work_item w
    JOIN incident i ON i.id = w.incident_id
    JOIN business_process p ON p.id = i.process_id
    LEFT JOIN action a ON a.id = w.action_id
    LEFT JOIN team ON team.id = w.team_id
    LEFT JOIN person holder ON holder.id = w.claimed_by
    WHERE w.ended_at IS NULL AND {scope}{narrowed}
      AND (coalesce(w.due_at, {latest}), w.opened_at, w.id) > (:due, :opened, CAST(:id AS uuid))
    ORDER BY coalesce(w.due_at, {latest}), w.opened_at, w.id LIMIT :most
"""
# each only where it is asked for: a plan for all of them at once could use no index
_NARROWINGS = {
    "unclaimed": "w.claimed_by IS NULL",
    "overdue": "w.due_at < :now",
    "party": "w.party = :party",
    "process": "p.name = :process",
    "priority": "i.priority = :priority",
}
_COUNTS = text(f"""
    SELECT count(*) FILTER (WHERE is_mine) AS mine, count(*) FILTER (WHERE is_teams) AS teams,
      count(*) FILTER (WHERE claimed_by IS NULL) AS unclaimed,
      count(*) FILTER (WHERE due_at < :now) AS overdue
    FROM (SELECT w.claimed_by, w.due_at, {_MINE} AS is_mine, {_TEAMS} AS is_teams
          FROM work_item w JOIN incident i ON i.id = w.incident_id
          WHERE w.ended_at IS NULL AND (w.claimed_by = :me
            OR w.people @> ARRAY[CAST(:me AS uuid)] OR w.team_id = ANY (CAST(:teams AS uuid[])))
         ) asked
    WHERE is_mine OR is_teams
""")  # noqa: S608 - constants of this module
_BEFORE_ALL = (datetime(1, 1, 1, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC), UUID(int=0))


def todos(
    conn: Connection,
    actor: Actor,
    *,
    scope: Scope,
    now: datetime,
    page: Page = FIRST,
    filters: TodoFilters = ALL_OF_THEM,
) -> Todos:
    """Return the open work items in `scope`: soonest due first, then asked longest ago.

    What has no due date comes last.  `filters` narrow the lines and leave the counts alone: these
    say what each view holds.  Two statements.  Raises InvalidAnswers for a bad cursor.
    """
    due, opened, last = (
        place_of(page.after, (datetime.fromisoformat, datetime.fromisoformat, UUID))
        if page.after
        else _BEFORE_ALL
    )
    asked = {
        "me": actor.id,
        "teams": list(actor.team_ids),
        "is_staff": actor.has_role(Role.STAFF),
        "is_auditor": actor.has_role(Role.AUDITOR),
        "now": now,
        "due": due,
        "opened": opened,
        "id": last,
        "most": page.size + 1,
    }
    narrowed = {name: value for name, value in vars(filters).items() if value}
    rows = conn.execute(_lines(scope, narrowed), asked | narrowed).all()
    counted = conn.execute(_COUNTS, asked).one()
    shown = rows[: page.size]
    more = len(rows) > page.size
    return Todos(
        tuple(_todo(row, now) for row in shown),
        TodoCounts(counted.mine, counted.teams, counted.unclaimed, counted.overdue),
        cursor(shown[-1].sort_at, shown[-1].opened_at, shown[-1].id) if more else None,
    )


def _lines(scope: Scope, narrowed: Iterable[str]) -> TextClause:
    conditions = "".join(f" AND {_NARROWINGS[name]}" for name in narrowed)
    return text(
        _LINES.format(mine=_MINE, scope=_SCOPES[scope], narrowed=conditions, latest=LAST_OF_ALL)
    )


def _todo(row: Row[tuple[object, ...]], now: datetime) -> Todo:
    return Todo(
        id=row.id,
        incident_id=row.incident_id,
        incident_number=row.number,
        incident_title=None if row.is_restricted else row.incident_title,
        process=row.process,
        priority=row.priority,
        step=row.step,
        mark=row.mark,
        title=row.title,
        action_number=row.action_number,
        action_title=None if row.is_restricted else row.action_title,
        lane=row.lane,
        party=row.party,
        team=row.team,
        claimed_by=row.claimed_by,
        claimed_by_name=None if row.is_restricted else row.claimed_by_name,
        opened_at=row.opened_at,
        due_at=row.due_at,
        is_overdue=row.due_at is not None and row.due_at < now,
        is_mine=row.is_mine,
        reminders=row.reminders,
    )
