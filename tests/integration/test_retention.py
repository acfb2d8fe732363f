"""What has been kept long enough is erased by rule: tried first, by two, and evidence holds."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from engine.domain.erasing import ERASED, Ground
from engine.domain.incident import Level
from engine.errors import Conflict, IncidentClosed, InvalidAnswers
from engine.queries.closed import all_closed
from engine.queries.closures import findings
from engine.queries.erasures import dry_run, erasure
from engine.queries.ledger import incident_ledger
from engine.store.embedded import DatabaseUrls
from engine.usecases.commenting import comment
from engine.usecases.erasing import OldEnough, answer_erasure, ask_erasure, erase_all
from engine.usecases.legal_holds import end_hold, place_hold
from engine.usecases.merging import merge, undo_merge
from engine.usecases.relating import make_part_of
from engine.usecases.setting_aside import bring_back, set_aside
from tests.integration.test_erasing import run, told_of_carla, two
from tests.tampering import audited, told
from tests.world import KEY, World

YEARS = timedelta(days=3 * 365)
__all__ = ["two"]


def ask(world: World, *, by: str = "dora", keep_for: timedelta | None = YEARS) -> UUID:
    before = world.clock.now - YEARS
    return ask_erasure(
        world.handling.store,
        OldEnough(before),
        ground=Ground.ASKED,
        why="The rule lets it go after three years",
        actor=world.actor(by),
        keep_for=keep_for,
    )


def agreed(world: World) -> UUID:
    erasure_id = ask(world)
    store = world.handling.store
    answer_erasure(store, erasure_id, agrees=True, words=None, actor=world.actor("hugo"))
    return erasure_id


def test_what_ended_long_ago_is_erased_and_its_evidence_still_holds(two: World) -> None:
    store = two.handling.store
    old = [told_of_carla(two), two.decided()]
    numbers = sorted(two.row(one).number for one in old)
    before = [_ledger(two, one) for one in old]
    two.clock.forward(days=3 * 365 + 1)
    new = told_of_carla(two)
    with store.read() as conn:
        tried = dry_run(conn, two.clock.now - YEARS)
    assert (tried.goes, list(tried.numbers)) == (2, numbers)
    assert two.row(old[0]).erased_by is None

    erasure_id = agreed(two)
    erase_all(store, erasure_id)
    erase_all(store, erasure_id)

    with store.read() as conn:
        assert erasure(conn, erasure_id).incidents == 2
        said = conn.scalar(
            text(
                "SELECT string_agg(to_jsonb(e)::text, '') FROM entry e"
                " WHERE incident_id = ANY (:old) AND verb <> 'incident:erased'"
            ),
            {"old": old},
        )
        closed = list(all_closed(conn, 10))
    assert '"content": {' not in said
    assert '"actor": "Hugo Hahn"' in said
    assert [two.row(one).title for one in old] == [ERASED, ERASED]
    assert two.row(new).title == "Wrong balances"
    assert [_ledger(two, one) for one in old] == before
    assert len(closed) == 3
    assert [findings(one, {KEY.id: KEY.secret}) for one in closed] == [[], [], []]
    assert told(audited(store)) == {}


def test_what_is_held_or_worked_on_stays(two: World) -> None:
    store, hugo = two.handling.store, two.actor("hugo")
    held, goes, prevented = told_of_carla(two), told_of_carla(two), two.report()
    two.lead(prevented)
    two.agree(prevented, two.for_team("databases"))
    two.act(prevented, "ada")
    two.propose(prevented, "hugo", "databases", kind="prevents")
    two.verify(prevented)
    two.confirm(prevented)
    major = two.report("olga", impact=Level.HIGH, urgency=Level.HIGH)
    part = two.report()
    for one in (major, part):
        two.lead(one)
    make_part_of(two.handling, part, major, actor=hugo)
    two.agree(part, two.for_team("databases"))
    two.act(part, "ada")
    two.verify(part)
    two.confirm(part)
    number = two.row(held).number
    hold = place_hold(store, why="The court asks for it", actor=hugo, number=number)
    two.clock.forward(days=3 * 365 + 1)
    with store.read() as conn:
        tried = dry_run(conn, two.clock.now - YEARS)
    assert [(one.number, one.because) for one in tried.kept] == [
        (number, "held"),
        (two.row(prevented).number, "work"),
        (two.row(part).number, "part"),
    ]
    erasure_id = agreed(two)
    erase_all(store, erasure_id)

    assert two.row(held).erased_by is None
    assert two.row(prevented).erased_by is None
    assert two.row(part).erased_by is None
    assert two.row(goes).erased_by == erasure_id
    end_hold(store, hold, why="The court has decided", actor=hugo)
    again = agreed(two)
    erase_all(store, again)
    assert two.row(held).erased_by == again


def test_what_was_set_aside_or_merged_long_ago_goes_too_and_does_not_come_back(
    two: World, database: DatabaseUrls
) -> None:
    store, carla = two.handling.store, two.actor("carla")
    aside, earlier = two.report(), two.report("olga")
    two.clock.forward(minutes=5)
    later = two.report()
    two.lead(earlier)
    set_aside(two.handling, aside, reason="It is a test report", actor=two.actor("hugo"))
    merge(two.handling, later, earlier, reason="It is the same", actor=two.actor("hugo"))
    two.clock.forward(days=3 * 365 + 1)
    with store.read() as conn:
        tried = dry_run(conn, two.clock.now - YEARS)
    assert list(tried.numbers) == [two.row(aside).number]
    assert [(one.number, one.because) for one in tried.kept] == [(two.row(later).number, "joined")]
    erase_all(store, agreed(two))
    two.agree(earlier, two.for_team("databases"), confirmers=("olga",))
    two.act(earlier, "ada")
    two.verify(earlier)
    two.confirm(earlier, "olga")
    erase_all(store, agreed(two))

    assert [two.row(one).title for one in (aside, later)] == [ERASED, ERASED]
    assert two.row(earlier).erased_by is None
    with pytest.raises(IncidentClosed, match="erased"):
        bring_back(two.handling, aside, actor=carla)
    with pytest.raises(IncidentClosed, match="erased"):
        undo_merge(two.handling, later, actor=carla)
    said = (
        "INSERT INTO way_back (way_out_id, person_id, words, returned_at, entry_seq)"
        " SELECT id, person_id, NULL, now(), entry_seq FROM way_out"
    )
    back = "UPDATE incident SET state = 'open', ended_at = NULL, way_out_id = NULL WHERE number = 1"
    with pytest.raises(DBAPIError, match="stays as it was"):
        run(database.owner_url, said, back)
    assert told(audited(store)) == {}


@pytest.mark.parametrize(("who", "where"), [("carla", 0), ("ada", 0), ("fay", 1)])
def test_what_somebody_has_a_part_in_whose_data_is_held_stays(
    two: World, who: str, where: int
) -> None:
    store, hugo = two.handling.store, two.actor("hugo")
    incidents = [told_of_carla(two), two.report("olga")]
    comment(two.handling, incidents[1], "Fay\nFox has seen it, too", actor=hugo)
    set_aside(two.handling, incidents[1], reason="It is a test report", actor=hugo)
    two.clock.forward(days=3 * 365 + 1)
    erasure_id = agreed(two)
    held = place_hold(store, why="The court asks for it", actor=hugo, person_id=two.people[who])
    stays, goes = incidents[where], incidents[1 - where]
    with store.read() as conn:
        kept = dry_run(conn, two.clock.now - YEARS).kept
    # who is only named is looked for when it is erased
    listed = [(two.row(stays).number, "held")] if where == 0 else []
    assert [(one.number, one.because) for one in kept] == listed
    erase_all(store, erasure_id)
    assert (two.row(stays).erased_by, two.row(goes).erased_by) == (None, erasure_id)
    end_hold(store, held, why="The court has decided", actor=hugo)
    erase_all(store, again := agreed(two))
    assert two.row(stays).erased_by == again


def test_nothing_is_old_enough_before_the_rule_says_so(two: World) -> None:
    with pytest.raises(Conflict):
        ask(two, keep_for=None)
    with pytest.raises(InvalidAnswers):
        ask(two, keep_for=YEARS + timedelta(days=1))


def _ledger(world: World, incident: UUID) -> object:
    with world.handling.store.read() as conn:
        return incident_ledger(conn, incident, world.clock.now).totals
