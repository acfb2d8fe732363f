"""What can be asked for: the fields of every form, and the elements and flows of every diagram.

Of all releases, not of the one in force: an auditor asks of what was.  Where releases say it
otherwise, the newest names it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, text

from engine.bpmn.document import parse_xml
from engine.bpmn.model import Process
from engine.bpmn.reader import read_processes
from engine.queries.finding.answers import AskedField, FieldKey
from engine.queries.finding.asked import Place
from forms import Field, Form, FormError, Kind

T = TypeVar("T")


@dataclass(frozen=True)
class Passage:
    """An element or a flow of a diagram, as people call it; `within` is the diagram's name."""

    place: Place
    within: str
    title: str
    is_step: bool = False


@dataclass(frozen=True)
class FieldLine:
    """A field of a step, by the titles of both."""

    key: FieldKey
    step: str
    title: str
    kind: Kind
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Version:
    """One content of a file, by its hash in hex, and the numbers of the releases that have it."""

    hash: str
    name: str
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Offered:
    """Everything that can be chosen; processes and products by id and name, by name."""

    processes: Sequence[tuple[str, str]]
    products: Sequence[tuple[str, str]]
    people: Sequence[tuple[str, str]]
    releases: Sequence[int]
    versions: Sequence[Version]
    elements: Sequence[Passage]
    flows: Sequence[Passage]
    fields: Sequence[FieldLine]


_MOST_PEOPLE = 500
_FILES = text("""
    SELECT v.hash, p.name FROM diagram_version v JOIN release_part p ON p.hash = v.hash
    JOIN release r ON r.id = p.release_id WHERE v.kind = :kind
    GROUP BY v.hash, p.name ORDER BY max(r.number), p.name
""")
_CONTENT = text("SELECT hash, content FROM diagram_version WHERE hash = ANY (:hashes)")
_CHOICES = text("""
    SELECT 'process' AS what, CAST(id AS text) AS id, name FROM business_process
    UNION ALL SELECT 'product', CAST(d.id AS text), p.name || ': ' || d.name
      FROM product d JOIN business_process p ON p.id = d.process_id
    UNION ALL SELECT * FROM (SELECT 'person', login, name FROM person ORDER BY name LIMIT :people) x
    ORDER BY 1, 3, 2
""")
_VERSIONS = text("""
    SELECT encode(v.hash, 'hex') AS hash, min(p.name) AS name, array_agg(r.number ORDER BY r.number)
      AS numbers
    FROM diagram_version v JOIN release_part p ON p.hash = v.hash
    JOIN release r ON r.id = p.release_id WHERE v.kind IN ('bpmn', 'dmn')
    GROUP BY v.hash ORDER BY name, min(r.number) DESC
""")
_RELEASES = text("SELECT number FROM release ORDER BY number DESC LIMIT 500")


def offered(conn: Connection) -> Offered:
    """Return what can be chosen.  Five statements, and two where there is a new version."""
    named: dict[str, list[tuple[str, str]]] = {"process": [], "product": [], "person": []}
    for row in conn.execute(_CHOICES, {"people": _MOST_PEOPLE}):
        named[row.what].append((row.id, row.name))
    elements, flows = _passages(_diagrams(conn))
    steps = {one.place.id: one.title for one in elements if one.is_step}
    return Offered(
        named["process"],
        named["product"],
        named["person"],
        list(conn.scalars(_RELEASES)),
        [Version(row.hash, row.name, tuple(row.numbers)) for row in conn.execute(_VERSIONS)],
        elements,
        flows,
        _field_lines(asked_fields(conn), steps),
    )


def asked_fields(conn: Connection) -> Mapping[FieldKey, AskedField]:
    """Return every field that a form of any release asks, by its step and its path."""
    fields: dict[FieldKey, AskedField] = {}
    for form in _read(conn, "form", _form):
        if form is not None:
            fields |= {(form.name, asked.field.path): asked for asked in _fields(form.fields)}
    return fields


# A version is its content, for ever: what was read of it once is kept, however many releases there
# are, so that a page fetches none of them again.
_KEPT: dict[tuple[bytes, str], Any] = {}
_MOST_KEPT = 5_000
_UNREAD = object()


def _read(conn: Connection, kind: str, read: Callable[[str, bytes], T]) -> list[T]:
    """Return what every version of a kind says, those of the newest release last."""
    files = [(bytes(row.hash), row.name) for row in conn.execute(_FILES, {"kind": kind})]
    said = {file: _KEPT.get(file, _UNREAD) for file in files}
    unread = [file for file in files if said[file] is _UNREAD]
    if unread:
        rows = conn.execute(_CONTENT, {"hashes": [hash_ for hash_, _ in unread]})
        contents = {bytes(row.hash): bytes(row.content) for row in rows}
        fresh = {(hash_, name): read(name, contents[hash_]) for hash_, name in unread}
        if len(_KEPT) > _MOST_KEPT:
            _KEPT.clear()
        _KEPT.update(fresh)
        said |= fresh
    return [said[file] for file in files]


def _form(name: str, content: bytes) -> Form | None:
    try:
        return Form.parse(name.removesuffix(".json"), content)
    except FormError:
        # what an older Putright took and this one would refuse: its answers are found by words
        return None


def _fields(fields: Sequence[Field]) -> Iterator[AskedField]:
    for field in fields:
        if field.kind is Kind.ROWS:
            yield from (AskedField(column, field) for column in field.fields)
        else:
            yield AskedField(field)


def _field_lines(
    fields: Mapping[FieldKey, AskedField], steps: Mapping[str, str]
) -> Sequence[FieldLine]:
    lines = [
        FieldLine(
            key,
            steps[key[0]],
            asked.field.title or asked.field.name,
            asked.kind,
            tuple((option.value, option.label) for option in asked.field.options),
        )
        for key, asked in fields.items()
        if key[0] in steps and not asked.field.hidden
    ]
    return sorted(lines, key=lambda line: line.step)


def _diagrams(conn: Connection) -> list[Process]:
    return [one for file in _read(conn, "bpmn", _processes) for one in file]


def _processes(name: str, content: bytes) -> tuple[Process, ...]:
    return tuple(read_processes(name, parse_xml(name, content)))


def _passages(diagrams: Sequence[Process]) -> tuple[list[Passage], list[Passage]]:
    elements: dict[Place, Passage] = {}
    flows: dict[Place, Passage] = {}
    for diagram in diagrams:
        called = {one.id: one.name or _plain(one.id) for one in diagram.elements.values()}
        for one in diagram.elements.values():
            place = Place(diagram.id, one.id)
            is_step = one.type == "userTask"
            elements[place] = Passage(place, diagram.name, called[one.id], is_step)
        for flow in diagram.flows:
            ends = f"{called.get(flow.source, '?')} → {called.get(flow.target, '?')}"
            title = f"{ends} ({flow.name})" if flow.name else ends
            flows[Place(diagram.id, flow.id)] = Passage(
                Place(diagram.id, flow.id), diagram.name, title
            )
    return list(elements.values()), list(flows.values())


def _plain(element: str) -> str:
    return element.replace("_", " ").capitalize()
