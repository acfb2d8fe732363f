"""Two releases side by side: what differs, on pages for process owners and auditors."""

import json
from collections.abc import Callable

import pytest
from lxml import html

from engine.usecases.drafting import begin_draft, save_file
from engine.usecases.publish import publish
from tests.visitor import Visitor, words_of
from tests.world import World, shipped_files

Visit = Callable[[str | None], Visitor]
SHIPPED = shipped_files()
OTHER = SHIPPED | {
    "action.bpmn": SHIPPED["action.bpmn"].replace(b'name="Requested"', b'name="Asked for"'),
    "priority.dmn": SHIPPED["priority.dmn"]
    .replace(b'label="Impact"', b'label="Impact "', 1)
    .replace(b'<text>"P4"</text>', b'<text>"P3"</text>', 1),
    "verify_outcome.json": SHIPPED["verify_outcome.json"].replace(
        b"Save our check", b"Save what we saw"
    ),
}


@pytest.fixture
def two(world: World) -> World:
    """Two releases, of which the second has another diagram, table and form."""
    publish(world.handling.store, OTHER, by="Ada", reason="plainer")
    return world


@pytest.mark.usefixtures("two")
def test_the_list_says_which_files_differ_and_how(visit: Visit) -> None:
    page = words_of(visit("dora").get("/studio/compare/1/2"))

    assert "From Release 1 to Release 2" in page
    assert "It is called “Asked for” instead of “Requested”." in page
    assert "priority is “P3” instead of “P4”" in page
    assert "Its button says “Save what we saw” instead of “Save our check”." in page
    assert "≠ 1 changed" in page
    assert "The same in both" in page


@pytest.mark.usefixtures("two")
def test_the_same_release_does_not_differ_from_itself(visit: Visit) -> None:
    assert "Nothing differs" in words_of(visit("dora").get("/studio/compare/1/1"))


@pytest.mark.usefixtures("two")
def test_a_diagram_is_drawn_twice_with_what_differs_marked(visit: Visit) -> None:
    page = html.fromstring(visit("egon").get("/studio/compare/1/2/action.bpmn"))

    for key, name in (("before", "Requested"), ("now", "Asked for")):
        data = json.loads(page.xpath(f"//script[@id='{key}-data']/text()")[0])
        assert data["marks"] == {"requested": "changed"}
        assert f'name="{name}"' in data["xml"]
    (link,) = page.xpath("//a[@data-shows]")
    assert (link.get("data-before"), link.get("data-now")) == ("requested", "requested")


@pytest.mark.usefixtures("two")
def test_a_table_and_a_form_stand_side_by_side(visit: Visit) -> None:
    dora = visit("dora")

    table = words_of(dora.get("/studio/compare/1/2/priority.dmn"))
    form = words_of(dora.get("/studio/compare/2/1/verify_outcome.json"))

    assert "Rule impact urgency → priority 1 “high” “high” “P1”" in table
    assert "≠ changed" in table
    assert "What do you say? a choice · It is right again; It is not right;" in form
    assert "Its button says “Save our check” instead of “Save what we saw”." in form


def test_a_file_that_only_one_has_is_said_to_be_new_or_gone(world: World, visit: Visit) -> None:
    more = SHIPPED | {"another.json": SHIPPED["set_priority.json"]}
    publish(world.handling.store, more, by="Ada", reason="one more")
    dora = visit("dora")

    assert "It is new in Release 2." in words_of(dora.get("/studio/compare/1/2/another.json"))
    gone = words_of(dora.get("/studio/compare/2/1/another.json"))
    assert "Release 1 does not have it any more." in gone
    dora.get("/studio/compare/1/2/nothing.json", 404)
    dora.get("/studio/compare/1/9", 404)


@pytest.mark.usefixtures("two")
def test_it_is_for_process_owners_and_auditors(visit: Visit) -> None:
    for login in ("ada", "carla", "fay"):
        visit(login).get("/studio/compare/1/2", 403)
        visit(login).get("/studio/compare/1/2/action.bpmn", 403)
    visit(None).get("/studio/compare/1/2", 302)
    visit("egon").get("/studio/compare/1/2")


