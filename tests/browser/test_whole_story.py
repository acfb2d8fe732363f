"""A whole story at the screens: reported, put right, checked, confirmed, closed."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import text

from tests.staffing import hire
from tests.world import World

Enter = Callable[..., Page]
pytestmark = pytest.mark.browser


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without scripts"])
def test_from_the_report_to_the_customer_s_last_word(
    enter: Enter, world: World, javascript: bool
) -> None:
    carla = enter("carla", javascript=javascript, width=360)
    carla.get_by_role("link", name="Report something").click()
    carla.get_by_label("Where did it come from?").select_option("Customer statements")
    carla.get_by_label("What is it about, in one line?").fill("Balances are wrong")
    carla.get_by_label("What is wrong?").fill("Payments are missing")
    carla.get_by_label("What should it have been?").fill("All payments")
    _pick(carla, "Bad")
    _pick(carla, "Later")
    carla.get_by_role("button", name="Report it").last.click()
    expect(carla.get_by_role("heading", name="Balances are wrong")).to_be_visible()

    hugo = enter("hugo", javascript=javascript)
    hugo.goto("/incidents/1")
    hugo.get_by_role("button", name="Take the lead").click()
    hugo.get_by_role("link", name="Agree what right means").click()
    hugo.get_by_role("button", name="Add another point").click()
    hugo.locator('[name="criteria.1.measure"]').fill("Reminders")
    hugo.locator('[name="criteria.1.threshold"]').fill("None for what is not owed")
    hugo.locator('[name="criteria.1.evidence"]').fill("List of reminders")
    hugo.locator('[name="actions.0.title"]').fill("Correct the rows")
    hugo.locator('[name="actions.0.party"][value="it"]').check()
    hugo.locator('[name="actions.0.team"]').select_option("Databases")
    hugo.get_by_role("button", name="This is what right means").last.click()
    expect(hugo.get_by_role("status")).to_contain_text("is done")

    ada = enter("ada", javascript=javascript)
    ada.get_by_role("link", name="My teams’").click()
    ada.get_by_role("link", name="Correct the rows").click()
    _pick(ada, "It is done")
    ada.get_by_label("What did you do?").fill("Removed 12 rows")
    ada.get_by_role("button", name="Send").last.click()
    expect(ada.get_by_role("status")).to_contain_text("“Correct the rows” is done")

    dora = enter("dora", javascript=javascript)
    dora.get_by_role("link", name="Check whether it is right again").click()
    for place, found in enumerate(("0 differences", "None sent")):
        dora.locator(f'[name="measured.{place}.measured"]').fill(found)
    _pick(dora, "It is right again")
    dora.get_by_label("Since when has it been right?").fill("2026-03-02T08:30")
    dora.get_by_role("button", name="Save our check").last.click()
    expect(dora.get_by_role("status")).to_contain_text("is done")

    carla.goto("/")
    carla.get_by_role("link", name="Is it right again?").click()
    expect(carla.get_by_text("0 differences").first).to_be_visible()
    for place in range(2):
        carla.locator(f'[name="criteria.{place}.answer"][value="yes"]').check()
    carla.get_by_role("button", name="Send my answer").last.click()

    carla.goto("/incidents/1")
    expect(carla.get_by_text("Closed: the customer says it is right").first).to_be_visible()
    assert world.row(world.numbered(1)).closed_by == "confirmed"


def test_a_customer_answers_with_the_keyboard_alone(enter: Enter, world: World) -> None:
    incident = world.asked()
    carla = enter("carla")

    carla.keyboard.press("Tab")
    expect(carla.get_by_role("link", name="To the content")).to_be_focused()
    _tab_to(carla, carla.get_by_role("link", name="Is it right again?"))
    carla.keyboard.press("Enter")
    carla.wait_for_url("**/todos/*")
    _tab_to(carla, carla.locator('[name="criteria.0.answer"]').first)
    carla.keyboard.press("Space")
    carla.keyboard.press("ArrowDown")
    carla.keyboard.press("ArrowUp")
    _tab_to(carla, carla.get_by_role("button", name="Send my answer").last)
    carla.keyboard.press("Enter")

    expect(carla.get_by_role("status")).to_contain_text("Thank you")
    assert world.row(incident).closed_by == "confirmed"


def test_after_a_mistake_the_focus_is_on_what_is_wrong(enter: Enter, world: World) -> None:
    world.asked()
    carla = enter("carla", width=360)
    carla.get_by_role("link", name="Is it right again?").click()
    carla.locator('[name="criteria.0.answer"][value="no"]').check()

    carla.get_by_role("button", name="Send my answer").last.click()

    summary = carla.get_by_role("alert")
    expect(summary).to_be_focused()
    summary.get_by_role("link").click()
    expect(carla.locator('[name="criteria.0.words"]')).to_be_focused()
    expect(carla.locator('[name="criteria.0.answer"][value="no"]')).to_be_checked()


def test_questions_that_are_not_asked_are_hidden_and_not_lost(enter: Enter, world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    ada = enter("ada")
    ada.goto("/?scope=teams")
    ada.get_by_role("link", name="Put it right").click()
    what, why = ada.get_by_label("What did you do?"), ada.locator('[name="reason"]')

    expect(what).to_be_hidden()
    _pick(ada, "It is done")
    what.fill("Removed 12 rows")
    expect(why).to_be_hidden()
    ada.locator('[name="outcome"][value="declined"]').check()
    expect(why).to_be_visible()
    expect(what).to_be_hidden()
    _pick(ada, "It is done")
    expect(what).to_have_value("Removed 12 rows")


def test_another_row_keeps_place_and_words(enter: Enter, world: World) -> None:
    world.report()
    hugo = enter("hugo")
    hugo.get_by_role("link", name="Agree what right means").click()
    hugo.locator('[name="actions.0.title"]').fill("Half a thought")
    address = hugo.url

    hugo.get_by_role("button", name="Add another action").click()

    expect(hugo.locator('[name="actions.1.title"]')).to_be_focused()
    expect(hugo.locator('[name="actions.0.title"]')).to_have_value("Half a thought")
    assert hugo.url == address
    hugo.locator('[name="_remove"][value="actions.0"]').click()
    expect(hugo.locator('[name="actions.0.title"]')).not_to_have_value("Half a thought")


def _pick(page: Page, words: str) -> None:
    # a choice's line of help is part of its name
    page.get_by_role("radio", name=re.compile(f"^{words}")).check()


def _tab_to(page: Page, wanted: Locator) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab never came to {wanted}")


def test_two_at_once_and_one_of_them_has_it(enter: Enter, world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases", "Correct the rows"))
    item = world.item(incident, "do_it_action")
    hire(world, "ivan", team="databases")
    with world.handling.store.begin() as work:
        work.conn.execute(
            text("UPDATE person SET password_hash = ada.password_hash FROM person ada"
                 " WHERE ada.login = 'ada' AND person.login = 'ivan'")
        )  # fmt: skip
    ada, ivan = enter("ada"), enter("ivan")
    for one in (ada, ivan):
        one.goto(f"/todos/{item.id}")

    ada.get_by_role("button", name="I take this").click()
    expect(ada.get_by_text("You have taken this.")).to_be_visible()
    ivan.get_by_role("button", name="I take this").click()

    expect(ivan.get_by_text("Ada Adler has taken “Do the action (IT)” already.")).to_be_visible()
    ivan.goto(f"/todos/{item.id}")
    expect(ivan.get_by_text("Ada Adler has taken this.")).to_be_visible()


def test_what_a_customer_declines_is_decided_anew(enter: Enter, world: World) -> None:
    incident = world.report()
    world.lead(incident)
    carla = str(world.people["carla"])
    world.agree(incident, {"title": "Correct your books", "party": "customer", "person": carla})
    customer = enter("carla", width=360)
    customer.get_by_role("link", name="Correct your books").click()
    _pick(customer, "We cannot do this")
    customer.get_by_label("What keeps you from doing it?").fill("The year is closed")
    customer.get_by_role("button", name="Send").last.click()
    expect(customer.get_by_text("is done").first).to_be_visible()

    hugo = enter("hugo")
    hugo.get_by_role("link", name="Correct your books").click()
    expect(hugo.get_by_text("It was declined: The year is closed")).to_be_visible()
    _pick(hugo, "Drop it")
    hugo.get_by_label("Please give the reason for your decision.").or_(
        hugo.locator('[name="reason"]')
    ).first.fill("We correct it with the next one")
    hugo.get_by_role("button", name="Save my decision").last.click()

    hugo.goto("/incidents/1")
    expect(hugo.get_by_text("dropped").first).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
def test_a_file_of_those_it_reaches_is_read_and_kept_across_an_error(
    enter: Enter, world: World, javascript: bool
) -> None:
    incident = world.report()
    world.lead(incident)
    hugo = enter("hugo", javascript=javascript)
    hugo.goto("/incidents/1/actions/new")
    hugo.get_by_text("Bring who it reaches in a file").click()
    hugo.get_by_label("A table (CSV, UTF-8)").set_input_files(
        {
            "name": "customers.csv",
            "mimeType": "text/csv",
            "buffer": "4711;Bäckerei Altdorf\n4712;<b>Café</b> Bergen\n\n".encode("utf-8-sig"),
        }
    )
    hugo.get_by_role("button", name="Take its lines").click()
    expect(hugo.locator('[name="targets"]')).to_have_value(
        "4711, Bäckerei Altdorf\n4712, <b>Café</b> Bergen"
    )

    hugo.get_by_role("button", name="Ask for it").last.click()
    expect(hugo.get_by_role("alert")).to_contain_text("Please say what is to be done.")
    hugo.get_by_label("What is to be done?").fill("Call them")
    hugo.locator('[name="party"][value="business"]').check()
    hugo.get_by_role("button", name="Ask for it").last.click()

    expect(hugo.get_by_role("status")).to_contain_text("It is on the list.")
    expect(hugo.get_by_text("0 of 2 done")).to_be_visible()
