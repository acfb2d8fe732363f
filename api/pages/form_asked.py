"""What somebody asks of a form on the page of its cards: the edit that a button stands for.

With `rows` a card is about what each line of that field asks, and the edit is made inside it.  A
newcomer would trust the names in the request: a card that is not there any more is refused.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import request

from api.pages.asking import words_in
from engine.language import Said, say
from engine.usecases.form_editing import RESERVED, Edit
from forms import Form
from forms.cards import Card, CardType, cards_of
from forms.columns import LISTS, cards_of_lines, in_lines
from forms.dependence import EditRefused
from forms.editing import Wish, add, change, head, move, remove, wish_of
from forms.fields import Condition, Option, Schema

TYPES: Mapping[CardType, Said] = {
    CardType.TEXT: say("One line of text"),
    CardType.LONG_TEXT: say("A longer text"),
    CardType.YES_NO: say("Yes or no"),
    CardType.CHOICE: say("One of several choices"),
    CardType.CHOICES: say("Any of several choices"),
    CardType.TEXTS: say("Several texts, one a line"),
    CardType.WHOLE_NUMBER: say("A whole number"),
    CardType.NUMBER: say("A number"),
    CardType.DATE: say("A date"),
    CardType.INSTANT: say("A date and time"),
    CardType.PERSON: say("A person"),
    CardType.TEAM: say("A team"),
    CardType.ROWS: say("Several lines, each with questions of its own"),
    CardType.OTHER: say("Something that only the file can say"),
}
CHOSEN = tuple(one for one in TYPES if one not in (CardType.ROWS, CardType.OTHER))
# asked for anew only: a field that takes something else never becomes lines
NEW = (*CHOSEN, CardType.ROWS)
OF_LINES = tuple(one for one in CHOSEN if one not in LISTS)

Lands = Callable[[Form], str]


@dataclass(frozen=True)
class Doing:
    """What a button stands for: its edit, which card is open then, and what the card is to be."""

    edit: Edit
    lands_on: Lands
    wish: Wish | None = None


def asked_cards(form: Form, rows: str) -> tuple[Card, ...]:
    """Return the cards of a form, or of what each line of the field `rows` asks."""
    return cards_of_lines(form, rows) if rows else cards_of(form)


def asked_for(form: Form, doing: str, name: str | None, rows: str) -> Doing:
    """Return what was asked by the button `doing` of the card `name`.  Raises EditRefused."""
    if doing == "head":
        title, submit = words_in("title"), words_in("submit")
        words = words_in("instructions")
        return Doing(
            lambda now: head(now.schema, title=title, instructions=words, submit=submit),
            lambda _: "",
        )
    if rows and not cards_of_lines(form, rows):
        raise EditRefused(say("This field is not there any more."))
    where = f"{rows}." if rows else ""

    def within(edit: Callable[[Schema], Mapping[str, Any]]) -> Edit:
        return lambda now: in_lines(now.schema, rows, edit) if rows else edit(now.schema)

    if doing == "add":
        wish = _new_wish(OF_LINES if rows else NEW)
        return Doing(
            within(lambda schema: add(schema, wish, reserved=RESERVED)),
            lambda after: where + asked_cards(after, rows)[-1].name,
            wish,
        )
    cards = asked_cards(form, rows)
    card = next((one for one in cards if one.name == name), None)
    if card is None:
        raise EditRefused(say("This field is not there any more."))
    if doing == "remove":
        return Doing(within(lambda schema: remove(schema, card.name)), lambda _: rows)
    wanted = wished(cards, card, rows)
    by = {"up": -1, "down": 1}.get(doing, 0)

    def changed(schema: Schema) -> Mapping[str, Any]:
        new = change(schema, card, wanted, reserved=RESERVED)
        return move(new, wanted.name or card.name, by) if by else new

    return Doing(within(changed), lambda _: where + (wanted.name or card.name), wanted)


def wished(cards: Sequence[Card], card: Card, rows: str) -> Wish:
    """Return the card as it was filled in; what the page did not ask stays.  Raises EditRefused."""
    return replace(
        wish_of(card),
        name=card.name if rows else words_in("name") or card.name,
        type=card.type if card.has_set_type else _type(OF_LINES if rows else CHOSEN),
        label=words_in("label"),
        help=words_in("help"),
        missing=words_in("missing"),
        required=card.required if card.is_given else "required" in request.form,
        choices=card.choices if card.has_set_type else _choices(),
        shown_if=card.shown_if if card.is_given else _condition(cards),
    )


def _new_wish(types: Sequence[CardType]) -> Wish:
    return Wish(
        name="",
        type=_type(types),
        label=words_in("label"),
        help="",
        required="required" in request.form,
    )


def _type(types: Sequence[CardType]) -> CardType:
    try:
        return types[types.index(CardType(words_in("type")))]
    except ValueError as error:
        raise EditRefused(say("Please choose what it takes."), "type") from error


def _choices() -> tuple[Option, ...]:
    asked = [request.form.getlist(f"choice_{part}") for part in ("value", "label", "help")]
    return tuple(
        Option(value.strip(), label.strip(), about.strip())
        for value, label, about in zip(*asked, strict=False)
        if label.strip()
    )


def _condition(cards: Sequence[Card]) -> Condition | None:
    """Return when the field is asked: ticked answers (`field=value`) of one other field."""
    ticked = [one.partition("=") for one in request.form.getlist("shown_if")]
    fields = {field for field, _, _ in ticked}
    if not fields:
        return None
    if len(fields) > 1:
        raise EditRefused(say("It can depend on the answers to one question only."), "shown_if")
    (name,) = fields
    is_yes_no = any(one.name == name and one.type is CardType.YES_NO for one in cards)
    values = tuple(value == "true" if is_yes_no else value for _, _, value in ticked)
    return Condition(name, values)
