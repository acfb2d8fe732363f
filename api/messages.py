"""Finds every sentence that is said to people, and keeps the catalogues of `languages/` complete.

Babel finds those in Python and in templates; what stands in the table of words, in forms and in
diagrams is found here.  A newcomer would list them by hand: `make messages` finds them all, and a
test holds that each has its translation.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po
from lxml import etree

from api.rules_file import settable
from engine.bpmn.document import parse_xml
from engine.domain.ladder import Rungs
from engine.domain.rules import Rules
from engine.domain.wording import READS_AS, VERBS, WORDS

_ROOT = Path(__file__).parents[1]
_METHODS = [
    ("api/bench/**", "ignore"),
    ("api/demo/**", "ignore"),
    ("**/templates/**.html", "jinja2"),
    ("**/templates/**.txt", "jinja2"),
    ("**.py", "python"),
]
_KEYWORDS = {"_": None, "ngettext": (1, 2), "say": None, "say_of": (2, 3)}
_TEXTS = frozenset({"title", "description", "x-submit", "x-missing", "x-add"})


def all_messages() -> Catalog:
    """Return a catalogue of all that is said, without translations."""
    found = Catalog(project="putright", charset="utf-8", fuzzy=False)
    for folder in ("api", "engine", "forms"):
        for name, _line, message, comments, _context in extract_from_dir(
            _ROOT / folder, _methods(folder), keywords=_KEYWORDS
        ):
            found.add(message, locations=[(f"{folder}/{name}", 0)], auto_comments=comments)
    for sentence in (*WORDS.values(), *VERBS.values(), *READS_AS.values()):
        found.add(sentence, locations=[("engine/domain/wording.py", 0)])
    for number in (*settable(Rungs), *settable(Rules)):
        found.add(number.meaning, locations=[("engine/domain/rules.py", 0)])
    for file in sorted((_ROOT / "forms").rglob("*.json")):
        for sentence in _in_form(json.loads(file.read_text(encoding="utf-8"))):
            found.add(sentence, locations=[(file.relative_to(_ROOT).as_posix(), 0)])
    for file in sorted((_ROOT / "workflows").glob("*.bpmn")):
        for sentence in _in_diagram(file):
            found.add(sentence, locations=[(file.relative_to(_ROOT).as_posix(), 0)])
    return found


def _methods(folder: str) -> list[tuple[str, str]]:
    return [(pattern.removeprefix(f"{folder}/"), method) for pattern, method in _METHODS]


def _in_form(schema: Any) -> Iterator[str]:
    if isinstance(schema, list):
        for one in schema:
            yield from _in_form(one)
    if isinstance(schema, dict):
        for name, one in schema.items():
            if name in _TEXTS and isinstance(one, str):
                yield one
            elif name == "examples":
                yield from one
            else:
                yield from _in_form(one)


def _in_diagram(file: Path) -> Iterator[str]:
    for element in parse_xml(file.name, file.read_bytes()).iter(etree.Element):
        name = element.get("name")
        # machine words of lanes and messages are in the table of words
        if name and (" " in name or name[:1].isupper()):
            yield name


def bring_up_to_date(file: Path) -> int:
    """Put what is new into a catalogue, and drop what is said no more; return what is missing."""
    with file.open("rb") as known:
        catalogue = read_po(known, locale=file.parts[-3])
    catalogue.update(all_messages(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    with file.open("wb") as written:
        write_po(written, catalogue, width=100, include_lineno=False, sort_by_file=True)
    return len(missing(catalogue))


def missing(catalogue: Catalog) -> list[str]:
    """Return what has no translation, or not one for each number."""
    return [str(one.id) for one in catalogue if one.id and not _is_translated(one)]


def _is_translated(message: Message) -> bool:
    words = message.string
    return all(words) if isinstance(words, tuple | list) else bool(words)


if __name__ == "__main__":
    for one in sorted((_ROOT / "api" / "languages").glob("*/LC_MESSAGES/messages.po")):
        click.echo(f"{one.parts[-3]}: {bring_up_to_date(one)} to be translated")
