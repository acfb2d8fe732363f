"""Compares files line by line: scenarios, and whatever cannot be read."""

from collections.abc import Iterator
from difflib import SequenceMatcher

from engine.bpmn.comparing.values import Change, Difference
from engine.language import say

# more lines than any file that people write: comparing takes time with their square
_MOST_LINES = 2_000
_LONGEST = 200


def compare_lines(name: str, old: bytes, new: bytes) -> Iterator[Difference]:
    """Yield each run of lines that differs, as it was and as it is."""
    before, after = _lines(old), _lines(new)
    if max(len(before), len(after)) > _MOST_LINES:
        yield Difference(Change.CHANGED, None, name, (say("It is too long to be compared."),))
        return
    matcher = SequenceMatcher(None, before, after)
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "equal":
            continue
        change = {"insert": Change.ADDED, "delete": Change.REMOVED}.get(tag, Change.CHANGED)
        words = [f"− {line}" for line in before[i:j]] + [f"+ {line}" for line in after[k:m]]
        yield Difference(change, None, say("Line %(number)s", number=k + 1), tuple(words))


def _lines(content: bytes) -> list[str]:
    return [line[:_LONGEST] for line in content.decode("utf-8", "replace").splitlines()]
