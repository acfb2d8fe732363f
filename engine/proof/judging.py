"""Reads properties off what was explored, and says what is wrong with the path that leads there.

A newcomer would call a property proved because nothing was found.  That holds only if every
reachable state was looked at; else it is None, and the finding says why.
"""

from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType

from engine.proof.case import Case
from engine.proof.choosing import behind_defaults, judge_choices
from engine.proof.closing import judge_closure
from engine.proof.search import Explored
from engine.proof.sentences import sentence
from engine.proof.tracing import refuted
from engine.proof.values import PROPERTIES, ProofFinding, Proved, Severity, Verdict

MOST = 10
"""Most findings of one rule: the eleventh helps nobody."""


def judge(case: Case, found: Explored) -> Proved:
    """Return what was proved of a case."""
    findings: list[ProofFinding] = []
    properties: dict[str, bool | None] = dict.fromkeys(PROPERTIES)
    for name, of_rule in (
        ("safe", _unsafe),
        ("proper_completion", _improper),
        ("option_to_complete", _stuck),
        ("no_dead_elements", _dead),
        ("closure", judge_closure),
        ("after", _after),
    ):
        made = list(of_rule(case, found))
        findings += made
        if any(one.severity is Severity.REFUTED for one in made):
            properties[name] = False
        elif _is_claimed(case, name) and found.is_complete and not _is_open(name, made, found):
            can_complete = properties["option_to_complete"] is True
            is_read_off = not found.is_reduced or name not in ("closure", "after") or can_complete
            properties[name] = True if is_read_off else None
    findings += judge_choices(case, found)
    findings += _open_questions(case, found)
    return Proved(
        case.id,
        _verdict(case, properties, findings),
        len(found.states),
        "run_to_completion" if case.net.run_to_completion else "interleaving",
        MappingProxyType(properties),
        tuple(findings),
    )


def leave_open(case: Case) -> Proved:
    """Return that nothing is claimed of a case in which something has no meaning of its own."""
    return Proved(
        case.id,
        Verdict.UNKNOWN,
        0,
        "run_to_completion" if case.net.run_to_completion else "interleaving",
        findings=tuple(_not_drawn(case)),
    )


def _is_claimed(case: Case, name: str) -> bool:
    if name == "closure":
        return case.net.monitor is not None
    return name != "after" or bool(case.after)


def _is_open(name: str, made: list[ProofFinding], found: Explored) -> bool:
    if any(one.severity is Severity.UNKNOWN for one in made):
        return True
    if found.machine.doubted:
        return True
    if name in ("safe", "proper_completion") and found.is_reduced and not found.is_weighed:
        return True
    return bool(found.cut) and name != "safe"


def _verdict(
    case: Case, properties: dict[str, bool | None], findings: list[ProofFinding]
) -> Verdict:
    if any(one.severity is Severity.REFUTED for one in findings):
        return Verdict.UNSOUND
    is_open = any(one.severity is Severity.UNKNOWN for one in findings)
    claimed = [properties[name] for name in PROPERTIES if _is_claimed(case, name)]
    return Verdict.UNKNOWN if is_open or not all(claimed) else Verdict.SOUND


def _refuted(
    case: Case, found: Explored, rule: str, element: str | None, said: str, state: int
) -> ProofFinding:
    return refuted(case, found, rule, element, sentence(rule, said), found.path(state))


def _unsafe(case: Case, found: Explored) -> Iterator[ProofFinding]:
    flows = case.flows()
    seen: set[str] = set()
    for number, state in found.doubled.items():
        place = case.net.places[number]
        if place.kind in ("end", "message"):
            continue
        is_flow = place.kind == "flow" and place.element in flows
        element = flows[place.element].target if is_flow else place.element
        border = case.elements.get(element)
        if border is not None and border.attached_to is not None:
            element = border.attached_to  # it waits twice because what it stands on is there twice
        if element in seen or len(seen) >= MOST:
            continue
        seen.add(element)
        said = f"{case.words.of(element)} can be reached twice at the same time."
        yield _refuted(case, found, "safe", element, said, state)


def _improper(case: Case, found: Explored) -> Iterator[ProofFinding]:
    seen: set[str] = set()
    for number, state in found.doubled.items():
        place = case.net.places[number]
        if place.kind != "end" or place.element in seen or len(seen) >= MOST:
            continue
        seen.add(place.element)
        said = f"one run can come to {case.words.of(place.element)} twice."
        if case.drawing.ends_together:
            said = f"whether {said.removesuffix('.')} could not be decided."
        finding = _refuted(case, found, "proper_completion", place.element, said, state)
        is_sure = not case.drawing.ends_together
        yield finding if is_sure else replace(finding, severity=Severity.UNKNOWN)


def _stuck(case: Case, found: Explored) -> Iterator[ProofFinding]:
    bad = found.dead_ends()
    stopped = [state for state in bad if not found.after[state]]
    if stopped:
        state = stopped[0]
        waiting = _standing(case, found, state)
        said = f"the run can stop for ever at {case.words.many(waiting)}: what is waited for there "
        said += "can no longer come."
        if fails := _failing(found, state):
            said = f"{case.words.of(fails)} can fail: what it computes does not fit these values."
            yield _refuted(case, found, "fails", fails, said, state)
            return
        yield _refuted(case, found, "dead_end", waiting[0] if waiting else None, said, state)
    elif bad:
        state, round_ = _round(case, found, bad[0])
        said = f"the run can come into a loop without a way out: {case.words.many(round_)}."
        yield _refuted(case, found, "no_way_out", round_[0] if round_ else None, said, state)


