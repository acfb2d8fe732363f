"""Figures over many incidents, held against numbers that were worked out by hand."""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from engine.domain.incident import Level
from engine.domain.party import Party
from engine.queries.backlog import WAITING, backlog, waiting
from engine.queries.chosen import By, Chosen
from engine.queries.ledger import incident_ledger
from engine.queries.party_time import longest_held, party_time
from engine.queries.period_figures import PeriodFigures, behind, period_figures
from engine.usecases.disputing import decide_dispute, dispute
from engine.usecases.recurring import report_recurrence
from engine.usecases.restricting import restrict
from engine.usecases.setting_aside import bring_back, set_aside
from tests.visitor import Visitor, words_of
from tests.world import World

Visit = Callable[[str], Visitor]
HOUR = timedelta(hours=1)
# an incident's hours from first told to cause fixed, right again, and the customer's yes
HANDLED = ((2, 6, 10), (1, 2, 3), (4, 10, 30))


def handle(world: World, fixed: float, right: float, answered: float, **changes: Any) -> UUID:
    """Handle an incident in so many hours, and let the clock run on to the end of it."""
    begun = world.clock.now
    incident = world.report(**changes)
    world.lead(incident)
    world.agree(incident, world.for_team("databases", ends_cause=True))
    for hours, deed in (
        (fixed, lambda: world.act(incident, "ada")),
        (right, lambda: world.verify(incident)),
        (answered, lambda: world.confirm(incident)),
    ):
        world.clock.now = begun + hours * HOUR
        deed()
    return incident


def figures(world: World, by: By = By.PROCESS, **chosen: Any) -> PeriodFigures:
    with world.handling.store.read() as conn:
        return period_figures(conn, Chosen(**chosen), by)


@pytest.fixture
def three(world: World) -> World:
    """Three incidents that were confirmed, and one that is open."""
    for hours in HANDLED:
        handle(world, *hours)
    world.report()
    return world


def test_medians_and_ninetieths_are_those_worked_out_by_hand(three: World) -> None:
    found = figures(three).all

    assert (found.told, found.open, found.confirmed, found.escalated) == (4, 1, 3, 0)
    # right again after 2, 6 and 10 hours: the middle is 6, and 9 of 10 lies at 6 + 0.8 x 4
    assert (found.restored.median, found.restored.ninetieth) == (6 * HOUR, 9.2 * HOUR)
    # closed with the answer, after 3, 10 and 30 hours
    assert (found.closed.median, found.closed.ninetieth) == (10 * HOUR, 26 * HOUR)
    assert found.answered == found.closed
    # from cause fixed to right again: 4, 1 and 6 hours
    assert (found.gap.median, found.gap.ninetieth) == (4 * HOUR, 5.6 * HOUR)
    assert (found.gap.count, found.gap.is_of_few) == (3, True)


def test_figures_are_put_together_by_what_is_asked_for(three: World) -> None:
    three.clock.forward(days=40)
    handle(three, 1, 1, 1, impact=Level.HIGH, urgency=Level.HIGH)

    by_priority = {line.key: line.told for line in figures(three, By.PRIORITY).groups}
    assert by_priority == {"P1": 1, "P3": 4}
    months = [(line.key, line.told) for line in figures(three, By.MONTH).groups]
    assert months == [("2026-03", 4), ("2026-04", 1)]
    assert figures(three, By.DAY).groups[0].key == "2026-03-02"
    (team,) = figures(three, By.TEAM).groups
    assert (team.name, team.told) == ("Service desk", 5)


def test_a_period_and_conditions_narrow_them(three: World) -> None:
    begun = three.row(three.numbered(2)).told_at

    assert figures(three, since=begun).all.told == 3
    assert figures(three, until=begun).all.told == 1
    assert figures(three, process_id=three.process_id).all.told == 4
    assert figures(three, team_id=three.teams["desk"]).all.told == 4
    assert figures(three, team_id=three.teams["post"]).all.told == 0
    assert figures(three, By.MONTH, since=begun, until=begun).groups == []


def test_what_came_back_is_one_line_from_when_it_was_first_told(world: World) -> None:
    begun = world.clock.now
    first = handle(world, 1, 1, 1)
    world.clock.now = begun + 10 * HOUR
    again = report_recurrence(world.handling, first, actor=world.actor("carla"))
    world.lead(again)
    world.agree(again, world.for_team("databases"))
    world.act(again, "ada")
    world.clock.now = begun + 24 * HOUR
    world.verify(again)
    world.confirm(again)

    found = figures(world).all
    assert (found.told, found.came_back, found.confirmed) == (1, 1, 1)
    assert found.closed.median == 24 * HOUR
    assert figures(world, until=begun + HOUR).all.told == 1
    assert figures(world, since=begun + HOUR).all.told == 0


