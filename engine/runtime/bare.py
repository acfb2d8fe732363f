"""One step of a diagram in SpiffWorkflow alone, as it comes: what the bench compares itself with.

Nothing of Putright runs here: the stock parser, script engine and tree, in memory, never saved.
"""

from collections.abc import Callable, Mapping
from time import perf_counter

from lxml import etree
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine, TaskDataEnvironment
from SpiffWorkflow.spiff.parser.process import SpiffBpmnParser
from SpiffWorkflow.util.task import TaskState


class _Named(dict[str, object]):
    """Answers with names, as the diagrams' conditions read them."""

    def __getattr__(self, name: str) -> object:
        return self.get(name)


def bare_step(
    files: Mapping[str, bytes],
    diagram: str,
    step: str,
    answers: Mapping[str, object],
    **data: object,
) -> Callable[[], float]:
    """Return what runs a new instance to `step` and returns the seconds that completing it took."""
    parser = SpiffBpmnParser()
    for name, content in files.items():
        if name.endswith(".bpmn"):
            parser.add_bpmn_xml(etree.fromstring(content), name)
        elif name.endswith(".dmn"):
            parser.add_dmn_xml(etree.fromstring(content), name)
    spec = parser.get_spec(diagram)
    subprocesses = parser.get_subprocess_specs(diagram)

    def run() -> float:
        engine = PythonScriptEngine(environment=TaskDataEnvironment())
        workflow = BpmnWorkflow(spec, subprocesses, script_engine=engine)
        workflow.get_next_task().data.update(data)
        workflow.do_engine_steps()
        task = next(
            one
            for one in workflow.get_tasks(state=TaskState.READY, manual=True)
            if one.task_spec.bpmn_id == step
        )
        begun = perf_counter()
        task.data[step] = _Named(answers)
        task.run()
        workflow.do_engine_steps()
        return perf_counter() - begun

    return run
