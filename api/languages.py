"""In which language a reader is spoken to: their choice, else their browser's, else the house's.

Catalogues are Babel's, in `languages/<code>/LC_MESSAGES/messages.po`, read when first needed: there
is nothing to compile and nothing that can be out of date.  A newcomer would decide before each
request: here nobody is asked until a sentence is, as the database may be away.
"""

from collections.abc import Callable, Mapping
from functools import cache
from io import BytesIO
from pathlib import Path

import flask
from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, g, request, session
from flask_login import current_user
from jinja2 import Environment, pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from engine.errors import Unavailable
from engine.language import Said, in_words, speak, translator

SOURCE = "en"
_FOLDER = Path(__file__).parent / "languages"
_CHOSEN = "language"


class Language:
    """One language: its catalogue, and how dates and numbers are written in it."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.locale = Locale.parse(code)
        self._known = _catalogue(code)

    @property
    def name(self) -> str:
        """Return what the language calls itself."""
        name = self.locale.get_language_name(self.code) or self.code
        return name[:1].upper() + name[1:]

    def gettext(self, message: str) -> str:
        """Return the message in this language; itself if it is not in the catalogue."""
        # the empty message is the catalogue's own head
        return str(self._known.gettext(message)) if message else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return what is said of `n` things."""
        return str(self._known.ngettext(msgid1, msgid2, n))


@cache
def language(code: str) -> Language:
    """Return the language with this code, one of `codes()`."""
    return Language(code)


@cache
def codes() -> tuple[str, ...]:
    """Return the codes of all languages there are, English first."""
    found = (one.name for one in _FOLDER.iterdir() if (one / "LC_MESSAGES").is_dir())
    return (SOURCE, *sorted(found))


def _catalogue(code: str) -> NullTranslations:
    if code == SOURCE:
        return NullTranslations()
    with (_FOLDER / code / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale=code)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


class _OfTheReader:
    """The language of whoever makes the request, found when something is first said."""

    def gettext(self, message: str) -> str:
        return current().gettext(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return current().ngettext(msgid1, msgid2, n)


def current() -> Language:
    """Return the language that is spoken now."""
    spoken = translator()
    if isinstance(spoken, Language):
        return spoken
    if not isinstance(spoken, _OfTheReader):
        return language(SOURCE)
    if "language" not in g:
        g.language = language(_wanted())
    found: Language = g.language
    # a page says thousands of things
    speak(found)
    return found


def _wanted() -> str:
    chosen = _chosen()
    if chosen in codes():
        return str(chosen)
    return request.accept_languages.best_match(codes()) or _of_the_house()


def _chosen() -> str | None:
    if request.path.startswith("/api/"):
        # a program says with each request what it wants
        return None
    try:
        if current_user.is_authenticated and current_user.reader.language:
            return str(current_user.reader.language)
    except Unavailable:
        return None
    return session.get(_CHOSEN)


def _of_the_house() -> str:
    house: str = flask.current_app.config["LANGUAGE"]
    return house


def register(app: Flask, house: str) -> None:
    """Speak the reader's language on every page; `house` to those who want none that there is."""
    app.config["LANGUAGE"] = house
    app.before_request(lambda: speak(_OfTheReader()))
    # what is said in this thread outside of a request is English again
    app.teardown_request(lambda _: speak(None))
    teach(app.jinja_env)
    app.jinja_env.globals["languages"] = lambda: [language(code) for code in codes()]


def remember(code: str) -> None:
    """Speak this language to this browser from now on."""
    session[_CHOSEN] = code


def teach(environment: Environment) -> None:
    """Have templates say everything in the language that is spoken when they are printed."""
    environment.finalize = _printed
    environment.globals.update(_=_say, ngettext=_say_of, language=current)


@pass_eval_context
def _say(context: EvalContext, template: str, **values: object) -> str:
    # in HTML a sentence may have marks of its own, and its values none
    wrap: Callable[[str], str] = Markup if context.autoescape else str
    return wrap(current().gettext(template)) % _ready(values)


@pass_eval_context
def _say_of(context: EvalContext, one: str, many: str, count: int, **values: object) -> str:
    wrap: Callable[[str], str] = Markup if context.autoescape else str
    return wrap(current().ngettext(one, many, count)) % {"num": count, **_ready(values)}


def _ready(values: Mapping[str, object]) -> Mapping[str, object]:
    return {name: _printed(value) for name, value in values.items()}


def _printed(value: object) -> object:
    return in_words(value) if isinstance(value, Said) else value


def flash(sentence: str) -> None:
    """Say it on the next page, in the language of this one."""
    flask.flash(in_words(sentence))
