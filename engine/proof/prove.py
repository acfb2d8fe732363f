"""Proves a release, or the soundness of any BPMN."""

from collections.abc import Mapping, Sequence
from time import monotonic

from engine.bpmn import Process, Release
from engine.proof.activities import draw_process
from engine.proof.building import Builder
from engine.proof.case import Case
from engine.proof.drawing import Drawing
from engine.proof.judging import judge
from engine.proof.machine import Machine
from engine.proof.net import Transition
from engine.proof.search import explore
from engine.proof.values import After, Bound, Domains, Proved
from engine.proof.waking import wake


def prove_release(
    release: Release, *, domains: Domains, after: Sequence[After] = (), bound: Bound | None = None
) -> tuple[Proved, ...]:
    """Return what is proved of each process, run to completion, in the release's order.

    Called processes are inlined.  `domains` are the values that forms allow; a step without one
    may be answered in any way.
    """
    limits = bound or Bound()
    return tuple(
        _prove(_release_case(process, release, domains, after), limits)
        for process in release.processes.values()
    )


def prove_soundness(
    processes: Mapping[str, Process], *, bound: Bound | None = None
) -> tuple[Proved, ...]:
    """Return what is proved of each process, interleaving, in the file's order."""
    limits = bound or Bound()
    return tuple(_prove(_any_case(process, processes), limits) for process in processes.values())


def _prove(case: Case, bound: Bound) -> Proved:
    until = monotonic() + bound.seconds
    return judge(case, explore(Machine(case.net), bound, until=until))


def _any_case(process: Process, processes: Mapping[str, Process]) -> Case:
    drawing = Drawing(Builder(run_to_completion=False), processes, {})
    draw_process(drawing, process)
    wake(drawing)
    return Case(process.id, drawing.builder.net(), drawing)


def _release_case(
    process: Process, release: Release, domains: Domains, after: Sequence[After]
) -> Case:
    builder = Builder(run_to_completion=True)
    drawing = Drawing(builder, release.processes, release.decisions)
    draw_process(drawing, process)
    wake(drawing)
    monitor = None
    if any(one.closes for one in process.elements.values()):
        monitor = builder.place("monitor", "", -1)
        overtakes = Transition(None, (monitor,), (), external=True, mark="proposal")
        builder.add(overtakes, 0)
    rules: dict[int, After] = {}
    for rule in after:
        if rule.end in drawing.leaving:
            place = builder.place("rule", rule.step, -1)
            builder.initial.append(place)
            rules[place] = rule
            for one in drawing.leaving[rule.end]:
                one.must_fulfil |= {place}
            for one in drawing.leaving.get(rule.step, ()):
                one.fulfils |= {place}
    net = builder.net(
        monitor=monitor,
        steps=frozenset(one.id for one in release.steps()),
        domains=domains,
    )
    return Case(process.id, net, drawing, rules)
