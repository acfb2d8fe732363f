"""What differs between two versions of a form, field by field, in words for its owner."""

import json
from collections.abc import Iterator, Mapping, Sequence

from engine.domain.difference import Difference, How, Swap, out_of_order, shortened
from engine.language import Said, say
from forms.fields import Condition, Field, Kind
from forms.form import Form

_KINDS: Mapping[Kind, Said] = {
    Kind.TEXT: say("a text"),
    Kind.CHOICE: say("a choice"),
    Kind.BOOLEAN: say("yes or no"),
    Kind.INTEGER: say("a whole number"),
    Kind.NUMBER: say("a number"),
    Kind.DATE: say("a day"),
    Kind.INSTANT: say("a day and time"),
    Kind.REFERENCE: say("something to be picked from a list"),
    Kind.LIST: say("a list"),
    Kind.ROWS: say("a table"),
}
_TITLE = Swap(
    say("Its title is “%(now)s” instead of “%(before)s”."),
    say("It has the title “%(now)s”."),
    say("It has no title; it was “%(before)s”."),
)
_INSTRUCTIONS = Swap(
    say("It says “%(now)s” instead of “%(before)s”."),
    say("It says “%(now)s”; it said nothing."),
    say("It says nothing; it said “%(before)s”."),
)
_BUTTON = Swap(
    say("Its button says “%(now)s” instead of “%(before)s”."),
    say("Its button says “%(now)s”."),
    say("Its button says nothing; it said “%(before)s”."),
)
_LABEL = Swap(
    say("It asks “%(now)s” instead of “%(before)s”."),
    say("It asks “%(now)s”; it had no label."),
    say("It has no label; it asked “%(before)s”."),
)
_HELP = Swap(
    say("The help for “%(name)s” is “%(now)s” instead of “%(before)s”."),
    say("“%(name)s” has help now: “%(now)s”."),
    say("“%(name)s” has no help any more; it was “%(before)s”."),
)
_KIND = Swap(
    say("“%(name)s” is %(now)s instead of %(before)s."),
    say("“%(name)s” is %(now)s."),
    say("“%(name)s” is no longer %(before)s."),
)
_SHOWN = Swap(
    say("“%(name)s” is asked if %(now)s, no longer if %(before)s."),
    say("“%(name)s” is asked only if %(now)s."),
    say("“%(name)s” is always asked, not only if %(before)s."),
)
_NEEDED = Swap(
    say("“%(name)s” has to be answered if %(now)s instead of if %(before)s."),
    say("“%(name)s” has to be answered if %(now)s."),
    say("“%(name)s” need not be answered any more if %(before)s."),
)
_SET = Swap(
    say("“%(name)s”: %(property)s is `%(now)s` instead of `%(before)s`."),
    say("“%(name)s”: %(property)s is `%(now)s`; it was not set."),
    say("“%(name)s”: %(property)s is no longer set; it was `%(before)s`."),
)
_OPTION = Swap(
    say("The choice “%(before)s” of “%(name)s” reads “%(now)s” now."),
    say("“%(name)s” has the choice “%(now)s”, too."),
    say("“%(name)s” no longer has the choice “%(before)s”."),
)
# told in words of their own
_TOLD = frozenset(
    {
        "$schema", "additionalProperties", "allOf", "description", "else", "enum", "if", "items",
        "oneOf", "properties", "required", "then", "title", "type", "x-submit",
    }
)  # fmt: skip


def form_changes(before: Form, after: Form) -> tuple[Difference, ...]:
    """Return how two versions of a form differ; fields are known by their paths."""
    return (*_whole(before, after), *_fields(before, after))


def all_fields(form: Form) -> Mapping[str, Field]:
    """Return every field by its path, the columns of a table after it."""
    found: dict[str, Field] = {}
    for field in form.fields:
        found[field.path] = field
        found |= {column.path: column for column in field.fields}
    return found


def kind_in_words(field: Field) -> Said:
    """Return what a field asks for, as people call it."""
    return _KINDS[field.kind]


def condition_in_words(condition: Condition, beside: Mapping[str, Field], path: str) -> Said:
    """Return when a condition holds: the question, and the answers that are meant."""
    holder = path.rpartition(".")[0]
    other = beside.get(f"{holder}.{condition.field}" if holder else condition.field)
    if other is None:
        return say("“%(field)s” is answered so", field=condition.field)
    answers = tuple(other.label_of(one) for one in condition.values)
    return say("“%(field)s” is: %(answers)s", field=title_of(other), answers=answers)


