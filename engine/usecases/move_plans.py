"""What a move would do, seen before it is done: run by run, in groups, and what could be mapped."""

import hashlib
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from engine.bpmn import Element
from engine.bpmn.counterparts import WAITS, counterparts
from engine.domain.permissions import Actor
from engine.errors import Conflict
from engine.language import Said, say
from engine.queries.moves import OpenRun, open_runs
from engine.runtime.moving import Mapped, unmatched_of
from engine.usecases.carrying import Target
from engine.usecases.drafting import require_process_owner
from engine.usecases.handling import Handling
from engine.usecases.move_proofs import Prover
from engine.usecases.moving import target_of
from engine.usecases.standing_proof import prove_here

MOST_LOOKED_AT = 5_000
"""Runs that a dry run looks at one by one."""
_NOTHING: Mapped = {}
_ID = re.compile(rb"\b[0-9a-f]{32}\b")
_INSTANT = re.compile(rb"\b\d{4}-\d\d-\d\dT[0-9:.]+(?:[+-]\d\d:\d\d|Z)?")


@dataclass(frozen=True)
class Fate:
    """What would become of one run: what changes for it, or why it stays (`refusal`)."""

    run: UUID
    incident: int
    action: int | None
    diagram: str
    stands_at: tuple[str, ...]
    changes: tuple[Said, ...]
    refusal: Said | None

    @property
    def says(self) -> tuple[Said, ...]:
        """All that is said of it."""
        return (self.refusal,) if self.refusal is not None else self.changes

    @cached_property
    def group(self) -> str:
        """Say by a short key to which of the groups it belongs: the same is said of all in one."""
        told = "\n".join(("stays" if self.refusal else "moves", *self.says))
        return hashlib.sha256(told.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Group:
    """Runs of which the same would become."""

    key: str
    stays: bool
    says: tuple[Said, ...]
    count: int


@dataclass(frozen=True)
class Counterpart:
    """An element that another may stand for."""

    id: str
    title: str
    lane: str | None


@dataclass(frozen=True)
class Mappable:
    """Where `count` runs stand and the new release lacks it: what of the same kind it has instead.

    `chosen` is what somebody has said that it stands for, if anybody has.
    """

    diagram: str
    element: str
    title: str
    count: int
    choices: tuple[Counterpart, ...]
    chosen: str | None


@dataclass(frozen=True)
class Plan:
    """A dry run over the first runs of a release; `total` are open on it."""

    fates: tuple[Fate, ...]
    total: int
    mappable: tuple[Mappable, ...]

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The groups, those that stay first, the largest of each first."""
        counted = Counter(fate.group for fate in self.fates)
        known = {fate.group: fate for fate in self.fates}
        found = [
            Group(key, fate.refusal is not None, fate.says, counted[key])
            for key, fate in known.items()
        ]
        return tuple(sorted(found, key=lambda one: (not one.stays, -one.count, one.key)))

    @property
    def stay(self) -> int:
        """How many would stay."""
        return sum(fate.refusal is not None for fate in self.fates)

    def of(self, group: str | None) -> Sequence[Fate]:
        """Return the runs of a group, or of all, those that stay first."""
        order = {one.key: place for place, one in enumerate(self.groups)}
        found = [fate for fate in self.fates if group in (None, fate.group)]
        return sorted(found, key=lambda fate: order[fate.group])


def plan_moves(
    handling: Handling,
    before_id: UUID,
    after_id: UUID,
    *,
    actor: Actor,
    process_id: UUID | None = None,
    mapped: Mapped = _NOTHING,
    prover: Prover = prove_here,
) -> Plan:
    """Say of each open run of a release what moving it would do; nothing of them is changed.

    With `process_id` only of the runs of one business process.  Raises NotAllowed, NotFound, Busy
    while others are being proved, or InvalidAnswers if both are the same or a mapping is not.
    """
    require_process_owner(actor)
    with handling.store.read() as conn:
        target = target_of(handling, conn, before_id, after_id, mapped, prover)
        runs, total = open_runs(conn, before_id, process_id=process_id, most=MOST_LOOKED_AT)
    for diagram in dict.fromkeys(run.diagram for run in runs):
        target.prove(diagram)
    now = handling.store.clock()
    fates, places = [], Counter[tuple[str, str]]()
    known: dict[Hashable, _Outcome] = {}
    for run in runs:
        shape = _shape(run)
        if shape not in known:
            known[shape] = _outcome(target, run, now)
        one = known[shape]
        places.update(one.places)
        places.update(_mapped_where(run, mapped))
        stands_at = tuple(dict.fromkeys(at["title"] for at in run.waiting if at["title"]))
        own = (run.id, run.incident, run.action, run.diagram)
        fates.append(Fate(*own, stands_at, one.changes, one.refusal))
    return Plan(tuple(fates), total, tuple(_mappable(target, places, mapped)))


@dataclass(frozen=True)
class _Outcome:
    """What would become of every run of one shape."""

    changes: tuple[Said, ...]
    refusal: Said | None
    places: tuple[tuple[str, str], ...]


def _outcome(target: Target, run: OpenRun, now: datetime) -> _Outcome:
    try:
        carried = target.carry(run.diagram, run.snapshot, run.items, now)
    except Conflict as refused:
        return _Outcome((), said_of(refused), unmatched_of(refused))
    return _Outcome(carried.changes, None, carried.moved.unmatched)


def _shape(run: OpenRun) -> Hashable:
    """Return what a run's fate depends on: all of it but its own ids and instants.

    Thousands of incidents wait at the same few places, and each of them is worked out once.
    """
    ids: dict[bytes, bytes] = {}

    def numbered(found: re.Match[bytes]) -> bytes:
        return ids.setdefault(found[0], b"#%d" % len(ids))

    of_tasks = _ID.sub(numbered, run.snapshot)
    items = [
        (ids.get(one.task_id.hex.encode()), one.step, one.mark, one.is_claimed, repr(one.draft))
        for one in run.items
    ]
    return run.diagram, _INSTANT.sub(b"@", of_tasks), tuple(sorted(items, key=repr))


def said_of(refusal: Conflict) -> Said:
    """Return a refusal's sentence with its template."""
    sentence = refusal.sentence
    return sentence if isinstance(sentence, Said) else say(sentence)


def _mapped_where(run: OpenRun, mapped: Mapped) -> Iterable[tuple[str, str]]:
    for at in run.waiting:
        if at["element"] in mapped.get(at["diagram"], {}):
            yield at["diagram"], at["element"]


def _mappable(
    target: Target, places: Mapping[tuple[str, str], int], mapped: Mapped
) -> Iterable[Mappable]:
    new = target.release.specs.release.processes
    all_mapped = [(one, old) for one, names in mapped.items() for old in names]
    for diagram, element in dict.fromkeys([*places, *all_mapped]):
        old = target.old.specs.elements(diagram)[element]
        if diagram not in new or old.type not in WAITS:
            continue
        choices = tuple(
            Counterpart(one.id, _title(one), one.lane) for one in counterparts(old, new[diagram])
        )
        if choices:
            yield Mappable(
                diagram,
                element,
                _title(old),
                places.get((diagram, element), 0),
                choices,
                mapped.get(diagram, {}).get(element),
            )


def _title(element: Element) -> str:
    return element.name or element.id.replace("_", " ")
