"""The SQL of a record for process mining: PostgreSQL writes each event and object as OCEL's JSON.

A newcomer would fetch rows and build the JSON in Python: a hundred thousand incidents have millions
of events, and here one core writes them while another reads.  Every name of a table is unqualified,
so that a session that masks customers masks them here too.
"""

from engine.queries.ocel_sql import (
    attribute,
    constant,
    in_clear,
    mined_event,
    mined_object,
    of_customer,
    of_person,
    one_of,
    related,
    word,
)

# XES's own words for what happens to a to-do
SCHEDULE, START, COMPLETE, WITHDRAW, REASSIGN, SUSPEND = (
    "schedule",
    "start",
    "complete",
    "withdraw",
    "reassign",
    "suspend",
)


_INCIDENT = "'incident:' || i.number"
_ACTION = "'action:' || i.number || '.' || a.number"
_TODO = "'todo:' || w.id"
# Of each action of an incident its number and its pieces of JSON are made once, and found by place.
_KNOWN = f"""(SELECT {related(_INCIDENT, "incident")} AS incident, array_agg(a.id) AS ids,
    array_agg(a.number) AS numbers, array_agg({related(_ACTION, "action")}) AS actions,
    array_agg('{{"name":"run","value":"action ' || a.number || '"}}') AS runs,
    (SELECT coalesce(array_agg(w.step), '{{}}') FROM work_item w
      WHERE w.incident_id = i.id) AS steps
  FROM action a WHERE a.incident_id = i.id) known"""  # noqa: S608 - constants of this module
_RUN = f"coalesce(known.runs[a.place], {constant('run', 'incident')})"
_OF_INCIDENT, _OF_ACTION = "known.incident", "known.actions[a.place]"


def _found(place: str) -> str:
    """Return the join to the action at a place; reckoned once, not at each mention."""
    return f"CROSS JOIN LATERAL (SELECT {place} AS place OFFSET 0) a"


def _action_of(row: str) -> str:
    return _found(f"array_position(known.ids, {row}.action_id)")


_BY_MACHINE = """'{"name":"by_machine","value": true}'"""


# what is the same in every event of a to-do
_SAME = ",".join(
    [
        f"""concat_ws(',', {attribute("step", "w.step")}, {_RUN}, {one_of("lane", "w.lane")},
  {one_of("party", "w.party")}) AS told""",
        f"""concat_ws(',', {_OF_INCIDENT}, {_OF_ACTION}, {related(_TODO, "to-do")},
  {related("'team:' || w.team_id", "team")}) AS relations""",
    ]
)


def _todo_event(
    lifecycle: str, kind: str, at: str, by: str | None, *more: str, place: str | None = None
) -> str:
    """Return the SQL of something that happened to a to-do; `place` tells repeated ones apart."""
    relations = ["same.relations"]
    if by is not None:
        relations.append(related(of_person(by), "by"))
    told = ["same.told", one_of("lifecycle", lifecycle), *more]
    event_id = f"'todo:' || w.id || ':' || {place or lifecycle}"
    return mined_event(event_id, kind, at, told, relations)


# what ended a to-do, as the XES life cycle calls it: one that nobody took up was withdrawn
_HOW = f"""CASE w.how WHEN 'completed' THEN '{COMPLETE}' WHEN 'handed_on' THEN '{REASSIGN}'
  ELSE '{WITHDRAW}' END"""
_ENDED_AT = "coalesce(w.happened_at, w.ended_at)"
_ENTERED = "CASE WHEN w.happened_at IS NOT NULL THEN w.ended_at END"
_ENDED_KIND = f"CASE w.how WHEN 'completed' THEN w.step ELSE w.step || ' (' || {_HOW} || ')' END"
_OPENED = _todo_event(word(SCHEDULE), f"w.step || ' ({SCHEDULE})'", "w.opened_at", None)
_ENDED = _todo_event(_HOW, _ENDED_KIND, _ENDED_AT, "w.ended_by", attribute("entered_at", _ENTERED))
_TOOK = f"CASE n.verb WHEN 'item:claimed' THEN '{START}' ELSE '{SUSPEND}' END"
_TAKEN = _todo_event(
    _TOOK, f"w.step || ' (' || {_TOOK} || ')'", "n.at", "n.person_id", place="n.seq"
)
_UUID = "'^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'"
# asked of every record: what is cheap is asked first
_TOOK_ITEM = f"""CASE WHEN n.verb IN ('item:claimed', 'item:released')
  AND n.content->>'item' ~ {_UUID} THEN CAST(n.content->>'item' AS uuid) END"""
