"""The form editor: a form of a draft as cards, and beside them what the participant will see.

Each button posts its own card, so that everything works without a script; with one the preview
follows what is typed.  A newcomer would print the preview here: it comes from the very code that
prints forms for participants.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from api import identity
from api.languages import flash
from api.pages.asking import words_in
from api.pages.draft_files import Asked, OpenFile, begun, open_file, sent_revision
from api.pages.for_readers import for_studio
from api.pages.form_asked import CHOSEN, NEW, OF_LINES, TYPES, asked_cards, asked_for, wished
from engine.errors import StaleFile
from engine.language import Said, say
from engine.usecases.form_editing import begin_form, edit_form, edited, form_of, unpublishable
from engine.usecases.form_uses import Use, uses_of
from forms import Form, FormError, render
from forms.cards import Card, CardType
from forms.dependence import EditRefused
from forms.editing import Wish, wish_of
from forms.fields import REFERENCES, Condition, Field, Option

pages = for_studio("form_editor", __name__)

# what a button says where something relies on what would go
_SURE = "sure-"
_BLANK = 2
_SAMPLES = 2


@dataclass(frozen=True)
class Shown:
    """A card on the page: as it is saved, as it was wished for, and who relies on it.

    `problem` is why the wish was refused, `losing` what relies on that which would go with it.
    `lines` are the cards of what each line of it asks; `within` names the field whose lines ask it.
    """

    card: Card
    wish: Wish
    uses: Sequence[Said]
    used_choices: Mapping[str, Sequence[Said]]
    deciding: Sequence["Deciding"]
    is_open: bool = False
    problem: str | None = None
    losing: Sequence[Said] = ()
    doing: str = ""
    is_stale: bool = False
    lines: Sequence["Shown"] = ()
    within: str = ""

    @property
    def key(self) -> str:
        """Return what the card is found by on its page."""
        return f"{self.within}.{self.card.name}" if self.within else self.card.name

    @property
    def types(self) -> Mapping[CardType, Said]:
        """Return what it may take instead."""
        return {one: TYPES[one] for one in (OF_LINES if self.within else CHOSEN)}

    @property
    def rows(self) -> Sequence[Option]:
        """Return the choices, and a few to fill in."""
        return (*self.wish.choices, *[Option("", "")] * _BLANK)


@dataclass(frozen=True)
class Deciding:
    """A question on whose answers (posted value, words) the field may depend."""

    label: str
    answers: Sequence[tuple[str, str]]
    ticked: Set[str]


@dataclass(frozen=True)
class Trouble:
    """What stands in the way of what was posted for a card (None: for the form itself)."""

    name: str | None
    doing: str
    wish: Wish | None = None
    problem: str | None = None
    losing: Sequence[Use] = ()
    is_stale: bool = False
    rows: str = ""


@pages.get("/studio/drafts/<uuid:draft_id>/forms/<name>")
def page(draft_id: UUID, name: str) -> ResponseReturnValue:
    """Show the cards of a form, and its preview."""
    return _shown(open_file(draft_id, name, ".json"))


@pages.post("/studio/drafts/<uuid:draft_id>/forms/<name>")
def save(draft_id: UUID, name: str) -> ResponseReturnValue:
    """Do to the form what the button says; show the page again with what stands in the way."""
    opened = open_file(draft_id, name, ".json")
    doing, card_name = words_in("do").removeprefix(_SURE), words_in("card") or None
    rows = words_in("rows")
    try:
        asked = asked_for(form_of(name, opened.content), doing, card_name, rows)
        done = edit_form(
            identity.handling(),
            draft_id,
            name,
            asked.edit,
            revision=sent_revision(),
            actor=identity.actor(),
            is_sure=words_in("do").startswith(_SURE),
        )
    except EditRefused as refused:
        wish = _typed(opened, card_name, rows)
        trouble = Trouble(card_name, doing, wish, refused.sentence, rows=rows)
        return _shown(opened, trouble), 422
    except FormError:
        return _shown(opened), 422
    except StaleFile as stale:
        opened = open_file(draft_id, name, ".json")
        wish = _typed(opened, card_name, rows)
        trouble = Trouble(card_name, doing, wish, stale.sentence, is_stale=True, rows=rows)
        return _shown(opened, trouble), 409
    if done.losing:
        losing = Trouble(card_name, doing, asked.wish, losing=done.losing, rows=rows)
        return _shown(opened, losing), 422
    flash(say("Saved in this draft."))
    target = asked.lands_on(form_of(name, done.content))
    return redirect(
        url_for(".page", draft_id=draft_id, name=name, open=target, _anchor=f"field-{target}"), 303
    )


@pages.post("/studio/drafts/<uuid:draft_id>/forms/<name>/preview")
def preview(draft_id: UUID, name: str) -> ResponseReturnValue:
    """Return the preview with what is typed into a card and not saved yet."""
    opened = open_file(draft_id, name, ".json")
    try:
        form = form_of(name, opened.content)
        doing, card = words_in("do") or "save", words_in("card") or None
        edit = asked_for(form, doing, card, words_in("rows")).edit
        form = form_of(name, edited(form, edit, opened.content))
    except EditRefused as refused:
        return render_template("_form_preview.html", problem=refused.sentence), 422
    except FormError as error:
        return render_template("_form_preview.html", problem=str(error)), 422
    return render_template("_form_preview.html", form=form, inside=_printed(form))


@pages.route("/studio/drafts/<uuid:draft_id>/new-form", methods=["GET", "POST"], endpoint="begin")
def begin_one(draft_id: UUID) -> ResponseReturnValue:
    """Ask for a step's id and a title, and begin a form for it."""

    def begin() -> str:
        step, title = words_in("step"), words_in("title")
        file = begin_form(identity.handling(), draft_id, step, title, actor=identity.actor())
        return url_for(".page", draft_id=draft_id, name=file)

    fields = (
        Asked(
            "title",
            say("What is asked?"),
            say("The heading that participants see, such as “Ask the bank”."),
        ),
        Asked("step", say("For which step?"), say("Its id in the diagram, such as ask_the_bank.")),
    )
    return begun(draft_id, say("A new form"), fields, say("Begin the form"), begin)


