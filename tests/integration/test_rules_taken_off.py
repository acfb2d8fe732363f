"""Whoever was taken off a restricted incident is asked for nothing in it, deputy or superior."""

from uuid import UUID

import pytest
from sqlalchemy import text

from engine.domain.incident import Level
from engine.errors import Conflict, InvalidAnswers, NotFound
from engine.queries.asked_beside import asked_beside
from engine.queries.incident import incident_page
from engine.queries.incidents import incidents
from engine.queries.silence import told
from engine.usecases.checking import name_checker
from engine.usecases.delegating import name_delegate
from engine.usecases.looking import offer_missed
from engine.usecases.merging import merge
from engine.usecases.naming import take_off
from engine.usecases.setting_aside import bring_back, set_aside
from tests.world import World


def off(world: World, incident: UUID, who: str, login: str = "hugo") -> None:
    person, actor = world.people[who], world.actor(login)
    take_off(world.handling, incident, person, reason="Is in it", actor=actor)


def stands_in(world: World, who: str, *whom: str) -> None:
    """Have somebody stand in for these people, and be above them."""
    with world.handling.store.begin() as work:
        work.conn.execute(
            text(
                "UPDATE person SET deputy_id = :who, superior_id = :who WHERE login = ANY (:whom)"
            ),
            {"who": world.people[who], "whom": list(whom)},
        )


def deputises(world: World, who: str, office: str) -> None:
    with world.handling.store.begin() as work:
        work.conn.execute(
            text("INSERT INTO deputy (process_id, person_id, of) VALUES (:process, :who, :of)"),
            {"process": world.process_id, "who": world.people[who], "of": office},
        )


def asked(world: World) -> UUID:
    """Return a restricted incident that Carla is asked about, which Hugo leads and checked."""
    incident = world.report(is_restricted=True)
    world.lead(incident)
    world.agree(incident, {"title": "Look", "party": "it", "person": str(world.people["ada"])})
    world.act(incident, "ada")
    world.verify(incident, "hugo")
    return incident


def everybody(world: World, incident: UUID) -> set[UUID]:
    """Return whom its open to-dos ask, whom the ladder told, and who is offered the lead."""
    with world.handling.store.read() as conn:
        rungs = text(
            "SELECT unnest(r.people) FROM rung r JOIN work_item w ON w.id = item_id"
            " WHERE w.incident_id = :id"
        )
        reached = set(conn.execute(rungs, {"id": incident}).scalars())
    return {*reached, *world.row(incident).lead_offered_to}.union(
        *(item.people for item in world.items(incident))
    )


def silence(world: World, incident: UUID) -> None:
    for _ in range(4):
        world.clock.forward(days=10)
        world.fire(incident)


@pytest.mark.parametrize("is_off", [True, False])
def test_the_ladder_passes_over_deputies_and_superiors_who_were_taken_off(
    world: World, *, is_off: bool
) -> None:
    stands_in(world, "bruno", "carla", "dora", "hugo")
    deputises(world, "bruno", "owner")
    incident = asked(world)
    if is_off:
        off(world, incident, "bruno")

    silence(world, incident)

    assert "decision:overdue" in world.verbs(incident)
    assert (world.people["bruno"] in everybody(world, incident)) is not is_off


def test_where_nobody_is_left_in_any_line_the_lead_is_asked_to_find_who_decides(
    world: World,
) -> None:
    incident = asked(world)
    off(world, incident, "dora", "gita")
    off(world, incident, "gita")

    silence(world, incident)

    assert world.item(incident, "decide_without_answer").people[0] == world.people["hugo"]
    assert not {world.people["dora"], world.people["gita"]} & everybody(world, incident)


def test_who_was_taken_off_is_named_for_nothing(world: World) -> None:
    incident = asked(world)
    silence(world, incident)
    off(world, incident, "bruno")
    bruno = world.people["bruno"]

    with pytest.raises(InvalidAnswers, match="another look"):
        name_checker(world.handling, incident, bruno, actor=world.actor("hugo"))
    with pytest.raises(InvalidAnswers, match="another look"):
        world.do(
            incident, "dora", "decide_without_answer",
            decided="ask_somebody_else", reason="She has left", ask=str(bruno),
        )  # fmt: skip


