"""Files for process mining that a worker writes, and that are kept for a week, for who asked.

Each is two files in one folder: what was asked for and how far it is, as JSON, and the log itself.
A newcomer would look for a table: what is written is large, and gone after a week.  Workers on
other machines than the pages need the same folder.
"""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from api.mining.writing import FORMATS, Format, write_mined
from engine.domain.permissions import Actor, may_audit
from engine.errors import InvalidAnswers, NotAllowed, NotFound
from engine.language import say
from engine.queries.mining import Mined
from engine.store.jobs import defer_mining
from engine.store.work import Store

KEPT_FOR = timedelta(days=7)
_MOST_AT_ONCE = 5


class ExportState(StrEnum):
    """How far a file is."""

    WAITS = "waits"
    WRITES = "writes"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Wanted:
    """What somebody asks for; `since` and `until` aware, `purpose` is why with names."""

    format: Format
    since: datetime | None = None
    until: datetime | None = None
    process_id: UUID | None = None
    with_names: bool = False
    purpose: str = ""
    by_run: bool = False


@dataclass(frozen=True)
class Export:
    """A file that somebody asked for; `done` of `total` incidents are written."""

    id: UUID
    person_id: UUID
    wanted: Wanted
    asked_at: datetime
    state: ExportState = ExportState.WAITS
    done: int = 0
    total: int = 0
    size: int = 0

    @property
    def file_name(self) -> str:
        """Return what it is called where it is fetched."""
        return f"putright-{self.asked_at:%Y-%m-%d}{FORMATS[self.wanted.format]}"

    @property
    def keeps_until(self) -> datetime:
        """Return when it is taken away."""
        return self.asked_at + KEPT_FOR


@dataclass(frozen=True)
class Shelf:
    """The folder of such files."""

    folder: Path

    def ask(self, store: Store, wanted: Wanted, *, actor: Actor) -> Export:
        """Have a file written soon.

        Raises NotAllowed, or InvalidAnswers with names but no purpose, for runs in OCEL, or for too
        many files at once.
        """
        if not may_audit(actor):
            raise NotAllowed(say("The desk is for auditors."))
        wanted = replace(wanted, purpose=wanted.purpose.strip())
        if wanted.with_names and not wanted.purpose:
            raise InvalidAnswers({"purpose": say("Please say what the names are needed for.")})
        if wanted.by_run and wanted.format not in (Format.XES, Format.XES2):
            raise InvalidAnswers({"by_run": say("A trace for each run is for XES alone.")})
        waiting = (ExportState.WAITS, ExportState.WRITES)
        if sum(one.state in waiting for one in self.of(actor.id)) >= _MOST_AT_ONCE:
            raise InvalidAnswers({"format": say("Please wait until the files before it are done.")})
        made = Export(uuid4(), actor.id, wanted, store.clock())
        with store.begin() as work:
            self._note(made)
            defer_mining(work.conn, made.id)
        return made

    def write(self, store: Store, export_id: UUID) -> None:
        """Write a file that was asked for; done again, it is written anew."""
        export = self._read(export_id)
        if export is None or export.state is ExportState.DONE:
            return
        wanted = export.wanted
        mined = Mined(
            store.key.secret, wanted.since, wanted.until, wanted.process_id, wanted.with_names
        )

        def told(done: int, total: int) -> None:
            self._note(replace(export, state=ExportState.WRITES, done=done, total=total))

        file = self._file(export)
        try:
            with store.read() as conn:
                count = write_mined(
                    conn, mined, file, wanted.format, by_run=wanted.by_run, told=told
                )
        except Exception:
            self._note(replace(export, state=ExportState.FAILED))
            raise
        done = replace(export, state=ExportState.DONE, done=count, total=count)
        self._note(replace(done, size=file.stat().st_size))

    def of(self, person_id: UUID) -> list[Export]:
        """Return the files of who asked, the newest first."""
        mine = [one for one in self._all() if one.person_id == person_id]
        return sorted(mine, key=lambda one: one.asked_at, reverse=True)

    def one(self, export_id: UUID, person_id: UUID) -> Export:
        """Return a file of who asked.  Raises NotFound, for somebody else's too."""
        found = self._read(export_id)
        if found is None or found.person_id != person_id:
            raise NotFound(say("There is no such file."), export=str(export_id))
        return found

    def file(self, export: Export) -> Path:
        """Return where the log is.  Raises NotFound while it is not written."""
        if export.state is not ExportState.DONE or not self._file(export).exists():
            raise NotFound(say("This file is not written yet."), export=str(export.id))
        return self._file(export)

    def drop(self, export: Export) -> None:
        """Take a file away."""
        for path in (self._file(export), self._told(export.id)):
            path.unlink(missing_ok=True)

    def forget(self, now: datetime) -> None:
        """Take away what has been kept for long enough."""
        for one in self._all():
            if one.keeps_until <= now:
                self.drop(one)

    def _all(self) -> Iterator[Export]:
        for path in self.folder.glob("*.json"):
            with suppress(ValueError):
                found = self._read(UUID(path.name.partition(".")[0]))
                if found is not None:
                    yield found

    def _told(self, export_id: UUID) -> Path:
        return self.folder / f"{export_id}.json"

    def _file(self, export: Export) -> Path:
        return self.folder / f"{export.id}.log{FORMATS[export.wanted.format]}"

    def _note(self, export: Export) -> None:
        """Write down how far a file is, in one step."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = self.folder / f".{export.id}.{uuid4()}"
        unfinished.write_text(json.dumps(asdict(export), default=str), encoding="utf-8")
        os.replace(unfinished, self._told(export.id))

    def _read(self, export_id: UUID) -> Export | None:
        try:
            said = json.loads(self._told(export_id).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        wanted = said["wanted"]
        return Export(
            UUID(said["id"]),
            UUID(said["person_id"]),
            Wanted(
                Format(wanted["format"]),
                _instant(wanted["since"]),
                _instant(wanted["until"]),
                UUID(wanted["process_id"]) if wanted["process_id"] else None,
                wanted["with_names"],
                wanted["purpose"],
                wanted["by_run"],
            ),
            datetime.fromisoformat(said["asked_at"]),
            ExportState(said["state"]),
            said["done"],
            said["total"],
            said["size"],
        )


def _instant(said: Any) -> datetime | None:
    return datetime.fromisoformat(said) if said else None
