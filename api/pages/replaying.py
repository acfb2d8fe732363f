"""A run at one moment, and every moment of it for a replay: what stands beside the drawings.

The page is rendered at a moment, and the script goes on from the same facts and spans, each from
the place of one moment until that of another.  A newcomer would have the script ask the server at
each step: of an incident for named people only each asking is an entry.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from flask import request

from api import filters, identity
from engine.domain.signer import Signer
from engine.errors import InvalidAnswers
from engine.language import in_words, say
from engine.queries.drawings import Drawing
from engine.queries.moments import Fact, FactKind, Moment, Moments, said_of
from engine.queries.run import RunPast

TITLES = {
    FactKind.STATE: say("It was"),
    FactKind.LEAD: say("Who answered for it"),
    FactKind.PRIORITY: say("Priority"),
    FactKind.WHOSE: say("Whose time it was"),
    FactKind.CRITERION: say("How we know it is right"),
    FactKind.OPEN: say("Asked and not done"),
    FactKind.ANSWERED: say("Answered so far"),
}
SIGNERS = {
    Signer.PERSON: say("a person"),
    Signer.LINK: say("by a link, not signed in"),
    Signer.ERASED: say("a person or a link"),
    Signer.MACHINE: say("a machine"),
}
# more are counted only: the record has them all
MOST = 6


@dataclass(frozen=True)
class Shown:
    """A moment as the page shows it; `place` counts from 0; None beside it where there is none."""

    moments: Moments
    moment: Moment
    place: int
    before: Moment | None
    after: Moment | None
    facts: tuple[tuple[FactKind, tuple[Fact, ...], int], ...]

    @property
    def at(self) -> datetime:
        """The instant."""
        return self.moment.at

    def place_of(self, at: datetime | None) -> int | None:
        """Return the place of the moment at which this is seen: the last for what came later."""
        return None if at is None else min(self.moments.place(at), len(self.moments.moments) - 1)


def shown(found: Moments, past: RunPast) -> Shown:
    """Return the moment that the address asks for: the last one unless it says which.

    An action's are those of its own run.  Raises InvalidAnswers for an instant that is none.
    """
    run = past.row
    if run.action_id is not None:
        own = [
            one
            for one in found.moments
            if run.started_at <= one.at and (run.ended_at is None or one.at <= run.ended_at)
        ]
        found = replace(found, moments=tuple(own) or found.moments[-1:])
    moment = _asked(found)
    place = found.moments.index(moment)
    return Shown(
        found,
        moment,
        place,
        found.moments[place - 1] if place else None,
        found.moments[place + 1] if place + 1 < len(found.moments) else None,
        tuple(_facts(found.facts, moment.at)),
    )


def _asked(found: Moments) -> Moment:
    place, at = request.args.get("moment", ""), request.args.get("at", "")
    if place.isdecimal():
        return found.moments[min(max(int(place[:9]), 1), len(found.moments)) - 1]
    if not at:
        return found.moments[-1]
    if at.isdecimal():
        return found.at_seq(int(at[:9]))
    return found.at_instant(instant(at))


def instant(words: str) -> datetime:
    """Return an instant that an address names, in the reader's zone unless it says otherwise.

    Raises InvalidAnswers.
    """
    try:
        # a plus sign in an address is a blank
        at = datetime.fromisoformat(words.replace(" ", "+"))
    except ValueError as error:
        refusal = say("This is neither the number of an entry nor an instant.")
        raise InvalidAnswers({"at": refusal}) from error
    return at if at.tzinfo is not None else at.replace(tzinfo=identity.zone())


def _facts(facts: Iterable[Fact], at: datetime) -> Iterable[tuple[FactKind, tuple[Fact, ...], int]]:
    """Return the facts of the moment by kind, at most so many, and how many more there are."""
    held = [fact for fact in facts if fact.holds(at)]
    for kind in FactKind:
        own = [fact for fact in held if fact.kind is kind]
        if kind is FactKind.ANSWERED:
            own.reverse()
        yield kind, tuple(own[:MOST]), max(0, len(own) - MOST)


def replay(view: Shown, drawings: Sequence[Drawing]) -> dict[str, Any]:
    """Return all that a replay shows: `from` and `until` are places of moments, from 0."""
    zone, today = identity.zone(), filters.now()
    # there are thousands of moments, and few who do few kinds of things
    deed = cache(lambda verb, actor: in_words(said_of(verb, actor)))
    return {
        "moments": [
            {
                "at": one.seq,
                "entries": str(one.seq) if one.first == one.seq else f"{one.first}–{one.seq}",
                "instant": one.at.astimezone(zone).isoformat(timespec="seconds"),
                "when": filters.spoken(one.at, zone, today),
                "deed": deed(one.verb, one.actor),
                "signer": one.signer,
            }
            for one in view.moments.moments
        ],
        "facts": [
            {"kind": fact.kind, "words": in_words(fact.words), "signer": fact.signer, **lasts}
            for fact in view.moments.facts
            if (lasts := _places(view, fact.since, fact.until))
        ],
        "drawings": {
            key_of(one, drawings): {
                "spans": [
                    {"look": span.look, "id": span.id, **lasts}
                    for span in one.spans
                    if (lasts := _places(view, span.since, span.until))
                ],
                "moves": _moves(view, one),
            }
            for one in drawings
        },
    }


def _places(view: Shown, since: datetime, until: datetime | None) -> dict[str, int | None]:
    """Return from and until which moment it is so; nothing for what no moment shows."""
    begins, ends = view.place_of(since), view.place_of(until)
    if until is not None and until > view.moments.moments[-1].at:
        ends = None
    return {} if begins == ends else {"from": begins, "until": ends}


def _moves(view: Shown, drawing: Drawing) -> dict[int, list[str]]:
    moves: dict[int, list[str]] = {}
    for at, flow in drawing.moves:
        place = view.place_of(at)
        moves.setdefault(place or 0, []).append(flow)
    return moves


def key_of(drawing: Drawing, drawings: Sequence[Drawing]) -> str:
    """Return what the drawing is called in the page: by its release where there are several."""
    number = drawing.stretch.number
    is_one = all(one.stretch.number == number for one in drawings)
    return drawing.diagram if is_one else f"{drawing.diagram}-{number}"
