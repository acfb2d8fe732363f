"""Reads an incident log: each row with what its columns mean, and the rows of a case together.

The whole file is read once before the first case begins: so a wrong header or a damaged file is
refused before anything is written, and the log's last instant is known.  Memory stays flat: rows
go to unnamed temporary files in sorted pieces and come back merged (`sorting.py`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from engine.domain.incident import Level
from engine.errors import LogRefused
from engine.usecases.replay.mapping import OVER, LogFormat, Phase
from engine.usecases.replay.records import Unreadable, header, opened, records
from engine.usecases.replay.sorting import Sorted

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A zone's width, so that a log of today in the wrong zone is not refused.
_SLACK = timedelta(days=1)
_MOST_LETTERS = 300
_MOST_INSTANTS = 2_000

OnUnreadable = Callable[[int, str], None]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a log: the state of one case after a change.  Instants are aware UTC.

    None means that the log says nothing.  `resolved_by` and `resolved_at` are None unless the
    state means that it is over: logs fill them in backwards.
    """

    line: int
    number: str
    order: int
    at: datetime
    state: str
    phase: Phase
    opened_at: datetime | None = None
    caller: str | None = None
    group: str | None = None
    person: str | None = None
    changed_by: str | None = None
    resolved_by: str | None = None
    resolved_at: datetime | None = None
    vendor: str | None = None
    problem: str | None = None
    impact: Level | None = None
    urgency: Level | None = None
    title: str | None = None


class RowReader:
    """Turns the fields of a record into a row, by the mapping and the log's own header."""

    def __init__(self, log_format: LogFormat, names: Sequence[str]) -> None:
        """Raise LogRefused if the header lacks a column that the mapping names."""
        places = {name.strip(): place for place, name in enumerate(names)}
        missing = [name for name in log_format.needed_columns if name not in places]
        if missing:
            listed = ", ".join(f"“{name}”" for name in missing)
            raise LogRefused(
                f"This is not a log as “{log_format.name}” describes it:"
                f" its first line has no column {listed}.",
                missing=missing,
            )
        self._format = log_format
        self._at = {word: places[column] for word, column in log_format.columns.items()}
        self._titles = [places[column] for column in log_format.title]
        # the rows of a case name the same instants again and again
        self._instants: dict[str, datetime] = {}

    def row(self, line: int, fields: Sequence[str]) -> Row:
        """Return the row.  Raises Unreadable, saying why."""
        said = {word: self._text(fields[place]) for word, place in self._at.items()}
        state = said["state"]
        phase = self._phase(state)
        is_over = phase in OVER
        return Row(
            line=line,
            number=_needed(said["number"], "number"),
            order=_order(said.get("order")) if "order" in self._at else 0,
            at=self._instant(_needed(said["at"], "date")),
            state=state or "",
            phase=phase,
            opened_at=self._maybe_instant(said.get("opened_at")),
            caller=said.get("caller"),
            group=said.get("group"),
            person=said.get("person"),
            changed_by=said.get("changed_by"),
            resolved_by=said.get("resolved_by") if is_over else None,
            resolved_at=self._maybe_instant(said.get("resolved_at")) if is_over else None,
            vendor=said.get("vendor"),
            problem=said.get("problem"),
            impact=self._level(said.get("impact"), "impact"),
            urgency=self._level(said.get("urgency"), "urgency"),
            title=self._title(fields),
        )

    def _text(self, field: str) -> str | None:
        text = " ".join(field.split())
        return None if text in self._format.null else text[:_MOST_LETTERS]

    def _title(self, fields: Sequence[str]) -> str | None:
        texts = (self._text(fields[place]) for place in self._titles)
        return ", ".join(text for text in texts if text)[:200] or None

    def _phase(self, state: str | None) -> Phase:
        phase = self._format.states.get(_needed(state, "state"))
        if phase is None:
            raise Unreadable(f"the state “{state}” is not in the mapping")
        return phase

    def _level(self, text: str | None, name: str) -> Level | None:
        if text is None or not self._format.levels:
            return None
        level = self._format.levels.get(text)
        if level is None:
            raise Unreadable(f"the {name} “{text}” is not in the mapping")
        return level

    def _instant(self, text: str) -> datetime:
        known = self._instants.get(text)
        if known is not None:
            return known
        try:
            at = self._format.instant(text)
        except ValueError as error:
            raise Unreadable(str(error)) from error
        if at < _EPOCH:
            raise Unreadable(f"“{text}” is too long ago")
        if len(self._instants) >= _MOST_INSTANTS:
            self._instants.clear()
        self._instants[text] = at
        return at

    def _maybe_instant(self, text: str | None) -> datetime | None:
        return None if text is None else self._instant(text)