_NUMBERED = (
    "CASE WHEN n.content->>'action' ~ '^[0-9]{1,9}$' THEN CAST(n.content->>'action' AS int) END"
)
_ANSWER = (
    """CASE WHEN n.content->>'answer' IN ('yes', 'partly', 'no') THEN n.content->>'answer' END"""
)
_CLOSED = """CASE WHEN n.content->>'closed_by' IN ('confirmed', 'escalated')
  THEN n.content->>'closed_by' END"""
_PRIORITY = """CASE WHEN n.content->>'now' IN ('P1', 'P2', 'P3', 'P4') THEN n.content->>'now' END"""
# a record whose content was erased by law no longer says which to-do it is about
_OF_RECORD = f"""CASE WHEN w.id IS NULL THEN array_position(known.numbers, {_NUMBERED})
  ELSE array_position(known.ids, w.action_id) END"""
# what is on record about how we know that it is right is about those criteria
_CRITERIA = f"""CASE WHEN n.verb IN ('incident:agreed', 'incident:criteria_changed',
    'outcome:verified', 'outcome:not_right', 'outcome:watching')
  THEN (SELECT string_agg({related("'criterion:' || c.id", "criterion")}, ',' ORDER BY c.position)
    FROM criterion c WHERE c.incident_id = i.id) END"""  # noqa: S608 - constants of this module


def _of_report(object_id: str, qualifier: str) -> str:
    """Return a relationship of the first record alone: with what the incident is about."""
    return f"CASE WHEN n.seq = 1 THEN {related(object_id, qualifier)} END"


_RECORD = mined_event(
    "'record:' || i.number || '.' || n.seq",
    "n.verb",
    "n.at",
    [
        constant("lifecycle", COMPLETE),
        _RUN,
        attribute("record", "n.seq"),
        f"CASE WHEN n.person_id IS NULL THEN {_BY_MACHINE} END",
        one_of("answer", _ANSWER),
        one_of("closed_by", _CLOSED),
        one_of("priority", _PRIORITY),
    ],
    [
        _OF_INCIDENT,
        _OF_ACTION,
        related(of_person("n.person_id"), "by"),
        _CRITERIA,
        _of_report("'process:' || i.process_id", "process"),
        _of_report("'product:' || i.product_id", "product"),
        _of_report(of_customer("i.customer_id"), "customer"),
        _of_report("'release:' || released.number", "release"),
    ],
)
_VISIT = mined_event(
    "'visit:' || v.id",
    "v.diagram || '.' || v.element",
    "v.left_at",
    [
        f"""CASE v.how WHEN 'completed' THEN {constant("lifecycle", COMPLETE)}
          ELSE {constant("lifecycle", WITHDRAW)} END""",
        _RUN,
        attribute("flow", "v.flow"),
        attribute("entered_at", "CASE WHEN v.entered_at < v.left_at THEN v.entered_at END"),
    ],
    [_OF_INCIDENT, _OF_ACTION],
)
# A step is told by its to-dos, so that its visit is left out.  What happens at one instant is told
# in this order: a to-do ends, it is written down, the token moves on, the next to-do is opened.
_EVENTS = f"""
  SELECT string_agg(said, ',' ORDER BY at, rank, place) AS said FROM (
    SELECT part.at, part.rank, 0::bigint AS place, part.said
      FROM work_item w {_action_of("w")} CROSS JOIN LATERAL (SELECT {_SAME} OFFSET 0) same
      CROSS JOIN LATERAL (
        SELECT w.opened_at AS at, 3 AS rank, {_OPENED} AS said UNION ALL
        SELECT {_ENDED_AT}, CASE WHEN w.opened_at < {_ENDED_AT} THEN 0 ELSE 4 END, {_ENDED}
          WHERE w.ended_at IS NOT NULL) part
      WHERE w.incident_id = i.id
    UNION ALL SELECT n.at, 1, n.seq, CASE WHEN w.id IS NULL THEN {_RECORD} ELSE {_TAKEN} END
      FROM entry n LEFT JOIN work_item w ON w.id = {_TOOK_ITEM} AND w.incident_id = n.incident_id
      {_found(_OF_RECORD)}
      CROSS JOIN LATERAL (SELECT {_SAME}) same
      LEFT JOIN run r ON n.seq = 1 AND r.incident_id = i.id AND r.action_id IS NULL
      LEFT JOIN release released ON released.id = r.release_id
      WHERE n.incident_id = i.id
        AND n.verb NOT IN ('item:opened', 'item:completed', 'item:cancelled')
    UNION ALL SELECT v.left_at, 2, v.id, {_VISIT}
      FROM run r {_action_of("r")} JOIN visit v ON v.run_id = r.id
      WHERE r.incident_id = i.id AND v.element <> ALL (known.steps)
  ) happened"""  # noqa: S608 - constants of this module

