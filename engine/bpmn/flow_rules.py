"""Refuses flows and shapes in which a token gets lost, never leaves, or goes two ways at once."""

from collections import Counter
from collections.abc import Callable

from engine.bpmn.findings import Findings
from engine.bpmn.graph import JOINS, Graph, graphs
from engine.bpmn.model import Element, Flow, Process
from engine.errors import ExpressionRefused
from engine.expressions import expression

Refuse = Callable[[str, str, str], None]
_CHOICES = frozenset({"exclusiveGateway", "inclusiveGateway"})
_MANY_WAYS = _CHOICES | {"parallelGateway", "eventBasedGateway"}
_AUTOMATIC = _CHOICES | {
    "businessRuleTask",
    "endEvent",
    "intermediateThrowEvent",
    "parallelGateway",
    "scriptTask",
    "sendTask",
    "task",
}


def check_flows(process: Process, findings: Findings) -> None:
    """Add what is wrong with the flows of one process and with its shape."""
    for flow in process.flows:
        _check_flow(process, flow, findings)
    pairs = Counter((flow.source, flow.target) for flow in process.flows)
    for source, target in sorted(pair for pair, count in pairs.items() if count > 1):
        findings.refuse(
            process.file,
            source,
            "double_flow",
            f"Two flows lead to “{target}”; a history could not tell them apart.",
            "Join their conditions with or.",
        )
    for graph in graphs(process):
        _check_ends(graph, findings)
        for element in graph.elements.values():
            _check_leaving(graph, element, findings)
            _check_repeating(graph, element, findings)
        _check_joins(graph, findings)
        _check_rounds(graph, findings)


def _check_flow(process: Process, flow: Flow, findings: Findings) -> None:
    def refuse(rule: str, sentence: str, mend: str) -> None:
        findings.refuse(process.file, flow.id, rule, sentence, mend)

    source, target = process.elements.get(flow.source), process.elements.get(flow.target)
    if source is None or target is None or source.container != target.container:
        refuse("flow_ends", "It does not join two elements of one level.", "Draw it anew.")
        return
    if target.type in ("startEvent", "boundaryEvent"):
        refuse("flow_ends", "Nothing leads to a start or a border event.", "Draw it elsewhere.")
    if flow.condition is None:
        return
    if source.type not in _CHOICES:
        refuse(
            "condition_ignored",
            "The engine ignores a condition on this flow.",
            "Put an exclusive gateway before it.",
        )
    elif flow.is_default:
        refuse("condition_ignored", "A default has no condition.", "Remove the condition.")
    try:
        expression(flow.condition)
    except ExpressionRefused as error:
        refuse("condition", error.sentence, 'Compare an answer, as in step.answer == "yes".')


def _check_ends(graph: Graph, findings: Findings) -> None:
    starts = [one.id for one in graph.elements.values() if one.type == "startEvent"]
    file, name = graph.process.file, graph.process.id
    if len(starts) != 1:
        findings.refuse(
            file, name, "one_start", f"It has {len(starts)} start events.", "Draw exactly one."
        )
        return
    reached = graph.reachable(starts) | set(starts)
    for one in graph.elements.values():
        if one.id not in reached:
            findings.refuse(
                file, one.id, "unreachable", "Nothing leads here.", "Connect or remove it."
            )
    if not any(one.type == "endEvent" for one in graph.elements.values()):
        findings.refuse(file, name, "no_end", "It has no end event.", "Draw one.")


def _check_leaving(graph: Graph, element: Element, findings: Findings) -> None:
    def refuse(rule: str, sentence: str, mend: str) -> None:
        findings.refuse(graph.process.file, element.id, rule, sentence, mend)

    out = graph.process.outgoing(element.id)
    if element.type == "endEvent":
        if out:
            refuse("after_end", "An end has no way on.", "Remove the flow.")
        return
    if not out:
        refuse("no_way_on", "The path stops here and the run would stay open.", "Draw an end.")
    if len(out) > 1 and element.type not in _MANY_WAYS:
        refuse("two_ways", "Two flows leave it.", "Put a gateway between.")
    if element.type in _CHOICES:
        _check_choice(element, out, refuse)
    if element.type == "eventBasedGateway":
        _check_event_gateway(graph, out, refuse)


def _check_choice(element: Element, out: tuple[Flow, ...], refuse: Refuse) -> None:
    if len(out) == 1 and out[0].condition is None:
        return  # it only brings ways together
    if not any(flow.is_default for flow in out):
        refuse(
            "no_default",
            "Where no condition holds, the run would fail.",
            "Make one flow the default, the one that is safe.",
        )
    for flow in out:
        if flow.condition is None and not flow.is_default:
            refuse(
                "no_condition",
                f"The flow to “{flow.target}” has no condition.",
                "Give it one, or make it the default.",
            )
    if not element.name and len(out) > 1:
        refuse("no_name", "The gateway asks no question.", "Name it, as in May it close?")


