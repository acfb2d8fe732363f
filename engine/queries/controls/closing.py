"""Controls over what was closed: evidence, authority, and that nobody judges their own work."""

from collections.abc import Collection

from sqlalchemy import Connection, text

from engine.domain.duties import Duty
from engine.language import say
from engine.queries.controls.control import (
    Asked,
    Control,
    Exceptional,
    Finds,
    Subject,
    counted_by,
    found_by,
)
from engine.queries.duties import forbidden_pairs

_IN_TIME = "i.state = 'closed' AND i.ended_at >= :since AND i.ended_at < :until"
_CLOSED = text(f"SELECT count(*) FROM incident i WHERE {_IN_TIME}")  # noqa: S608 - a constant
_CLOSED_BY = f"SELECT count(*) FROM incident i WHERE {_IN_TIME} AND i.closed_by = "  # noqa: S608
_CONFIRMED = text(f"{_CLOSED_BY} 'confirmed'")
_DECIDED = text(f"{_CLOSED_BY} 'escalated'")
_CHECKED = text(f"""
    SELECT count(*) FROM incident i WHERE {_IN_TIME} AND i.ended_at < :checked_at
""")  # noqa: S608 - a constant of this module
_WITHOUT_EVIDENCE = text(f"""
    SELECT i.number, i.ended_at AS at FROM incident i
    WHERE {_IN_TIME} AND i.number = ANY (:numbers) ORDER BY i.ended_at DESC
""")  # noqa: S608 - as above
# Whom the ladder asked then is kept on the to-do that the decision ended.
_NO_AUTHORITY = text(f"""
    SELECT i.number, i.ended_at AS at FROM incident i JOIN decision d ON d.id = i.decision_id
    WHERE {_IN_TIME} AND (d.authority <>
        CASE WHEN i.highest_priority IN ('P1', 'P2') THEN 'authority' ELSE 'owner' END
      OR NOT EXISTS (SELECT FROM work_item w WHERE w.incident_id = i.id
        AND w.mark = 'closing_decision' AND w.ended_by = d.person_id AND w.ended_at = d.decided_at
        AND d.person_id = ANY (w.people)))
    ORDER BY i.ended_at DESC
""")  # noqa: S608 - as above
_MONEY_OR_GRAVE = "(i.highest_priority IN ('P1', 'P2') OR i.money IS NOT NULL)"
_TO_BE_SIGNED = text(f"""
    SELECT count(*) FROM incident i
    WHERE {_IN_TIME} AND i.closed_by = 'confirmed' AND {_MONEY_OR_GRAVE}
""")  # noqa: S608 - as above
_BY_PHONE_ONLY = text(f"""
    SELECT i.number, i.ended_at AS at FROM incident i
    WHERE {_IN_TIME} AND i.closed_by = 'confirmed' AND {_MONEY_OR_GRAVE} AND EXISTS (
      SELECT FROM confirmer f WHERE f.incident_id = i.id AND f.withdrawn_at IS NULL AND 'phone' = (
        SELECT c.grade FROM confirmation c WHERE c.incident_id = i.id
          AND c.person_id = f.person_id AND c.answered_at <= i.ended_at
        ORDER BY c.entry_seq DESC LIMIT 1))
    ORDER BY i.ended_at DESC
""")  # noqa: S608 - as above
_PHONED = text(f"""
    SELECT count(*) FROM incident i WHERE {_IN_TIME} AND EXISTS (
      SELECT FROM confirmation c WHERE c.incident_id = i.id AND c.recorded_by IS NOT NULL)
""")  # noqa: S608 - as above
_LISTS = text("SELECT count(*) FROM closing_list WHERE made_at >= :since AND made_at < :until")
# Closed by list before all that were drawn had been phoned, or after one had said *not right*.
_LISTS_NOT_PHONED = text("""
    SELECT l.number, l.made_at AS at FROM closing_list l
    WHERE l.made_at >= :since AND l.made_at < :until AND EXISTS (
      SELECT FROM decision d JOIN closing_list_line x ON x.list_id = l.id AND x.is_phoned
      WHERE d.list_id = l.id AND (
        EXISTS (SELECT FROM confirmation c WHERE c.incident_id = x.incident_id AND c.answer <> 'yes'
          AND c.answered_at >= l.made_at AND c.answered_at < d.decided_at)
        OR NOT EXISTS (SELECT FROM confirmation c WHERE c.incident_id = x.incident_id
            AND c.answered_at >= l.made_at AND c.answered_at <= d.decided_at)
          AND NOT EXISTS (SELECT FROM tried t JOIN work_item w ON w.id = t.item_id
            WHERE w.incident_id = x.incident_id AND t.channel = 'call'
            AND t.entered_at >= l.made_at AND t.entered_at <= d.decided_at)))
    ORDER BY l.made_at DESC
""")