def test_who_was_to_check_or_decide_in_somebody_s_place_does_not_once_taken_off(
    world: World,
) -> None:
    incident = world.report(impact=Level.LOW, urgency=Level.LOW, is_restricted=True)
    world.lead(incident)
    name_checker(world.handling, incident, world.people["bruno"], actor=world.actor("hugo"))
    name_delegate(world.handling, incident, world.people["bruno"], actor=world.actor("dora"))

    off(world, incident, "bruno")

    assert (world.row(incident).checker_id, world.row(incident).delegate_id) == (None, None)
    with pytest.raises(InvalidAnswers, match="another look"):
        name_delegate(world.handling, incident, world.people["bruno"], actor=world.actor("dora"))


def test_who_is_offered_the_lead_reads_it_until_taken_off(world: World) -> None:
    deputises(world, "fay", "duty_lead")
    incident = world.report(is_restricted=True)
    world.lead(incident, "dora")
    off(world, incident, "hugo", "dora")
    world.clock.forward(days=3)

    offer_missed(world.handling)

    assert world.row(incident).lead_offered_to == [world.people["fay"]]
    with world.handling.store.read() as conn:
        page = incident_page(conn, incident, world.actor("fay"), world.clock.now)
        (line,) = asked_beside(conn, world.actor("fay"))
        (listed,) = incidents(conn, world.actor("fay")).lines
        assert asked_beside(conn, world.actor("hugo")) == ()
    assert (page.number, line.number, line.title, listed.may_open) == (1, 1, None, True)
    off(world, incident, "fay", "gita")
    assert world.row(incident).lead_offered_to == []
    with world.handling.store.read() as conn:
        assert asked_beside(conn, world.actor("fay")) == ()
        with pytest.raises(NotFound):
            incident_page(conn, incident, world.actor("fay"), world.clock.now)


def test_who_was_told_by_the_ladder_finds_it_and_may_open_it(world: World) -> None:
    stands_in(world, "fay", "dora")
    incident = asked(world)

    silence(world, incident)

    fay = world.actor("fay")
    with world.handling.store.read() as conn:
        (line,) = told(conn, fay)
        (listed,) = incidents(conn, fay).lines
        assert incident_page(conn, incident, fay, world.clock.now).number == line.incident_number
    assert (line.incident_title, line.people, listed.may_open) == (None, (), True)
    off(world, incident, "fay")
    with world.handling.store.read() as conn:
        assert told(conn, fay) == []


def test_who_was_taken_off_the_earlier_does_not_come_along_to_answer(world: World) -> None:
    earlier = world.report("fay", is_restricted=True)
    off(world, earlier, "olga")
    later = world.report("olga", is_restricted=True)

    with pytest.raises(Conflict, match="Olga Orlov may not read #1"):
        merge(world.handling, later, earlier, reason="The same", actor=world.actor("hugo"))


def test_a_checker_is_taken_off_after_the_end_too(world: World) -> None:
    incident = asked(world)
    name_checker(world.handling, incident, world.people["bruno"], actor=world.actor("hugo"))
    world.confirm(incident)

    off(world, incident, "bruno")

    assert world.verbs(incident)[-1] == "incident:taken_off"


def test_who_is_taken_off_what_is_set_aside_is_asked_for_nothing_when_it_is_back(
    world: World,
) -> None:
    incident = world.report(is_restricted=True)
    world.lead(incident)
    bruno, hugo = world.people["bruno"], world.actor("hugo")
    name_checker(world.handling, incident, bruno, actor=hugo)
    look = {"title": "Look", "party": "business", "person": str(bruno)}
    world.agree(incident, look, look | {"party": "it", "person": str(world.people["ada"])})
    set_aside(world.handling, incident, reason="A test", actor=hugo)

    off(world, incident, "bruno")
    bring_back(world.handling, incident, words="It is none", actor=world.actor("carla"))

    assert world.item(incident, "do_business_action").people == [hugo.id]
    world.act(incident, "ada")
    world.act(incident, "hugo", "do_business_action")
    assert bruno not in everybody(world, incident)
    assert world.people["dora"] in world.item(incident, "verify_outcome").people
