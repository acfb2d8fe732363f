"""XES, as IEEE 1849 and the definition 2.0 before it have it: a trace for each incident, or run.

What no file of XML may hold, a control character or half of a pair, becomes a replacement mark: a
newcomer would leave it to an escape, which knows five signs only.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any
from xml.sax.saxutils import quoteattr

from api.mining.declared import EVENTS, OBJECTS, source_of
from engine.queries.mining import MinedCase

# what stands in XML as it is: nearly all there is
_PLAIN = re.compile(r"[\w .:+/()-]*", re.ASCII)
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
VERSIONS = {"xes": "1849.2016", "xes2": "2.0"}
_STANDARD = "http://www.xes-standard.org"
_EXTENSION = "https://putright.example/xes/putright.xesext"
_EXTENSIONS = (
    ("Concept", "concept", f"{_STANDARD}/concept.xesext"),
    ("Lifecycle", "lifecycle", f"{_STANDARD}/lifecycle.xesext"),
    ("Time", "time", f"{_STANDARD}/time.xesext"),
    ("Organizational", "org", f"{_STANDARD}/org.xesext"),
    ("Putright", "putright", _EXTENSION),
)
_CLASSIFIERS = (
    ("Step and life cycle", "concept:name lifecycle:transition"),
    ("Step", "concept:name"),
    ("Resource", "org:resource"),
    ("Whose time", "putright:party"),
)
_TAGS = {"integer": "int", "boolean": "boolean", "time": "date", "string": "string"}
# attributes that have a key of the standard's
_OF_STANDARD = {"lifecycle": "lifecycle:transition", "lane": "org:role"}


def write_xes(
    file: Path,
    masters: Iterable[str],
    cases: Iterable[MinedCase],
    *,
    version: str = "1849.2016",
    by_run: bool = False,
) -> None:
    """Write a whole log; `by_run`: a trace for each run of a diagram instead."""
    names = _names(masters)
    with file.open("w", encoding="utf-8") as out:
        _begin(out, version)
        for case in cases:
            (about, *_), events = json.loads(f"[{case.objects}]"), json.loads(f"[{case.events}]")
            trace = _Trace(about, names)
            for run, happened in _runs(events, by_run=by_run):
                out.write(trace.written(run, happened))
        out.write("</log>\n")


def _names(masters: Iterable[str]) -> Mapping[str, str]:
    """Return what objects are called: by name where they have one here, else as their id."""
    found = {}
    for one in map(json.loads, masters):
        said = {attribute["name"]: attribute["value"] for attribute in one["attributes"]}
        found[one["id"]] = str(said.get("name", one["id"]))
    return found


def _runs(
    events: Iterable[Mapping[str, Any]], *, by_run: bool
) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    if not by_run:
        yield "incident", list(events)
        return
    runs: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    runs["incident"] = []
    for event in events:
        said = {attribute["name"]: attribute["value"] for attribute in event["attributes"]}
        runs[str(said["run"])].append(event)
    yield from runs.items()


class _Trace:
    """An incident as a trace, or as one for each of its runs."""

    def __init__(self, about: Mapping[str, Any], names: Mapping[str, str]) -> None:
        self._names = names
        self._told: dict[str, Any] = {}
        for said in about["attributes"]:
            if said["name"] != "milestone":  # the last word on each counts
                self._told[said["name"]] = said["value"]
        self._related = {to["qualifier"] + to["objectId"][:4]: to for to in about["relationships"]}

    def written(self, run: str, events: Iterable[Mapping[str, Any]]) -> str:
        number = str(self._told["number"])
        name = number if run == "incident" else f"{number}, {run}"
        parts = ["<trace>", _value("string", "concept:name", name)]
        for key, value in self._told.items():
            parts.append(_value(_TAGS[OBJECTS["incident"][key]], f"putright:{key}", value))
        for key, of in (("process", "deviation_ofproc"), ("product", "deviation_ofprod")):
            if of in self._related:
                named = self._names[self._related[of]["objectId"]]
                parts.append(_value("string", f"putright:{key}", named))
        parts += [self._event(event) for event in events]
        return "\n".join([*parts, "</trace>\n"])

    def _event(self, event: Mapping[str, Any]) -> str:
        source = source_of(event["id"])
        said = {one["name"]: one["value"] for one in event["attributes"]}
        step = said.pop("step", event["type"])
        parts = [
            "<event>",
            _value("string", "concept:name", step),
            _value("date", "time:timestamp", event["time"]),
            _value("string", "putright:source", source),
            _value("string", "putright:event", event["id"]),
        ]
        for key, value in said.items():
            of = _OF_STANDARD.get(key, f"putright:{key}")
            parts.append(_value(_TAGS[EVENTS[source][key]], of, value))
        for to in event["relationships"]:
            if to["qualifier"] == "by":
                parts.append(_value("string", "org:resource", self._names[to["objectId"]]))
                parts.append(_value("string", "putright:person", to["objectId"]))
            elif to["qualifier"] == "team":
                parts.append(_value("string", "org:group", self._names[to["objectId"]]))
        return "".join([*parts, "</event>"])


def _begin(out: IO[str], version: str) -> None:
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    out.write(f'<log xes.version="{version}" xes.features="" xmlns="{_STANDARD}/">\n')
    for name, prefix, uri in _EXTENSIONS:
        out.write(f'<extension name="{name}" prefix="{prefix}" uri="{uri}"/>\n')
    out.write('<global scope="trace">' + _value("string", "concept:name", "unknown"))
    out.write(_value("int", "putright:number", 0))
    out.write(_value("boolean", "putright:restricted", False) + "</global>\n")
    out.write('<global scope="event">')
    for tag, key, value in (
        ("string", "concept:name", "unknown"),
        ("date", "time:timestamp", "1970-01-01T00:00:00+00:00"),
        ("string", "lifecycle:transition", "complete"),
        ("string", "putright:source", "unknown"),
    ):
        out.write(_value(tag, key, value))
    out.write("</global>\n")
    for name, keys in _CLASSIFIERS:
        out.write(f'<classifier name="{name}" keys="{keys}"/>\n')
    out.write(_value("string", "concept:name", "Putright") + "\n")
    out.write(_value("string", "lifecycle:model", "standard") + "\n")


def _value(tag: str, key: str, value: object) -> str:
    said = str(value).lower() if isinstance(value, bool) else str(value)
    return f'<{tag} key="{key}" value={_quoted(said)}/>'


def _quoted(said: str) -> str:
    """Return a value as an attribute of XML."""
    if _PLAIN.fullmatch(said):
        return f'"{said}"'
    return quoteattr(_NOT_IN_XML.sub("\ufffd", said), {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