def _checked(conn: Connection, asked: Asked) -> int:
    if asked.checked is None:
        return 0
    return int(conn.scalar(_CHECKED, asked.values | {"checked_at": asked.checked.at}) or 0)


def _without_evidence(conn: Connection, asked: Asked) -> list[Exceptional]:
    if asked.checked is None or not asked.checked.without_evidence:
        return []
    numbers = list(asked.checked.without_evidence)
    rows = conn.execute(_WITHOUT_EVIDENCE, asked.values | {"numbers": numbers})
    return [Exceptional(row.number, row.at) for row in rows]


def _forbidden(pairs: Collection[tuple[Duty, Duty]]) -> Finds:
    return lambda conn, asked: [
        Exceptional(row.number, row.at)
        for row in forbidden_pairs(conn, asked.since, asked.until, pairs, asked.combined(conn))
    ]


_HANDLED = (Duty.LED, Duty.WORKED, Duty.VERIFIED)
_INCIDENTS_CLOSED = say("incidents that were closed")
_INCIDENTS_DECIDED = say("incidents that were closed by a decision")

CONTROLS = (
    Control(
        "evidence",
        say("No closing without evidence"),
        say(
            "What is closed has every point checked, and a yes of everybody who was to answer or"
            " a decision by who may, all of it on record and newer than the last work."
        ),
        _INCIDENTS_CLOSED,
        Subject.CLOSURE,
        _checked,
        _without_evidence,
        needs_check=True,
    ),
    Control(
        "authority",
        say("Decided by who has the authority"),
        say("Who closes without the customer’s answer was asked to decide by the ladder."),
        _INCIDENTS_DECIDED,
        Subject.CLOSURE,
        counted_by(_DECIDED),
        found_by(_NO_AUTHORITY),
    ),
    Control(
        "own-work-decided",
        say("Nobody decides on their own work"),
        say(
            "Who decides to close has neither led it nor worked on it,"
            " and at P1 and P2 has not checked it."
        ),
        _INCIDENTS_DECIDED,
        Subject.CLOSURE,
        counted_by(_DECIDED),
        _forbidden([(one, Duty.DECIDED) for one in _HANDLED]),
    ),
    Control(
        "own-work-confirmed",
        say("Nobody confirms their own work"),
        say("Who says that it is right has neither led it, nor worked on it, nor checked it."),
        say("incidents that were closed by an answer"),
        Subject.CLOSURE,
        counted_by(_CONFIRMED),
        _forbidden([(one, Duty.CONFIRMED) for one in _HANDLED]),
    ),
    Control(
        "own-work-checked",
        say("Nobody checks alone what they did alone"),
        say("Who checked the outcome is not the only one who did the work."),
        _INCIDENTS_CLOSED,
        Subject.CLOSURE,
        counted_by(_CLOSED),
        _forbidden([(Duty.WORKED, Duty.VERIFIED)]),
    ),
    Control(
        "signed",
        say("P1, P2 and money are signed for"),
        say("Where it was P1 or P2 or about money, nobody’s last answer was given by phone."),
        say("incidents of that kind that were closed by an answer"),
        Subject.CLOSURE,
        counted_by(_TO_BE_SIGNED),
        found_by(_BY_PHONE_ONLY),
    ),
    Control(
        "phoned",
        say("An answer by phone is written down by somebody else"),
        say(
            "Who writes an answer down has neither led it nor worked on it,"
            " unless it was put right in one call."
        ),
        say("incidents that were closed, with an answer that somebody wrote down"),
        Subject.CLOSURE,
        counted_by(_PHONED),
        _forbidden([(Duty.LED, Duty.RECORDED), (Duty.WORKED, Duty.RECORDED)]),
    ),
    Control(
        "lists",
        say("A list is phoned before it closes anything"),
        say(
            "Nothing was closed by list before everybody drawn was phoned,"
            " or after one of them had said that it is not right."
        ),
        say("lists that were made"),
        Subject.CLOSING_LIST,
        counted_by(_LISTS),
        found_by(_LISTS_NOT_PHONED),
    ),
)
