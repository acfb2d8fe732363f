"""Every page for everybody: nothing for axe to find, nothing wider than the screen."""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlalchemy import text

from engine.domain.incident import Priority
from engine.domain.register import RecordKind
from engine.domain.signal import Alert
from engine.usecases.closing_lists import make_list
from engine.usecases.making_good import miss_criterion, propose_make_good
from engine.usecases.naming import name_person, take_off
from engine.usecases.priority import set_priority
from engine.usecases.receiving import receive
from engine.usecases.restricting import ask_to_lift
from engine.usecases.setting_aside import set_aside
from engine.usecases.setting_up.tables import import_table
from engine.usecases.signing_in import set_language
from forms import fixed
from tests.world import World

Enter = Callable[..., Page]
pytestmark = pytest.mark.browser

PAGES = (
    ("hugo", "/"),
    ("hugo", "/?scope=all"),
    ("hugo", "/?scope=all&unclaimed=yes&priority=P3"),
    ("hugo", "/?scope=all&overdue=yes&priority=P4"),
    ("hugo", "/?scope=all&many=yes"),
    ("hugo", "/incidents?words=customer"),
    ("olga", "/setup"),
    ("olga", "/setup/changes"),
    ("olga", "/setup/rules"),
    *(("olga", f"/setup/{kind}{page}") for kind in RecordKind for page in ("", "/new", "/file")),
    ("olga", "/tell-us"),
    ("fay", "/"),
    ("hugo", "/incidents"),
    ("hugo", "/incidents?show=closed"),
    ("hugo", "/incidents/1"),
    ("hugo", "/incidents/2"),
    ("hugo", "/incidents/3"),
    ("hugo", "/incidents/3/time"),
    ("hugo", "/incidents/3/tries"),
    ("dora", "/incidents/3/delegate"),
    ("hugo", "/incidents/3/record"),
    ("hugo", "/incidents/3/history"),
    ("hugo", "/incidents/2/actions/1"),
    ("hugo", "/incidents/2/actions/new"),
    ("hugo", "/incidents/2/changes/change-criteria"),
    ("hugo", "/incidents/2/changes/set-priority"),
    ("hugo", "/incidents/2/changes/name-checker"),
    ("hugo", "/incidents/2/changes/caller-page"),
    ("dora", "/"),
    ("dora", "/incidents/7"),
    ("dora", "/incidents/7/changes/accept-uncovered"),
    ("hugo", "/report"),
    ("carla", "/report"),
    ("hugo", "/quick"),
    ("carla", "/you"),
    ("carla", "/you/tokens"),
    ("carla", "/incidents/99"),
    ("hugo", "/incidents?show=out"),
    ("hugo", "/incidents/1/named-people"),
    ("hugo", "/incidents/6"),
    ("hugo", "/incidents/6/named-people"),
    ("hugo", "/incidents/1/deeds/set-aside"),
    ("hugo", "/incidents/1/deeds/join"),
    ("hugo", "/incidents/1/deeds/make-two"),
    ("carla", "/"),
    ("carla", "/answers"),
    ("carla", "/incidents/5"),
    ("carla", "/incidents/4/deeds/is-back"),
    ("carla", "/incidents/4/deeds/answer"),
    ("bruno", "/incidents/4/deeds/not-right"),
    ("hugo", "/signals"),
    ("hugo", "/signals/1"),
    ("dora", "/missing"),
    ("dora", "/lists/1"),
)
STEPS = (
    ("hugo", 1, "agree_what_right_means"),
    ("ada", 2, "do_it_action"),
    ("carla", 3, "confirm_outcome"),
    ("bruno", 2, "do_it_action"),
)


@pytest.fixture
def furnished(world: World) -> World:
    """Reported, worked on for many, asked for, closed, set aside, limited, and two in trouble.

    And a signal that nothing has come of yet, and a list of what nobody answers about.
    """
    _set_up(world)
    world.report()
    working = world.report(title="A title that is rather long, as people write them in a hurry")
    world.lead(working)
    world.propose(working, "hugo", targets=tuple(f"Customer {place}" for place in range(30)))
    world.clock.forward(days=1)
    world.asked(title="Asked")
    world.confirmed()
    aside = world.report(title="A wish")
    set_aside(world.handling, aside, reason="It is a wish", actor=world.actor("hugo"))
    limited = world.report(title="For named people", is_restricted=True)
    name_person(world.handling, limited, world.people["fay"], actor=world.actor("hugo"))
    off, hugo = world.people["ada"], world.actor("hugo")
    take_off(world.handling, limited, off, reason="It is about her", actor=hugo)
    ask_to_lift(world.handling, limited, reason="It is over", actor=world.actor("dora"))
    alerts = [
        Alert(f"{place}", f"Disk of server {place} is full", world.clock.now) for place in range(9)
    ]
    receive(world.handling, world.process_id, alerts, actor=world.actor("ada"))
    _in_trouble(world)
    _silent(world)
    make_list(world.handling, world.process_id, Priority.P3, actor=world.actor("dora"))
    return world


