"""What can go wrong, in words the reader can act on; nothing here knows of HTTP.

Each error has a stable `code` (documented in the README, mapped to a status in `api/errors.py`
only) and a sentence.  A newcomer would raise ValueError for a bad answer: do not, that is a
programming error and becomes a 500.
"""

from collections.abc import Iterable, Mapping
from typing import ClassVar
from uuid import UUID

from engine.language import say


class PutrightError(Exception):
    """Base of every refusal; `sentence` is for people, `context` for machines.

    `about` are the incidents for named people only whose words either may hold: to tell it is to
    show them.  The store says so of whatever is refused while one of them is locked.
    `tried_on` are all incidents that were locked then.
    """

    code: ClassVar[str] = "error"
    about: frozenset[UUID] = frozenset()
    tried_on: tuple[UUID, ...] = ()

    def __init__(self, sentence: str, **context: object) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.context: Mapping[str, object] = context


class NotFound(PutrightError):
    """There is no such thing, or none that this reader may know of."""

    code = "not_found"


class NotAllowed(PutrightError):
    """The actor may see it but may not do this to it."""

    code = "not_allowed"


class InvalidAnswers(PutrightError):
    """Answers do not fit the step's form; `fields` maps a field's path to its sentence."""

    code = "invalid_answers"

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(say("Some answers need another look."), fields=dict(fields))
        self.fields = dict(fields)


class LinkOver(PutrightError):
    """A link was good once; `is_renewable` says whether its person can be mailed a new one."""

    code = "link_over"

    def __init__(self, sentence: str, *, is_renewable: bool) -> None:
        super().__init__(sentence)
        self.is_renewable = is_renewable


class Conflict(PutrightError):
    """The world has moved on since the reader looked; the sentence says how."""

    code = "conflict"


class AlreadyClaimed(Conflict):
    """Somebody else holds the work item."""

    code = "already_claimed"


class StaleFile(Conflict):
    """A file of a draft was saved meanwhile; `revision` is the one that it has now."""

    code = "stale_file"


class ItemEnded(Conflict):
    """The work item was finished or cancelled meanwhile."""

    code = "item_ended"


class IncidentClosed(Conflict):
    """Closed is final: what comes back is a new incident."""

    code = "incident_closed"


class AnswerQueried(Conflict):
    """A *yes* came with words, or an open action of theirs, that say otherwise: is it right?"""

    code = "answer_queried"


class Busy(Conflict):
    """Others are just at it: the incident's row, or proofs; trying again is safe."""

    code = "try_again"


class KeyReused(Conflict):
    """The same idempotency key came with another request."""

    code = "key_reused"


class GateShut(Conflict):
    """The incident may not close; `missing` names what stands between."""

    code = "gate_shut"

    def __init__(self, missing: Iterable[str]) -> None:
        self.missing = tuple(missing)
        super().__init__(
            say("It cannot be closed yet: %(missing)s.", missing=self.missing),
            missing=list(self.missing),
        )


class TooManyAttempts(Conflict):
    """Sign-in failed too often from there; `minutes` is how long to wait."""

    code = "too_many_attempts"

    def __init__(self, minutes: int) -> None:
        super().__init__(
            say(
                "That did not work too often. Please wait %(minutes)s minutes and try again.",
                minutes=minutes,
            ),
            minutes=minutes,
        )


class DiagramRefused(PutrightError):
    """A diagram or form cannot be published; each finding names its element and its mend."""

    code = "diagram_refused"

    def __init__(self, findings: Iterable[object]) -> None:
        self.findings = tuple(findings)
        super().__init__(
            "These files cannot be published: "
            + "; ".join(str(finding) for finding in self.findings),
            findings=[str(finding) for finding in self.findings],
        )


class WorkflowFault(PutrightError):
    """A diagram failed while running (an expression, a missing branch); nothing was saved."""

    code = "workflow_fault"


class ExpressionRefused(PutrightError):
    """An expression is outside the allow-listed language, or failed within it."""

    code = "expression_refused"


class Unavailable(PutrightError):
    """The database is away; nothing was done, unless the connection broke at the very commit.

    Trying again with the same key is safe.
    """

    code = "unavailable"


class LogRefused(PutrightError):
    """An incident log cannot be replayed as it is; the sentence says what to mend."""

    code = "log_refused"
