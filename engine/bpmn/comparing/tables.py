"""Compares two versions of a decision table, row by row and cell by cell."""

from collections.abc import Iterator

from engine.bpmn.comparing.values import Change, Difference, IncomparableError
from engine.bpmn.document import UnreadableError, parse_xml
from engine.bpmn.tables import Cell, DecisionTable, Rule, read_table
from engine.language import Said, say


def compare_tables(name: str, old: bytes, new: bytes) -> Iterator[Difference]:
    """Yield what differs, rows in the order of the new table.

    Raises IncomparableError for a table that cannot be read.
    """
    before, after = _read(name, old), _read(name, new)
    words = []
    if before.name != after.name:
        words.append(say("It is called “%(new)s”", new=after.name))
    if before.policy != after.policy:
        words.append(
            say("The first row that fits counts")
            if after.policy == "FIRST"
            else say("One row alone may fit")
        )
    columns_before = [*(one.text for one in before.inputs), *before.outputs]
    columns = [*(one.text for one in after.inputs), *after.outputs]
    words += [
        say("The column “%(name)s” is new", name=one)
        for one in columns
        if one not in columns_before
    ]
    words += [
        say("The column “%(name)s” is gone", name=one)
        for one in columns_before
        if one not in columns
    ]
    if words:
        yield Difference(Change.CHANGED, after.id, after.name, tuple(words))
    yield from _rows(before, after)


def _read(name: str, content: bytes) -> DecisionTable:
    try:
        table, findings = read_table(name, parse_xml(name, content))
    except UnreadableError as error:
        raise IncomparableError(str(error.finding)) from error
    if table is None:
        raise IncomparableError(str(findings[0]))
    return table


def _rows(before: DecisionTable, after: DecisionTable) -> Iterator[Difference]:
    old = {rule.id: (place, rule) for place, rule in enumerate(before.rules, 1)}
    new = {rule.id: (place, rule) for place, rule in enumerate(after.rules, 1)}
    kept = [one for one in old if one in new]
    order = {name: place for place, name in enumerate(kept)}
    last = -1
    for name, (place, rule) in new.items():
        said = say("Row %(place)s: %(cells)s", place=place, cells=_cells(after, rule))
        if name not in old:
            yield Difference(Change.ADDED, name, said)
            continue
        words = tuple(_differing(before, after, old[name][1], rule))
        if words:
            yield Difference(Change.CHANGED, name, said, words)
        elif order[name] < last:
            yield Difference(Change.MOVED, name, said)
        last = max(last, order[name])
    for name, (place, rule) in old.items():
        if name not in new:
            said = say("Row %(place)s: %(cells)s", place=place, cells=_cells(before, rule))
            yield Difference(Change.REMOVED, name, said)


def _differing(before: DecisionTable, after: DecisionTable, old: Rule, new: Rule) -> Iterator[Said]:
    was = dict(zip((one.text for one in before.inputs), map(_shown, old.tests), strict=True))
    was |= {name: str(value) for name, value in zip(before.outputs, old.outputs, strict=True)}
    now = dict(zip((one.text for one in after.inputs), map(_shown, new.tests), strict=True))
    now |= {name: str(value) for name, value in zip(after.outputs, new.outputs, strict=True)}
    for name in now:
        if name in was and was[name] != now[name]:
            yield say(
                "%(column)s: “%(new)s” instead of “%(old)s”",
                column=name,
                new=now[name],
                old=was[name],
            )


def _cells(table: DecisionTable, rule: Rule) -> str:
    tests = [
        f"{one.text} {_shown(cell)}"
        for one, cell in zip(table.inputs, rule.tests, strict=True)
        if cell.how != "any"
    ]
    return f"{', '.join(tests) or '–'} → {', '.join(str(value) for value in rule.outputs)}"


def _shown(cell: Cell) -> str:
    if cell.how == "any":
        return "–"
    return str(cell.value) if cell.how == "==" else f"{cell.how} {cell.value}"
