"""Proves a release, or the soundness of any BPMN: draws and settles."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from time import monotonic

from engine.bpmn import AnyFile, Collaboration, Process, Release
from engine.proof.activities import draw_process
from engine.proof.building import Builder, TooLarge
from engine.proof.case import Case
from engine.proof.doubting import doubt_joins
from engine.proof.drawing import Drawing
from engine.proof.imagining import imagine
from engine.proof.net import Transition
from engine.proof.settling import settle
from engine.proof.values import (
    After,
    Bound,
    Domains,
    ProofFinding,
    Proved,
    Semantics,
    Severity,
    Verdict,
)
from engine.proof.waking import wake

_HEARS = frozenset({"startEvent", "intermediateCatchEvent", "receiveTask", "boundaryEvent"})


def prove_release(
    release: Release,
    *,
    domains: Domains,
    after: Sequence[After] = (),
    bound: Bound | None = None,
) -> tuple[Proved, ...]:
    """Return what is proved of each process, run to completion, in the release's order.

    Called processes are inlined, so closure and the owner's rules are judged of the processes
    that no other calls.  `domains` are the values that forms allow; a step without one may be
    answered in any way.
    """
    limits = bound or Bound()
    until = monotonic() + limits.seconds
    called = {
        one.called for process in release.processes.values() for one in process.elements.values()
    }
    proved = tuple(
        _settled(
            name,
            partial(release_case, process, release, domains, after, is_called=name in called),
            limits,
            until,
            "run_to_completion",
        )
        for name, process in release.processes.items()
    )
    return _with_lost_rules(proved, release, after)


def prove_soundness(file: AnyFile, *, bound: Bound | None = None) -> tuple[Proved, ...]:
    """Return what is proved of each process of a file, interleaving, and of its pools together.

    Pools that nobody can look inside send and hear whatever they like.
    """
    limits = bound or Bound()
    until = monotonic() + limits.seconds
    cases: list[tuple[str, Callable[[], Case]]] = [
        (one.id, partial(any_case, one, file.processes)) for one in file.processes.values()
    ]
    cases += [
        (one.id, partial(_pools_case, one, file.processes))
        for one in file.collaborations
        if one.message_flows
    ]
    return tuple(_settled(name, draw, limits, until, "interleaving") for name, draw in cases)


def _settled(
    name: str, draw: Callable[[], Case], bound: Bound, until: float, semantics: Semantics
) -> Proved:
    said = f"It could not be decided: {bound.seconds:g} seconds had passed before. Allow more."
    try:
        if (begun := monotonic()) <= until:
            proved = settle(draw(), bound, until)
            return replace(proved, elapsed_ms=(monotonic() - begun) * 1000)
    except TooLarge:
        said = "It is too large to be decided, with all that it calls. Prove its parts one by one."
    finding = ProofFinding("bound", Severity.UNKNOWN, None, said)
    return Proved(name, Verdict.UNKNOWN, 0, semantics, findings=(finding,))


def _with_lost_rules(
    proved: tuple[Proved, ...], release: Release, after: Sequence[After]
) -> tuple[Proved, ...]:
    """Say at the first process which of the owner's rules are about nothing that there is."""
    known = {name for one in release.processes.values() for name in one.elements}
    lost = [
        ProofFinding(
            "after",
            Severity.UNKNOWN,
            name,
            f"There is no element “{name}” in these files. Name another in the rule.",
        )
        for rule in after
        for name in (rule.end, rule.step)
        if name not in known
    ]
    if not lost or not proved:
        return proved
    first = proved[0]
    verdict = Verdict.UNKNOWN if first.verdict is Verdict.SOUND else first.verdict
    first = replace(first, verdict=verdict, findings=(*first.findings, *lost))
    return (first, *proved[1:])


def any_case(process: Process, processes: Mapping[str, Process]) -> Case:
    """Return the net of one process, in which anything moves at any time."""
    drawing = Drawing(Builder(run_to_completion=False), processes, {})
    draw_process(drawing, process)
    wake(drawing)
    return Case(process.id, drawing.builder.net(), drawing)


def _pools_case(together: Collaboration, processes: Mapping[str, Process]) -> Case:
    builder = Builder(run_to_completion=False)
    pools = [processes[one] for one in together.pools.values() if one and one in processes]
    elements = {name: one for pool in pools for name, one in pool.elements.items()}
    messages = {
        flow.id: builder.place("message", flow.id, -1)
        for flow in together.message_flows
        if flow.source in elements
        and flow.target in elements
        and elements[flow.target].type in _HEARS
    }
    told: dict[str, tuple[int, ...]] = {}
    outside = {flow.target for flow in together.message_flows if flow.source not in elements}
    for flow in together.message_flows:
        if flow.id in messages and flow.target not in outside:
            told[flow.target] = (*told.get(flow.target, ()), messages[flow.id])
    drawing = Drawing(builder, processes, {}, told)
    for pool in dict.fromkeys(one.id for one in pools):
        draw_process(drawing, processes[pool])
    for flow in together.message_flows:
        if flow.id in messages:
            for one in drawing.leaving.get(flow.source, ()):
                one.outputs = (*one.outputs, messages[flow.id])
    wake(drawing)
    return Case(together.id, builder.net(), drawing)


def release_case(
    process: Process,
    release: Release,
    domains: Domains,
    after: Sequence[After] = (),
    *,
    is_called: bool = False,
) -> Case:
    """Return the net of one process of a release, with the monitor and the owner's rules."""
    builder = Builder(run_to_completion=True)
    drawing = Drawing(builder, release.processes, release.decisions)
    draw_process(drawing, process)
    wake(drawing)
    doubt_joins(drawing)
    monitor = None
    is_judged = not is_called and not drawing.missing
    if is_judged and any(one.closes or one.mark for one in drawing.drawn.values()):
        monitor = builder.place("monitor", "", -1)
        overtakes = Transition(None, (monitor,), (), external=True, mark="proposal")
        builder.add(overtakes, 0)
    rules = {} if is_called else _rules(drawing, after)
    steps = frozenset(one.id for one in release.steps())
    imagined, given = imagine(builder.transitions, steps, domains)
    net = builder.net(
        monitor=monitor,
        steps=steps,
        domains=domains,
        imagined=imagined,
        given={} if drawing.missing else given,  # what is not there may set it
    )
    return Case(process.id, net, drawing, rules)


def _rules(drawing: Drawing, after: Sequence[After]) -> dict[int, After]:
    """Draw the owner's rules that concern this process: one place each, full until fulfilled."""
    builder = drawing.builder
    rules: dict[int, After] = {}
    for rule in after:
        if rule.end not in drawing.leaving:
            continue
        place = builder.place("rule", rule.step, -1)
        builder.initial.append(place)
        rules[place] = rule
        for one in drawing.leaving[rule.end]:
            one.must_fulfil |= {place}
        for one in drawing.leaving.get(rule.step, ()):
            one.fulfils |= {place}
    return rules