def test_each_way_out_is_counted_and_only_what_was_handled_has_a_length(world: World) -> None:
    world.decided()
    aside = world.report()
    set_aside(world.handling, aside, reason="Spam", actor=world.actor("hugo"))
    refused = world.asked()
    world.confirm(refused, answer="no")

    found = figures(world).all
    assert (found.told, found.open, found.escalated, found.set_aside) == (3, 1, 1, 1)
    assert found.sent_back == 1
    assert found.closed.count == 1


def test_behind_a_figure_stand_its_incidents_and_those_that_took_longest_first(
    three: World,
) -> None:
    process = str(three.process_id)
    with three.handling.store.read() as conn:
        closed, total = behind(conn, Chosen(), By.PROCESS, process, "closed")
        opened, _ = behind(conn, Chosen(), By.PROCESS, None, "open")
        nothing, none = behind(conn, Chosen(), By.PROCESS, "", "told")

    assert ([one.number for one in closed], total) == ([3, 1, 2], 3)
    assert closed[0].closed == 30 * HOUR
    assert [one.number for one in opened] == [4]
    assert (list(nothing), none) == ([], 0)


def test_each_count_is_as_many_as_stand_behind_it(three: World) -> None:
    from api.pages.figures import COUNTS, SPANS

    found = figures(three, By.PRIORITY)
    with three.handling.store.read() as conn:
        for line in (found.all, *found.groups):
            for which in COUNTS:
                _, total = behind(conn, Chosen(), By.PRIORITY, line.key, which)
                assert total == getattr(line, which), which
            for which in SPANS:
                _, total = behind(conn, Chosen(), By.PRIORITY, line.key, which)
                assert total == getattr(line, which).count, which


# --- what waits now -------------------------------------------------------------------------------


def test_what_waits_is_told_with_how_late_it_is(world: World) -> None:
    world.asked()
    asked_at = world.clock.now
    world.clock.forward(days=30)
    late = world.report()

    with world.handling.store.read() as conn:
        found = backlog(conn, Chosen(), By.PROCESS, world.clock.now)
    assert (found.all.open, found.all.missing, found.all.debt.count) == (2, 1, 1)
    # ten working days after it was asked, it counts as owed (P3)
    assert found.all.debt.longest < world.clock.now - asked_at - timedelta(days=10)
    assert found.all.timers.count == 1
    assert [line.open for line in found.groups] == [2]
    assert world.row(late).state == "open"
    with world.handling.store.read() as conn:
        none = backlog(conn, Chosen(team_id=world.teams["post"]), By.TEAM, world.clock.now)
    assert (none.all.open, none.all.missing, list(none.groups)) == (0, 0, [])


def test_each_number_of_what_waits_is_as_many_as_stand_behind_it(world: World) -> None:
    first = world.asked()
    world.clock.forward(days=30)
    world.report(impact=Level.HIGH)
    now = world.clock.now
    with world.handling.store.read() as conn:
        found = backlog(conn, Chosen(), By.PRIORITY, now)
        for line in (found.all, *found.groups):
            for which in WAITING:
                lines, total = waiting(conn, Chosen(), By.PRIORITY, line.key, which, now)
                told = getattr(line, which)
                assert total == (told if isinstance(told, int) else told.count), which
                assert sorted(lines, key=lambda one: -one.length) == list(lines)
        debt, _ = waiting(conn, Chosen(), By.PRIORITY, None, "debt", now)
    assert [one.number for one in debt] == [world.row(first).number]
    assert debt[0].length == found.all.debt.longest


# --- whose time -----------------------------------------------------------------------------------


def of_ledgers(world: World) -> Counter[Party]:
    """Return each party's seconds, ledger by ledger."""
    sums: Counter[Party] = Counter()
    with world.handling.store.read() as conn:
        for number in range(1, figures(world).all.told + 1):
            found = incident_ledger(conn, world.numbered(number), world.clock.now)
            for party, length in found.totals.items():
                sums[party] += int(length.total_seconds())
    return sums


def of_all(world: World, **more: Any) -> Counter[Party]:
    with world.handling.store.read() as conn:
        found = party_time(conn, Chosen(), world.clock.now, **more)
    assert sum(found.parties.values(), timedelta(0)) == found.whole
    assert abs(sum(found.share(party) for party in Party) - bool(found.whole)) < 1e-9
    return Counter({party: int(time.total_seconds()) for party, time in found.parties.items()})