def _set_up(world: World) -> None:
    """Olga sets up Putright and has changed something; strangers can tell us."""
    with world.handling.store.begin() as work:
        work.conn.execute(text("UPDATE person SET organisation_id = NULL WHERE login = 'olga'"))
        work.conn.execute(text("UPDATE person SET roles = '{operator}' WHERE login = 'olga'"))
        work.conn.execute(text("UPDATE business_process SET is_public = true"))
    table = "login,name,email,time_zone,roles\nnina,Nina,nina@x.example,UTC,staff\n"
    form, olga = fixed("person"), world.actor("olga")
    store = world.handling.store
    assert import_table(store, RecordKind.PERSON, form, table, actor=olga, dry_run=False).done


def _silent(world: World) -> None:
    """Nobody answers for weeks, so that the owner may decide."""
    incident = world.report(title="Nobody answers")
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    world.act(incident, "ada")
    world.verify(incident)
    world.clock.forward(days=15)
    world.fire(incident)


def _in_trouble(world: World) -> None:
    """Some are left out, a point was missed, and somebody thinks that it is less urgent."""
    incident, hugo = world.report(title="In trouble", harmed_count=9), world.actor("hugo")
    world.lead(incident)
    missed = world.criteria(incident)[0]
    miss_criterion(world.handling, incident, missed, why="The day has passed", actor=hugo)
    good = {"measure": "Interest paid", "threshold": "5 a day", "evidence": "Bank's list"}
    propose_make_good(world.handling, incident, missed, good, actor=hugo)
    set_priority(world.handling, incident, Priority.P4, reason="Few of them", actor=hugo)


# the longest words on the narrowest screen
@pytest.mark.parametrize(
    ("width", "dark", "language"),
    [(320, False, "de"), (768, True, "en"), (1280, False, "en")],
    ids=["320 German", "768 dark", "1280"],
)
def test_nothing_for_axe_and_nothing_wider_than_the_screen(
    enter: Enter, furnished: World, width: int, dark: bool, language: str
) -> None:
    for person in furnished.people.values():
        set_language(furnished.handling.store, person, language)
    paths = list(PAGES)
    for login, number, step in STEPS:
        item = furnished.item(furnished.numbered(number), step)
        paths.append((login, f"/todos/{item.id}"))
    pages: dict[str, Page] = {}
    found = []
    for login, path in paths:
        page = pages.get(login) or enter(login, width=width, dark=dark)
        pages[login] = page
        page.goto(path)
        if "/history" in path:
            page.locator("[data-ready]").first.wait_for()
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append((path, "wider than the screen"))
        violations = Axe().run(page).response["violations"]
        found += [(path, one["id"], one["nodes"][0]["html"][:200]) for one in violations]
    assert found == []


def test_the_sign_in_page_too(enter: Enter, served: str) -> None:
    page = enter("carla", width=360)
    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{served}/sign-in")

    assert Axe().run(page).response["violations"] == []
    assert page.title() == "Sign in – Putright"


def test_the_history_is_drawn_with_what_was_passed_and_where_it_waits(
    enter: Enter, furnished: World
) -> None:
    del furnished
    hugo = enter("hugo")
    hugo.goto("/incidents/3/history")
    hugo.locator("#drawing-confirmation[data-ready]").wait_for()

    for element, mark in (
        ("verify_outcome", "is-done"),
        ("confirm_outcome", "is-waiting"),
        ("checked", "is-taken"),
    ):
        expect(hugo.locator(f'[data-element-id="{element}"]').first).to_have_class(re.compile(mark))
    way = hugo.locator('[data-element-id="checked"] .djs-visual > path').first
    expect(way).to_have_css("stroke", "rgb(28, 107, 42)")
    # the licence of the viewer asks for its sign
    expect(hugo.locator(".bjs-powered-by").first).to_be_visible()


def test_the_wheel_scrolls_the_page_and_not_the_drawing(enter: Enter, furnished: World) -> None:
    del furnished
    hugo = enter("hugo")
    hugo.goto("/incidents/3/history")
    hugo.locator("#drawing-incident[data-ready]").wait_for()
    hugo.locator("#drawing-incident .diagram-canvas").hover()

    hugo.mouse.wheel(0, 300)

    hugo.wait_for_function("scrollY > 0")


def test_the_list_narrows_while_one_types(enter: Enter, furnished: World) -> None:
    del furnished
    hugo = enter("hugo")
    hugo.goto("/incidents")
    expect(hugo.get_by_role("link", name="Wrong balances")).to_be_visible()

    hugo.get_by_label("Words, or a number").press_sequentially("aSk")

    expect(hugo.get_by_role("link", name="Wrong balances")).to_be_hidden()
    expect(hugo.get_by_role("link", name="Asked")).to_be_visible()
    expect(hugo.get_by_label("Words, or a number")).to_be_focused()
    assert "words=aSk" in hugo.url
