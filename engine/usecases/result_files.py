"""Large results as files: a worker makes them, who asked sees how far it is and fetches them.

The file lies in the database, in parts of a megabyte: the worker may run on another machine, and
what the database refuses is refused before anybody is told that there is a file.  Nothing of a file
that could not be made is kept, and no file for longer than `KEPT`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, delete, func, insert, select, update

from engine.domain.permissions import Actor
from engine.errors import Conflict, InvalidAnswers, NotFound, PutrightError, Unavailable
from engine.language import say
from engine.queries.actors import load_actor
from engine.store import schema as t
from engine.store.jobs import defer_making_file
from engine.store.sight import looking_as
from engine.store.work import Store
from engine.usecases.at_the_desk import require_auditor

KEPT = timedelta(hours=24)
MOST_WAITING = 3
"""So many can somebody have made at the same time."""
MOST_BYTES = 512 * 1024 * 1024
_PART = 1024 * 1024


@dataclass(frozen=True)
class ResultFile:
    """A file that is asked for; `total` is None where nobody could count the lines before.

    `failed` says why there is none.  It is there once it has ended without that.
    """

    id: UUID
    query: str
    format: str
    language: str
    asked_at: datetime
    begun_at: datetime | None
    total: int | None
    lines: int
    size: int
    ended_at: datetime | None
    failed: str | None

    @property
    def is_there(self) -> bool:
        """Whether it can be fetched."""
        return self.ended_at is not None and self.failed is None


@dataclass
class Progress:
    """What the maker says of how far it is."""

    total: int | None = None
    lines: int = 0


Make = Callable[[ResultFile, Progress, Actor], Iterable[bytes]]
"""Yields a file's bytes for who asked, and counts its lines while it does."""

_COLUMNS = [t.result_file.c[name] for name in ResultFile.__dataclass_fields__]


def ask_for_file(store: Store, query: str, format_: str, *, language: str, actor: Actor) -> UUID:
    """Have a result made as a file, soon; return its id.

    Raises NotAllowed, or Conflict if too many of theirs are being made.
    """
    require_auditor(actor)
    with store.begin() as work:
        waiting = select(func.count()).where(
            t.result_file.c.person_id == actor.id, t.result_file.c.ended_at.is_(None)
        )
        if (work.conn.scalar(waiting) or 0) >= MOST_WAITING:
            raise Conflict(
                say(
                    "%(most)s files are being made for you: please wait for one of them.",
                    most=MOST_WAITING,
                )
            )
        file_id = uuid4()
        values = {
            "id": file_id,
            "person_id": actor.id,
            "query": query,
            "format": format_,
            "language": language,
            "asked_at": work.now,
        }
        work.conn.execute(insert(t.result_file), values)
        defer_making_file(work.conn, file_id)
    return file_id


def make_file(store: Store, file_id: UUID, make: Make) -> None:
    """Make a file that was asked for; done again, it begins anew.

    Raises Busy or Unavailable, to be tried again, if that could not even be noted.
    """
    with store.begin() as work:
        row = work.conn.execute(select(*_COLUMNS).where(t.result_file.c.id == file_id)).first()
        if row is None or row.ended_at is not None:
            return
        owner = select(t.result_file.c.person_id).where(t.result_file.c.id == file_id)
        actor = load_actor(work.conn, work.conn.execute(owner).scalar_one())
        _take_parts_away(work.conn, file_id)
        begun = {"begun_at": work.now, "lines": 0, "size": 0, "total": None}
        anew = (
            update(t.result_file)
            .where(_this(file_id))
            .values(begun=t.result_file.c.begun + 1, **begun)
        )
        turn = work.conn.execute(anew.returning(t.result_file.c.begun)).scalar_one()
    try:
        if actor is None:
            raise NotFound(say("There is no such file."))
        require_auditor(actor)
        progress = Progress()
        # as they would be shown it: masked, unless they have said what they need it for
        with looking_as(actor.id):
            _keep(store, file_id, turn, make(ResultFile(*row), progress, actor), progress)
    except (PutrightError, OSError) as refusal:
        _fail(store, file_id, turn, _why(refusal))


def forget_files(store: Store) -> None:
    """Take away what was asked for longer ago than `KEPT`."""
    with store.begin() as work:
        old = t.result_file.c.asked_at < work.now - KEPT
        work.conn.execute(delete(t.result_file).where(old))


