"""Every sentence that is said to people can be said in another language, and is."""

import ast
import pickle
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from jinja2 import Environment

from api.languages import codes, language
from api.messages import all_messages, missing
from engine import errors
from engine.language import in_words, say, say_of, speaking

ROOT = Path(__file__).parents[2]
GERMAN = ROOT / "api" / "languages" / "de" / "LC_MESSAGES" / "messages.po"
# what is said to those who run Putright or draw its diagrams, and to nobody else
_ENGLISH_ONLY = {"DiagramRefused", "ExpressionRefused", "LogRefused", "WorkflowFault"}
_REFUSALS = {
    name
    for name, one in vars(errors).items()
    if isinstance(one, type) and issubclass(one, errors.PutrightError)
} - _ENGLISH_ONLY


class Shouting:
    def gettext(self, message: str) -> str:
        return message.upper().replace("(NAME)S", "(name)s").replace("(OF)S", "(of)s")

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return msgid1.upper().replace("(NUM)S", "(num)s") if n == 1 else msgid2


def test_a_sentence_is_english_until_it_is_shown_to_somebody() -> None:
    sentence = say("%(name)s has %(of)s", name="Ada", of=say("the lead"))

    assert sentence == "Ada has the lead"
    assert in_words(sentence) == "Ada has the lead"
    with speaking(Shouting()):
        assert in_words(sentence) == "Ada HAS THE LEAD"
        assert sentence == "Ada has the lead"
    assert in_words(sentence) == "Ada has the lead"


def test_what_people_wrote_is_left_as_it_is() -> None:
    with speaking(Shouting()):
        assert in_words("100 % right, {name} %(name)s") == "100 % right, {name} %(name)s"
        assert in_words(say("%(name)s", name="%(x)s {y} 5 %")) == "%(x)s {y} 5 %"


def test_a_number_chooses_its_words() -> None:
    assert say_of(1, "%(num)s day", "%(num)s days") == "1 day"
    assert say_of(0, "%(num)s day", "%(num)s days") == "0 days"
    with speaking(Shouting()):
        assert in_words(say_of(1, "%(num)s day", "%(num)s days")) == "1 DAY"
        assert in_words(say_of(5, "%(num)s day", "%(num)s days")) == "5 days"


def test_several_values_are_said_one_after_the_other() -> None:
    with speaking(Shouting()):
        assert in_words(say("%(name)s!", name=(say("one"), "Two"))) == "ONE; Two!"


def test_a_percent_sign_is_one_where_there_are_no_values() -> None:
    assert say("5 % of %(them)") == "5 % of %(them)"


def test_a_sentence_travels_between_processes() -> None:
    sent = pickle.loads(pickle.dumps(say("%(name)s!", name="Ada")))  # noqa: S301 - our own

    assert sent == "Ada!"
    with speaking(Shouting()):
        assert in_words(sent) == "Ada!"
        assert in_words(pickle.loads(pickle.dumps(say("yes")))) == "YES"  # noqa: S301


def test_german_is_there_beside_english() -> None:
    assert codes() == ("en", "de")
    assert language("de").name == "Deutsch"
    assert language("de").gettext("To-dos") == "Aufgaben"
    assert language("de").gettext("") == ""


@pytest.fixture(scope="module")
def german() -> Catalog:
    with GERMAN.open("rb") as file:
        return read_po(file, locale="de")


def test_every_sentence_has_its_german_and_no_other_is_kept(german: Catalog) -> None:
    said = {_key(one.id) for one in all_messages() if one.id}
    known = {_key(one.id) for one in german if one.id}

    assert said - known == set(), "run make messages, and translate what is new"
    assert known - said == set(), "run make messages"
    assert missing(german) == []


def test_german_has_the_values_of_the_english(german: Catalog) -> None:
    assert [(one.id, str(wrong)) for one, found in german.check() for wrong in found] == []
    assert not any(one.fuzzy for one in german if one.id)


def _key(said: object) -> object:
    return tuple(said) if isinstance(said, list | tuple) else said


def _bare(tree: ast.AST) -> Iterator[int]:
    """Yield the lines on which a refusal or a flash is said in a text that nobody can translate."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name in _REFUSALS or name == "flash":
            said = node.args[0]
            values = said.values if isinstance(said, ast.Dict) else [said]
            if any(isinstance(one, ast.JoinedStr | ast.Constant) for one in values):
                yield node.lineno


def test_no_refusal_is_said_in_a_text_that_cannot_be_translated() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{line}"
        for folder in ("api", "engine", "forms")
        for file in sorted((ROOT / folder).rglob("*.py"))
        if not {"bench", "demo", "replay", "migrations"} & set(file.parts)
        for line in _bare(ast.parse(file.read_text(encoding="utf-8")))
    ]

    assert found == []


_READ = {"title", "alt", "placeholder", "aria-label"}
# a name, and what machines read; a single letter is a key
_SAID_SO_EVERYWHERE = re.compile(
    r"Putright|SVG|Authorization: Bearer|/api/v1|autofocus|[a-z-]+=\"\S*\""
)


class _Texts(HTMLParser):
    """Gathers what is read or heard of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page.replace("Put<span>right</span>", "Putright"))

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [said or "" for name, said in attrs if name in _READ]

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def test_no_template_says_anything_that_cannot_be_translated() -> None:
    bare = []
    for folder in ("api", "forms"):
        for file in sorted((ROOT / folder / "templates").iterdir()):
            tokens = Environment().lex(file.read_text(encoding="utf-8"))  # noqa: S701 - not rendered
            page = "".join(said for _, kind, said in tokens if kind == "data")
            said = (_SAID_SO_EVERYWHERE.sub("", one) for one in _Texts(page).found)
            bare += [f"{file.name}: {one.strip()}" for one in said if re.search("[A-Za-z]{2}", one)]

    assert bare == []
