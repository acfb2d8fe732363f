"""What is said of input that has not the shape the JSON API asks for, in the reader's language.

marshmallow fills its messages in where they arise and so makes plain texts of them, which nobody
can translate.  Here they become sentences (`engine/language.py`) at the places that its
documentation names for words of one's own: the classes' messages.
"""

from typing import Any

from marshmallow import Schema, fields, validate

from engine.language import Said, say


class _Message(str):
    """A message that is a sentence for people once it is filled in."""

    __slots__ = ()

    def format(self, *args: object, **values: object) -> Said:
        """Return the sentence with these values."""
        del args
        return say(self, **values)


class _OfBounds(str):
    """The same for bounds, whose words for *at least* are filled in before the numbers are."""

    __slots__ = ()

    def format(self, *args: object, **values: object) -> _Message:
        """Return the message, which has these words already."""
        del args, values
        return _Message(self)


_FIELDS: dict[type[fields.Field[Any]], dict[str, Said]] = {
    fields.Field: {
        "required": say("Please give this."),
        "null": say("This may not be null."),
        "validator_failed": say("This value is not possible."),
    },
    fields.String: {
        "invalid": say("Please give a text."),
        "invalid_utf8": say("Please give a text in UTF-8."),
    },
    fields.UUID: {"invalid_uuid": say("Please give an id.")},
    fields.Number: {
        "invalid": say("Please give a number."),
        "too_large": say("This number is too large."),
    },
    fields.Integer: {"invalid": say("Please give a whole number.")},
    fields.Float: {"special": say("Please give a number.")},
    fields.Decimal: {"special": say("Please give a number.")},
    fields.Boolean: {"invalid": say("Please give true or false.")},
    fields.DateTime: {
        "invalid": say("Please give a date and time, as 2026-03-31T08:00:00Z."),
        "invalid_awareness": say("Please give a date and time with its zone."),
        "format": say("Please give a date and time, as 2026-03-31T08:00:00Z."),
    },
    fields.List: {"invalid": say("Please give a list.")},
    fields.Nested: {"type": say("Please give an object.")},
    fields.Mapping: {"invalid": say("Please give an object.")},
    fields.Enum: {"unknown": say("Please give one of: %(choices)s.")},
}
_LENGTH = {
    "message_min": say("This is too short: at least %(min)s."),
    "message_max": say("This is too long: at most %(max)s."),
    "message_all": say("This has to be %(min)s to %(max)s long."),
}
_RANGE = {
    "message_min": say("Please give at least %(min)s."),
    "message_max": say("Please give at most %(max)s."),
    "message_all": say("Please give %(min)s to %(max)s."),
}


def sentence_of(own: Said) -> str:
    """Return a sentence of a validator's own, to be given to it as `error`."""
    return _Message(own)


def say_them_plainly() -> None:
    """Have marshmallow say these.  To be called before a field is made, which copies them."""
    for kind, messages in _FIELDS.items():
        own = {name: _Message(one) for name, one in messages.items()}
        kind.default_error_messages = {**kind.default_error_messages, **own}
    for name, one in _LENGTH.items():
        setattr(validate.Length, name, _Message(one))
    for name, one in _RANGE.items():
        setattr(validate.Range, name, _OfBounds(one))
    validate.OneOf.default_message = _Message(say("Please give one of: %(choices)s."))
    validate.Equal.default_message = _Message(say("Please give: %(other)s."))
    # these are never filled in
    Schema.error_messages = {
        "type": say("Please give an object."),
        "unknown": say("There is no such field."),
    }
