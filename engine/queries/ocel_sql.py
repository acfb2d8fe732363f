"""Pieces of SQL with which PostgreSQL writes events and objects as OCEL's JSON.

A newcomer would use `json_build_object`: it cannot leave out what has no value, and takes twice as
long.  Here what is NULL vanishes, as `concat_ws` has it.
"""

from collections.abc import Sequence


def attribute(name: str, value: str, at: str | None = None) -> str:
    """Return the SQL of one attribute, NULL without a value; `at` for what changes with time."""
    time = f"',\"time\":' || to_json({at})::text || " if at else ""
    head = f'{{"name":"{name}"'
    return f"'{head}' || {time}',\"value\":' || to_json({value})::text || '}}'"


def one_of(name: str, value: str, at: str | None = None) -> str:
    """Return the SQL of an attribute, as `attribute` does, of a word of ours.

    The database holds the value to a list, so that nothing in it has to be escaped: that takes
    twice as long as writing it.
    """
    time = f"',\"time\":' || to_json({at})::text || " if at else ""
    head = f'{{"name":"{name}"'
    return f"""'{head}' || {time}',"value":"' || {value} || '"}}'"""


def constant(name: str, value: str) -> str:
    """Return the SQL of an attribute that is always the same, a word of ours."""
    return f"""'{{"name":"{name}","value":"{value}"}}'"""


def related(object_id: str, qualifier: str) -> str:
    """Return the SQL of one relationship, NULL without an object."""
    return f"""'{{"objectId":"' || {object_id} || '","qualifier":"{qualifier}"}}'"""


def listed(parts: Sequence[str]) -> str:
    """Return the SQL of a JSON array of what is not NULL."""
    return f"'[' || concat_ws(',', {', '.join(parts)}) || ']'" if parts else "'[]'"


def mined_event(
    event_id: str, kind: str, at: str, attributes: Sequence[str], relations: Sequence[str]
) -> str:
    """Return the SQL of an event; `event_id` and `kind` are SQL that give text."""
    return (
        f"""'{{"id":"' || {event_id} || '","type":' || to_json({kind})::text || ',"time":'"""
        f""" || to_json({at})::text || ',"attributes":' || {listed(attributes)}"""
        f""" || ',"relationships":' || {listed(relations)} || '}}'"""
    )


def mined_object(
    object_id: str, kind: str, attributes: Sequence[str], relations: Sequence[str] = ()
) -> str:
    """Return the SQL of an object; `object_id` is SQL that gives text."""
    return (
        f"""'{{"id":"' || {object_id} || '","type":"{kind}","attributes":'"""
        f""" || {listed(attributes)} || ',"relationships":' || {listed(relations)} || '}}'"""
    )


def of_person(column: str) -> str:
    """Return the id of a person's object: the same in every file of this house, and no name."""
    said = f"convert_to(:salt || CAST({column} AS text), 'UTF8')"
    return f"'person:' || substr(encode(sha256({said}), 'hex'), 1, 16)"


def of_customer(column: str) -> str:
    """Return the id of a customer organisation's object, which is no name either."""
    said = f"convert_to(:salt || CAST({column} AS text), 'UTF8')"
    return f"'customer:' || substr(encode(sha256({said}), 'hex'), 1, 16)"


def word(said: str) -> str:
    """Return a word of ours as SQL that gives text."""
    return f"CAST('{said}' AS text)"


def in_clear(words: str) -> str:
    """Return what people wrote, only where it was asked for."""
    return f"CASE WHEN :in_clear THEN {words} END"