_DEEDS = ("report", "lead", "agree", "act", "verify", "watch", "confirm", "no", "aside", "back")


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    deeds=st.lists(
        st.tuples(st.sampled_from(_DEEDS), st.integers(0, 3), st.integers(1, 5_000)), max_size=14
    )
)
def test_parties_times_add_up_to_the_whole_and_are_those_of_the_ledgers(
    world: World, deeds: list[tuple[str, int, int]]
) -> None:
    handle(world, 1, 2, 3)
    for deed, which, minutes in deeds:
        world.clock.forward(minutes=minutes)
        attempt(world, deed, which)
    world.clock.forward(minutes=7)

    assert of_all(world) == of_ledgers(world)


def test_where_a_party_s_time_went_adds_up_to_it(three: World) -> None:
    now = three.clock.now
    with three.handling.store.read() as conn:
        found = party_time(conn, Chosen(), now)
        for party in Party:
            held = longest_held(conn, Chosen(), party, now)
            assert sum((one.length for one in held), timedelta()) == found.parties[party]
            assert sorted(held, key=lambda one: -one.length) == list(held)


def attempt(world: World, deed: str, which: int) -> None:
    """Do something to one of the incidents, if it can be done now."""
    told = figures(world).all.told
    incident = world.numbered(1 + which % told)
    steps = world.steps(incident)
    if deed == "report":
        world.report()
    elif deed == "lead" and world.row(incident).taken_up_at is None and steps:
        world.lead(incident)
    elif deed == "agree" and "agree_what_right_means" in steps:
        world.agree(incident, world.for_team("databases"))
    elif deed == "act" and "do_it_action" in steps:
        world.act(incident, "ada")
    elif deed == "verify" and "verify_outcome" in steps:
        world.verify(incident)
    elif deed == "watch" and "verify_outcome" in steps:
        rows = [{"criterion": str(one), "measured": "0"} for one in world.criteria(incident)]
        until = (world.clock.now + timedelta(days=1)).isoformat()
        world.do(
            incident, "dora", "verify_outcome", verdict="watch_until", measured=rows,
            watch_until=until,
        )  # fmt: skip
    elif deed in ("confirm", "no") and "confirm_outcome" in steps:
        world.confirm(incident, answer="yes" if deed == "confirm" else "no")
    elif deed == "aside" and steps == ["agree_what_right_means"]:
        set_aside(world.handling, incident, reason="Spam", actor=world.actor("hugo"))
    elif deed == "back" and world.row(incident).state == "set_aside":
        bring_back(world.handling, incident, actor=world.actor("carla"), words="No")


def test_a_dispute_moves_time_and_while_undecided_it_is_told(world: World) -> None:
    incident = world.report()
    world.clock.forward(hours=5)
    world.lead(incident)
    with world.handling.store.read() as conn:
        line = incident_ledger(conn, incident, world.clock.now).lines[0]
    made = dispute(
        world.handling, incident, since=line.since, until=line.until, should_be=Party.CUSTOMER,
        why="They did not say what", actor=world.actor("hugo"),
    )  # fmt: skip
    with world.handling.store.read() as conn:
        assert party_time(conn, Chosen(), world.clock.now).disputed == 5 * HOUR

    decide_dispute(world.handling, made, moves=True, why="So", actor=world.actor("dora"))

    assert of_all(world)[Party.CUSTOMER] == 5 * 3600
    assert of_all(world) == of_ledgers(world)


def test_of_very_many_some_are_drawn_and_always_the_same(three: World) -> None:
    with three.handling.store.read() as conn:
        first, second = (party_time(conn, Chosen(), three.clock.now, most=2) for _ in range(2))

    assert (first.ledgers, first.total) == (2, 4)
    assert first == second


# --- the pages ------------------------------------------------------------------------------------

PAGE = "/desk/figures"


@pytest.mark.parametrize("login", ["ada", "carla", "fay", "sami"])
def test_others_see_no_figures(three: World, visit: Visit, login: str) -> None:
    del three
    for path in ("", "/time", "/incidents", "/table.csv", "/gap.svg"):
        visit(login).get(PAGE + path, 403)


