"""What relies on a form's fields: conditions, scripts, tables and scenarios, and Putright itself.

A newcomer would search the diagrams for the field's name: a condition names the step too, and
which of its answers lead where.  What marks and actions need of a form is read from its answers by
use cases, whatever the diagram says.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from engine.bpmn import Element, Event, Flow, Process, Release, judge_release
from engine.bpmn.scenarios import SUFFIX, Answer, read_scenarios
from engine.domain.mark import Mark
from engine.errors import ExpressionRefused
from engine.expressions import Script, expression, script
from engine.language import Said, say
from forms import Form, shipped
from forms.cards import cards_of

_ACTION = "action"
# by mark: what a step with it gives, and where that goes
_BY_MARK: Mapping[str, tuple[Said, Sequence[str]]] = {
    Mark.AGREEMENT: (say("agreeing what right means"), ("criteria", "confirmers", "actions")),
    Mark.VERIFICATION: (
        say("our own check of the outcome"),
        ("verdict", "measured", "right_since", "watch_until", "words"),
    ),
    Mark.CONFIRMATION: (say("the confirmation"), ("criteria", "answer", "words")),
    Mark.CLOSING_DECISION: (
        say("deciding without an answer"),
        ("decided", "reason", "until", "ask"),
    ),
}
_BY_ACTION = (
    say("what becomes of an action"),
    (
        "outcome",
        "what_was_done",
        "reason",
        "not_ours",
        "evidence",
        "done_at",
        "targets",
        "decided",
        "party",
        "team",
        "person",
    ),
)


@dataclass(frozen=True)
class Use:
    """Something that reads a field, or one answer to it (`value`), in the words of a reader."""

    field: str
    value: str | bool | None
    by: Said


def uses_of(step: str, files: Mapping[str, bytes]) -> tuple[Use, ...]:
    """Return what relies on the form of a step, or of a page, in a release; each use once."""
    release = judge_release(files).release
    own = Form.parse(step, shipped()[step]) if step in shipped() else None
    found = chain(
        _of_diagrams(step, release),
        _of_tables(step, release),
        _of_use_cases(step, release, own),
        _of_scenarios(step, files),
    )
    return tuple(dict.fromkeys(found))


def lost(uses: Sequence[Use], before: Form, after: Form) -> tuple[Use, ...]:
    """Return the uses of what `before` asks and `after` does not."""
    had, has = _answers(before), _answers(after)
    return tuple(
        one
        for one in uses
        if one.field in had
        and (
            one.field not in has
            or (one.value in had[one.field] and one.value not in has[one.field])
            or (bool(had[one.field]) and not has[one.field])
        )
    )


def _answers(form: Form) -> dict[str, tuple[str | bool, ...]]:
    """Return the fields of a form, each with what it offers to choose (nothing: words)."""
    return {
        card.name: tuple(one.value for one in card.choices)
        or ((True, False) if card.type == "yes_no" else ())
        for card in cards_of(form)
    }


def _of_diagrams(step: str, release: Release) -> Iterator[Use]:
    for process in release.processes.values():
        for flow in process.flows:
            yield from _reads(step, flow.condition, _way(process, flow))
        for element in process.elements.values():
            called = element.name or element.id
            yield from _reads_of_script(step, element, say("the script of “%(name)s”", name=called))
            for text in _texts(element.event):
                yield from _reads(step, text, say("what “%(name)s” waits for", name=called))


def _way(process: Process, flow: Flow) -> Said:
    source, target = process.elements.get(flow.source), process.elements.get(flow.target)
    gateway = source.name or source.id if source is not None else flow.source
    if flow.name:
        return say("the way “%(way)s” out of “%(gateway)s”", way=flow.name, gateway=gateway)
    goal = target.name or target.id if target is not None else flow.target
    return say("the way from “%(gateway)s” to “%(goal)s”", gateway=gateway, goal=goal)


def _texts(event: Event | None) -> Iterator[str]:
    if event is not None:
        if event.expression:
            yield event.expression
        for part in event.parts:
            yield from _texts(part)


def _reads_of_script(step: str, element: Element, by: Said) -> Iterator[Use]:
    try:
        told = script(element.script) if element.script else Script("", ())
    except ExpressionRefused:
        return
    for _, value in told.assignments:
        yield from _reads(step, value.text, by)


def _of_tables(step: str, release: Release) -> Iterator[Use]:
    for table in release.decisions.values():
        by = say("the decision table “%(name)s”", name=table.name)
        for place, told in enumerate(table.inputs):
            for use in _reads(step, told.text, by):
                yield use
                for rule in table.rules:
                    value = rule.tests[place].value
                    if isinstance(value, str | bool):
                        yield Use(use.field, value, by)


def _of_scenarios(step: str, files: Mapping[str, bytes]) -> Iterator[Use]:
    """Yield each answer that a scenario gives: without it the scenario fails at publishing."""
    for file, content in sorted(files.items()):
        if not file.endswith(SUFFIX):
            continue
        for scenario in read_scenarios(file, content)[0]:
            by = say("the scenario “%(name)s”", name=scenario.name)
            for move in scenario.moves:
                if isinstance(move, Answer) and move.step == step:
                    for field, value in move.decisions.items():
                        yield Use(field, None, by)
                        yield Use(field, value, by)


def _of_use_cases(step: str, release: Release, own: Form | None) -> Iterator[Use]:
    element = next((one for one in release.steps() if one.id == step), None)
    if element is None:
        if own is not None:  # a page of Putright asks it, no diagram
            by = say("the page that asks it")
            for field in own.fields:
                yield Use(field.name, None, by)
                for option in field.options:
                    yield Use(field.name, option.value, by)
        return
    by, fields = _BY_MARK.get(element.mark or "", (say("nothing"), ()))
    if not fields and element.process == _ACTION:
        by, fields = _BY_ACTION
    words = {field.name: field.options for field in own.fields} if own is not None else {}
    for name in fields:
        yield Use(name, None, by)
        for option in words.get(name, ()):
            yield Use(name, option.value, by)


def _reads(step: str, text: str | None, by: Said) -> Iterator[Use]:
    for field, value in _read_in(step, text) if text else ():
        yield Use(field, value, by)


@lru_cache(maxsize=2048)
def _read_in(step: str, text: str) -> tuple[tuple[str, str | bool | None], ...]:
    """Return the fields of a step that an expression reads, and the answers it compares them to."""
    try:
        node = expression(text).node
    except ExpressionRefused:
        return ()
    found: list[tuple[str, str | bool | None]] = []
    for part in ast.walk(node):
        if (name := _field(step, part)) is not None:
            found.append((name, None))
        if isinstance(part, ast.Compare):
            sides = [part.left, *part.comparators]
            fields = [name for side in sides if (name := _field(step, side)) is not None]
            literals = [
                one.value
                for side in sides
                for one in ast.walk(side)
                if isinstance(one, ast.Constant)
                and isinstance(one.value, str | bool)
                and _field(step, side) is None
            ]
            found += [(name, value) for name in fields for value in literals]
    return tuple(dict.fromkeys(found))


def _field(step: str, node: ast.AST) -> str | None:
    """Return the field of the step that a node reads: `step.field` or `step["field"]`."""
    if isinstance(node, ast.Attribute) and _is_step(step, node.value):
        return node.attr
    if isinstance(node, ast.Subscript) and _is_step(step, node.value):
        key = node.slice.value if isinstance(node.slice, ast.Constant) else None
        return key if isinstance(key, str) else None
    return None


def _is_step(step: str, node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == step
