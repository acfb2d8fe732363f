"""Changes a form as its author asks, card by card, in the JSON of its file.

Each edit takes a form's schema and returns another; what it does not name stays where it stands, so
that a comparison of two versions shows what was meant and nothing else.  A newcomer would leave a
form half changed, with a condition on a field that is gone: whatever else of the form depends on
what goes is named, and the edit refused.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from engine.language import say
from forms.cards import SHAPES, WITH_CHOICES, Card, CardType
from forms.dependence import (
    EditRefused,
    place,
    replace_in_lists,
    require_no_computed,
    require_no_dependents,
    values_in,
)
from forms.fields import Condition, Option, Schema
from forms.form import Form, FormError
from forms.naming import name_from, why_not_a_name
from forms.rules import DIALECT

# conditions write it between quotation marks
_VALUE = re.compile(r"[A-Za-z0-9_-]{1,60}")
# what of a field's schema is about its words and place, whatever it takes
_KEPT = ("title", "description", "x-missing", "x-width")


@dataclass(frozen=True)
class Wish:
    """A card as its author wants it; a blank `name` stays, or is made from the label.

    A choice with a blank value gets one from its label, one with a blank label goes.
    """

    name: str
    type: CardType
    label: str
    help: str
    required: bool
    choices: Sequence[Option] = ()
    shown_if: Condition | None = None
    missing: str = ""


def wish_of(card: Card) -> Wish:
    """Return the wish that changes nothing."""
    return Wish(
        name=card.name,
        type=card.type,
        label=card.label,
        help=card.help,
        required=card.required,
        choices=card.choices,
        shown_if=card.shown_if,
        missing=card.missing,
    )


def schema_of(form: Form) -> dict[str, Any]:
    """Return a form's schema, to be changed without changing the form."""
    return deepcopy(dict(form.schema))


def written(schema: Schema, like: bytes = b"") -> bytes:
    """Return the file of a schema; the bytes of `like` where that says the same, in that order."""
    text = json.dumps(schema, indent=2, ensure_ascii=False)
    if like and json.dumps(json.loads(like), indent=2, ensure_ascii=False) == text:
        return like
    return f"{text}\n".encode()


def parsed(name: str, schema: Schema, like: bytes, reserved: Collection[str]) -> bytes:
    """Return the file of a schema that is a form.  Raises EditRefused if it is none."""
    content = written(schema, like)
    try:
        Form.parse(name, content, reserved=reserved)
    except FormError as error:
        raise EditRefused(" ".join(str(one) for one in error.findings)) from error
    return content


def new_form(title: str) -> bytes:
    """Return the file of a form that asks for words and nothing else yet."""
    if not title.strip():
        raise EditRefused(say("Please give the form a title."), "title")
    words = {"type": "string", "title": "What is there to say?", **SHAPES[CardType.LONG_TEXT]}
    return written(
        {
            "$schema": DIALECT,
            "title": title.strip(),
            "description": "Please answer what is asked here.",
            "x-submit": "Send",
            "type": "object",
            "additionalProperties": False,
            "required": ["words"],
            "properties": {"words": words},
        }
    )


def head(schema: Schema, *, title: str, instructions: str, submit: str) -> dict[str, Any]:
    """Return the form with another title, other instructions, and another label of its button."""
    for word, text in (("title", title), ("description", instructions), ("x-submit", submit)):
        if not text.strip():
            raise EditRefused(say("Title, instructions and button all need words."), word)
    new = deepcopy(dict(schema))
    new |= {"title": title.strip(), "description": _lines(instructions), "x-submit": submit.strip()}
    return new


def add(schema: Schema, wish: Wish, *, reserved: Collection[str]) -> dict[str, Any]:
    """Return the form with one more field at its end."""
    new = deepcopy(dict(schema))
    fields: dict[str, Any] = new["properties"]
    name = wish.name or name_from(wish.label, taken=fields, reserved=reserved, otherwise="field")
    _require_name(name, fields, reserved)
    fields[name] = _sub_schema({}, None, wish)
    place(new, name, required=wish.required, shown_if=wish.shown_if)
    return new


def remove(schema: Schema, name: str) -> dict[str, Any]:
    """Return the form without a field.  Refused while another is shown because of it."""
    new = deepcopy(dict(schema))
    require_no_dependents(new, name, ())
    require_no_computed(new, name)
    del new["properties"][name]
    replace_in_lists(new, name, None)
    return new


