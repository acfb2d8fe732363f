"""All closures at the auditor's desk: checked by a worker, counted, listed, and drawn at random."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import text

from engine.domain.incident import Answer, ClosedBy, Priority
from engine.errors import NotAllowed
from engine.queries.closure_checks import check_findings, check_under_way, last_check
from engine.queries.closure_sample import ClosureChoice, ClosureSample, sample_closures
from engine.queries.closures import closures_without_evidence
from engine.queries.endings import Ending, authorities, ending_counts, endings
from engine.queries.paging import Page
from engine.store import jobs
from engine.store.embedded import DatabaseUrls
from engine.usecases.closure_checks import ask_check, check_all
from engine.usecases.merging import merge, undo_merge
from engine.usecases.objecting import answer_late
from engine.usecases.restricting import restrict
from engine.usecases.setting_aside import bring_back, set_aside
from engine.usecases.withdrawing import withdraw
from tests.evidence import KEYS
from tests.integration.test_closing_lists import close, made, tried, undecided
from tests.staffing import hire
from tests.unguarded import unguarded
from tests.visitor import Visitor, words_of
from tests.world import World

Visit = Callable[[str | None], Visitor]
SINCE, UNTIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
IN_TIME = "since=2026-03-01&until=2026-05-31"


def counts(world: World) -> dict[Ending, int]:
    with world.handling.store.read() as conn:
        return {kind: n for kind, n in ending_counts(conn, SINCE, UNTIL).items() if n}


def listed(world: World, kind: Ending, page: Page | None = None) -> list[int]:
    with world.handling.store.read() as conn:
        lines, _ = endings(conn, kind, SINCE, UNTIL, page or Page())
    return [one.number for one in lines]


def checked(world: World, *, at_once: int = 200) -> UUID:
    made = ask_check(world.handling.store, actor=world.actor("egon"))
    check_all(world.handling.store, made, at_once=at_once)
    return made


# --- all of them checked -------------------------------------------------------------------------


def test_a_check_finds_what_the_command_finds(world: World, database: DatabaseUrls) -> None:
    sound, forged = world.confirmed(), world.decided()
    with unguarded(database) as conn:
        conn.execute(text("UPDATE decision SET reason = 'Because'"))

    checked(world, at_once=1)

    with world.handling.store.read() as conn:
        last = last_check(conn)
        assert last is not None
        lines, after = check_findings(conn, last.id)
        count, unproven = closures_without_evidence(conn, KEYS)
    assert (last.closed, last.found, after) == (count, 1, None)
    assert lines == unproven
    assert [one.id for one in lines] == [forged]
    assert sound not in {one.id for one in lines}


def test_a_check_that_was_killed_goes_on_and_one_that_has_ended_stays(world: World) -> None:
    for _ in range(2):
        world.confirmed()
    egon, store = world.actor("egon"), world.handling.store
    made = ask_check(store, actor=egon)
    assert ask_check(store, actor=egon) == made, "one at a time"

    check_all(store, made, at_once=1)
    check_all(store, made)

    with store.read() as conn:
        assert check_under_way(conn) is None
        last = last_check(conn)
    assert last is not None
    assert (last.total, last.closed, last.found) == (2, 2, 0)


def test_ways_out_without_evidence_are_found_too(world: World, database: DatabaseUrls) -> None:
    incident = world.report()
    set_aside(world.handling, incident, reason="Spam", actor=world.actor("hugo"))
    with unguarded(database) as conn:
        conn.execute(text("UPDATE way_out SET reason = 'So'"))

    checked(world)

    with world.handling.store.read() as conn:
        last = last_check(conn)
        assert last is not None
        lines, _ = check_findings(conn, last.id)
    assert (last.set_aside, [one.id for one in lines]) == (1, [incident])


def test_only_an_auditor_has_closures_checked(world: World, visit: Visit) -> None:
    with pytest.raises(NotAllowed):
        ask_check(world.handling.store, actor=world.actor("dora"))
    visit("dora").get("/desk/closures", 403)


def test_the_page_has_a_worker_check_and_tells_what_was_found(
    world: World, visit: Visit, database: DatabaseUrls
) -> None:
    incident = world.decided()
    with unguarded(database) as conn:
        conn.execute(text("UPDATE decision SET reason = 'Because'"))
    egon = visit("egon")
    assert "Nobody has had them checked yet" in words_of(egon.get("/desk/closures"))

    egon.send("/desk/closures/check", {}, at="/desk/closures")

    assert "Being checked now: 0 of 1." in words_of(egon.get("/desk/closures"))
    with world.handling.store.read() as conn:
        asked = text("SELECT args->>'check_id' FROM procrastinate_jobs WHERE task_name = :task")
        check = conn.execute(asked, {"task": jobs.CHECK_CLOSURES}).scalar_one()
    check_all(world.handling.store, UUID(check))
    page = egon.get("/desk/closures")
    assert "1 without valid evidence : 1 closed" in words_of(page)
    assert f"/desk/closures/{world.row(incident).number}" in page
    assert "another decision" in page


# --- how they ended ------------------------------------------------------------------------------


def test_each_way_of_ending_is_counted_and_listed(world: World) -> None:
    confirmed = world.confirmed()
    decided, contradicted = world.decided(), world.decided()
    answer_late(world.handling, contradicted, Answer.NO, words="No", actor=world.actor("carla"))
    withdrawn = world.report(harmed_count=1)
    withdraw(world.handling, withdrawn, words="Mine", actor=world.actor("carla"))
    aside, back = world.report(), world.report()
    for one in (aside, back):
        set_aside(world.handling, one, reason="Spam", actor=world.actor("hugo"))
    bring_back(world.handling, back, actor=world.actor("carla"))

    found = counts(world)

    assert found == {
        Ending.CONFIRMED: 1,
        Ending.WITHDRAWN: 1,
        Ending.ESCALATED: 2,
        Ending.CONTRADICTED: 1,
        Ending.SET_ASIDE: 2,
        Ending.BROUGHT_BACK: 1,
    }
    number = {one: world.row(one).number for one in (confirmed, decided, contradicted, withdrawn)}
    assert listed(world, Ending.CONFIRMED) == [number[confirmed]]
    assert listed(world, Ending.WITHDRAWN) == [number[withdrawn]]
    assert listed(world, Ending.CONTRADICTED) == [number[contradicted]]
    assert set(listed(world, Ending.ESCALATED)) == {number[decided], number[contradicted]}
    assert listed(world, Ending.BROUGHT_BACK) == [world.row(back).number]


def test_a_report_that_was_joined_and_separated_is_told_with_where_it_went(world: World) -> None:
    first, second = world.report(), world.report()
    for one in (first, second):
        world.lead(one)
    merge(world.handling, second, first, reason="Same", actor=world.actor("hugo"))

    with world.handling.store.read() as conn:
        ((line,), _) = endings(conn, Ending.MERGED, SINCE, UNTIL)
    assert (line.number, line.into, line.by, line.reason) == (2, 1, "Hugo Hahn", "Same")
    assert Ending.UNDONE not in counts(world)

    undo_merge(world.handling, second, actor=world.actor("carla"))

    assert listed(world, Ending.UNDONE) == [2]


def test_closed_by_list_names_its_list(world: World) -> None:
    hire(world, "nina", team="desk")
    (incident,) = undecided(world)
    number = made(world)
    tried(world, incident)
    close(world, number, incident)

    with world.handling.store.read() as conn:
        ((line,), _) = endings(conn, Ending.BY_LIST, SINCE, UNTIL)
        (authority,) = authorities(conn, SINCE, UNTIL)

    assert (line.list, line.by) == (number, "Dora Diaz")
    assert (authority.person, authority.decided, authority.by_list) == ("Dora Diaz", 1, 1)


def test_contradicted_decisions_are_told_for_who_decided(world: World) -> None:
    world.decided()
    wrong = world.decided()
    answer_late(world.handling, wrong, Answer.NO, words="No", actor=world.actor("carla"))
    right = world.decided()
    answer_late(world.handling, right, Answer.YES, actor=world.actor("carla"))

    with world.handling.store.read() as conn:
        (line,) = authorities(conn, SINCE, UNTIL)

    assert (line.decided, line.contradicted, line.confirmed_late) == (3, 1, 1)


def test_who_took_it_back_after_closing_is_counted_by_the_last_word(world: World) -> None:
    incident = world.decided()
    for answer in (Answer.NO, Answer.YES):
        answer_late(world.handling, incident, answer, words="So", actor=world.actor("carla"))

    assert Ending.CONTRADICTED not in counts(world)
    assert counts(world)[Ending.CONFIRMED_LATE] == 1


def test_pages_of_endings_follow_each_other(world: World) -> None:
    numbers = [world.row(world.confirmed()).number for _ in range(3)]

    with world.handling.store.read() as conn:
        first, after = endings(conn, Ending.CONFIRMED, SINCE, UNTIL, Page(2))
        second, end = endings(conn, Ending.CONFIRMED, SINCE, UNTIL, Page(2, after))

    assert [one.number for one in (*first, *second)] == numbers[::-1]
    assert end is None


def test_of_what_is_for_named_people_only_the_list_has_no_words(world: World, visit: Visit) -> None:
    incident = world.report(title="Wrong salaries")
    restrict(world.handling, incident, reason="So", actor=world.actor("hugo"), people=[])
    set_aside(world.handling, incident, reason="Secret", actor=world.actor("hugo"))

    page = words_of(visit("egon").get(f"/desk/closures/ended?how=set_aside&{IN_TIME}"))

    assert "For named people only" in page
    assert "salaries" not in page
    assert "Secret" not in page


def test_a_way_that_is_none_is_not_found(visit: Visit) -> None:
    visit("egon").get("/desk/closures/ended?how=vanished", 404)
    visit("egon").get("/desk/closures/ended", 404)


# --- at random -----------------------------------------------------------------------------------


def drawn(world: World, seed: int, most: int = 2, **choice: object) -> ClosureSample:
    with world.handling.store.read() as conn:
        chosen = ClosureChoice(SINCE, UNTIL, **choice)  # type: ignore[arg-type]
        return sample_closures(conn, chosen, most=most, seed=seed)


def test_the_same_seed_draws_the_same_ones_and_another_seed_others(world: World) -> None:
    for _ in range(6):
        world.confirmed()

    assert drawn(world, 1) == drawn(world, 1)
    assert (drawn(world, 1).drawn_from, len(drawn(world, 1).lines)) == (6, 2)
    assert {tuple(one.number for one in drawn(world, seed).lines) for seed in range(9)} > {
        tuple(one.number for one in drawn(world, 1).lines)
    }


def test_only_what_was_chosen_is_drawn_from(world: World) -> None:
    world.confirmed()
    decided = world.row(world.decided()).number
    world.report()

    (only,) = drawn(world, 1, 9, closed_by=ClosedBy.ESCALATED).lines
    assert only.number == decided
    assert drawn(world, 1, 9, priority=Priority.P1).drawn_from == 0
    assert drawn(world, 1, 9, process_id=world.process_id).drawn_from == 2


def test_the_page_says_the_seed_and_gives_the_sample_as_a_file(world: World, visit: Visit) -> None:
    world.confirmed()
    egon = visit("egon")

    page = words_of(egon.get(f"/desk/closures/sample?seed=7&{IN_TIME}"))
    content = egon.get(f"/desk/closures/sample?seed=7&as=csv&{IN_TIME}")

    assert "1 drawn from 1 with the seed 7." in page
    rows = list(csv.reader(io.StringIO(content.lstrip("\ufeff"))))
    assert rows[0][0] == "Incident"
    assert rows[1][:2] == ["1", "Wrong balances"]


def test_a_title_that_begins_like_a_formula_is_text_in_a_file(world: World, visit: Visit) -> None:
    incident = world.asked(title="=1+1")
    world.confirm(incident)

    content = visit("egon").get(f"/desk/closures/sample?seed=7&as=csv&{IN_TIME}")

    assert ",'=1+1," in content