def drop_file(store: Store, file_id: UUID, *, actor: Actor) -> None:
    """Take one's own away, made or not; one that is not there is no matter."""
    with store.begin() as work:
        mine = (_this(file_id), t.result_file.c.person_id == actor.id)
        work.conn.execute(delete(t.result_file).where(*mine))


def files_of(conn: Connection, actor: Actor) -> Sequence[ResultFile]:
    """Return what one has asked for, the newest first."""
    mine = select(*_COLUMNS).where(t.result_file.c.person_id == actor.id)
    newest = mine.order_by(t.result_file.c.asked_at.desc(), t.result_file.c.id).limit(50)
    return [ResultFile(*row) for row in conn.execute(newest)]


def file_of(conn: Connection, file_id: UUID, *, actor: Actor) -> ResultFile:
    """Return what one has asked for.  Raises NotFound, for another's too."""
    mine = select(*_COLUMNS).where(_this(file_id), t.result_file.c.person_id == actor.id)
    row = conn.execute(mine).first()
    if row is None:
        raise NotFound(say("There is no such file; they are kept for a day."), file=str(file_id))
    return ResultFile(*row)


def content_of(store: Store, file: ResultFile) -> Iterator[bytes]:
    """Yield a file's bytes, part by part.  Raises Unavailable if it is taken away meanwhile."""
    place, size = 0, 0
    while size < file.size:
        wanted = (t.result_part.c.file_id == file.id, t.result_part.c.place == place)
        with store.read() as conn:
            part = conn.scalar(select(t.result_part.c.content).where(*wanted))
        if part is None:
            raise Unavailable(say("The file has been taken away."))
        yield bytes(part)
        place, size = place + 1, size + len(part)


def _why(refusal: Exception) -> str:
    if isinstance(refusal, InvalidAnswers):
        return next(iter(refusal.fields.values()))
    if isinstance(refusal, PutrightError):
        return refusal.sentence
    return say("There is no space left to make this. Please tell who runs this.")


def _this(file_id: UUID) -> Any:
    return t.result_file.c.id == file_id


def _take_parts_away(conn: Connection, file_id: UUID) -> None:
    conn.execute(delete(t.result_part).where(t.result_part.c.file_id == file_id))


class _Over(Exception):
    pass


def _keep(
    store: Store, file_id: UUID, turn: int, content: Iterable[bytes], progress: Progress
) -> None:
    """Write the parts down as they come; end without a word if nobody wants them any more."""
    held, place, size = bytearray(), 0, 0
    with suppress(_Over):
        for piece in content:
            held += piece
            if size + len(held) > MOST_BYTES:
                raise InvalidAnswers({"query": say("This is too large for a file: narrow it.")})
            while len(held) >= _PART:
                size += _PART
                _write(store, file_id, turn, (place, bytes(held[:_PART])), size, progress)
                place, held = place + 1, held[_PART:]
            if not piece:
                _write(store, file_id, turn, None, size, progress)
        if held:
            size += len(held)
            _write(store, file_id, turn, (place, bytes(held)), size, progress)
        with store.begin() as work:
            _note(work.conn, file_id, turn, ended_at=work.now, lines=progress.lines)


def _write(
    store: Store,
    file_id: UUID,
    turn: int,
    part: tuple[int, bytes] | None,
    size: int,
    progress: Progress,
) -> None:
    with store.begin() as work:
        so_far = {"size": size, "lines": progress.lines, "total": progress.total}
        _note(work.conn, file_id, turn, **so_far)
        if part is not None:
            values = {"file_id": file_id, "place": part[0], "content": part[1]}
            work.conn.execute(insert(t.result_part), values)


def _note(conn: Connection, file_id: UUID, turn: int, **values: Any) -> None:
    # another worker has begun anew: this one has nothing to say any more
    mine = (_this(file_id), t.result_file.c.begun == turn, t.result_file.c.ended_at.is_(None))
    if not conn.execute(update(t.result_file).where(*mine).values(**values)).rowcount:
        raise _Over


def _fail(store: Store, file_id: UUID, turn: int, sentence: str) -> None:
    with suppress(_Over), store.begin() as work:
        _take_parts_away(work.conn, file_id)
        _note(work.conn, file_id, turn, ended_at=work.now, failed=sentence, size=0)
