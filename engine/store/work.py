"""The unit of work: one transaction, one order of locks, one write of each thing at the end.

`Work` locks the incident's row before anything else is read, so that whoever holds a `Case` is
alone with its incident.  A newcomer would write entries one by one: they, the visits and the
incident's own row are written once, by one statement, when the block is left.

A transaction begins before it has the lock, and machines' clocks differ: what it does is later
than the newest entry of the incident that it then has.  So whether a run was moved to another
release before or after it is told by the instants alone.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    CTE,
    Connection,
    Engine,
    LargeBinary,
    Table,
    Text,
    Update,
    Uuid,
    bindparam,
    column,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert

from engine.clock import Clock
from engine.domain.chain import Head
from engine.domain.incident import IncidentState
from engine.domain.message import MessageKind
from engine.domain.permissions import Actor, Machine
from engine.errors import KeyReused, NotFound, PutrightError
from engine.language import say
from engine.store import refused
from engine.store import schema as t
from engine.store.around import Around
from engine.store.chaining import AuditKey, chained
from engine.store.connect import MASKED, transaction
from engine.store.numbers import give_up
from engine.store.rows import Action, Incident, Item, Run, split
from engine.store.sight import looking_as, masked_for

# The statements of every use case are built once: building them costs as much as running them.
_THE_ID = bindparam("the_id", type_=Uuid)
# When the newest entry was written.  It comes with the lock, unless that had to be waited for: what
# is written meanwhile is not in what the statement sees.
_NEWEST = (
    select(t.entry.c.at)
    .where(t.entry.c.incident_id == t.incident.c.id, t.entry.c.seq == t.incident.c.head_seq)
    .correlate(t.incident)
    .scalar_subquery()
    .label("newest_at")
)
_NEWEST_NOW = select(t.entry.c.at).where(
    t.entry.c.incident_id == _THE_ID, t.entry.c.seq == bindparam("seq")
)
_INCIDENT = select(t.incident, _NEWEST).where(t.incident.c.id == _THE_ID).with_for_update()
_ITEM = (
    select(t.incident, t.work_item, t.run, _NEWEST)
    .join_from(t.incident, t.work_item, t.work_item.c.incident_id == t.incident.c.id)
    .join(t.run, t.run.c.id == t.work_item.c.run_id)
    .where(t.work_item.c.id == _THE_ID)
    .with_for_update(of=[t.incident, t.work_item, t.run])
)
# of an incident that is locked already, which needs not come again
_ITEM_OF = (
    select(t.work_item, t.run)
    .join_from(t.work_item, t.run, t.run.c.id == t.work_item.c.run_id)
    .where(t.work_item.c.id == _THE_ID, t.work_item.c.incident_id == bindparam("of", type_=Uuid))
    .with_for_update(of=[t.work_item, t.run])
)
_RUN = (
    select(t.incident, t.run, _NEWEST)
    .join_from(t.incident, t.run, t.run.c.incident_id == t.incident.c.id)
    .where(t.run.c.id == _THE_ID)
    .with_for_update(of=[t.incident, t.run])
)
_ACTION = (
    select(t.incident, t.action, _NEWEST)
    .join_from(t.incident, t.action, t.action.c.incident_id == t.incident.c.id)
    .where(t.action.c.id == _THE_ID)
    .with_for_update(of=[t.incident, t.action])
)


def _listed(table: Table, *but: str) -> CTE:
    """Return the insertion of the rows that one parameter lists, named like the table.

    Columns that the database fills by itself, and those in `but`, are left out; bytes are written
    in hex.
    """
    columns = [one for one in table.c if one.identity is None and one.name not in but]
    written = func.jsonb_to_recordset(bindparam(table.name, type_=Text).cast(JSONB))
    rows = written.table_valued(
        *(
            column(one.name, Text if isinstance(one.type, LargeBinary) else one.type)
            for one in columns
        )
    ).render_derived(with_types=True)
    values = [
        func.decode(rows.c[one.name], "hex")
        if isinstance(one.type, LargeBinary)
        else rows.c[one.name]
        for one in columns
    ]
    return insert(table).from_select(columns, select(*values)).cte()


_WRITE_DOWN = (
    update(t.incident).where(t.incident.c.id == _THE_ID).add_cte(_listed(t.visit), _listed(t.entry))
)
# what two instants are told apart by, here and in the database
_LEAST = timedelta(microseconds=1)
# from now on, until the transaction ends, tables with personal data are masked
_MASK = text("SELECT masked.begin(:me, :now)")
# what changes of a run as it moves
_OF_A_RUN = (
    "snapshot",
    "waiting",
    "due_at",
    "handed_out_at",
    "fault",
    "ended_at",
    "end_element",
)
_THE_RUN = bindparam("the_run", type_=Uuid)
_CHANGE_RUN = (
    update(t.run)
    .where(t.run.c.id == _THE_RUN)
    .values({name: bindparam(f"run_{name}", type_=t.run.c[name].type) for name in _OF_A_RUN})
)
_ADD_RUN = insert(t.run)
_ADD_MESSAGES = _listed(
    t.message, "tries", "sent_at", "failed", "calls", "called_at", "call_failed", "read_at"
)


@cache
def _write_down(*, with_run: bool, with_messages: bool) -> Update:
    written = _WRITE_DOWN
    if with_run:
        written = written.add_cte(_CHANGE_RUN.cte())
    return written.add_cte(_ADD_MESSAGES) if with_messages else written


@dataclass
class Case:
    """One locked incident, and what this transaction will write of it when the block is left."""

    conn: Connection
    now: datetime
    key: AuditKey
    incident: Incident
    around: Around
    # how long its lead may go without looking; None while nobody has said
    next_look: timedelta | None = None
    # whether it was given its number by this transaction
    is_numbered_here: bool = False
    _changed: dict[str, Any] = field(default_factory=dict)
    _entries: list[dict[str, Any]] = field(default_factory=list)
    _visits: list[dict[str, Any]] = field(default_factory=list)
    _runs: dict[UUID, Run] = field(default_factory=dict)
    _unwritten: set[UUID] = field(default_factory=set)
    # by whom and why, so that nobody is told the same twice
    _messages: dict[tuple[UUID, str], dict[str, Any]] = field(default_factory=dict)

    def change(self, **columns: Any) -> None:
        """Change columns of the incident; seen at once here, written at the end."""
        for name, value in columns.items():
            setattr(self.incident, name, value)
        self._changed.update(columns)

    def record(
        self, verb: str, content: Mapping[str, Any], by: Actor | Machine, *, is_look: bool = True
    ) -> int:
        """Add an entry to the audit chain and return its sequence number.

        A machine signs with its own name and never as a person.  A deed of the lead is a look,
        unless it was done to many at once.
        """
        incident = self.incident
        head = Head(incident.head_seq, incident.head_hash)
        row = chained(self.key, incident.id, head, self.now, by, verb, content)
        seq: int = row["seq"]
        written = {name: one.hex() if isinstance(one, bytes) else one for name, one in row.items()}
        self._entries.append({"incident_id": incident.id, **written})
        self.change(head_seq=seq, head_hash=row["hash"])
        if is_look and row["person_id"] == incident.lead_id:
            self.looked()
        return seq

    def looked(self) -> None:
        """The lead has looked: the next look is due later, and the lead is offered to nobody."""
        if self.next_look is not None and self.incident.state == IncidentState.OPEN:
            self.change(look_by=self.now + self.next_look, lead_offered_to=[])

    def visited(self, visits: list[dict[str, Any]]) -> None:
        """Add passages of a run to its history."""
        self._visits += visits

    @property
    def runs(self) -> Iterable[Run]:
        """The runs that this transaction has started or moved."""
        return self._runs.values()

    def started(self, run: Run) -> None:
        """Write a new run: its work items name it."""
        self.conn.execute(_ADD_RUN, asdict(run))
        self._runs[run.id] = run

    def moved(self, run: Run) -> None:
        """Take note that a run of the incident has moved, however often; written at the end."""
        self._runs[run.id] = run
        self._unwritten.add(run.id)

    def as_moved(self, run: Run) -> Run:
        """Return a run that was just read as this transaction has moved it, if it has."""
        return self._runs[run.id] if run.id in self._unwritten else run

    def tell(
        self,
        kind: MessageKind,
        people: Iterable[UUID],
        *,
        item_id: UUID | None = None,
        is_called: bool = False,
        at: datetime | None = None,
    ) -> None:
        """Write to people about what the last entry says; once to each, for each to-do.

        With `is_called` by the second way as well; `at` is when, now unless said.
        """
        when = at or self.now
        for who in people:
            cause = f"{kind}/{self.incident.head_seq}/{item_id or ''}"
            self._messages[who, cause] = {
                "incident_id": self.incident.id,
                "person_id": who,
                "item_id": item_id,
                "kind": kind,
                "cause": cause,
                "caused_at": when,
                "next_try_at": when,
                "next_call_at": when if is_called else None,
            }

    def flush(self) -> None:
        """Write what was gathered: history, entries, runs, messages and the incident's row.

        One statement, as long as no more than one run has moved.
        """
        gathered = (self._visits, self._entries, self._changed, self._unwritten, self._messages)
        if not any(gathered):
            return
        moved = [_changes(self._runs[one]) for one in self._unwritten]
        last = moved.pop() if moved else {}
        for run in moved:
            self.conn.execute(_CHANGE_RUN, run)
        self.conn.execute(
            _write_down(with_run=bool(last), with_messages=bool(self._messages)),
            {
                "the_id": self.incident.id,
                "visit": json.dumps(self._visits, default=str),
                "entry": json.dumps(self._entries, default=str),
                # history alone leaves the row as it is, which has to be said
                **(self._changed or {"head_seq": self.incident.head_seq}),
                **last,
                **(
                    {"message": json.dumps([*self._messages.values()], default=str)}
                    if self._messages
                    else {}
                ),
            },
        )
        self._visits, self._entries, self._changed = [], [], {}
        self._unwritten, self._messages = set(), {}


def _changes(run: Run) -> dict[str, Any]:
    return {"the_run": run.id, **{f"run_{name}": getattr(run, name) for name in _OF_A_RUN}}


def no_such_action(action_id: UUID) -> NotFound:
    """Return the refusal of an action that is not there, or not for who asks."""
    return NotFound(say("There is no such action."), action=str(action_id))


@dataclass
class Work:
    """A transaction under way; see `Store.begin`."""

    conn: Connection
    now: datetime
    key: AuditKey
    cases: list[Case] = field(default_factory=list)
    around: Around = field(init=False)

    def __post_init__(self) -> None:
        """Know nothing yet of what is around."""
        self.around = Around(self.conn, self.now)

    def pass_to(self, now: datetime) -> None:
        """Let time pass within the transaction.

        A replay does, in its log's own time, and who has waited for an incident.
        """
        self.now, self.around = now, Around(self.conn, now)
        for case in self.cases:
            case.now, case.around = now, self.around

    def open_case(self, incident: Incident) -> Case:
        """Take charge of an incident that this transaction has locked, or has just made.

        One that it is in charge of already stays as it is: its changes are not written yet.
        """
        for case in self.cases:
            if case.incident.id == incident.id:
                return case
        case = Case(self.conn, self.now, self.key, incident, self.around)
        self.cases.append(case)
        return case

    def incident(self, incident_id: UUID) -> Case:
        """Lock an incident; one that this transaction is in charge of is locked already.

        Raises NotFound.
        """
        for case in self.cases:
            if case.incident.id == incident_id:
                return case
        row = self.conn.execute(_INCIDENT, {"the_id": incident_id}).first()
        if row is None:
            raise NotFound(say("There is no such incident."), incident=str(incident_id))
        return self._locked(split(row, (t.incident, Incident))[0], row.newest_at)

    def item(self, item_id: UUID) -> tuple[Case, Item, Run]:
        """Lock a work item's incident, then the item and its run, in one statement.

        All three are locked, so that after waiting for the incident PostgreSQL reads the newest
        version of each (a row joined but not locked would still be the old one).
        Raises NotFound.
        """
        for case in self.cases:
            of = {"the_id": item_id, "of": case.incident.id}
            if (row := self.conn.execute(_ITEM_OF, of).first()) is not None:
                item, run = split(row, (t.work_item, Item), (t.run, Run))
                return case, item, case.as_moved(run)
        row = self.conn.execute(_ITEM, {"the_id": item_id}).first()
        if row is None:
            raise NotFound(say("There is no such to-do."), item=str(item_id))
        incident, item, run = split(row, (t.incident, Incident), (t.work_item, Item), (t.run, Run))
        return self._locked(incident, row.newest_at), item, run

    def run(self, run_id: UUID) -> tuple[Case, Run]:
        """Lock a run's incident, then the run.  Raises NotFound."""
        row = self.conn.execute(_RUN, {"the_id": run_id}).first()
        if row is None:
            raise NotFound(say("There is no such run."), run=str(run_id))
        incident, run = split(row, (t.incident, Incident), (t.run, Run))
        case = self._locked(incident, row.newest_at)
        return case, case.as_moved(run)

    def action(self, action_id: UUID) -> tuple[Case, Action]:
        """Lock an action's incident, then the action.  Raises NotFound."""
        row = self.conn.execute(_ACTION, {"the_id": action_id}).first()
        if row is None:
            raise no_such_action(action_id)
        incident, action = split(row, (t.incident, Incident), (t.action, Action))
        return self._locked(incident, row.newest_at), action

    def _locked(self, incident: Incident, newest_at: datetime | None) -> Case:
        if newest_at is None and incident.head_seq:
            asked = {"the_id": incident.id, "seq": incident.head_seq}
            newest_at = self.conn.scalar(_NEWEST_NOW, asked)
        if newest_at is not None and newest_at > self.now:
            self.pass_to(newest_at + _LEAST)
        return self.open_case(incident)

    def once(self, person_id: UUID, key: str | None, request: bytes) -> tuple[UUID, bool]:
        """Return the id that this request is to make, and whether it was made before.

        Without a key every request is a new one.  Two at once with the same key: the second
        waits for the first.  Raises KeyReused when the key came with another request.
        """
        result = uuid4()
        if key is None:
            return result, False
        digest = hashlib.sha256(request).digest()
        made = self.conn.scalar(
            upsert(t.idempotency_key)
            .values(
                person_id=person_id, key=key, request=digest, result=result, created_at=self.now
            )
            .on_conflict_do_nothing()
            .returning(t.idempotency_key.c.result)
        )
        if made is not None:
            return result, False
        before = self.conn.execute(
            select(t.idempotency_key.c.request, t.idempotency_key.c.result).where(
                t.idempotency_key.c.person_id == person_id, t.idempotency_key.c.key == key
            )
        ).one()
        if before.request != digest:
            raise KeyReused(say("This key was used for another request."), key=key)
        return before.result, True


