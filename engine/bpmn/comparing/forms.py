"""Compares two versions of a form, field by field."""

from collections.abc import Iterator, Mapping, Sequence

from engine.bpmn.comparing.values import Change, Difference, IncomparableError
from engine.language import Said, say
from forms import Form, FormError
from forms.fields import Condition, Field


def compare_forms(name: str, old: bytes, new: bytes) -> Iterator[Difference]:
    """Yield what differs, fields in the order in which they are asked.

    Raises IncomparableError for a form that cannot be read.
    """
    before, after = _read(name, old), _read(name, new)
    words = [
        *_instead(say("It asks"), before.title, after.title),
        *_instead(say("It says"), before.instructions, after.instructions),
        *_instead(say("Its button says"), before.submit, after.submit),
    ]
    if words:
        yield Difference(Change.CHANGED, None, after.title, tuple(words))
    yield from _fields(before, after)


def _read(name: str, content: bytes) -> Form:
    try:
        return Form.parse(name.removesuffix(".json"), content)
    except FormError as error:
        raise IncomparableError(error.findings[0].sentence) from error


def _fields(before: Form, after: Form) -> Iterator[Difference]:
    old = {one.path: one for one in _flat(before.fields)}
    new = {one.path: one for one in _flat(after.fields)}
    kept = [path for path in old if path in new]
    order = {path: place for place, path in enumerate(kept)}
    last = -1
    for path, field in new.items():
        if path not in old:
            yield Difference(Change.ADDED, path, field.title)
            continue
        words = tuple(_differing(old[path], field))
        if words:
            yield Difference(Change.CHANGED, path, field.title, words)
        elif order[path] < last:
            yield Difference(Change.MOVED, path, field.title)
        last = max(last, order[path])
    for path, field in old.items():
        if path not in new:
            yield Difference(Change.REMOVED, path, field.title)


def _flat(fields: Sequence[Field]) -> Iterator[Field]:
    for field in fields:
        yield field
        yield from _flat(field.fields)


def _differing(old: Field, new: Field) -> Iterator[Said]:
    yield from _instead(say("Its label is"), old.title, new.title)
    yield from _instead(say("Its help says"), old.help, new.help)
    yield from _instead(say("It takes"), old.kind, new.kind)
    if old.required != new.required:
        yield say("It has to be answered") if new.required else say("It may be left out")
    was, now = _options(old), _options(new)
    for value in now:
        if value not in was:
            yield say("“%(choice)s” can be chosen", choice=now[value])
        else:
            yield from _instead(say("A choice is called"), was[value], now[value])
    for value in was:
        if value not in now:
            yield say("“%(choice)s” can no longer be chosen", choice=was[value])
    yield from _instead(say("It is asked if"), _when(old.shown_if), _when(new.shown_if))
    if old.needed_if != new.needed_if:
        yield say("When it has to be answered differs")
    if _rest(old) != _rest(new):
        yield say("Its limits differ")


def _options(field: Field) -> Mapping[str, str]:
    return {one.value: one.label for one in field.options}


def _when(condition: Condition | None) -> str | None:
    if condition is None:
        return None
    return f"{condition.field}: {', '.join(str(one) for one in condition.values)}"


def _rest(field: Field) -> dict[str, object]:
    told = {
        "title",
        "description",
        "oneOf",
        "enum",
        "items",
        "properties",
        "required",
        "x-shown-if",
    }
    return {name: value for name, value in field.schema.items() if name not in told}


def _instead(what: str, old: str | None, new: str | None) -> Iterator[Said]:
    if (old or "") != (new or ""):
        yield say(
            "%(what)s “%(new)s” instead of “%(old)s”", what=what, new=new or "", old=old or ""
        )
