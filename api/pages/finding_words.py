"""How the page on which incidents are found calls what can be asked, and what is asked now."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from api import filters
from api.looking import Look
from engine.domain.party import Party
from engine.language import Said, say
from engine.queries.finding.asked import Op, Part, Sign, Sort, State, When
from engine.queries.finding.choices import Offered, Passage

PARTS: Mapping[str, Said] = {
    Part.ANY: say("had any part in it"),
    Part.ACTED: say("did something"),
    Part.LED: say("led it"),
    Part.REPORTED: say("reported it"),
    Part.CHECKED: say("checked it"),
    Part.ANSWERED: say("answered whether it is right"),
    Part.DECIDED: say("decided without the customer’s answer"),
    Part.NAMED: say("is named in it"),
}
WHENS: Mapping[str, Said] = {
    When.REPORTED: say("First told"),
    When.ENDED: say("Ended"),
    When.RECORDED: say("Something was recorded"),
}
STATES: Mapping[str, Said] = {
    State.OPEN: say("Open"),
    State.CLOSED: say("Closed"),
    State.CONFIRMED: say("Closed: the customer says it is right"),
    State.ESCALATED: say("Closed: decided without the customer’s answer"),
    State.WITHDRAWN: say("Closed: taken back by who reported it"),
    State.SET_ASIDE: say("Set aside"),
    State.MERGED: say("Joined with an earlier report"),
}
SIGNS: Mapping[str, Said] = {
    Sign.BY_LIST: say("Closed by list"),
    Sign.OLD_ANSWER: say("The last answer is older than the last work"),
    Sign.DISPUTED: say("Whose time it was is disputed"),
    Sign.RESTRICTED: say("For named people only"),
    Sign.NOT_RESTRICTED: say("Not for named people only"),
}
OPS: Mapping[str, Said] = {
    Op.IS: say("is"),
    Op.IS_NOT: say("is not"),
    Op.HAS: say("has the words"),
    Op.LEAST: say("is at least"),
    Op.MOST: say("is at most"),
    Op.GIVEN: say("is answered"),
}
SORTS: Mapping[str, Said] = {
    Sort.REPORTED: say("When we were first told"),
    Sort.ENDED: say("When it ended"),
    Sort.LASTED: say("How long it took, open ones first"),
    Sort.NUMBER: say("Number"),
}


@dataclass(frozen=True)
class Chip:
    """One part of what is asked, and the address of the list without it."""

    words: str
    query: str


# what goes with another part, and is told with it
_TOLD_WITH = {"part": ("person",), "held": ("party",), "when": ("since", "until")}


def chips(look: Look, known: Offered) -> Sequence[Chip]:
    """Return what is asked, part by part."""
    said = dict(look.pairs)
    names = _names(known)
    fields = {":".join(one.key): (one.step, one.title) for one in known.fields}
    made: list[Chip] = []
    answers = 0
    for place, (name, value) in enumerate(look.pairs):
        if name == "field":
            answered = look.asked.answers[answers]
            answers += 1
            step, title = fields.get(value, ("", answered.path))
            words = say(
                "%(step)s: “%(field)s” %(op)s",
                step=filters.ours(step),
                field=filters.ours(title),
                op=OPS[answered.op],
            )
            if answered.op is not Op.GIVEN:
                words = say("%(answered)s “%(value)s”", answered=words, value=answered.value)
            made.append(Chip(words, _without(look, set(range(place, place + 3)))))
        elif name in _WORDS:
            left = {
                other
                for other, (also, _) in enumerate(look.pairs)
                if other == place or (name in _TOLD_WITH.get(also, ()) and also != "when")
            }
            made.append(Chip(_WORDS[name](_Told(value, said, names)), _without(look, left)))
    return made


def _without(look: Look, left: set[int]) -> str:
    pairs = (pair for place, pair in enumerate(look.pairs) if place not in left)
    return urlencode(list(pairs))


def _names(known: Offered) -> dict[str, dict[str, str]]:
    return {
        "process": dict(known.processes),
        "product": dict(known.products),
        "passed": {_address(one): one.title for one in known.elements},
        "flow": {_address(one): one.title for one in known.flows},
        "version": {one.hash: one.name for one in known.versions},
    }


def _address(one: Passage) -> str:
    return f"{one.place.diagram}:{one.place.id}"


@dataclass(frozen=True)
class _Told:
    """A parameter's value, with all others of the address, and what can be chosen by its name."""

    value: str
    said: Mapping[str, str]
    names: Mapping[str, Mapping[str, str]]


_Words = Callable[[_Told], Said]


def _titled(of: str, template: str) -> _Words:
    return lambda told: say(
        template, value=filters.ours(told.names[of].get(told.value, told.value))
    )


def _plainly(template: str) -> _Words:
    return lambda told: say(template, value=told.value)


def _from(of: Mapping[str, Said]) -> _Words:
    return lambda told: of[told.value]


def _day(template: str) -> _Words:
    return lambda told: say(
        template, when=WHENS[told.said.get("when", When.REPORTED)], value=told.value
    )


def _held(told: _Told) -> Said:
    party = filters.first_up(filters.plain(Party(told.value)))
    return say("%(party)s held it for %(days)s days or more", party=party, days=told.said["held"])


def _person(told: _Told) -> Said:
    part = PARTS[told.said.get("part", Part.ANY)]
    return say("%(person)s %(part)s", person=told.value, part=part)


_WORDS: Mapping[str, _Words] = {
    "words": _plainly("“%(value)s”"),
    "person": _person,
    "party": _held,
    "since": _day("%(when)s from %(value)s"),
    "until": _day("%(when)s until %(value)s"),
    "process": _titled("process", "%(value)s"),
    "product": _titled("product", "%(value)s"),
    "priority": _plainly("%(value)s"),
    "state": _from(STATES),
    "release": _plainly("Ran on release %(value)s"),
    "version": _titled("version", "Ran on that version of %(value)s"),
    "passed": _titled("passed", "Passed: %(value)s"),
    "never": _titled("passed", "Never passed: %(value)s"),
    "flow": _titled("flow", "Took: %(value)s"),
    "sign": _from(SIGNS),
    "rejected": _plainly("Answered as not right, times at least: %(value)s"),
    "back": _plainly("Went back to work, times at least: %(value)s"),
    "recurred": _plainly("Came back, times at least: %(value)s"),
    "longer": _plainly("Took days at least: %(value)s"),
    "shorter": _plainly("Took days at most: %(value)s"),
    "gap": _plainly("From the cause fixed to right again, days at least: %(value)s"),
}