@dataclass(frozen=True)
class Store:
    """The database as the application's role sees it.  Shared by all threads."""

    engine: Engine
    key: AuditKey
    clock: Clock

    @contextmanager
    def begin(self, *, now: datetime | None = None) -> Iterator[Work]:
        """One use case, one transaction: leaving the block commits, raising rolls back.

        `now` is given only by a replay, which lives in its log's own time.
        """
        locked: list[Case] = []
        try:
            with transaction(self.engine) as conn:
                yield Work(conn, now or self.clock(), self.key, locked)
                for case in locked:
                    case.flush()
        except Exception as refusal:
            if isinstance(refusal, PutrightError):
                about = {one.incident.id for one in locked if one.incident.is_restricted}
                refusal.about = frozenset(about)
                refusal.tried_on = tuple(one.incident.id for one in locked)
                refused.remember(refusal)
            give_up(self, [one.incident.number for one in locked if one.is_numbered_here], refusal)
            raise

    def within(self, work: Work) -> "Store":
        """Return a store whose transactions are parts of `work`: several use cases become one."""
        return _Within(self.engine, self.key, self.clock, work)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view for queries, as whoever asks may see it; nothing is written."""
        with transaction(self.engine) as conn:
            auditor = masked_for()
            if auditor and conn.scalar(_MASK, {"me": auditor, "now": self.clock()}):
                conn.execution_options(**{MASKED: True})
            yield conn

    @contextmanager
    def read_as_written(self) -> Iterator[Connection]:
        """A view for what is recomputed and compared, and never shown: nothing is masked."""
        with looking_as(None), self.read() as conn:
            yield conn


@dataclass(frozen=True)
class _Within(Store):
    """A store whose `begin` joins a transaction that is under way."""

    work: Work

    @contextmanager
    def begin(self, *, now: datetime | None = None) -> Iterator[Work]:
        del now  # one transaction lives in one moment
        yield self.work

    @contextmanager
    def read(self) -> Iterator[Connection]:
        yield self.work.conn