_BESIDE = """CASE i.origin WHEN 'recurs' THEN 'recurs_from' WHEN 'split' THEN 'split_from'
  ELSE 'objected_to' END"""
_ORIGIN = f"""'{{"objectId":"incident:' || o.number || '","qualifier":"' || {_BESIDE} || '"}}'"""
_AN_INCIDENT = mined_object(
    _INCIDENT,
    "incident",
    [
        attribute("number", "i.number", "i.told_at"),
        attribute("restricted", "false", "i.told_at"),
        one_of("priority", "i.priority", "i.told_at"),
        one_of("highest_priority", "i.highest_priority", "i.told_at"),
        one_of("impact", "i.impact", "i.told_at"),
        one_of("urgency", "i.urgency", "i.told_at"),
        attribute("harmed_count", "i.harmed_count", "i.told_at"),
        attribute("title", in_clear("i.title"), "i.told_at"),
        one_of("state", word("open"), "i.told_at"),
        one_of("state", "CASE WHEN i.ended_at IS NOT NULL THEN i.state END", "i.ended_at"),
        one_of("closed_by", "i.closed_by", "i.ended_at"),
        *(
            attribute("milestone", f"CASE WHEN {at} IS NOT NULL THEN '{name}' END", at)
            for name, at in (
                ("taken_up", "i.taken_up_at"),
                ("repaired", "i.repaired_at"),
                ("restored", "i.right_since"),
                ("answered", "i.answered_at"),
            )
        ),
    ],
    [
        related("'process:' || i.process_id", "deviation_of"),
        related("'product:' || i.product_id", "deviation_of"),
        related(of_customer("i.customer_id"), "harms"),
        related(of_person("i.reporter_id"), "reported_by"),
        related(of_person("i.lead_id"), "led_by"),
        related("'release:' || released.number", "runs_on"),
        _ORIGIN,
        related("'incident:' || m.number", "part_of"),
        related("'incident:' || joined.number", "merged_into"),
    ],
)
_AN_ACTION = mined_object(
    _ACTION,
    "action",
    [
        one_of("kind", "a.kind", "a.proposed_at"),
        one_of("party", "a.party", "a.proposed_at"),
        attribute("ends_cause", "a.ends_cause", "a.proposed_at"),
        attribute("due_at", "a.due_at", "a.proposed_at"),
        attribute("title", in_clear("a.title"), "a.proposed_at"),
        one_of(
            "state",
            "CASE WHEN a.settled_at IS NULL THEN a.state ELSE 'proposed' END",
            "a.proposed_at",
        ),
        one_of("state", "CASE WHEN a.settled_at IS NOT NULL THEN a.state END", "a.settled_at"),
    ],
    [
        related(_INCIDENT, "works_on"),
        related("'team:' || a.team_id", "asked_of"),
        related(of_person("a.person_id"), "asked_of"),
    ],
)
_A_TODO = mined_object(
    _TODO,
    "to-do",
    [
        attribute("step", "w.step", "w.opened_at"),
        attribute("mark", "w.mark", "w.opened_at"),
        one_of("lane", "w.lane", "w.opened_at"),
        one_of("party", "w.party", "w.opened_at"),
        attribute("due_at", "w.due_at", "w.opened_at"),
        attribute("reminders", "w.reminders", "coalesce(w.reminded_at, w.opened_at)"),
        attribute("ended", "w.how", "w.ended_at"),
    ],
    [
        related(_INCIDENT, "for"),
        related("'action:' || i.number || '.' || known.numbers[a.place]", "for"),
        related("'team:' || w.team_id", "offered_to"),
    ],
)
_A_CRITERION = mined_object(
    "'criterion:' || c.id",
    "criterion",
    [
        attribute("must_hold", "c.must_hold", "i.told_at"),
        attribute("measure", in_clear("c.measure"), "i.told_at"),
        attribute("threshold", in_clear("c.threshold"), "i.told_at"),
        attribute("missed", "c.missed_at IS NOT NULL", "coalesce(c.missed_at, i.told_at)"),
        attribute("verified", "CASE WHEN c.verified_at IS NOT NULL THEN true END", "c.verified_at"),
    ],
    [related(_INCIDENT, "says_when_right")],
)
_OBJECTS = f"""
  SELECT concat_ws(',', {_AN_INCIDENT},
    (SELECT string_agg({_AN_ACTION}, ',' ORDER BY a.number) FROM action a
      WHERE a.incident_id = i.id),
    (SELECT string_agg({_A_TODO}, ',' ORDER BY w.opened_at, w.id)
      FROM work_item w {_action_of("w")} WHERE w.incident_id = i.id),
    (SELECT string_agg({_A_CRITERION}, ',' ORDER BY c.position, c.id) FROM criterion c
      WHERE c.incident_id = i.id)) AS said
  FROM (SELECT 1) one
  LEFT JOIN run r ON r.incident_id = i.id AND r.action_id IS NULL
  LEFT JOIN release released ON released.id = r.release_id
  LEFT JOIN incident o ON o.id = i.origin_id AND NOT o.is_restricted
  LEFT JOIN incident m ON m.id = i.major_id AND NOT m.is_restricted
  LEFT JOIN way_out left_by ON left_by.id = i.way_out_id
  LEFT JOIN incident joined ON joined.id = left_by.into_id AND NOT joined.is_restricted"""  # noqa: S608
