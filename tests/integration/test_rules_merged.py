"""Ways out, 5: merged, always into the earliest report, and undone by who reported the later."""

from typing import Any
from uuid import UUID

import pytest

from engine.errors import (
    Conflict,
    IncidentClosed,
    InvalidAnswers,
    ItemEnded,
    NotAllowed,
    NotFound,
    PutrightError,
)
from engine.queries.closures import closures_without_evidence
from engine.queries.ledger import incident_ledger
from engine.store import facts as ask
from engine.usecases.criteria import change_criteria
from engine.usecases.holding import claim
from engine.usecases.making_good import miss_criterion
from engine.usecases.merging import merge, undo_merge
from engine.usecases.restricting import restrict
from tests.at_once import at_once
from tests.world import CRITERION, KEY, World

OTHER = {"measure": "Address", "threshold": "The new street", "evidence": "Copy"}


def join(world: World, later: UUID, earlier: UUID, login: str = "hugo") -> None:
    merge(world.handling, later, earlier, reason="The same cause", actor=world.actor(login))


def part(world: World, later: UUID, login: str = "olga") -> None:
    undo_merge(world.handling, later, actor=world.actor(login))


def two(world: World, **changes: Any) -> tuple[UUID, UUID]:
    """Return Carla's report and Olga's later one, for which she wants one thing more."""
    earlier = world.report()
    world.clock.forward(minutes=10)
    later = world.report("olga", criteria=[OTHER], **changes)
    return earlier, later


def confirmers(world: World, incident: UUID) -> set[str]:
    names = {person: login for login, person in world.people.items()}
    with world.handling.store.read() as conn:
        return {names[who.person_id] for who in ask.confirmers(conn, incident)}


def test_a_report_is_merged_into_an_earlier_one_that_is_open(world: World) -> None:
    earlier, later = two(world)

    join(world, later, earlier)

    assert world.row(later).state == "merged"
    assert world.row(later).ended_at == world.clock.now
    assert world.steps(later) == []
    assert world.row(earlier).state == "open"
    assert world.verbs(later)[-1] == "incident:merged"
    assert "incident:joined" in world.verbs(earlier)


def test_it_is_always_merged_into_the_earliest_report(world: World) -> None:
    earlier, later = two(world)

    with pytest.raises(Conflict, match="was told first: please join #2 with it instead"):
        join(world, earlier, later)

    assert world.row(earlier).state == "open"


def test_criteria_and_confirmers_come_along_and_one_person_is_asked_once(world: World) -> None:
    earlier, later = two(world)
    join(world, later, earlier)

    assert len(world.criteria(earlier)) == 2, "the same wording is one criterion"
    assert confirmers(world, earlier) == {"carla", "olga"}

    world.lead(earlier)
    world.do(
        earlier,
        "hugo",
        "agree_what_right_means",
        criteria=[CRITERION, OTHER],
        confirmers=[str(world.people[who]) for who in ("carla", "olga")],
        actions=[world.for_team("databases")],
    )
    world.act(earlier, "ada")
    world.verify(earlier)
    world.confirm(earlier, "carla")
    assert world.row(earlier).state == "open"
    world.confirm(earlier, "olga")
    assert world.row(earlier).closed_by == "confirmed"


def test_what_was_being_confirmed_is_checked_again_and_asked_of_everybody(world: World) -> None:
    earlier = world.asked()
    later = world.report("olga", criteria=[OTHER])

    join(world, later, earlier)

    assert world.steps(earlier) == ["verify_outcome"]
    world.verify(earlier)
    assert world.steps(earlier) == ["confirm_outcome", "confirm_outcome"]


def test_an_earlier_yes_ends_when_new_criteria_come_along(world: World) -> None:
    earlier = world.report()
    world.lead(earlier)
    world.agree(earlier, world.for_team("databases"), confirmers=("carla", "dora"))
    world.act(earlier, "ada")
    world.verify(earlier, "hugo")
    world.confirm(earlier, "carla")

    join(world, world.report("olga", criteria=[OTHER]), earlier)
    world.verify(earlier, "hugo")

    assert len(world.steps(earlier)) == 3


def test_it_is_not_merged_while_somebody_is_at_work_on_it(world: World) -> None:
    earlier, later = two(world)
    world.lead(later)
    world.agree(later, world.for_team("databases", "Correct the rows"), confirmers=("olga",))
    item = world.item(later, "do_it_action")
    claim(world.handling, item.id, actor=world.actor("ada"))

    with pytest.raises(Conflict, match="at work on action 1"):
        join(world, later, earlier)
    world.act(later, "ada")
    join(world, later, earlier)

    assert world.row(later).state == "merged"


def test_what_was_missed_is_handled_by_itself(world: World) -> None:
    earlier, later = two(world)
    missed = world.criteria(later)[0]
    miss_criterion(world.handling, later, missed, why="Too late", actor=world.actor("hugo"))

    with pytest.raises(Conflict, match="a point that was missed"):
        join(world, later, earlier)


