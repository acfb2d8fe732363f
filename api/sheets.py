"""Found incidents as files: comma-separated values and Excel, line by line, however many.

What is shown is what is in the file: the same columns, headings and words.  A newcomer would write
what was typed as it is: a spreadsheet takes `=1+1` for a formula and runs it.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import xlsxwriter

from api.filters import first_up, plain
from engine.errors import InvalidAnswers
from engine.language import Said, in_words, say
from engine.queries.finding.columns import Column, Shape
from engine.queries.finding.lines import FoundLine

BYTE_ORDER_MARK = "\ufeff".encode()
MOST_IN_EXCEL = 1_048_575
"""Lines of one sheet beside its headings: no Excel opens more."""
_LONGEST_CELL = 32_767
# What a spreadsheet takes for a formula when a cell begins with it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_AT_ONCE = 200
_READ = 1024 * 1024


def csv_of(
    columns: Sequence[Column], lines: Iterable[FoundLine], *, mark: bool = True
) -> Iterator[bytes]:
    """Yield comma-separated values; lengths are h:mm:ss, instants ISO 8601 in UTC.

    `mark`: with the byte order mark, by which Excel knows that it is UTF-8.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([heading(column) for column in columns])
    yield BYTE_ORDER_MARK if mark else b""
    for count, line in enumerate(lines, 1):
        cells = zip(columns, line.values, strict=True)
        writer.writerow([_cell(column, value) for column, value in cells])
        if count % _AT_ONCE == 0:
            yield _taken(out)
    yield _taken(out)


def excel_of(columns: Sequence[Column], lines: Iterable[FoundLine]) -> Iterator[bytes]:
    """Yield a workbook with real dates (UTC), lengths and numbers.

    It is put together on the disk, never in memory: nothing comes before all lines are written,
    but an empty piece now and then.  Raises InvalidAnswers for more than a sheet holds.
    """
    with TemporaryDirectory(prefix="putright-") as folder:
        path = Path(folder) / "found.xlsx"
        yield from _written(path, columns, lines)
        with path.open("rb") as file:
            while piece := file.read(_READ):
                yield piece


def heading(column: Column) -> str:
    """Return a column's heading, in the reader's language."""
    words = in_words(column.title)
    return f"{words} (UTC)" if column.shape is Shape.INSTANT else words


def _written(path: Path, columns: Sequence[Column], lines: Iterable[FoundLine]) -> Iterator[bytes]:
    book = xlsxwriter.Workbook(
        str(path),
        {
            "constant_memory": True,
            "tmpdir": str(path.parent),
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    try:
        sheet = book.add_worksheet()
        formats = {
            Shape.INSTANT: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            Shape.LENGTH: book.add_format({"num_format": "[h]:mm:ss"}),
        }
        head = book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(columns):
            sheet.set_column(place, place, 40 if column.name == "title" else 19)
            sheet.write_string(0, place, heading(column), head)
        for number, line in enumerate(lines, 1):
            if number > MOST_IN_EXCEL:
                raise InvalidAnswers({"query": _beyond_excel()})
            for place, (column, value) in enumerate(zip(columns, line.values, strict=True)):
                _write(sheet, number, place, column, value, formats)
            if number % _AT_ONCE == 0:
                yield b""
    finally:
        book.close()


def _beyond_excel() -> Said:
    return say("Excel holds %(most)s lines at most: narrow it, or take CSV.", most=MOST_IN_EXCEL)


def _write(
    sheet: Any, row: int, place: int, column: Column, value: Any, formats: dict[Shape, Any]
) -> None:
    if value is None:
        return
    if isinstance(value, datetime):
        plain_utc = value.astimezone(UTC).replace(tzinfo=None)
        sheet.write_datetime(row, place, plain_utc, formats[Shape.INSTANT])
    elif isinstance(value, timedelta):
        days = value / timedelta(days=1)
        sheet.write_number(row, place, days, formats[Shape.LENGTH])
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        sheet.write_number(row, place, value)
    else:
        sheet.write_string(row, place, _said(column, value)[:_LONGEST_CELL])


def _said(column: Column, value: Any) -> str:
    if value is None or value is False:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, timedelta):
        seconds = int(value.total_seconds())
        sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
        return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if value is True:
        return in_words(say("yes"))
    return first_up(plain(value)) if column.shape is Shape.WORD else str(value)


def _cell(column: Column, value: Any) -> str:
    said = _said(column, value)
    # what begins like a formula, or with the mark that says it does not, gets that mark
    is_one = isinstance(value, str) and said.startswith((*_FORMULA, "'"))
    return f"'{said}" if is_one else said


def _taken(out: io.StringIO) -> bytes:
    said = out.getvalue().encode()
    out.seek(0)
    out.truncate()
    return said
