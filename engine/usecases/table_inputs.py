"""What the inputs of decision tables can be: answers, other tables' outputs, and what is given.

A newcomer would take `impact` from the form that asks it: use cases give it to a run, in words of
the domain, whatever the form is called.
"""

from collections.abc import Mapping, Sequence

from engine.bpmn import Release, Scalar
from engine.domain.gate import Gate
from engine.domain.incident import Level
from engine.domain.party import Party
from engine.proof import Domains

Known = Mapping[str, Sequence[Scalar]]
"""By an input's expression: every value that it can have."""


# what use cases give a run, and its facts, as far as they are words
_GIVEN: Mapping[str, tuple[Scalar, ...]] = {
    "impact": tuple(one.value for one in Level),
    "urgency": tuple(one.value for one in Level),
    "party": tuple(one.value for one in Party),
    "gate": tuple(one.value for one in Gate),
    "tries": ("enough", "missing"),
}


def known_inputs(release: Release, domains: Domains) -> Known:
    """Return what inputs can be, as far as it is known; `domains` has the answers of each step."""
    known: dict[str, Sequence[Scalar]] = {}
    for table in release.decisions.values():
        for place, name in enumerate(table.outputs):
            found = [*known.get(name, ()), *(rule.outputs[place] for rule in table.rules)]
            known[name] = list(dict.fromkeys(found))
    for step, fields in domains.items():
        for name, values in fields.items():
            known[f"{step}.{name}"] = values
    return {**known, **_GIVEN}
