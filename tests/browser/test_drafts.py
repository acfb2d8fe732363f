"""What is typed is there again: in the same browser, in another, and on another device."""

from playwright.sync_api import expect

from tests.browser.conftest import Enter
from tests.world import World

LABEL = "Is there anything else we should know?"


def test_a_draft_is_kept_while_it_is_typed_and_goes_on_in_another_browser(
    enter: Enter, world: World
) -> None:
    incident = world.asked()
    item = world.item(incident, "confirm_outcome", "carla").id
    telephone = enter("carla", width=360)
    telephone.goto(f"/todos/{item}")
    telephone.get_by_label(LABEL).press_sequentially("Half a sentence")
    expect(telephone.locator("#draft-kept")).to_contain_text("Nothing is sent until you send it.")

    desk = enter("carla")
    desk.goto(f"/todos/{item}")
    expect(desk.get_by_label(LABEL)).to_have_value("Half a sentence")
    expect(desk.get_by_text("This is what was saved for later.")).to_be_visible()
    desk.get_by_label(LABEL).fill("All of it")
    expect(desk.locator("#draft-kept")).to_contain_text("Kept at")
    telephone.reload()
    expect(telephone.get_by_label(LABEL)).to_have_value("All of it")
    assert world.row(incident).state == "open"
    assert "confirmation:given" not in world.verbs(incident)


def test_the_draft_can_be_kept_without_a_script(enter: Enter, world: World) -> None:
    incident = world.asked()
    item = world.item(incident, "confirm_outcome", "carla").id
    page = enter("carla", javascript=False)
    page.goto(f"/todos/{item}")
    page.get_by_label(LABEL).fill("Half a sentence")
    page.get_by_role("button", name="Save for later").click()

    expect(page.get_by_label(LABEL)).to_have_value("Half a sentence")
