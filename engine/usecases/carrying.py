"""Carrying one run over to another release: the run itself, and what is asked of people in it.

The runtime carries tokens and timers; here stands what it cannot know: whether the new release ever
comes to stand just there, what its forms ask, and what becomes of to-dos that are somebody's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.domain.mark import Mark
from engine.errors import Conflict
from engine.language import Said, say
from engine.proof import Verdict
from engine.proof.standing import Stands
from engine.queries.moves import OpenItem
from engine.runtime import Waiting
from engine.runtime.moving import Mapped, Moved, move
from engine.store.work import Store
from engine.usecases.handling import Release
from engine.usecases.move_proofs import Prover, proved_stands
from forms import LeftOver, asked_otherwise, carried_over

# who is asked for these follows from the incident, whatever the lane
_ASKED_BY_NAME = frozenset({Mark.CONFIRMATION, Mark.CLOSING_DECISION})


@dataclass(frozen=True)
class CarriedItem:
    """An open to-do as it is on the new release; `left` are answers that it asks no more."""

    item: OpenItem
    step: Waiting
    draft: Mapping[str, Any] | None
    left: tuple[LeftOver, ...]


@dataclass(frozen=True)
class Carried:
    """A run as it stands on the new release, and all that is otherwise there.

    `anew` are the steps that are offered to others now.
    """

    moved: Moved
    changes: tuple[Said, ...]
    items: tuple[CarriedItem, ...]
    anew: tuple[Waiting, ...]


@dataclass
class Target:
    """A release that runs are moved to, from another one, and how they are mapped."""

    store: Store
    old: Release
    release: Release
    mapped: Mapped
    prover: Prover
    _known: dict[str, Stands] = field(default_factory=dict)
    _asked: dict[tuple[str, str], list[Said]] = field(default_factory=dict)

    def prove(self, diagram: str) -> None:
        """Find how runs of a diagram come to stand, while nobody waits for an incident.

        Raises Busy.
        """
        if diagram not in self._known and diagram in self.release.specs.diagrams():
            self._known[diagram] = proved_stands(self.store, self.release, diagram, self.prover)

    def carry(
        self, diagram: str, snapshot: bytes, items: Sequence[OpenItem], now: datetime
    ) -> Carried:
        """Return the run as it would stand here.  Raises Conflict with why it cannot.

        `items` are its open to-dos.  Its diagram has been proved before, if it is there.
        """
        moved = move(
            self.old.specs, self.release.specs, diagram, snapshot, now=now, mapped=self.mapped
        )
        found = self._known[diagram]
        if found.verdict is not Verdict.SOUND or not found.is_whole:
            raise Conflict(say("It could not be proved that the new release is safe from there."))
        if not found.include([(one.place, one.data) for one in moved.standing]):
            raise Conflict(
                say("No run of the new release ever stands just there, and it might never end.")
            )
        return self._with_people(moved, items)

    def _with_people(self, moved: Moved, items: Sequence[OpenItem]) -> Carried:
        changes, carried, anew = list(moved.changes), [], []
        for step in (one for one in moved.waiting if one.kind == "step"):
            own = [one for one in items if one.task_id == step.task_id]
            if step.element in moved.reoffered and _is_offered_anew(step, own, changes):
                anew.append(step)
            was = self._was(step)
            made = [self._item(one, step, was) for one in own]
            changes += self._asked_otherwise(step, was)
            gone = dict.fromkeys(left.label for one in made for left in one.left)
            if gone:
                changes.append(
                    say(
                        "Of what was saved for later at “%(step)s” this is asked no more, and is"
                        " kept beside the form: %(fields)s.",
                        step=say(step.title),
                        fields=tuple(gone),
                    )
                )
            carried += made
        return Carried(moved, tuple(changes), tuple(carried), tuple(anew))

    def _was(self, step: Waiting) -> str:
        """Return the step's id on the old release."""
        names = self.mapped.get(step.diagram, {})
        return next((old for old, new in names.items() if new == step.element), step.element)

    def _item(self, item: OpenItem, step: Waiting, was: str) -> CarriedItem:
        old, new = self.old.forms.get(was), self.release.forms.get(step.element)
        if item.draft is None or old is None or new is None:
            return CarriedItem(item, step, item.draft, ())
        return CarriedItem(item, step, *carried_over(old, new, item.draft))

    def _asked_otherwise(self, step: Waiting, was: str) -> list[Said]:
        key = (was, step.element)
        if key not in self._asked:
            old, new = self.old.forms.get(was), self.release.forms.get(step.element)
            self._asked[key] = (
                asked_otherwise(old, new, say(step.title))
                if old is not None and new is not None
                else []
            )
        return self._asked[key]


def _is_offered_anew(step: Waiting, items: Sequence[OpenItem], changes: list[Said]) -> bool:
    """Return whether a step that is asked of others now is taken from those it was offered to.

    What somebody has taken, or has begun to write, stays theirs.  Raises Conflict where it would
    mean something else to them.
    """
    means_the_same = all(one.mark == step.mark for one in items)
    if means_the_same and step.mark in _ASKED_BY_NAME:
        return False
    title = say(step.title)
    if not any(one.is_claimed or one.draft is not None for one in items):
        changes.append(say("“%(step)s” is offered anew, to those it is asked of now.", step=title))
        return True
    if not means_the_same:
        raise Conflict(
            say(
                "Somebody is at work on “%(step)s”, which means something else in the new release."
                " It can be moved once it is free.",
                step=title,
            )
        )
    changes.append(say("“%(step)s” is asked of others now; who has taken it keeps it.", step=title))
    return False
