"""What differs between two versions of a decision table, rule by rule and cell by cell.

A newcomer would compare the rules by their place: one that is added first would change them all.
The same content is the same rule, then the same question, then the same id.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from types import MappingProxyType

from engine.bpmn.document import UnreadableError, parse_xml
from engine.bpmn.tables import Cell, DecisionTable, Rule, Scalar, read_table
from engine.domain.difference import Difference, How, Swap, out_of_order
from engine.language import Said, say

_POLICIES: Mapping[str, Said] = MappingProxyType(
    {
        "UNIQUE": say("one rule may match"),
        "FIRST": say("the first rule that matches decides"),
    }
)
_POLICY = say("In this table %(now)s; before, %(before)s.")
_NAME = Swap(
    say("The table is called “%(now)s” instead of “%(before)s”."),
    say("The table is called “%(now)s”."),
    say("The table has no name; it was called “%(before)s”."),
)


def table_changes(file: str, before: bytes, after: bytes) -> tuple[Difference, ...]:
    """Return how two versions of a DMN file differ; rules are known by their places, from 1.

    Raises UnreadableError for what is no table that may be read.
    """
    old, new = table_of(file, before), table_of(file, after)
    return (*_whole(old, new), *_rules(old, new))


def table_of(file: str, content: bytes) -> DecisionTable:
    """Return the table of a file.  Raises UnreadableError with what is first wrong with it."""
    table, findings = read_table(file, parse_xml(file, content))
    if table is None:
        raise UnreadableError(findings[0])
    return table


def _whole(old: DecisionTable, new: DecisionTable) -> Iterator[Difference]:
    said = [*_NAME.told(old.name, new.name)]
    if old.policy != new.policy:
        policies = {"now": _POLICIES[new.policy], "before": _POLICIES[old.policy]}
        said.append(say(_POLICY.template, **policies))
    if old.id != new.id:
        said.append(
            say("Diagrams ask for it as “%(now)s”, not “%(before)s”.", now=new.id, before=old.id)
        )
    asked = [one.text for one in new.inputs], [one.text for one in old.inputs]
    said += _columns(
        *asked, say("It looks at `%(column)s`, too."), say("`%(column)s` is no longer looked at.")
    )
    told = list(new.outputs), list(old.outputs)
    said += _columns(
        *told, say("It also answers `%(column)s`."), say("It no longer answers `%(column)s`.")
    )
    if said:
        yield Difference(How.CHANGED, None, None, say("The table"), tuple(said))


def _columns(
    now: Sequence[str], before: Sequence[str], added: Said, removed: Said
) -> Iterator[Said]:
    nows, befores = set(now), set(before)
    yield from (say(added.template, column=one) for one in now if one not in befores)
    yield from (say(removed.template, column=one) for one in before if one not in nows)
    both = nows & befores
    if [one for one in now if one in both] != [one for one in before if one in both]:
        yield say("Its columns stand in another order.")


def _rules(old: DecisionTable, new: DecisionTable) -> Iterator[Difference]:
    pairs = _paired(old, new)
    both = sorted(pairs)
    moved = out_of_order([pairs[one] for one in both])
    for place, rule in enumerate(new.rules):
        name, here = say("Rule %(number)s", number=place + 1), str(place + 1)
        if place not in pairs:
            added = say("Rule %(number)s was added.", number=place + 1)
            yield Difference(How.ADDED, None, here, name, (added,))
            continue
        was = pairs[place]
        said = list(_cells(place + 1, old, old.rules[was], new, rule))
        is_changed = bool(said)
        if was in moved:
            said.append(say("Rule %(now)s was rule %(before)s.", now=place + 1, before=was + 1))
        if said:
            how = How.CHANGED if is_changed else How.MOVED
            yield Difference(how, str(was + 1), here, name, tuple(said))
    for was in range(len(old.rules)):
        if was not in pairs.values():
            removed = say("Rule %(number)s was removed.", number=was + 1)
            name = say("Rule %(number)s", number=was + 1)
            yield Difference(How.REMOVED, str(was + 1), None, name, (removed,))


def _paired(old: DecisionTable, new: DecisionTable) -> Mapping[int, int]:
    """Return the place in the old table of each rule of the new that was there."""
    keys: tuple[Callable[[DecisionTable, Rule], Hashable], ...] = (
        lambda table, rule: _content(table, rule),
        lambda table, rule: tuple(one for one in _content(table, rule) if one[0] == "in"),
        lambda _, rule: rule.id or None,
    )
    pairs: dict[int, int] = {}
    for key in keys:
        waiting: defaultdict[Hashable, list[int]] = defaultdict(list)
        for place, rule in enumerate(old.rules):
            if place not in pairs.values():
                waiting[key(old, rule)].append(place)
        for place, rule in enumerate(new.rules):
            same = waiting.get(key(new, rule))
            if place not in pairs and same and key(new, rule) is not None:
                pairs[place] = same.pop(0)
    return pairs


def _content(table: DecisionTable, rule: Rule) -> tuple[tuple[str, str, str], ...]:
    tests = zip(table.inputs, rule.tests, strict=True)
    outputs = zip(table.outputs, rule.outputs, strict=True)
    return (
        *sorted(("in", one.text, shown_cell(cell)) for one, cell in tests),
        *sorted(("out", one, shown_value(value)) for one, value in outputs),
    )


def _cells(
    number: int, old: DecisionTable, was: Rule, new: DecisionTable, now: Rule
) -> Iterator[Said]:
    before = {(kind, column): cell for kind, column, cell in _content(old, was)}
    for kind, column, cell in _content(new, now):
        earlier = before.get((kind, column))
        if earlier is not None and earlier != cell:
            yield say(
                "In rule %(number)s, `%(column)s` is %(now)s instead of %(before)s.",
                number=number,
                column=column,
                now=cell,
                before=earlier,
            )


def shown_cell(cell: Cell) -> str:
    """Return what a cell tests, as people read it."""
    if cell.how == "any":
        return say("anything")
    value = shown_value(cell.value)
    return value if cell.how == "==" else f"{cell.how} {value}"


def shown_value(value: Scalar) -> str:
    """Return a value as people read it: texts in quotes."""
    if isinstance(value, str):
        return f"“{value}”"
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    return say("nothing") if value is None else str(value)
