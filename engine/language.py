"""What is said to people, so that it can be said in their language.

A sentence is English where it is made: it stands so in entries and logs, wherever it came from.
Who shows it to somebody translates it then, by its template, so that names and numbers stay as they
are.  A newcomer would translate where a sentence is made: then the record would be written in
whatever language its reader of that day had chosen.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol


class Translator(Protocol):
    """What the standard library's and Babel's catalogues have in common."""

    def gettext(self, message: str) -> str:
        """Return the message in the translator's language; itself if it is not known."""

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return what is said of `n` things."""


class Said(str):
    """A sentence for people: as a str it is English, and it knows its template and values."""

    template: str
    values: Mapping[str, object]
    many: str | None
    number: int

    def __new__(
        cls,
        template: str,
        values: Mapping[str, object] | None = None,
        many: str | None = None,
        number: int = 1,
    ) -> "Said":
        """Say the English sentence, keeping what it was made of."""
        values = values or {}
        english = template if many is None or number == 1 else many
        new = super().__new__(cls, _filled(english, values, str))
        new.template, new.values, new.many, new.number = template, values, many, number
        return new


def say(template: str, /, **values: object) -> Said:
    """Return a sentence for people; `values` stand in it as `%(name)s`, a tuple as a list.

    Without values the template is the sentence, and a percent sign is one.
    """
    return Said(template, values)


def say_of(count: int, one: str, many: str, /, **values: object) -> Said:
    """Return a sentence about so many things; `%(num)s` stands for their number."""
    return Said(one, {"num": count, **values}, many, count)


def kept(sentence: str) -> dict[str, Any]:
    """Return a sentence as JSON from which `told_again` makes it again, in any language.

    Values that are neither numbers nor sentences are kept as texts.
    """
    if not isinstance(sentence, Said):
        return {"says": str(sentence), "with": {}}
    found: dict[str, Any] = {
        "says": sentence.template,
        "with": {name: _kept_value(value) for name, value in sentence.values.items()},
    }
    if sentence.many is not None:
        found |= {"many": sentence.many, "number": sentence.number}
    return found


def is_kept(value: object) -> bool:
    """Return whether this is a sentence as `kept` returns it."""
    return isinstance(value, Mapping) and value.keys() >= {"says", "with"}


def told_again(found: Mapping[str, Any]) -> Said:
    """Return the sentence that `kept` was given."""
    values = {name: _value_again(value) for name, value in found["with"].items()}
    return Said(found["says"], values, found.get("many"), found.get("number", 1))


def _kept_value(value: object) -> Any:
    if isinstance(value, tuple):
        return [_kept_value(one) for one in value]
    if isinstance(value, Said):
        return kept(value)
    return value if isinstance(value, int | float) else str(value)


def _value_again(value: Any) -> object:
    if isinstance(value, list):
        return tuple(_value_again(one) for one in value)
    return told_again(value) if is_kept(value) else value


_translator: ContextVar[Translator | None] = ContextVar("translator", default=None)


def translator() -> Translator | None:
    """Return the language that is spoken in this thread or task; None for English."""
    return _translator.get()


def speak(spoken: Translator | None) -> None:
    """Say everything in this language from now on, in this thread or task; None: in English."""
    _translator.set(spoken)


@contextmanager
def speaking(spoken: Translator | None) -> Iterator[None]:
    """Say everything in this language while the block lasts."""
    token = _translator.set(spoken)
    try:
        yield
    finally:
        _translator.reset(token)


def in_words(value: object) -> str:
    """Return what is said of a value in the language of who reads it now.

    Of a sentence its translation; of anything else itself, as a text: nobody translates what
    people wrote.
    """
    if not isinstance(value, Said):
        return str(value)
    spoken = translator()
    if spoken is None:
        return str(value)
    if value.many is None:
        template = spoken.gettext(value.template)
    else:
        template = spoken.ngettext(value.template, value.many, value.number)
    return _filled(template, value.values, in_words)


def _filled(template: str, values: Mapping[str, object], words: Callable[[object], str]) -> str:
    """Return the template with its values in it; of several, one after the other."""
    if not values:
        return template
    return template % {
        name: "; ".join(words(one) for one in value) if isinstance(value, tuple) else words(value)
        for name, value in values.items()
    }
