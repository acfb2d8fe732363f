"""What differs between two versions of files, in words for people and by element for drawings.

What means the same is no difference, however it is written: order of elements, white space, the
names of namespaces.  A newcomer would compare texts: an editor writes each file anew.
"""

from collections.abc import Mapping
from pathlib import PurePosixPath

from engine.bpmn.comparing.diagrams import compare_diagrams
from engine.bpmn.comparing.forms import compare_forms
from engine.bpmn.comparing.lines import compare_lines
from engine.bpmn.comparing.tables import compare_tables
from engine.bpmn.comparing.values import Change, Compared, Difference, IncomparableError

__all__ = ["Change", "Compared", "Difference", "compare", "compare_file"]

_HOW = {".bpmn": compare_diagrams, ".dmn": compare_tables, ".json": compare_forms}


def compare(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> tuple[Compared, ...]:
    """Return what differs, file by file, in the order of their names; equal files are left out."""
    return tuple(
        compare_file(name, old.get(name), new.get(name))
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    )


def compare_file(name: str, old: bytes | None, new: bytes | None) -> Compared:
    """Return what differs in one file; None where there is none.

    Where either cannot be read as what it is, `problem` says so and lines are compared.
    """
    if old is None or new is None:
        change = Change.ADDED if old is None else Change.REMOVED
        return Compared(name, change, ())
    how = _HOW.get(PurePosixPath(name).suffix, compare_lines)
    try:
        return Compared(name, Change.CHANGED, tuple(how(name, old, new)))
    except IncomparableError as error:
        lines = tuple(compare_lines(name, old, new))
        return Compared(name, Change.CHANGED, lines, error.sentence)
