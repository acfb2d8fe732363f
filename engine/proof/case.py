"""What is being judged: one process (or pools together), its net, and what is known of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.bpmn import Element, Flow
from engine.proof.drawing import Drawing
from engine.proof.net import Net
from engine.proof.sentences import Words
from engine.proof.values import After


@dataclass(slots=True)
class Case:
    """A net with the drawing that it was made of."""

    id: str
    net: Net
    drawing: Drawing
    after: Mapping[int, After] = field(default_factory=dict)  # by the rule's place

    @property
    def words(self) -> Words:
        """How to call things."""
        return Words(self.drawing.drawn)

    @property
    def elements(self) -> Mapping[str, Element]:
        """All that was drawn, called processes included."""
        return self.drawing.drawn

    def flows(self) -> dict[str, Flow]:
        """Return every flow that was drawn, by its id."""
        return {flow.id: flow for shape in self.drawing.shapes() for flow in shape.process.flows}