@pytest.mark.usefixtures("two")
def test_the_studio_leads_from_each_release_and_version_to_what_it_changed(visit: Visit) -> None:
    dora = visit("dora")

    assert 'href="/studio/compare/1/2"' in dora.get("/studio/releases")
    file = dora.get("/studio/files/action.bpmn")
    assert 'href="/studio/compare/1/2/action.bpmn"' in file


def test_a_number_that_no_release_can_have_is_none(visit: Visit) -> None:
    dora = visit("dora")

    for path in ("compare/1/99999999999999999999", "releases/99999999999999999999/hurts/incident"):
        dora.get(f"/studio/{path}", 404)


def test_a_draft_stands_beside_the_release_that_it_changes(world: World, visit: Visit) -> None:
    draft = begin_draft(world.handling, "Plainer", actor=world.actor("dora"))
    name = "action.bpmn"
    save_file(world.handling, draft, name, OTHER[name], revision=0, actor=world.actor("dora"))
    dora, at = visit("dora"), f"/studio/drafts/{draft}/changes"

    listed, one = words_of(dora.get(at)), words_of(dora.get(f"{at}/{name}"))

    assert "From Release 1 to “Plainer”" in listed
    assert "It is called “Asked for” instead of “Requested”." in listed
    assert "It is called “Asked for” instead of “Requested”." in one
    assert f'href="{at}"' in dora.get(f"/studio/drafts/{draft}")
    visit("ada").get(at, 403)


@pytest.mark.parametrize("content", [b"", b"<x", b"\xff\xfe", b"<a>" * 5000])
def test_what_cannot_be_read_of_a_draft_is_told(world: World, visit: Visit, content: bytes) -> None:
    dora, draft = (
        world.actor("dora"),
        begin_draft(world.handling, "Plainer", actor=world.actor("dora")),
    )
    at = f"/studio/drafts/{draft}/changes"
    for name in ("action.bpmn", "priority.dmn", "set_priority.json"):
        save_file(world.handling, draft, name, content, revision=0, actor=dora)
        page = words_of(visit("dora").get(f"{at}/{name}"))
        assert "It cannot be read as it is now" in page
        assert "Line by line" in page
    assert "cannot be read" in words_of(visit("dora").get(at))


CLOSING = SHIPPED | {
    "incident.bpmn": SHIPPED["incident.bpmn"]
    .replace(b'name="mark" value="verification"', b'name="mark" value="work"', 1)
    .replace(b'name="Reported"', b'name="Told"', 1),
    "confirm_outcome.json": SHIPPED["confirm_outcome.json"].replace(b"It is right", b"Right", 1),
    "action.bpmn": OTHER["action.bpmn"],
    "priority.dmn": OTHER["priority.dmn"],
}


def test_what_touches_closing_is_said_in_the_list_and_of_each_change(
    world: World, visit: Visit
) -> None:
    publish(world.handling.store, CLOSING, by="Ada", reason="who closes")
    dora = visit("dora")

    lines = html.fromstring(dora.get("/studio/compare/1/2")).xpath(
        "//ul[@class='lines differs']/li"
    )
    touching = {
        line.xpath(".//code/text()")[-1]
        for line in lines
        if "touches closing" in " ".join(line.itertext())
    }
    assert len(lines) == 4
    assert touching == {"incident.bpmn", "confirm_outcome.json", "priority.dmn"}

    diagram = html.fromstring(dora.get("/studio/compare/1/2/incident.bpmn"))
    rows = [" ".join(row.itertext()) for row in diagram.xpath("//tbody/tr")]
    assert [("touches closing" in row) for row in rows if "verification" in row] == [True]
    assert not any("touches closing" in row for row in rows if "Told" in row)
    form = words_of(dora.get("/studio/compare/1/2/confirm_outcome.json"))
    assert "This touches how incidents are closed: “" in form
    harmless = words_of(dora.get("/studio/compare/1/2/action.bpmn"))
    assert "touches" not in harmless
