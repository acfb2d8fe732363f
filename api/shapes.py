"""Marshmallow schemas made from the records that queries return, so that they cannot drift apart.

Field names are the records' own, except that a length of time is told in whole seconds and says
so in its name (`length` becomes `length_seconds`).
"""

import types
from collections.abc import Collection, Mapping
from dataclasses import fields as fields_of
from dataclasses import is_dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from marshmallow import Schema, fields

from forms import Form


class Seconds(fields.Integer):
    """A length of time in whole seconds."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        whole = int(value.total_seconds()) if isinstance(value, timedelta) else value
        return super()._serialize(whole, attr, obj, **kwargs)


class Words(fields.List[Any]):
    """A set of words, told in order of the alphabet."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        ordered = sorted(value, key=str) if value is not None else None
        return super()._serialize(ordered, attr, obj, **kwargs)


@cache
def schema_of(shape: type, name: str | None = None) -> type[Schema]:
    """Return the schema of a frozen dataclass; `name` where two records are named alike."""
    if not is_dataclass(shape):
        raise TypeError(f"{shape.__name__} is not a record")
    hints = get_type_hints(shape)
    made: dict[str, Any] = {}
    for field in fields_of(shape):
        kind, may_be_none = _without_none(hints[field.name])
        if kind is Form:
            # its own resource: /items/<id>/form
            continue
        said = field.name + ("_seconds" if _is_time(kind) else "")
        made[said] = _field(kind, allow_none=may_be_none, attribute=field.name)
    return Schema.from_dict(made, name=name or shape.__name__)


_PLAIN: Mapping[Any, type[fields.Field[Any]]] = {
    UUID: fields.UUID,
    str: fields.String,
    int: fields.Integer,
    bool: fields.Boolean,
    datetime: fields.AwareDateTime,
    timedelta: Seconds,
}


def _field(kind: Any, **options: Any) -> fields.Field[Any]:
    origin, inside = get_origin(kind), get_args(kind)
    if kind in _PLAIN:
        return _PLAIN[kind](**options)
    if kind is Decimal:
        # text, so that no cent is lost on the way
        return fields.Decimal(as_string=True, **options)
    if is_dataclass(kind) and isinstance(kind, type):
        return fields.Nested(schema_of(kind), **options)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return fields.Enum(kind, by_value=True, **options)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        if inside[1] is Any:
            return fields.Raw(**options)
        return fields.Dict(keys=_field(inside[0]), values=_field(inside[1]), **options)
    if isinstance(origin, type) and issubclass(origin, frozenset):
        return Words(_field(inside[0]), **options)
    if isinstance(origin, type) and issubclass(origin, Collection):
        return fields.List(_field(inside[0]), **options)
    return fields.Raw(**options)


def _without_none(kind: Any) -> tuple[Any, bool]:
    if get_origin(kind) in (Union, types.UnionType):
        left = [one for one in get_args(kind) if one is not type(None)]
        if len(left) == 1:
            return left[0], True
    return kind, False


def _is_time(kind: Any) -> bool:
    inside = get_args(kind)
    return kind is timedelta or (
        get_origin(kind) is not None and bool(inside) and inside[-1] is timedelta
    )