def move(schema: Schema, name: str, by: int) -> dict[str, Any]:
    """Return the form with a field asked earlier (`by` < 0) or later; at an end it stays."""
    new = deepcopy(dict(schema))
    names = list(new["properties"])
    at = names.index(name)
    names.insert(max(0, at + by), names.pop(at))
    new["properties"] = {one: new["properties"][one] for one in names}
    return new


def change(schema: Schema, card: Card, wish: Wish, *, reserved: Collection[str]) -> dict[str, Any]:
    """Return the form with a field as its author wants it.  `card` is what it is now."""
    if _is_same(wish.shown_if, card.shown_if):
        wish = replace(wish, shown_if=card.shown_if)
    new = deepcopy(dict(schema))
    fields: dict[str, Any] = new["properties"]
    new_schema = _sub_schema(fields[card.name], card, wish)
    require_no_dependents(new, card.name, values_in(new_schema))
    fields[card.name] = new_schema
    if (wish.required, wish.shown_if) != (card.required, card.shown_if):
        replace_in_lists(new, card.name, None, only_of=card)
        place(new, card.name, required=wish.required, shown_if=wish.shown_if)
    if wish.name not in ("", card.name):
        _require_name(wish.name, fields, reserved)
        new["properties"] = {
            wish.name if name == card.name else name: sub for name, sub in fields.items()
        }
        replace_in_lists(new, card.name, wish.name)
    return new


def _sub_schema(old: Mapping[str, Any], card: Card | None, wish: Wish) -> dict[str, Any]:
    """Return a field's schema; of the old one all that is not asked to change stays."""
    if not wish.label.strip():
        raise EditRefused(say("Please say what is asked: a field needs a label."), "label")
    if card is None or (wish.type is not card.type and not card.has_set_type):
        shape = deepcopy(dict(SHAPES[wish.type]))
        kept = {word: old[word] for word in _KEPT if word in old}
        new = {"type": shape.pop("type"), "title": "", **kept, **shape}
        new |= {word: new.pop(word) for word in ("x-width", "x-missing") if word in new}
    else:
        new = deepcopy(dict(old))
    new["title"] = wish.label.strip()
    _set_words(new, "description", _lines(wish.help), after="title")
    _set_words(new, "x-missing", wish.missing.strip())
    if wish.type in WITH_CHOICES and not (card is not None and card.has_set_type):
        _set_choices(new.get("items", new), wish)
    return new


def _set_words(schema: dict[str, Any], word: str, text: str, after: str | None = None) -> None:
    """Set or take away a text; a new one stands after the word `after`, else last."""
    if not text:
        schema.pop(word, None)
    elif word in schema or after is None:
        schema[word] = text
    else:
        told = list(schema.items())
        told.insert(list(schema).index(after) + 1, (word, text))
        schema.clear()
        schema.update(told)


def _set_choices(holder: dict[str, Any], wish: Wish) -> None:
    wanted = [one for one in wish.choices if one.label.strip()]
    if not wanted:
        return  # a new field has those that its type begins with
    taken = {one.value for one in wanted if one.value}
    parts = []
    for one in wanted:
        value = one.value or name_from(one.label, taken=taken, otherwise="choice")
        taken.add(value)
        part = {"const": value, "title": one.label.strip()}
        parts.append(part | ({"description": one.help.strip()} if one.help.strip() else {}))
    values = [part["const"] for part in parts]
    if any(one not in values_in(holder) and not _VALUE.fullmatch(one) for one in values):
        raise EditRefused(
            say("A choice is stored as a word of letters, digits, _ and -, such as not_yet."),
            "choices",
        )
    if len(set(values)) < len(values):
        raise EditRefused(say("Two choices are stored in the same way."), "choices")
    if "enum" in holder and parts == [{"const": one, "title": one} for one in values]:
        holder["enum"] = values
    else:
        told = {"oneOf" if word == "enum" else word: sub for word, sub in holder.items()}
        holder.clear()
        holder.update(told | {"oneOf": parts})
    if holder.get("default") is not None and holder["default"] not in values:
        del holder["default"]


def _require_name(name: str, taken: Collection[str], reserved: Collection[str]) -> None:
    if why := why_not_a_name(name, taken=taken, reserved=reserved):
        raise EditRefused(why, "name")


def _is_same(one: Condition | None, other: Condition | None) -> bool:
    """Whether two conditions hold together, in whatever order their values stand."""
    if one is None or other is None:
        return one is other
    return one.field == other.field and set(one.values) == set(other.values)


def _lines(text: str) -> str:
    """Return what was typed into a field of a page, with the line ends of files."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()
