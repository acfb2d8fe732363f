"""What a worker writes into a file that an auditor has asked for, in that auditor's language.

Every kind of file is a line of `KINDS`: what it is called, what was asked, and who writes it.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from api.languages import language
from api.looking import look_again
from api.mining.asking import make_mined
from api.mining.asking import of_query as mining_of_query
from api.mining.writing import FORMATS as ENDS
from api.mining.writing import Format
from api.pack.asking import make_pack, of_query
from api.sheets import MOST_IN_EXCEL, csv_of, excel_of
from engine.domain.permissions import Actor
from engine.language import say, speaking
from engine.queries.finding.lines import FoundLine, all_found, count_all
from engine.usecases.fetching import Named
from engine.usecases.handling import Handling
from engine.usecases.result_files import Progress, ResultFile

_COUNT_SECONDS = 60.0
_EVERYTHING = 2**62
_PART = 1024 * 1024
_TOLD_SECONDS = 1.0

Write = Callable[[Handling, ResultFile, Progress, Actor], Iterator[bytes]]


@dataclass(frozen=True)
class Kind:
    """A kind of file; `ends` is how its name ends.

    `again` reads what is asked for and returns it in one way of writing it; it raises
    InvalidAnswers.  `page` is where it is asked for.  `own` is of which incidents people are named
    in it for a purpose that was said with the question; None: it is masked as pages are.
    """

    name: str
    ends: str
    content_type: str
    page: str
    again: Callable[[str], str]
    write: Write
    own: Callable[[str], Named] | None = None


def named_in(file: ResultFile) -> Named | None:
    """Return of whom a file says itself why it names them; None: it does not say."""
    own = KINDS[file.format].own
    return own(file.query) if own else None


def write_result(
    handling: Handling, file: ResultFile, progress: Progress, actor: Actor
) -> Iterator[bytes]:
    """Yield the file's bytes, and count the incidents in `progress`; all is of one moment.

    Raises InvalidAnswers for what cannot be found any more, or does not fit into the format.
    """
    with speaking(language(file.language)):
        yield from KINDS[file.format].write(handling, file, progress, actor)


def _write_found(
    handling: Handling, file: ResultFile, progress: Progress, actor: Actor
) -> Iterator[bytes]:
    del actor  # auditors find everything
    store = handling.store
    look, now = look_again(file.query), store.clock()
    with store.read() as conn:
        progress.total = count_all(conn, look.asked, now=now, seconds=_COUNT_SECONDS)
    yield b""
    with store.read() as conn:
        most = MOST_IN_EXCEL + 1 if file.format == "xlsx" else _EVERYTHING
        lines = all_found(conn, look.asked, look.columns, now=now, order=look.order, most=most)
        write = csv_of if file.format == "csv" else excel_of
        yield from write(look.columns, _counted(lines, progress))


def _counted(lines: Iterator[FoundLine], progress: Progress) -> Iterator[FoundLine]:
    for line in lines:
        progress.lines += 1
        yield line


def _write_pack(
    handling: Handling, file: ResultFile, progress: Progress, actor: Actor
) -> Iterator[bytes]:
    asked = of_query(file.query)
    tell = _told_in(progress)
    yield from _made_apart(lambda to: make_pack(handling, asked, to, actor=actor, tell=tell))


def _named_in_pack(query: str) -> Named:
    about = of_query(query).about
    return [(about,) if isinstance(about, int) else ()]


def _write_mined(
    handling: Handling, file: ResultFile, progress: Progress, actor: Actor
) -> Iterator[bytes]:
    kind = Format(file.format)
    asked = mining_of_query(file.query, kind)
    told = _told_in(progress)
    yield from _made_apart(lambda to: make_mined(handling, asked, kind, to, actor=actor, told=told))


def _told_in(progress: Progress) -> Callable[[int, int], None]:
    def told(done: int, total: int) -> None:
        progress.lines, progress.total = done, total

    return told


def _made_apart(make: Callable[[Path], object]) -> Iterator[bytes]:
    """Yield what is made in a file, and nothing now and then until it is: progress is told then."""
    with TemporaryDirectory() as folder, ThreadPoolExecutor(1) as beside:
        made = Path(folder) / "made"
        # in the same language, and through the same eyes
        making = beside.submit(copy_context().run, make, made)
        while not making.done():
            wait([making], timeout=_TOLD_SECONDS)
            yield b""
        making.result()
        with made.open("rb") as opened:
            while part := opened.read(_PART):
                yield part


def _mining(kind: Format, name: str, content_type: str) -> Kind:
    return Kind(
        name,
        ENDS[kind],
        content_type,
        "mining.page",
        lambda query: mining_of_query(query, kind).query,
        _write_mined,
        lambda query: [()] if mining_of_query(query, kind).with_names else [],
    )


KINDS: Mapping[str, Kind] = {
    "csv": Kind(
        "CSV",
        ".csv",
        "text/csv; charset=utf-8",
        "finding.page",
        lambda query: look_again(query).query,
        _write_found,
    ),
    "xlsx": Kind(
        "Excel",
        ".xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "finding.page",
        lambda query: look_again(query).query,
        _write_found,
    ),
    "pack": Kind(
        say("Inspector's pack"),
        ".zip",
        "application/zip",
        "packs.page",
        lambda query: of_query(query).query,
        _write_pack,
        _named_in_pack,
    ),
    Format.OCEL_JSON: _mining(Format.OCEL_JSON, say("OCEL 2.0, as JSON"), "application/json"),
    Format.OCEL_SQLITE: _mining(
        Format.OCEL_SQLITE, say("OCEL 2.0, as a SQLite database"), "application/vnd.sqlite3"
    ),
    Format.XES: _mining(Format.XES, say("XES (IEEE 1849)"), "application/xml"),
    Format.XES2: _mining(Format.XES2, say("XES 2.0"), "application/xml"),
}
