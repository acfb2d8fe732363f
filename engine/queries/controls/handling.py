"""Controls over how incidents are handled: priorities, checks, ways out, and who may read."""

from sqlalchemy import Connection, text

from engine.language import say
from engine.queries.controls.control import (
    Asked,
    Control,
    Exceptional,
    Subject,
    counted_by,
    found_by,
)
from engine.queries.gaps import incident_gaps

# A priority is a letter and a digit: the higher word is the lower priority.
_LOWERED = """
    FROM entry e JOIN incident i ON i.id = e.incident_id
    WHERE e.verb = 'incident:priority_set' AND e.at >= :since AND e.at < :until
      AND e.content ->> 'now' > e.content ->> 'before'
"""
_LOWERINGS = text(f"SELECT count(*) {_LOWERED}")
_LOWERED_ALONE = text(f"""
    SELECT i.number, e.at {_LOWERED} AND NOT EXISTS (SELECT FROM entry p
      WHERE p.incident_id = e.incident_id AND p.seq < e.seq
        AND p.verb = 'priority:lowering_proposed'
        AND p.person_id::text = e.content ->> 'proposed_by' AND p.person_id <> e.person_id)
    ORDER BY e.at DESC
""")  # noqa: S608 - a constant of this module
# A log's own word is no check of ours: a replay measures nothing.
_CHECKS = """
    FROM verification v JOIN incident i ON i.id = v.incident_id AND i.source_reference IS NULL
    WHERE v.verified_at >= :since AND v.verified_at < :until
"""
_CHECKED = text(f"SELECT count(*) {_CHECKS}")
_CHECKED_UNASKED = text(f"""
    SELECT i.number, v.verified_at AS at {_CHECKS} AND NOT EXISTS (SELECT FROM work_item w
      WHERE w.incident_id = i.id AND w.mark = 'verification' AND w.ended_by = v.person_id
        AND w.ended_at = v.verified_at
        AND (v.person_id = ANY (w.people) OR w.team_id IS NOT NULL))
    ORDER BY v.verified_at DESC
""")  # noqa: S608 - a constant of this module
_OUT = """
    FROM way_out w JOIN incident i ON i.id = w.incident_id
    WHERE w.kind = '{}' AND w.left_at >= :since AND w.left_at < :until
"""
_SET_ASIDE = text(f"SELECT count(*) {_OUT.format('set_aside')}")
_SET_ASIDE_BEGUN = text(f"""
    SELECT i.number, w.left_at AS at {_OUT.format("set_aside")} AND EXISTS (
      SELECT FROM work_item x WHERE x.incident_id = i.id AND x.action_id IS NOT NULL
        AND x.how = 'completed' AND x.ended_at <= w.left_at)
    ORDER BY w.left_at DESC
""")  # noqa: S608 - a constant of this module
_JOINED = text(f"SELECT count(*) {_OUT.format('merged')}")
_JOINED_LATER = text(f"""
    SELECT i.number, w.left_at AS at {_OUT.format("merged")}
      AND (SELECT o.told_at FROM incident o WHERE o.id = w.into_id) > i.told_at
    ORDER BY w.left_at DESC
""")  # noqa: S608 - a constant of this module
_LIFTED = """
    FROM restriction r JOIN incident i ON i.id = r.incident_id
    WHERE r.lifted_at >= :since AND r.lifted_at < :until
"""
_LIFTS = text(f"SELECT count(*) {_LIFTED}")
_LIFTED_ALONE = text(f"""
    SELECT i.number, r.lifted_at AS at {_LIFTED}
      AND (r.lift_asked_by IS NULL OR r.lifted_by IS NOT DISTINCT FROM r.lift_asked_by)
    ORDER BY r.lifted_at DESC
""")  # noqa: S608 - a constant of this module
_REPORTED = text("SELECT count(*) FROM incident WHERE told_at >= :since AND told_at < :until")


_MOST_OF_A_GAP = 1_000


def _taken_out(conn: Connection, asked: Asked) -> list[Exceptional]:
    """Return the numbers that nothing explains; a gap belongs to when its neighbours were told."""
    found = []
    for gap in incident_gaps(conn):
        at = gap.before_at or gap.after_at
        if gap.is_explained or (at is not None and not asked.since <= at < asked.until):
            continue
        known = {one.number for one in gap.given_up}
        # a sequence that somebody has set far ahead leaves more than anybody can look at
        numbers = range(gap.first, min(gap.last, gap.first + _MOST_OF_A_GAP - 1) + 1)
        found += [Exceptional(one, at or asked.since) for one in numbers if one not in known]
    return found


CONTROLS = (
    Control(
        "lowered",
        say("A lower priority has a second person"),
        say("Who lowers a priority approves what somebody else has proposed."),
        say("priorities that were lowered"),
        Subject.INCIDENT,
        counted_by(_LOWERINGS),
        found_by(_LOWERED_ALONE),
    ),
    Control(
        "checked",
        say("Checked by who may"),
        say(
            "Who checks an outcome was asked to: at P1 and P2 the owner or a deputy,"
            " at P3 and P4 the lead or who the lead has named."
        ),
        say("checks of an outcome"),
        Subject.INCIDENT,
        counted_by(_CHECKED),
        found_by(_CHECKED_UNASKED),
    ),
    Control(
        "set-aside",
        say("Nothing is set aside that was begun"),
        say("What is set aside has no action that anybody had finished."),
        say("incidents that were set aside"),
        Subject.INCIDENT,
        counted_by(_SET_ASIDE),
        found_by(_SET_ASIDE_BEGUN),
    ),
    Control(
        "joined",
        say("Reports are joined with the earlier one"),
        say("What is joined with another report was told later than that."),
        say("reports that were joined with another"),
        Subject.INCIDENT,
        counted_by(_JOINED),
        found_by(_JOINED_LATER),
    ),
    Control(
        "lifted",
        say("Two people open what is for named people only"),
        say("Who agrees that everybody may read it has not asked for that."),
        say("incidents that everybody may read again"),
        Subject.INCIDENT,
        counted_by(_LIFTS),
        found_by(_LIFTED_ALONE),
    ),
    Control(
        "numbers",
        say("No incident is missing"),
        say("Each number of an incident is there, or on record as never kept."),
        say("incidents that were reported"),
        Subject.INCIDENT,
        counted_by(_REPORTED),
        _taken_out,
    ),
)