@pytest.mark.parametrize("login", ["egon", "dora"])
def test_the_page_tells_the_headline_and_leads_to_what_is_behind_it(
    three: World, visit: Visit, login: str
) -> None:
    del three
    visitor = visit(login)
    page = visitor.get(PAGE)

    assert "From cause fixed to right again 4 h 9 of 10 within 5 h 36 min of only 3" in words_of(
        page
    )
    (href,) = set(
        re.findall(r'<a href="(/desk/figures/incidents\?[^"]*which=gap&amp;key=[^"]+)"', page)
    )
    for kind in ("waiting", "held"):
        page += visitor.get(f"{PAGE}/time")
        hrefs = set(re.findall(rf'<a href="(/desk/figures/{kind}\?[^"]+)"', page))
        assert hrefs, kind
        for more in hrefs:
            visitor.get(more.replace("&amp;", "&"))
    behind_it = words_of(visitor.get(href.replace("&amp;", "&")))
    assert "3 incidents" in behind_it
    assert re.findall(r"#(\d)", behind_it) == ["3", "1", "2"]


def test_no_page_names_a_person_unless_the_house_has_switched_it_on(
    three: World, visit: Visit, web: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["Ada", "Hugo", "Carla", "Gita"]
    visitor = visit("egon")
    for path in ("", "?by=lead", "/time", "/incidents?by=lead", "/table.csv?by=lead", "/told.svg"):
        said = visitor.get(PAGE + path)
        assert [name for name in names if name in said] == [], path
    assert 'value="lead"' not in visitor.get(PAGE)

    monkeypatch.setitem(web.config, "FIGURES_NAME_PEOPLE", True)

    assert "Hugo Hahn" in visitor.get(f"{PAGE}?by=lead")
    assert three.row(three.numbered(1)).lead_id == three.people["hugo"]


def test_one_for_named_people_only_is_counted_and_is_a_number(world: World, visit: Visit) -> None:
    hidden = world.report(title="Zephyr")
    restrict(world.handling, hidden, reason="Zephyr", actor=world.actor("hugo"), people=[])

    for path in ("", "/incidents?which=open", "/table.csv", "/time"):
        assert "zephyr" not in visit("dora").get(PAGE + path).lower()
    assert "#1" in visit("dora").get(f"{PAGE}/incidents?which=open")


def test_numbers_come_as_a_file_in_which_no_name_is_a_formula(three: World, visit: Visit) -> None:
    with three.handling.store.engine.begin() as conn:
        conn.exec_driver_sql("UPDATE business_process SET name = '=1+1'")

    rows = list(csv.DictReader(io.StringIO(visit("egon").get(f"{PAGE}/table.csv"))))

    assert [row["process"] for row in rows] == ["all", "'=1+1"]
    assert rows[0]["told"] == "4"
    assert rows[0]["gap_median_s"] == str(4 * 3600)
    assert rows[0]["restored_p90_s"] == str(round(9.2 * 3600))


@pytest.mark.parametrize("name", ["gap", "restored", "answered", "closed", "told", "time"])
def test_charts_come_as_files_that_say_what_they_are(three: World, visit: Visit, name: str) -> None:
    with three.handling.store.engine.begin() as conn:
        conn.exec_driver_sql("UPDATE business_process SET name = '<b>&\"'")

    drawing = etree.fromstring(visit("egon").get(f"{PAGE}/{name}.svg").encode())

    assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
    inside = [etree.QName(one).localname for one in drawing]
    assert inside[:3] == ["title", "desc", "style"]
    assert len(drawing.findall(".//{*}rect")) > 0
    visit("egon").get(f"{PAGE}/nothing.svg", 404)


@pytest.mark.parametrize(
    "query",
    ["from=x", "to=9999-99-99", "by=nonsense", "process=1", "priority=P9", "from=0001-01-01",
     "from=2026-05-01&to=2026-01-01", "team=' OR 1=1", "key=%00&which=told"],
)  # fmt: skip
def test_what_makes_no_sense_is_left_out(three: World, visit: Visit, query: str) -> None:
    del three
    for path in ("", "/incidents", "/table.csv", "/time"):
        visit("egon").get(f"{PAGE}{path}?{query}")
    visit("egon").get(f"{PAGE}/incidents?which=password", 404)


@pytest.mark.usefixtures("three")
def test_metrics_count_by_process_priority_and_way_out(web: Flask) -> None:
    web.config["METRICS_ON_LOOPBACK"] = True
    try:
        told = web.test_client().get("/metrics").get_data(as_text=True).splitlines()
    finally:
        web.config["METRICS_ON_LOOPBACK"] = False
    process = 'process="Customer statements"'
    assert f'putright_incidents{{priority="P3",{process}}} 1.0' in told
    assert f"putright_incidents_told_total{{{process}}} 4.0" in told
    assert f'putright_incidents_ended{{{process},way="confirmed"}} 3.0' in told
    assert 'putright_gap_seconds{quantile="0.5"} 14400.0' in told
