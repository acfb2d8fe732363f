# ruff: noqa: S608 - put together of constants; what was typed comes as parameters
"""What is asked, as SQL about incident `i`: each part a condition, and where it is few, its source.

A condition with a *source* can also be read from its own index: a SELECT of the ids it is true of.
Which of the two is better depends on how many there are, and `lines.py` looks before it chooses:
PostgreSQL would guess, and guesses badly where conditions go together.  OFFSET 0 keeps it from
turning a condition into a join of everything.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from engine.queries.finding.answers import FieldKey, answer_conditions
from engine.queries.finding.asked import Asked, Part, Place, Sign, Sort, State, When
from engine.queries.finding.condition import Condition
from engine.queries.finding.held import ends_sql, held_by_sql
from engine.queries.words import ACTION_TEXT, INCIDENT_TEXT, all_of, number_in
from engine.store.schema import ANSWERS_TEXT, ENDED, GAP, LASTED

_READABLE = "NOT i.is_restricted"


def conditions_of(
    asked: Asked, people: Sequence[UUID], fields: Mapping[FieldKey, Any]
) -> list[Condition]:
    """Return what has to be true.  `people` are those whom `asked.person` names.

    Raises InvalidAnswers for an answer that no form asks or that does not fit its field.
    """
    return [
        *_said(asked),
        *answer_conditions(asked.answers, fields),
        *_who(asked, people),
        *_when(asked),
        *_what(asked),
        *_path(asked),
        *_signs(asked),
        *_often(asked),
        *_lasting(asked),
    ]


_HAS = "{0} @@ to_tsquery('simple', :{1})"
_TEXTS = (INCIDENT_TEXT.format(i="i"), ACTION_TEXT.format(a="a"), ANSWERS_TEXT.format(w="w."))


def _said(asked: Asked) -> Iterator[Condition]:
    if not asked.words or not asked.words.strip():
        return
    incident, action, answers = (_HAS.format(one, "words") for one in _TEXTS)
    words = all_of(asked.words)
    yield Condition(
        f"""(i.number = :number OR (NOT i.is_restricted AND ({incident}
          OR EXISTS (SELECT FROM action a WHERE a.incident_id = i.id AND {action} OFFSET 0)
          OR EXISTS (SELECT FROM work_item w
            WHERE w.incident_id = i.id AND {answers} OFFSET 0))))""",
        {
            "words": words,
            "number": number_in(asked.words),
            # how often a word is there is known, how often the beginning of one is not
            "whole_words": words.replace(":*", "") if words else None,
        },
        _has_words("words"),
        guess=_has_words("whole_words"),
    )


def _has_words(words: str) -> str:
    incident, action, answers = (_HAS.format(one, words) for one in _TEXTS)
    return f"""SELECT id FROM incident WHERE number = :number
      UNION ALL SELECT i.id FROM incident i WHERE NOT i.is_restricted AND {incident}
      UNION ALL SELECT i.id FROM action a JOIN incident i ON i.id = a.incident_id
        WHERE NOT i.is_restricted AND {action}
      UNION ALL SELECT i.id FROM work_item w JOIN incident i ON i.id = w.incident_id
        WHERE NOT i.is_restricted AND {answers}"""


_IN = "id = ANY (CAST(:people AS uuid[]))"
# what makes it theirs: true of incident `i`, and where the incidents of a person are found
_PARTS: Mapping[Part, Sequence[tuple[str, str]]] = {
    Part.ACTED: [("entry", "person_{0}")],
    Part.LED: [
        ("incident", "lead_{0}"),
        ("entry", "verb = 'incident:lead_taken' AND person_{0}"),
    ],
    Part.REPORTED: [("incident", "reporter_{0}")],
    Part.CHECKED: [("verification", "person_{0}")],
    Part.ANSWERED: [("confirmation", "person_{0}")],
    Part.DECIDED: [("decision", "person_{0}")],
    Part.NAMED: [
        ("incident", "checker_{0}"),
        ("incident", "delegate_{0}"),
        ("confirmer", "person_{0}"),
        ("action", "person_{0}"),
        ("work_item", "ended_at IS NULL AND people && CAST(:people AS uuid[])"),
        ("restriction JOIN naming ON restriction_id = id", "person_{0}"),
    ],
}


def _who(asked: Asked, people: Sequence[UUID]) -> Iterator[Condition]:
    if not asked.person:
        return
    parts = _PARTS if asked.part is Part.ANY else [asked.part]
    of = [one for part in parts for one in _PARTS[part]]
    there, found = [], []
    for table, where in of:
        theirs = where.format(_IN)
        if table == "incident":
            there.append(f"i.{theirs}")
            found.append(f"SELECT id FROM incident WHERE {theirs}")
        else:
            there.append(
                f"EXISTS (SELECT FROM {table} WHERE incident_id = i.id AND {theirs} OFFSET 0)"
            )
            found.append(f"SELECT incident_id FROM {table} WHERE {theirs}")
    yield Condition(f"({' OR '.join(there)})", {"people": list(people)}, " UNION ALL ".join(found))


def _when(asked: Asked) -> Iterator[Condition]:
    between = " AND ".join(
        f"{{0}} {sign} :{name}"
        for sign, name in ((">=", "since"), ("<", "until"))
        if getattr(asked, name) is not None
    )
    if not between:
        return
    values = {
        name: getattr(asked, name)
        for name in ("since", "until")
        if getattr(asked, name) is not None
    }
    if asked.when is When.RECORDED:
        is_in = between.format("at")
        yield Condition(
            f"EXISTS (SELECT FROM entry WHERE incident_id = i.id AND {is_in} OFFSET 0)",
            values,
            f"SELECT incident_id FROM entry WHERE {is_in}",
        )
        return
    if asked.when is When.REPORTED:
        is_in, leads = between.format("i.told_at"), Sort.REPORTED
    else:
        is_in = f"i.ended_at IS NOT NULL AND {between.format(ENDED.format(i='i.'))}"
        leads = Sort.ENDED
    yield Condition(
        is_in, values, f"SELECT id FROM incident i WHERE {is_in}", leads=leads, cheap=True
    )


_STATES = {
    State.OPEN: "state = 'open'",
    State.CLOSED: "state = 'closed'",
    State.CONFIRMED: "closed_by = 'confirmed'",
    State.ESCALATED: "closed_by = 'escalated'",
    State.SET_ASIDE: "state = 'set_aside'",
    State.MERGED: "state = 'merged'",
}


def _what(asked: Asked) -> Iterator[Condition]:
    for column in ("process", "product", "priority"):
        if (value := getattr(asked, column)) is not None:
            name = column if column == "priority" else f"{column}_id"
            yield _plain(f"{name} = :{column}", {column: value})
    if asked.state is State.WITHDRAWN:
        yield Condition(
            "EXISTS (SELECT FROM confirmation WHERE id = i.confirmation_id"
            " AND is_withdrawal OFFSET 0)",
            {},
            "SELECT incident_id FROM confirmation WHERE is_withdrawal",
        )
    elif asked.state is not None:
        yield _plain(_STATES[asked.state], {})
    if asked.release is not None:
        yield _ran("IN (SELECT id FROM release WHERE number = :release)", "release", asked.release)
    if asked.version is not None:
        yield _ran(
            "IN (SELECT release_id FROM release_part WHERE hash = decode(:version, 'hex'))",
            "version",
            asked.version,
        )


def _plain(about: str, values: Mapping[str, Any]) -> Condition:
    return Condition(f"i.{about}", values, f"SELECT id FROM incident WHERE {about}", cheap=True)


def _ran(which: str, name: str, value: object) -> Condition:
    return Condition(
        f"EXISTS (SELECT FROM run WHERE incident_id = i.id AND release_id {which} OFFSET 0)",
        {name: value},
        f"SELECT incident_id FROM run WHERE release_id {which}",
    )


_PASSED = "v.{of} = :{name}_id AND v.diagram = :{name}_diagram AND v.how = 'completed'"


def _path(asked: Asked) -> Iterator[Condition]:
    for kind, of, places in (
        ("passed", "element", asked.passed),
        ("flow", "flow", asked.flows),
        ("never", "element", asked.never),
    ):
        for count, place in enumerate(places):
            yield _visited(f"{kind}{count}", of, place, is_never=kind == "never")


def _visited(name: str, of: str, place: Place, *, is_never: bool) -> Condition:
    theirs = _PASSED.format(of=of, name=name)
    there = (
        "EXISTS (SELECT FROM run JOIN visit v ON v.run_id = run.id"
        f" WHERE run.incident_id = i.id AND {theirs} OFFSET 0)"
    )
    values = {f"{name}_id": place.id, f"{name}_diagram": place.diagram}
    if is_never:
        return Condition(f"NOT {there}", values)
    return Condition(
        there,
        values,
        f"SELECT run.incident_id FROM visit v JOIN run ON run.id = v.run_id WHERE {theirs}",
    )


_OPEN_DISPUTE = "NOT EXISTS (SELECT FROM dispute_end e WHERE e.dispute_id = d.id)"
_SIGNS: Mapping[Sign, Condition] = {
    Sign.BY_LIST: Condition(
        "EXISTS (SELECT FROM decision WHERE id = i.decision_id AND list_id IS NOT NULL OFFSET 0)",
        {},
        "SELECT incident_id FROM decision WHERE list_id IS NOT NULL",
    ),
    # the latest answer of anybody is older than the last work
    Sign.OLD_ANSWER: Condition(
        "i.work_seq > (SELECT max(entry_seq) FROM confirmation WHERE incident_id = i.id)", {}
    ),
    Sign.DISPUTED: Condition(
        f"EXISTS (SELECT FROM dispute d WHERE d.incident_id = i.id AND {_OPEN_DISPUTE} OFFSET 0)",
        {},
        f"SELECT incident_id FROM dispute d WHERE {_OPEN_DISPUTE}",
    ),
    Sign.RESTRICTED: Condition(
        "i.is_restricted", {}, "SELECT id FROM incident WHERE is_restricted", cheap=True
    ),
    Sign.NOT_RESTRICTED: Condition(_READABLE, {}, cheap=True),
}


def _signs(asked: Asked) -> Iterator[Condition]:
    yield from (_SIGNS[one] for one in sorted(asked.signs))


_NOT_YES = "SELECT incident_id FROM confirmation WHERE answer <> 'yes'"
_SENT_BACK = (
    f"{_NOT_YES} UNION ALL SELECT incident_id FROM verification WHERE verdict = 'not_right'"
    " UNION ALL SELECT incident_id FROM decision WHERE decided = 'back_to_work'"
)


def _at_least(rows: str, name: str) -> str:
    return f"SELECT incident_id FROM ({rows}) x GROUP BY incident_id HAVING count(*) >= :{name}"


_BACK = """i.origin = 'recurs' AND (WITH RECURSIVE back (origin, origin_id) AS (
    SELECT i.origin, i.origin_id UNION ALL SELECT b.origin, b.origin_id FROM back
      JOIN incident b ON b.id = back.origin_id WHERE back.origin = 'recurs')
  SELECT count(*) FROM back WHERE origin = 'recurs') >= :recurred"""


def _often(asked: Asked) -> Iterator[Condition]:
    for name, rows in (("rejected", _NOT_YES), ("back", _SENT_BACK)):
        if (most := getattr(asked, name)) is not None and most > 0:
            yield Condition(
                f"(SELECT count(*) FROM ({rows}) x WHERE incident_id = i.id) >= :{name}",
                {name: most},
                rows if most == 1 else _at_least(rows, name),
                # nobody knows how often it is so many times: it is counted, which is soon done
                guess=None if most == 1 else "SELECT 1",
            )
    if asked.recurred:
        yield Condition(
            f"({_BACK})", {"recurred": asked.recurred}, f"SELECT id FROM incident i WHERE {_BACK}"
        )


_WHOLE = f"({ends_sql('i')} - i.told_at)"
_LASTED, _GAP = LASTED.format(i="i."), GAP.format(i="i.")


def _lasting(asked: Asked) -> Iterator[Condition]:
    if asked.longer is not None:
        yield _longer("longer", asked.longer)
    if asked.shorter is not None:
        yield Condition(f"{_WHOLE} <= :shorter", {"shorter": asked.shorter}, cheap=True)
    if asked.gap is not None:
        is_it = f"i.repaired_at IS NOT NULL AND i.right_since IS NOT NULL AND {_GAP} >= :gap"
        yield Condition(
            is_it,
            {"gap": asked.gap},
            f"SELECT id FROM incident i WHERE {is_it}",
            cheap=True,
        )
    if asked.party is not None and asked.held is not None:
        # nobody held more of it than there is: that comes first, and is cheap
        yield _longer("whole", asked.held)
        yield Condition(
            f"(CASE WHEN {_WHOLE} >= :held THEN {held_by_sql('i')} >= :held END)",
            {"party": asked.party.value, "held": asked.held},
        )


def _longer(name: str, least: Any) -> Condition:
    # the first is what the index has: open ones are longer there than they are
    is_it = f"{_LASTED} >= :{name} AND {_WHOLE} >= :{name}"
    return Condition(is_it, {name: least}, f"SELECT id FROM incident i WHERE {is_it}", cheap=True)
