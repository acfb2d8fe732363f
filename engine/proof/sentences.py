"""What a proof found, said to the person who drew the diagram.

Each sentence says what can happen, in the diagram's own names, and then what would mend it.
"""

from collections.abc import Iterable, Mapping

from engine.bpmn import Element

TYPES: Mapping[str, str] = {
    "boundaryEvent": "event",
    "callActivity": "call",
    "endEvent": "end",
    "eventBasedGateway": "gateway",
    "exclusiveGateway": "gateway",
    "inclusiveGateway": "gateway",
    "intermediateCatchEvent": "event",
    "intermediateThrowEvent": "event",
    "parallelGateway": "gateway",
    "startEvent": "start",
    "subProcess": "subprocess",
    "userTask": "step",
}
MENDS: Mapping[str, str] = {
    "safe": "Bring the ways together with the kind of gateway that parted them.",
    "proper_completion": "Bring the ways together before the end, or give each an end of its own.",
    "dead_end": "Draw a way on from there, or join only ways that are all taken.",
    "fails": "Compare like with like, and let a table have a rule for every case.",
    "no_way_out": "Draw a way out of the loop that leads to an end.",
    "dead_element": "Connect it so that it can be reached, or remove it.",
    "dead_default": "It may stay as the safe way out; nothing needs to be done.",
    "never_true": "Correct its condition, or remove the flow.",
    "overlapping": "Make the conditions exclude each other, so that the order does not decide.",
    "fires_again": "Let what it leads to be short, or make the event interrupting.",
    "closes_stale": "Let every way to this end pass the customer's answer, or a closing decision, "
    "after the last work: ask the gateway “may it close?” for gate.",
    "waits_before_closing": "Remove what waits between the answer and the end.",
    "closes_otherwise": "Lead a confirmation to an end that closes as confirmed, and a decision "
    "to one that closes as escalated.",
    "closes_beside_work": "Bring the branches together before the end, or make it end everything.",
    "closes_inside": "Draw the closing end in the incident's own process.",
    "never_closes": "Draw an end that closes as confirmed, behind the customer's answer.",
    "no_work": "Mark the event “every action is settled” as work.",
    "no_answer": "Mark the step in which the customer answers as confirmation, or the one in which "
    "somebody decides as closing_decision.",
    "ends_open": "Lead it back to work, or to an end that closes.",
    "missing_call": "Give the file of the called process along.",
    "undecided": "Draw it with exclusive, parallel or event-based gateways, or call a process for "
    "what is inside the loop.",
    "forges_answers": "Give the value a name of its own.",
}


class Words:
    """Names things as the diagram does."""

    def __init__(self, elements: Mapping[str, Element]) -> None:
        self.elements = elements

    def of(self, element: str | None) -> str:
        """Return an element's name in quotes; its kind and id if it has none."""
        one = self.elements.get(element or "")
        if one is None:
            return f"“{element}”"
        if one.name:
            return f"“{one.name}”"
        return f"the {TYPES.get(one.type, 'task')} “{one.id}”"

    def many(self, elements: Iterable[str]) -> str:
        """Return several names, joined; at most four of them."""
        names = [self.of(element) for element in dict.fromkeys(elements)]
        if len(names) > 4:
            names = [*names[:3], f"{len(names) - 3} more"]
        if len(names) < 2:
            return "".join(names)
        return f"{', '.join(names[:-1])} and {names[-1]}"


def sentence(rule: str, said: str) -> str:
    """Return a finding's message: what can happen, and its mend."""
    said = said[0].upper() + said[1:]
    return f"{said} {MENDS[rule]}"