# For named people only: a number, and nothing else.
_A_NUMBER = mined_object(
    _INCIDENT,
    "incident",
    [
        attribute("number", "i.number", "TIMESTAMPTZ 'epoch'"),
        attribute("restricted", "true", "TIMESTAMPTZ 'epoch'"),
    ],
)
WANTED = """(CAST(:since AS timestamptz) IS NULL OR i.told_at >= :since)
  AND (CAST(:until AS timestamptz) IS NULL OR i.told_at < :until)
  AND (CAST(:process AS uuid) IS NULL OR i.process_id = :process)"""
CASES = f"""
  SELECT i.number, i.is_restricted,
    CASE WHEN i.is_restricted THEN {_A_NUMBER} ELSE ({_OBJECTS}) END AS objects,
    CASE WHEN NOT i.is_restricted THEN ({_EVENTS}) END AS events
  FROM incident i CROSS JOIN LATERAL {_KNOWN}
  WHERE {WANTED} AND (CAST(:share AS integer) IS NULL OR i.number % 2 = :share)
  ORDER BY i.number"""  # noqa: S608 - constants of this module
_ALWAYS = "TIMESTAMPTZ 'epoch'"
MASTERS = " UNION ALL ".join(
    f"SELECT {said} AS said FROM {tables}"  # noqa: S608 - constants of this module
    for said, tables in (
        (
            mined_object(
                "'process:' || p.id", "business process", [attribute("name", "p.name", _ALWAYS)]
            ),
            "business_process p",
        ),
        (
            mined_object(
                "'product:' || p.id",
                "product",
                [attribute("name", "p.name", _ALWAYS)],
                [related("'process:' || p.process_id", "made_by")],
            ),
            "product p",
        ),
        (
            mined_object(
                "'team:' || t.id",
                "team",
                [attribute("name", "t.name", _ALWAYS), one_of("party", "t.party", _ALWAYS)],
            ),
            "team t",
        ),
        (
            mined_object(
                of_person("p.id"),
                "person",
                [
                    attribute("outside", "p.organisation_id IS NOT NULL", _ALWAYS),
                    attribute("name", in_clear("p.name"), _ALWAYS),
                ],
            ),
            "person p",
        ),
        (
            mined_object(
                of_customer("o.id"),
                "customer organisation",
                [attribute("name", in_clear("o.name"), _ALWAYS)],
            ),
            "organisation o WHERE o.kind = 'customer'",
        ),
        (
            mined_object(
                "'release:' || r.number",
                "release",
                [attribute("number", "r.number", "r.published_at")],
            ),
            "release r",
        ),
    )
)
