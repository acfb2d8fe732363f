"""Every wrong closing that the gallery's proofs refute is walked in the engine, and happens."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.proof import Severity, prove_release
from engine.runtime import Advanced, Answered, Specs, advance, start
from tests.proof.drawing import draw
from tests.proof.test_release_gallery import CLOSURE, DOMAINS, OF_CLOSURE

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FRESH = {("confirm", "yes"): "confirmed", ("decide", "close"): "escalated"}


class Walk:
    """A run that is led along a path, with the gate as the answers make it."""

    def __init__(self, specs: Specs) -> None:
        self.specs = specs
        self.now = NOW
        self.gate = "shut"
        self.passed: list[str] = []
        data = {"impact": "low"}
        self._moved(start(specs, "p", data=data, facts={"gate": "shut"}, now=NOW))

    def _moved(self, state: Advanced) -> None:
        self.state = state
        self.passed += [one.element for one in state.passages if one.how == "completed"]

    def passes(self, element: str, answers: dict[str, str | bool]) -> None:
        """Let happen what `element` waits for, if it does."""
        for one in self.state.waiting:
            if one.element != element:
                continue
            how: dict[str, object] = {}
            if one.kind == "step":
                how["answered"] = Answered(one.task_id, element, answers)
                said = {(element, str(value)) for value in answers.values()}
                self.gate = next((FRESH[key] for key in said & FRESH.keys()), self.gate)
            elif one.kind == "message":
                how["message"] = one.message
            else:
                self.now = max(self.now, one.due_at + timedelta(seconds=1))
            facts = {"gate": self.gate}
            self._moved(
                advance(self.specs, "p", self.state.snapshot, facts=facts, now=self.now, **how)
            )
            return


# the proof cannot know what somebody writes into a form that says nothing of it
TOLD = {name: text for name, (text, _) in CLOSURE.items() if "other.word" not in text}


@pytest.mark.parametrize("text", TOLD.values(), ids=TOLD.keys())
def test_what_closes_wrongly_does_so_in_the_engine(text):
    specs = Specs.load({"p.bpmn": draw(text)})
    (proved,) = prove_release(specs.release, domains=DOMAINS)
    for finding in proved.findings:
        if finding.severity is not Severity.REFUTED or finding.rule not in OF_CLOSURE:
            continue
        walk = Walk(specs)
        for element, answers in zip(finding.path, finding.answers, strict=True):
            walk.passes(element, dict(answers))
        assert not finding.path or finding.element in walk.passed
