"""Two sets of files side by side: what was added, removed, moved and changed, in words.

Files may be anything that somebody has uploaded: what cannot be read is told as such, and shown
by its lines.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import PurePosixPath
from typing import Literal

from engine.bpmn.diagram_changes import diagram_changes
from engine.bpmn.document import UnreadableError, parse_xml
from engine.bpmn.table_changes import table_changes, table_of
from engine.domain.difference import Difference, How
from engine.language import Said, say
from forms import Form, FormError
from forms.comparing import form_changes

FileKind = Literal["bpmn", "dmn", "form", "text"]
_KINDS: Mapping[str, FileKind] = {".bpmn": "bpmn", ".dmn": "dmn", ".json": "form"}
# a megabyte takes half a second
_MOST_BYTES = 6_000_000
_MOST_LINES = 2_000
_MOST_SHOWN = 500
_LONGEST_LINE = 300


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a text: added, removed, or there in both (None)."""

    how: How | None
    words: str


@dataclass(frozen=True, slots=True)
class FileComparison:
    """One file in both sets; `how` None: it is the same, byte for byte.

    `unreadable` says of which version it is not known what it means, and why; then, and for texts,
    `lines` shows what differs.
    """

    name: str
    kind: FileKind
    how: How | None
    differences: tuple[Difference, ...] = ()
    unreadable: tuple[Said, ...] = ()
    lines: tuple[Line, ...] = ()


def compare(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> tuple[FileComparison, ...]:
    """Return every file of either set, by name.  Raises nothing, whatever the files hold.

    Of more than some megabytes that differ, the last files say only that they do.
    """
    found, left = [], _MOST_BYTES
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old is not None and new is not None and old != new:
            left -= len(old) + len(new)
        found.append(compare_file(name, old, new) if left >= 0 else _unopened(name, old, new))
    return tuple(found)


def _unopened(name: str, old: bytes | None, new: bytes | None) -> FileComparison:
    kind = _kind_of(name)
    if old is None or new is None or old == new:
        how = None if old == new else How.ADDED if old is None else How.REMOVED
        return FileComparison(name, kind, how)
    said = say("There is too much to compare at once; by itself the file says what differs.")
    told = Difference(How.CHANGED, None, None, say("The file"), (said,))
    return FileComparison(name, kind, How.CHANGED, (told,))


def compare_file(name: str, before: bytes | None, after: bytes | None) -> FileComparison:
    """Return how two versions of a file differ; None: it is not in that set."""
    kind = _kind_of(name)
    versions = ((say("before"), before), (say("now"), after))
    unreadable = tuple(
        said
        for which, content in versions
        if content is not None
        for said in _unreadable(name, kind, content, which)
    )
    if before is None or after is None:
        lines = _lines(before or b"", after or b"") if unreadable or kind == "text" else ()
        how = How.ADDED if before is None else How.REMOVED
        return FileComparison(name, kind, how, (), unreadable, lines)
    if before == after:
        return FileComparison(name, kind, None, (), unreadable)
    if unreadable or kind == "text":
        return FileComparison(name, kind, How.CHANGED, (), unreadable, _lines(before, after))
    return FileComparison(name, kind, How.CHANGED, _differences(name, kind, before, after))


def _kind_of(name: str) -> FileKind:
    return _KINDS.get(PurePosixPath(name).suffix, "text")


def _differences(name: str, kind: FileKind, before: bytes, after: bytes) -> tuple[Difference, ...]:
    if kind == "bpmn":
        found = diagram_changes(name, before, after)
    elif kind == "dmn":
        found = table_changes(name, before, after)
    else:
        stem = PurePosixPath(name).stem
        found = form_changes(Form.parse(stem, before), Form.parse(stem, after))
    if found:
        # what was only moved means the same as before
        return tuple(sorted(found, key=lambda one: one.how is How.MOVED))
    said = say("Only how the file is written differs; it says the same.")
    return (Difference(How.CHANGED, None, None, say("The file"), (said,)),)


def _unreadable(name: str, kind: FileKind, content: bytes, which: Said) -> Iterator[Said]:
    try:
        if kind == "bpmn":
            parse_xml(name, content)
        elif kind == "dmn":
            table_of(name, content)
        elif kind == "form":
            Form.parse(PurePosixPath(name).stem, content)
    except UnreadableError as error:
        why = error.finding.sentence
    except FormError as error:
        why = str(error.findings[0])
    else:
        return
    yield say("It cannot be read as it is %(which)s: %(why)s", which=which, why=why)


def _lines(before: bytes, after: bytes) -> tuple[Line, ...]:
    """Return the lines that differ, and those around them; of a very long text the first ones."""
    kinds = {"+": How.ADDED, "-": How.REMOVED}
    found: list[Line] = []
    for line in unified_diff(_text(before), _text(after), lineterm="", n=2):
        if len(found) >= _MOST_SHOWN:
            found.append(Line(None, "…"))
            break
        if line[:3] in ("---", "+++"):
            continue
        found.append(
            Line(None, "…") if line.startswith("@@") else Line(kinds.get(line[0]), line[1:])
        )
    return tuple(found)


def _text(content: bytes) -> list[str]:
    # cut before it is compared: what is hostile may be one line, or a million
    text = content[: _MOST_LINES * _LONGEST_LINE].decode("utf-8", "replace")
    return [line[:_LONGEST_LINE] for line in text.splitlines()[:_MOST_LINES]]
