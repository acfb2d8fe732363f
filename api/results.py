"""What a worker writes into a file that an auditor has asked for, in that auditor's language."""

from collections.abc import Iterator

from api.languages import language
from api.looking import look_again
from api.sheets import MOST_IN_EXCEL, csv_of, excel_of
from engine.language import speaking
from engine.queries.finding.lines import FoundLine, all_found, count_all
from engine.store.work import Store
from engine.usecases.result_files import Progress, ResultFile

_COUNT_SECONDS = 60.0
_EVERYTHING = 2**62


def write_result(store: Store, file: ResultFile, progress: Progress) -> Iterator[bytes]:
    """Yield the file's bytes, and count the lines in `progress`; what is found is of one moment.

    Raises InvalidAnswers for what cannot be found any more, or does not fit into the format.
    """
    look, now = look_again(file.query), store.clock()
    with speaking(language(file.language)):
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
