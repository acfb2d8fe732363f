"""Sorts more rows than memory holds: sorted pieces go to temporary files, and come back merged.

The files have no name, so that nothing is left of them when the process is killed.
"""

import heapq
import json
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, TypeAlias

# (case, order, instant as ISO 8601 in UTC, line, the fields): no two have the same line
Kept: TypeAlias = tuple[str, int, str, int, list[str]]

PIECE = 5_000
# More files than this are not open at once.
_MOST_FILES = 200


class Sorted:
    """Takes rows in any order; gives them sorted by case, order, instant and line."""

    def __init__(self, *, piece: int = PIECE) -> None:
        self.count = 0
        self._piece = piece
        self._held: list[Kept] = []
        self._files: list[IO[str]] = []

    def add(self, row: Kept) -> None:
        """Take one row."""
        self._held.append(row)
        self.count += 1
        if len(self._held) >= self._piece:
            self._put_away()

    def merged(self) -> Iterator[Kept]:
        """Give every row, sorted; can be asked again, one at a time."""
        return heapq.merge(*(_read(file) for file in self._files), sorted(self._held))

    def close(self) -> None:
        """Let go of the temporary files."""
        for file in self._files:
            file.close()
        self._files, self._held = [], []

    def _put_away(self) -> None:
        if len(self._files) >= _MOST_FILES:
            whole = _written(heapq.merge(*(_read(file) for file in self._files)))
            for file in self._files:
                file.close()
            self._files = [whole]
        self._files.append(_written(sorted(self._held)))
        self._held = []


def _written(rows: Iterable[Kept]) -> IO[str]:
    file = tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n")  # noqa: SIM115 - kept open
    for row in rows:
        file.write(json.dumps(row) + "\n")
    return file


def _read(file: IO[str]) -> Iterator[Kept]:
    file.seek(0)
    for line in file:
        yield tuple(json.loads(line))