def _needed(text: str | None, what: str) -> str:
    if text is None:
        raise Unreadable(f"it has no {what}")
    return text


def _order(text: str | None) -> int:
    try:
        return int(_needed(text, "order"))
    except ValueError as error:
        raise Unreadable(f"“{text}” is no number to order by") from error


@dataclass
class Log:
    """A log that has been read once: what it holds, and its cases, each with its rows in order.

    `last_at` is its last instant, None if no row could be read.  To be closed after use.
    """

    rows: int
    skipped: int
    last_at: datetime | None
    _reader: RowReader
    _sorted: Sorted

    def cases(self) -> Iterator[list[Row]]:
        """Give each case's rows in order; once only.  Cases come in the order of their numbers."""
        for _, group in groupby(self._sorted.merged(), key=lambda kept: kept[0]):
            yield [self._reader.row(line, fields) for _, _, _, line, fields in group]

    def close(self) -> None:
        """Let go of the temporary files."""
        self._sorted.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def read_log(
    path: Path,
    log_format: LogFormat,
    *,
    now: datetime,
    on_unreadable: OnUnreadable,
    limit: int | None = None,
) -> Log:
    """Read the whole log once and return it ready to be replayed.

    With `limit` only the first so many cases are kept, in the order in which they first appear;
    the last instant is still the whole log's.  `on_unreadable` is told each row that cannot be
    read, by its line (the header is line 1) and why; a row from after `now` is one of these.
    Raises LogRefused for a damaged file or a header that is not the mapping's.
    """
    kept = Sorted()
    try:
        with opened(path) as file:
            names = header(file, log_format.delimiter)
            reader = RowReader(log_format, names)
            gathered = _Gathered(kept, limit, now + _SLACK)
            for line, fields in records(file, log_format.delimiter, len(names)):
                try:
                    if isinstance(fields, Unreadable):
                        raise fields
                    gathered.take(reader.row(line, fields), fields)
                except Unreadable as why:
                    gathered.skipped += 1
                    on_unreadable(line, str(why))
    except BaseException:
        kept.close()
        raise
    return Log(kept.count, gathered.skipped, gathered.last_at, reader, kept)


class _Gathered:
    """What one reading of a log comes to."""

    def __init__(self, kept: Sorted, limit: int | None, not_after: datetime) -> None:
        self.skipped = 0
        self.last_at: datetime | None = None
        self._kept = kept
        self._limit = limit
        self._first: set[str] = set()
        self._not_after = not_after

    def take(self, row: Row, fields: Sequence[str]) -> None:
        if row.at > self._not_after:
            raise Unreadable("it is dated in the future")
        self.last_at = row.at if self.last_at is None else max(self.last_at, row.at)
        if self._limit is not None and row.number not in self._first:
            if len(self._first) >= self._limit:
                return
            self._first.add(row.number)
        self._kept.add((row.number, row.order, row.at.isoformat(), row.line, list(fields)))


def as_read(row: Row) -> Mapping[str, Any]:
    """Return what the row says, for the entry that keeps it."""
    said = {
        "line": row.line,
        "state": row.state,
        "at": row.at,
        "changed_by": row.changed_by,
        "group": row.group,
        "person": row.person,
        "vendor": row.vendor,
        "problem": row.problem,
    }
    return {name: value for name, value in said.items() if value is not None}
