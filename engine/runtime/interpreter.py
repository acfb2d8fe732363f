"""Stands where SpiffWorkflow expects its script engine: our expressions, our facts, our time.

One per advance and never shared: it is also how timers learn `now`.  The *environment* is
replaced, not only the engine, because SpiffWorkflow's correlations call the environment directly.
"""

from collections import ChainMap
from collections.abc import Callable, Mapping, MutableMapping
from datetime import datetime
from typing import Any, NoReturn

from SpiffWorkflow.bpmn.script_engine import (
    BasePythonScriptEngineEnvironment,
    PythonScriptEngine,
)

from engine.domain.working_calendar import WorkingCalendar
from engine.errors import ExpressionRefused, WorkflowFault
from engine.expressions import evaluate, execute, expression

Calendar = Callable[[], WorkingCalendar]
"""Whose working days timers count in, asked for only if one does."""
_NOTHING: Mapping[str, object] = {}


class _Environment(BasePythonScriptEngineEnvironment):
    """Evaluates with facts before data, and data before the empty answers of untouched steps."""

    def __init__(self, facts: Mapping[str, object], steps: Mapping[str, object]) -> None:
        super().__init__()
        self.facts = facts
        self.steps = steps

    def names(self, data: Mapping[str, object]) -> Mapping[str, object]:
        """Return what names mean for a task with this data."""
        return ChainMap(self.facts, data, self.steps)  # type: ignore[arg-type]

    def evaluate(
        self,
        expression: str,
        context: Mapping[str, object],
        external_context: Mapping[str, object] | None = None,  # noqa: ARG002 - none of our own
    ) -> object:
        """Return an expression's value; raises ExpressionRefused."""
        return evaluate(expression, self.names(context))

    def execute(
        self,
        script: str,
        context: MutableMapping[str, object],
        external_context: Mapping[str, object] | None = None,  # noqa: ARG002 - none of our own
    ) -> bool:
        """Do a script's assignments in `context`; raises ExpressionRefused."""
        execute(script, context, self.names(context))
        return True

    def call_service(self, context: Mapping[str, object], **kwargs: object) -> NoReturn:  # noqa: ARG002
        """There are no services."""
        raise WorkflowFault("A diagram cannot call services.")


class Interpreter(PythonScriptEngine):
    """The script engine, the facts and the clock of one advance.

    `fired` collects the repeating timers that fired and have not been noted yet.  Timers fire that
    are due by `due_by`, none while it is None.
    """

    def __init__(
        self,
        now: datetime,
        facts: Mapping[str, object],
        steps: Mapping[str, object],
        calendar: Calendar | None = None,
    ) -> None:
        super().__init__(environment=_Environment(facts, steps))
        self.now = now
        self.calendar = calendar
        self.due_by: datetime | None = None
        self.fired: list[Any] = []

    def validate(self, text: str) -> None:
        """Raise ExpressionRefused if `text` is no expression of ours."""
        expression(text)

    def evaluate(
        self,
        task: Any,
        expression: str,
        external_context: Mapping[str, object] | None = None,
    ) -> object:
        """Return an expression's value for a task; raises WorkflowFault."""
        try:
            return self.environment.evaluate(expression, task.data, external_context)
        except ExpressionRefused as error:
            raise _fault(task, error) from error

    def execute(
        self,
        task: Any,
        script: str,
        external_context: Mapping[str, object] | None = None,
    ) -> bool:
        """Do a task's script; raises WorkflowFault."""
        try:
            return bool(self.environment.execute(script, task.data, external_context))
        except ExpressionRefused as error:
            raise _fault(task, error) from error

    def call_service(self, task: Any, **kwargs: object) -> NoReturn:  # noqa: ARG002
        """There are no services."""
        raise WorkflowFault("A diagram cannot call services.", step=task.task_spec.bpmn_id)


def _fault(task: Any, error: ExpressionRefused) -> WorkflowFault:
    name = task.task_spec.bpmn_id
    return WorkflowFault(f"“{name}” failed: {error.sentence}", step=name)
