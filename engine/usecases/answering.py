"""One completion under way: the answers as posted, checked against the step's own form."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from engine.domain.party import Party
from engine.domain.permissions import Actor
from engine.errors import InvalidAnswers
from engine.store.facts import ActionFacts
from engine.store.rows import Item
from engine.usecases.running import Mover
from forms import Form, check, decisions


@dataclass
class Answering:
    """What a recorder is given.  `answers` are as posted until `checked` has made them clean."""

    mover: Mover
    item: Item
    actor: Actor
    answers: Mapping[str, Any]
    form: Form
    prefill: Mapping[str, object]
    action_facts: ActionFacts | None
    # whoever answers was asked whether they mean it, and does
    insists: bool = False
    # it is a line of this list, whose lines one person reviewed
    list_id: UUID | None = None
    # process data that is not a step's answer, such as the party of an action asked again
    process_data: dict[str, object] = field(default_factory=dict)
    # when it had happened, if it is entered late; whose time it was, if it was not theirs
    happened_at: datetime | None = None
    charged_to: Party | None = None

    def checked(self) -> Mapping[str, Any]:
        """Return the answers made clean.  Raises InvalidAnswers naming each field."""
        found = check(
            self.form, self.answers, choices={}, prefill=self.prefill, now=self.mover.case.now
        )
        if not found.ok:
            raise InvalidAnswers(found.findings)
        self.answers = found.answers
        return found.answers

    def filed(self) -> Mapping[str, str | bool]:
        """Return the decisions among the checked answers: all that process data may hold."""
        return decisions(self.form, self.answers)


Recorder = Callable[[Answering], Mapping[str, str | bool]]
