"""The lines of a log file, plain or gzip, as records of as many fields as its header has.

A newcomer would hand the file to `csv.reader`: one stray quotation mark would then swallow every
line up to the next.  Here a record begins on each line anew, and a damaged one costs only itself.
"""

import csv
import gzip
import io
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TypeAlias

from engine.errors import LogRefused

MAX_LINE_BYTES = 1 << 20
# A record whose quoted text runs over lines is looked for on this many lines.
_MOST_LINES = 50
# What a log is read from.
Readable: TypeAlias = IO[bytes] | gzip.GzipFile

_GZIP = b"\x1f\x8b"


class Unreadable(ValueError):
    """A row cannot be read; the text says why."""


@contextmanager
def opened(path: Path) -> Iterator[Readable]:
    """Open a log, unpacking it if it begins as gzip does.

    Raises LogRefused if there is no such file, or if a packed one is damaged.
    """
    try:
        with path.open("rb") as file:
            if file.read(2) == _GZIP:
                file.seek(0)
                with gzip.open(file) as unpacked:
                    yield unpacked
            else:
                file.seek(0)
                yield file
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise LogRefused(f"{path.name} is damaged: it ends or breaks off inside.") from error
    except OSError as error:
        raise LogRefused(f"{path.name} cannot be read: {error.strerror or error}.") from error


def header(file: Readable, delimiter: str) -> list[str]:
    """Return the names of the columns: the file's first line.  Raises LogRefused."""
    line = file.readline(MAX_LINE_BYTES)
    try:
        names = _fields(line.decode("utf-8-sig"), delimiter)
    except (UnicodeDecodeError, Unreadable) as error:
        raise LogRefused("The first line is not a header of columns.") from error
    if not names:
        raise LogRefused("The log is empty: its first line must name the columns.")
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise LogRefused(f"The header names the column “{twice}” twice.")
    return names


def records(
    file: Readable, delimiter: str, width: int
) -> Iterator[tuple[int, list[str] | Unreadable]]:
    """Give each record after the header with the number of its first line (the header is 1).

    Empty lines are passed over.  What is no record of `width` fields comes as `Unreadable`.
    """
    lines = _lines(file)
    ahead: deque[tuple[int, str | Unreadable]] = deque()
    while (first := ahead.popleft() if ahead else next(lines, None)) is not None:
        number, text = first
        if isinstance(text, Unreadable):
            yield number, text
        elif text.strip():
            try:
                yield number, _record(text, ahead, lines, delimiter, width)
            except Unreadable as why:
                yield number, why


def _record(
    text: str,
    ahead: deque[tuple[int, str | Unreadable]],
    lines: Iterator[tuple[int, str | Unreadable]],
    delimiter: str,
    width: int,
) -> list[str]:
    if text.count('"') % 2 == 0:
        return _of_width(_fields(text, delimiter), width)
    whole, used = text, 0
    while used < _MOST_LINES:
        if used == len(ahead):
            more = next(lines, None)
            if more is None:
                break
            ahead.append(more)
        part = ahead[used][1]
        if isinstance(part, Unreadable):
            break
        whole, used = whole + part, used + 1
        if part.count('"') % 2:
            fields = _of_width(_fields(whole, delimiter), width)
            for _ in range(used):
                ahead.popleft()
            return fields
    raise Unreadable("a quotation mark is opened and never closed")


def _of_width(fields: list[str], width: int) -> list[str]:
    if len(fields) != width:
        raise Unreadable(f"it has {len(fields)} fields where the header has {width}")
    return fields


def _fields(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    except csv.Error as error:
        raise Unreadable(f"it is no record: {error}") from error


def _lines(file: Readable) -> Iterator[tuple[int, str | Unreadable]]:
    number = 1
    while line := file.readline(MAX_LINE_BYTES):
        number += 1
        if len(line) == MAX_LINE_BYTES and not line.endswith(b"\n"):
            while (rest := file.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
                pass
            yield number, Unreadable("the line is longer than a million letters")
            continue
        try:
            text = line.decode()
        except UnicodeDecodeError:
            yield number, Unreadable("it is not UTF-8")
            continue
        yield number, Unreadable("it holds a NUL") if "\x00" in text else text