def _standing(case: Case, found: Explored, state: int) -> list[str]:
    """Return the elements before or in which tokens stand that keep the run open."""
    flows = case.flows()
    waiting: list[str] = []
    stopped: list[str] = []
    for number in found.machine.places(found.states[state]):
        place = case.net.places[number]
        if place.is_still or place.kind == "scope":
            continue
        flow = flows.get(place.element) if place.kind == "flow" else None
        (stopped if flow else waiting).append(flow.target if flow else place.element)
    return waiting + stopped


def _failing(found: Explored, state: int) -> str | None:
    """Return the element whose expressions fail in a state in which nothing follows."""
    for one in found.machine.enabled(found.states[state]):
        if one.choice is not None or one.script is not None or one.table is not None:
            return one.element
    return None


def _round(case: Case, found: Explored, state: int) -> tuple[int, list[str]]:
    """Return a state in a loop, and the elements that the loop passes."""
    seen: dict[int, int] = {}
    walked: list[int] = []
    while state not in seen:
        seen[state] = len(walked)
        walked.append(state)
        state = found.after[state][0]
    elements = [
        element
        for one in walked[seen[state] :]
        if (element := _next_element(found, one)) is not None
    ]
    return state, list(dict.fromkeys(elements)) or _standing(case, found, state)


def _next_element(found: Explored, state: int) -> str | None:
    """Return the element whose move leads to the first state after this one."""
    for one in found.machine.enabled(found.states[state]):
        for _, after in found.firing.fire(found.states[state], one):
            if after == found.states[found.after[state][0]]:
                return one.element
    return None


def _dead(case: Case, found: Explored) -> Iterator[ProofFinding]:
    alive = {case.net.transitions[number].element for number in found.fired} | found.woke
    spared = case.drawing.dormant
    dead = [name for name in case.elements if name not in alive and name not in spared]
    if not dead or not found.is_complete:
        return
    if found.cut and case.net.run_to_completion:
        return  # what is refuted is mended first
    behind = behind_defaults(case, set(dead))
    for name in [one for one in dead if one in behind]:
        said = f"{case.words.of(name)} is never reached: the conditions leave nothing over for it."
        yield ProofFinding("dead_default", Severity.HINT, name, sentence("dead_default", said))
    for name in [one for one in dead if one not in behind][:MOST]:
        said = f"{case.words.of(name)} can never be reached."
        severity = Severity.REFUTED
        if found.cut or found.is_reduced:
            said = f"whether {case.words.of(name)} can be reached could not be decided."
            severity = Severity.UNKNOWN
        yield ProofFinding("dead_element", severity, name, sentence("dead_element", said))


def _after(case: Case, found: Explored) -> Iterator[ProofFinding]:
    for place, rule in case.after.items():
        for (broke, element), (state, last) in found.broken.items():
            if broke != f"after:{place}":
                continue
            said = f"{case.words.of(rule.end)} can be completed before {case.words.of(rule.step)}."
            said += f" Lead every way to it through {case.words.of(rule.step)}."
            message = said[0].upper() + said[1:]
            yield refuted(case, found, "after", element, message, [*found.path(state), last])


def _open_questions(case: Case, found: Explored) -> list[ProofFinding]:
    """Return why something is not known."""
    made = []
    if found.cut and all(case.net.places[one].kind == "message" for one in found.doubled):
        said = "Messages can pile up without end, so that it could not be decided. Let who sends "
        said += "wait for an answer."
        made.append(ProofFinding("pile_up", Severity.UNKNOWN, None, said))
    reason = found.reason
    if found.is_reduced and not found.is_weighed and reason is None:
        reason = "so much goes on at once that not every order could be looked at"
    if reason is not None:
        said = f"It could not be decided: {reason}. Draw it smaller, or allow more."
        made.append(ProofFinding("bound", Severity.UNKNOWN, None, said))
    for element in dict.fromkeys(case.drawing.come_again):
        said = f"{case.words.of(element)} may come again while what it began is still going on; "
        said += "only its first time was looked at."
        message = sentence("fires_again", said)
        made.append(ProofFinding("fires_again", Severity.WARNING, element, message))
    for element in sorted(found.machine.doubted - case.drawing.undecided.keys()):
        said = f"{case.words.of(element)} brings together ways of which one can be come to twice; "
        said += "when the engine goes on there depends on the drawing."
        message = sentence("undecided", said)
        made.append(ProofFinding("undecided", Severity.UNKNOWN, element, message))
    return made + _not_drawn(case)


def _not_drawn(case: Case) -> list[ProofFinding]:
    """Return what the diagram leaves open: calls of what is not there, unclear gateways."""
    made = []
    for element, called in case.drawing.missing.items():
        said = f"{case.words.of(element)} calls “{called}”, which is not there or calls back."
        made.append(
            ProofFinding("missing_call", Severity.UNKNOWN, element, sentence("missing_call", said))
        )
    for element, why in case.drawing.undecided.items():
        said = f"{case.words.of(element)} {why}."
        made.append(
            ProofFinding("undecided", Severity.UNKNOWN, element, sentence("undecided", said))
        )
    return made