def test_a_criterion_that_has_to_hold_comes_along_as_such(world: World) -> None:
    earlier = world.report()
    world.clock.forward(minutes=10)
    later = world.report("olga")
    holds = [{**CRITERION, "must_hold": 3}]
    change_criteria(
        world.handling, later, holds, reason="It has to hold", actor=world.actor("hugo")
    )

    join(world, later, earlier)

    with world.handling.store.read() as conn:
        in_force = ask.rows(
            conn, "SELECT must_hold FROM criterion WHERE incident_id = :id", id=earlier
        )
    assert sorted(row["must_hold"] for row in in_force) == [1, 3]


def test_a_confirmer_with_a_hand_in_the_earlier_one_is_named(world: World) -> None:
    earlier = world.report()
    world.lead(earlier)
    world.agree(earlier, world.for_team("databases"))
    world.act(earlier, "ada")
    later = world.report("ada")

    with pytest.raises(Conflict, match="Ada Adler would have to answer"):
        join(world, later, earlier)


@pytest.mark.parametrize(
    ("login", "refusal"),
    [("olga", NotAllowed), ("ada", NotAllowed), ("egon", NotAllowed), ("fay", NotFound)],
)
def test_only_who_handles_both_merges(
    world: World, login: str, refusal: type[PutrightError]
) -> None:
    earlier, later = two(world)

    with pytest.raises(refusal):
        join(world, later, earlier, login)


def test_a_merge_needs_another_incident_that_is_open_and_a_reason(world: World) -> None:
    earlier, later = world.confirmed(), world.report("olga")

    with pytest.raises(InvalidAnswers):
        join(world, later, later)
    with pytest.raises(Conflict, match="no longer open"):
        join(world, later, earlier)
    with pytest.raises(InvalidAnswers):
        merge(world.handling, later, earlier, reason="", actor=world.actor("hugo"))
    with pytest.raises(IncidentClosed):
        join(world, earlier, later)


def test_its_reporter_undoes_a_merge_and_what_came_along_leaves_again(world: World) -> None:
    earlier = world.asked()
    later = world.report("olga", criteria=[OTHER])
    join(world, later, earlier)
    world.verify(earlier)
    world.clock.forward(hours=3)

    with pytest.raises(IncidentClosed):
        part(world, later, "hugo")
    part(world, later)
    part(world, later)

    assert world.row(later).state == "open"
    assert world.steps(later) == ["agree_what_right_means"]
    assert confirmers(world, earlier) == {"carla"}
    assert len(world.criteria(earlier)) == 1
    assert world.steps(earlier) == ["verify_outcome"]
    world.verify(earlier)
    world.confirm(earlier)
    assert world.row(earlier).closed_by == "confirmed"
    with world.handling.store.read() as conn:
        assert closures_without_evidence(conn, {KEY.id: KEY.secret}) == (1, [])
        ledger = incident_ledger(conn, later, world.clock.now)
    assert [line.reason for line in ledger.lines] == ["set_aside"]


def test_undone_after_the_earlier_one_has_closed_it_changes_nothing_there(world: World) -> None:
    earlier = world.asked()
    later = world.report("olga")
    join(world, later, earlier)
    world.verify(earlier)
    world.confirm(earlier, "carla")
    world.confirm(earlier, "olga")
    closed = world.row(earlier)

    part(world, later)

    assert world.row(earlier) == closed
    assert world.steps(later) == ["agree_what_right_means"]


def test_what_another_merged_report_needs_stays(world: World) -> None:
    earlier, first = two(world)
    second = world.report("olga", criteria=[OTHER])
    join(world, first, earlier)
    join(world, second, earlier)

    part(world, first)
    assert confirmers(world, earlier) == {"carla", "olga"}
    assert len(world.criteria(earlier)) == 2
    part(world, second)

    assert confirmers(world, earlier) == {"carla"}
    assert len(world.criteria(earlier)) == 1


def test_what_is_for_named_people_only_is_not_merged_with_what_is_not(world: World) -> None:
    earlier, later = two(world)
    restrict(world.handling, earlier, reason="It is personal", actor=world.actor("hugo"))

    with pytest.raises(Conflict, match="named people only"):
        join(world, later, earlier)


def test_of_two_merges_that_cross_one_is_refused(world: World) -> None:
    for _ in range(3):
        one, other = world.report(), world.report("olga")

        refused = at_once(
            lambda one=one, other=other: join(world, one, other),
            lambda one=one, other=other: join(world, other, one),
        )

        assert sorted(map(str, refused)) == sorted(map(str, (None, refused[0] or refused[1])))
        assert sorted((world.row(one).state, world.row(other).state)) == ["merged", "open"]


def test_of_a_merge_and_the_last_answer_at_once_one_is_refused(world: World) -> None:
    for _ in range(3):
        earlier = world.asked()
        later = world.report("olga")
        item = world.item(earlier, "confirm_outcome")
        rows = [{"criterion": str(one), "answer": "yes"} for one in world.criteria(earlier)]

        refused = at_once(
            lambda later=later, earlier=earlier: join(world, later, earlier),
            lambda item=item, rows=rows: world.finish(item.id, "carla", criteria=rows),
        )

        assert refused in ([None, ItemEnded], [Conflict, None])
        states = world.row(earlier).state, world.row(later).state
        assert states == (("open", "merged") if refused[0] is None else ("closed", "open"))
