"""Judges closure: an incident closes only by an answer that still counts.

The monitor of `firing` has seen every closing end that any run can complete; here stands what can
be said before anything runs, too: an incident without work or without anybody to ask.
"""

from collections.abc import Iterator

from engine.proof.case import Case
from engine.proof.search import Explored
from engine.proof.sentences import sentence
from engine.proof.tracing import refuted
from engine.proof.values import ProofFinding, Severity

_BROKEN = {
    "closes_stale": "{} can be reached without an answer that still counts: nobody has confirmed "
    "or decided since the last work or proposal.",
    "waits_before_closing": "something waits between the answer and {}: meanwhile new work may "
    "come.",
    "closes_otherwise": "{} can be reached by the other kind of answer.",
    "closes_beside_work": "{} can be reached while something else is still going on, and the "
    "incident would not be closed by it.",
}
_PEOPLE = frozenset({"confirmation", "closing_decision"})


def judge_closure(case: Case, found: Explored) -> Iterator[ProofFinding]:
    """Yield every way in which an incident could close wrongly."""
    for element in case.drawing.closes_inside:
        said = f"{case.words.of(element)} is inside another process and would close nothing."
        yield _refuted("closes_inside", element, said)
    for element in _forged(case):
        said = f"{case.words.of(element)} writes the answers of a step, in a person's place."
        yield _refuted("forges_answers", element, said)
    if case.net.monitor is None:
        return
    if not any(one.closes for one in case.elements.values()):
        said = "no end closes the incident."
        message = sentence("never_closes", said)
        yield ProofFinding("never_closes", Severity.WARNING, case.id, message)
        return
    yield from _unmarked(case)
    yield from _broken(case, found)
    yield from _ends_open(case, found)


def _broken(case: Case, found: Explored) -> Iterator[ProofFinding]:
    for rule, said in _BROKEN.items():
        for (broke, element), (state, last) in found.broken.items():
            if broke == rule:
                message = sentence(rule, said.format(case.words.of(element)))
                yield refuted(case, found, rule, element, message, [*found.path(state), last])


def _unmarked(case: Case) -> Iterator[ProofFinding]:
    marks = {one.mark for one in case.elements.values()}
    asks = {one.mark for one in case.elements.values() if one.is_step} & _PEOPLE
    if "work" not in marks:
        yield _refuted("no_work", case.id, "nothing says that work is waited for.")
    if not asks:
        yield _refuted("no_answer", case.id, "nobody is asked whether it is right again.")


def _forged(case: Case) -> list[str]:
    """Return what assigns to the name of a step: conditions would take it for an answer."""
    found = []
    for one in case.net.transitions:
        names: set[str] = set()
        if one.script is not None:
            names |= {name for name, _ in one.script.assignments}
        if one.table is not None:
            names |= set(one.table.outputs)
        if names & case.net.steps and one.element is not None:
            found.append(one.element)
    return list(dict.fromkeys(found))


def _ends_open(case: Case, found: Explored) -> Iterator[ProofFinding]:
    for element in dict.fromkeys(
        one.element for one in case.net.transitions if one.number in found.fired
    ):
        one = case.elements.get(element or "")
        if one is None or one.type != "endEvent" or one.closes or one.process != case.id:
            continue
        if one.container is None and (one.event is None or one.event.kind != "error"):
            said = f"{case.words.of(element)} ends the run and leaves the incident open."
            message = sentence("ends_open", said)
            yield ProofFinding("ends_open", Severity.WARNING, element, message)


def _refuted(rule: str, element: str, said: str) -> ProofFinding:
    return ProofFinding(rule, Severity.REFUTED, element, sentence(rule, said))
