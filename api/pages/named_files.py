"""What people call the files of a release or of a draft, and what needs each of them.

A newcomer would show names of files: `verify_outcome.json` is “Check whether it is right again”.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lxml import etree

from engine.bpmn import Release
from engine.bpmn.document import UnreadableError, local, parse_xml
from engine.bpmn.using import Use, uses
from engine.errors import PutrightError
from engine.language import say
from forms import Form, FormError

# what use cases start by themselves
_STARTED = {
    "incident.bpmn": say("each incident"),
    "action.bpmn": say("each action"),
    "report_incident.json": say("a report"),
    "propose_action.json": say("a proposal"),
}


@dataclass(frozen=True)
class Named:
    """A file with what people call it, and what needs it."""

    name: str
    kind: str
    title: str
    used_by: tuple[str, ...]
    # the processes that it holds
    diagrams: tuple[str, ...] = ()


def named_files(release: Release, files: Mapping[str, bytes]) -> dict[str, Named]:
    """Return each file with what people call it and what needs it, by name."""
    used = uses(release)
    return {
        name: Named(
            name,
            kind_of(name),
            title_of(name, content),
            tuple(dict.fromkeys(_users(name, used.get(name, ())))),
            tuple(one.id for one in release.processes.values() if one.file == name),
        )
        for name, content in sorted(files.items())
    }


def _users(name: str, used: Iterable[Use]) -> Iterable[str]:
    if name in _STARTED:
        yield _STARTED[name]
    for use in used:
        yield say("“%(step)s”", step=use.name)


def kind_of(name: str) -> str:
    """Return what a file is: bpmn, dmn, form or scenarios."""
    suffix = name.rsplit(".", 1)[-1]
    return {"json": "form", "yaml": "scenarios"}.get(suffix, suffix)


def title_of(name: str, content: bytes) -> str:
    """Return what a file calls itself; its name if it says nothing, or cannot be read."""
    stem = name.rsplit(".", 1)[0]
    if kind_of(name) == "scenarios":
        return say("What “%(diagram)s” is tried with", diagram=stem.rsplit(".", 1)[0])
    try:
        if kind_of(name) == "form":
            return say(Form.parse(stem, content).title)
        root = parse_xml(name, content)
    except (UnreadableError, FormError, PutrightError):
        return name
    tag = "process" if kind_of(name) == "bpmn" else "decision"
    called = [one.get("name") for one in root.iter(etree.Element) if local(one) == tag]
    return say(called[0]) if called and called[0] else name