def _typed(opened: OpenFile, name: str | None, rows: str) -> Wish | None:
    """Return what was typed into a card, as far as it can be shown again."""
    try:
        cards = asked_cards(form_of(opened.file.name, opened.content), rows)
        card = next((one for one in cards if one.name == name), None)
        return wished(cards, card, rows) if card is not None else None
    except (EditRefused, FormError):
        return None


# --- what is shown --------------------------------------------------------------------------------


def _shown(opened: OpenFile, trouble: Trouble | None = None) -> str:
    name = opened.file.name
    try:
        form = form_of(name, opened.content)
    except FormError as error:
        return render_template("form_broken.html", opened=opened, error=error)
    if trouble is not None and trouble.rows and not asked_cards(form, trouble.rows):
        trouble = Trouble(None, "", problem=trouble.problem, is_stale=trouble.is_stale)
    uses = uses_of(form.name, opened.beside)
    return render_template(
        "form_editor.html",
        opened=opened,
        form=form,
        step=PurePosixPath(name).stem,
        cards=_cards(form, "", uses, trouble),
        trouble=trouble,
        unpublishable=unpublishable(name, opened.beside),
        new_types={one: TYPES[one] for one in NEW},
        line_types={one: TYPES[one] for one in OF_LINES},
        all_types=TYPES,
        typed=request.form if trouble is not None and trouble.doing in ("head", "add") else {},
        inside=_printed(form),
    )


def _cards(form: Form, rows: str, uses: Sequence[Use], trouble: Trouble | None) -> Sequence[Shown]:
    cards = asked_cards(form, rows)
    shown = [_card(one, cards, rows, uses, trouble) for one in cards]
    if rows:
        return shown
    return [
        replace(one, lines=_cards(form, one.card.name, (), trouble)) if one.card.columns else one
        for one in shown
    ]


def _card(
    card: Card,
    beside: Sequence[Card],
    rows: str,
    uses: Sequence[Use],
    trouble: Trouble | None,
) -> Shown:
    mine = [one for one in uses if one.field == card.name]
    by_choice: dict[str, list[Said]] = {}
    for one in mine:
        if isinstance(one.value, str):
            by_choice.setdefault(one.value, []).append(one.by)
    is_here = trouble is not None and (trouble.rows, trouble.name) == (rows, card.name)
    key = f"{rows}.{card.name}" if rows else card.name
    opens = request.args.get("open", "")
    wish = trouble.wish if trouble is not None and is_here and trouble.wish else wish_of(card)
    shown = Shown(
        card,
        wish,
        list(dict.fromkeys(one.by for one in mine)),
        by_choice,
        [
            _deciding(one, wish.shown_if)
            for one in beside
            if one.may_decide and not one.is_computed and one.name != card.name
        ],
        is_open=is_here
        or opens == key
        or opens.startswith(f"{key}.")
        or (trouble is not None and trouble.rows == key),
        within=rows,
    )
    if trouble is None or not is_here:
        return shown
    return replace(
        shown,
        problem=trouble.problem,
        losing=_losing(trouble.losing),
        doing=trouble.doing,
        is_stale=trouble.is_stale,
    )


def _losing(uses: Sequence[Use]) -> Sequence[Said]:
    """Return what relies on what would go, each once; of a whole field not choice by choice."""
    whole = {one.by for one in uses if one.value is None}
    found = [
        one.by
        if one.by in whole or not isinstance(one.value, str)
        else say("the choice “%(value)s”: %(by)s", value=one.value, by=one.by)
        for one in uses
    ]
    return list(dict.fromkeys(found))


def _deciding(card: Card, condition: Condition | None) -> Deciding:
    answers = [(one.value, one.label) for one in card.choices]
    if card.type is CardType.YES_NO:
        answers = [("true", say("is ticked")), ("false", say("is not ticked"))]
    posted: set[str] = set()
    if condition is not None and condition.field == card.name:
        posted = {str(one).lower() if isinstance(one, bool) else one for one in condition.values}
    return Deciding(
        card.label,
        [(f"{card.name}={value}", words) for value, words in answers],
        {f"{card.name}={value}" for value in posted},
    )


def _printed(form: Form) -> Markup:
    """Return the form as participants get it, with words that stand for what is given to them."""
    somebody = [("1", say("Somebody")), ("2", say("Somebody else"))]
    return render(
        form,
        prefill={field.name: _sample(field) for field in form.fields if field.fixed},
        choices=dict.fromkeys(REFERENCES, somebody),
        tz=identity.zone(),
        mark="preview-",
    )


def _sample(field: Field) -> list[dict[str, str]]:
    return [
        {
            column.name: f"{column.title} {row}"
            for column in field.fields
            if column.read_only and not column.options
        }
        for row in range(1, _SAMPLES + 1)
    ]