def title_of(field: Field) -> str:
    """Return what people call a field; its name if it has no label."""
    return field.title or field.name


def _whole(before: Form, after: Form) -> Iterator[Difference]:
    said = [
        *_TITLE.told(before.title, after.title),
        *_INSTRUCTIONS.told(_line(before.instructions), _line(after.instructions)),
        *_BUTTON.told(before.submit, after.submit),
        *_settings(before.schema, after.schema, after.title),
    ]
    if said:
        yield Difference(How.CHANGED, None, None, say("The form"), tuple(said))


def _fields(before: Form, after: Form) -> Iterator[Difference]:
    old, new = all_fields(before), all_fields(after)
    places = {path: place for place, path in enumerate(old)}
    moved = out_of_order([places[path] for path in new if path in places])
    for path, field in new.items():
        name = title_of(field)
        was = old.get(path)
        if was is None:
            added = say("“%(name)s” was added: %(kind)s.", name=name, kind=kind_in_words(field))
            yield Difference(How.ADDED, None, path, name, (added,))
            continue
        said = list(_changes(was, field, old, new))
        is_changed = bool(said)
        if places[path] in moved:
            said.append(say("“%(name)s” is asked at another place.", name=name))
        if said:
            how = How.CHANGED if is_changed else How.MOVED
            yield Difference(how, path, path, name, tuple(said))
    for path, field in old.items():
        if path not in new:
            removed = say("“%(name)s” was removed.", name=title_of(field))
            yield Difference(How.REMOVED, path, None, title_of(field), (removed,))


def _changes(
    was: Field, now: Field, old: Mapping[str, Field], new: Mapping[str, Field]
) -> Iterator[Said]:
    name = title_of(now)
    yield from _LABEL.told(was.title or None, now.title or None)
    yield from _HELP.told(_line(was.help), _line(now.help), name=name)
    yield from _KIND.told(kind_in_words(was), kind_in_words(now), name=name)
    if now.required and not was.required:
        yield say("“%(name)s” has to be answered.", name=name)
    if was.required and not now.required:
        yield say("“%(name)s” need not be answered any more.", name=name)
    if was.shown_if != now.shown_if:
        shown = _when(was.shown_if, old, was.path), _when(now.shown_if, new, now.path)
        yield from _SHOWN.told(*shown, name=name)
    for one in was.needed_if:
        if one not in now.needed_if:
            yield from _NEEDED.told(_when(one, old, was.path), None, name=name)
    for one in now.needed_if:
        if one not in was.needed_if:
            yield from _NEEDED.told(None, _when(one, new, now.path), name=name)
    yield from _choices(was, now, name)
    yield from _settings(was.schema, now.schema, name)
    if was.item is not None and now.item is not None:
        yield from _choices(was.item, now.item, name)
        yield from _settings(was.item.schema, now.item.schema, name)


def _choices(was: Field, now: Field, name: str) -> Iterator[Said]:
    befores = {one.value: one for one in was.options}
    nows = {one.value: one for one in now.options}
    for value in dict.fromkeys((*befores, *nows)):
        labels = [found.label if (found := side.get(value)) else None for side in (befores, nows)]
        yield from _OPTION.told(*labels, name=name)
        if value in befores and value in nows and befores[value].help != nows[value].help:
            yield say(
                "The choice “%(label)s” of “%(name)s” is explained differently.",
                label=labels[1],
                name=name,
            )
    shared = [[one for one in side if one in befores and one in nows] for side in (befores, nows)]
    if shared[0] != shared[1]:
        yield say("The choices of “%(name)s” stand in another order.", name=name)


def _settings(before: Mapping[str, object], now: Mapping[str, object], name: str) -> Iterator[Said]:
    for key in dict.fromkeys((*before, *now)):
        if key not in _TOLD:
            values: Sequence[str | None] = [
                shortened(json.dumps(side[key], ensure_ascii=False)) if key in side else None
                for side in (before, now)
            ]
            yield from _SET.told(*values, name=name, property=key)


def _when(condition: Condition | None, beside: Mapping[str, Field], path: str) -> Said | None:
    return None if condition is None else condition_in_words(condition, beside, path)


def _line(words: str) -> str | None:
    if not words:
        return None
    # a sentence that can be translated stays one
    return words if len(words) <= len(shortened(words)) else shortened(words)