def _check_event_gateway(graph: Graph, out: tuple[Flow, ...], refuse: Refuse) -> None:
    targets = [graph.elements[flow.target] for flow in out if flow.target in graph.elements]
    if len(targets) < 2 or any(
        one.type != "intermediateCatchEvent" or len(graph.process.incoming(one.id)) != 1
        for one in targets
    ):
        refuse(
            "event_gateway",
            "It leads to two or more catch events, and only it leads to them.",
            "Draw the events right after it.",
        )
    if sum(one.event is not None and one.event.kind == "timer" for one in targets) > 1:
        refuse("event_gateway", "The engine mixes up two timers here.", "Use one timer.")


def _check_repeating(graph: Graph, element: Element, findings: Findings) -> None:
    """What a repeating timer leads to is dropped when its activity is done: let it be short."""
    if element.event is None or element.event.timer != "cycle":
        return
    for name in sorted(graph.reachable([element.id])):
        if graph.elements[name].type not in _AUTOMATIC:
            findings.refuse(
                graph.process.file,
                name,
                "repeating_timer",
                f"It waits on the path of the repeating timer “{element.id}” and would be lost.",
                "Lead that path through automatic tasks to an end of its own.",
            )


def _check_rounds(graph: Graph, findings: Findings) -> None:
    """A loop that no gateway can leave: the engine looks ahead in it and never comes back."""
    inside = {
        one.id
        for one in graph.elements.values()
        if one.type not in _CHOICES and one.type not in ("eventBasedGateway", "boundaryEvent")
    }
    before = Counter(
        flow.target
        for flow in graph.process.flows
        if flow.source in inside and flow.target in inside
    )
    free = [name for name in inside if not before[name]]
    while free:  # what nothing leads to any more is in no loop
        name = free.pop()
        inside.remove(name)
        for after in graph.after[name]:
            if after in inside:
                before[after] -= 1
                if not before[after]:
                    free.append(after)
    if inside:
        findings.refuse(
            graph.process.file,
            _in_a_round(graph, inside),
            "endless_loop",
            "It leads back to itself whatever happens; the engine cannot even begin it.",
            "Let an exclusive gateway say whether it goes round again.",
        )


def _in_a_round(graph: Graph, left: set[str]) -> str:
    """Return one that comes before itself; before each of these comes another."""
    name, seen = min(left), set[str]()
    while name not in seen:
        seen.add(name)
        name = min(flow.source for flow in graph.process.incoming(name) if flow.source in left)
    return name


def _check_joins(graph: Graph, findings: Findings) -> None:
    """Joins in a loop fire early from the second round on, unless the past can be cut.

    And where a diagram has joins at all, the past of a loop beside an open branch cannot be cut:
    the joins count what is finished there.
    """
    joins = [
        one.id
        for one in graph.elements.values()
        if one.type in JOINS and len(graph.process.incoming(one.id)) > 1
    ]
    if not joins:
        return
    for join in joins:
        _check_arrivals(graph, join, findings)
    for loop in graph.loops():
        inside = [join for join in joins if join in loop]
        name = (inside or sorted(loop))[0]
        if _stands_beside(graph, name, loop):
            findings.refuse(
                graph.process.file,
                name,
                "join_in_loop" if inside else "loop_beside_branch",
                "A join in a loop beside an open branch fires too early."
                if inside
                else "A loop beside an open branch grows for ever where the diagram has joins.",
                "Put the loop into a called process.",
            )
        elif inside:
            findings.warn(
                graph.process.file,
                name,
                "join_in_loop",
                "This join is inside a loop.",
                "Try it in more than one round.",
            )


def _check_arrivals(graph: Graph, join: str, findings: Findings) -> None:
    """A way into a join that only the join itself leads to: the engine does not wait for it."""
    starts = [one.id for one in graph.elements.values() if one.type == "startEvent"]
    before = graph.reachable(starts, without=frozenset({join})).union(starts)
    behind = [flow for flow in graph.process.incoming(join) if flow.source not in before]
    if graph.elements[join].type == "parallelGateway" and behind and set(starts) != {join}:
        findings.refuse(
            graph.process.file,
            join,
            "join_behind_itself",
            f"The join waits for “{behind[0].source}”, which only the join itself leads to.",
            "Make it an exclusive gateway, or draw the join elsewhere.",
        )


def _stands_beside(graph: Graph, join: str, loop: set[str]) -> bool:
    """Return whether a branch may stay open beside the loop."""
    closing = frozenset(
        one.id for one in graph.elements.values() if one.type in JOINS and one.id not in loop
    )
    for split in graph.splits():
        if split in loop:
            if any(
                after not in loop and join not in graph.reachable([after])
                for after in graph.after[split]
            ):
                return True
        elif graph.reachable([split], closing - {split}) & loop:
            return True
    return False
