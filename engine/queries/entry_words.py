"""What an entry holds, in the words of who reads it: its content, and what it changed.

Nothing is cut: what somebody wrote is evidence to its last word.  A newcomer would show the content
as it is kept: it names people, teams and points by their ids.
"""

import re
from collections.abc import Iterator, Mapping
from uuid import UUID

from engine.domain.wording import WORDS, word
from engine.language import in_words, is_kept, say, told_again

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# by which names an entry says what was before and what is now
_AS_A_RULE = ("before", "now")
_CHANGING = {"incident:lead_taken": ("before", "lead"), "run:moved": ("from", "to")}


def summary(verb: str, content: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Return an entry's content as (what, words) pairs, in the language of who reads it.

    Ids say nothing to people and are left; what was changed is in `changes`.
    """
    pair = _CHANGING.get(verb, _AS_A_RULE)
    changed = pair if set(pair) <= content.keys() else ()
    pairs = (
        (_label(name), _words(value)) for name, value in content.items() if name not in changed
    )
    return tuple((label, words) for label, words in pairs if words)


def changes(verb: str, content: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Return what an entry changed as (before, after) pairs, in the words of who reads it.

    Empty where it changed nothing that was there before.
    """
    before, after = _CHANGING.get(verb, _AS_A_RULE)
    if before not in content or after not in content or content[before] == content[after]:
        return ()
    return ((_words(content[before]), _words(content[after])),)


def named(content: object, names: Mapping[str, str]) -> object:
    """Return the content with the name of whatever an id in it stands for, where one is known."""
    if isinstance(content, Mapping):
        return {names.get(str(key), key): named(value, names) for key, value in content.items()}
    if isinstance(content, list):
        return [named(one, names) for one in content]
    return names.get(content, content) if isinstance(content, str) else content


def ids_in(content: object) -> Iterator[UUID]:
    """Return every id in an entry's content."""
    if isinstance(content, Mapping):
        for key, value in content.items():
            yield from ids_in(key)
            yield from ids_in(value)
    elif isinstance(content, list):
        for one in content:
            yield from ids_in(one)
    elif isinstance(content, str) and _ID.fullmatch(content):
        yield UUID(content)


def _label(name: str) -> str:
    known = in_words(word(name)) if name in WORDS else name.replace("_", " ")
    return known[:1].upper() + known[1:]


def _words(value: object) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return in_words(say("yes") if value else say("no"))
    if isinstance(value, Mapping):
        if is_kept(value):
            return in_words(told_again(value))
        inside = (f"{_label(str(k))}: {_words(v)}" for k, v in value.items() if _words(v))
        return "; ".join(part for part in inside if not _ID.search(part.lower()))
    if isinstance(value, list):
        return " / ".join(filter(None, (_words(one) for one in value)))
    plain = str(value)
    if _ID.fullmatch(plain):
        return ""
    if plain in WORDS:
        return in_words(word(plain))
    # what our rules wrote is translated, what people wrote is nobody's to translate
    return in_words(say(plain))
