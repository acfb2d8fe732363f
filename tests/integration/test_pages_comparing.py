"""Two versions side by side, on pages."""

import json
import re
from collections.abc import Callable

import pytest
from lxml import html

from engine.usecases.drafting import begin_draft, save_file
from engine.usecases.publish import publish
from tests.visitor import Visitor, words_of
from tests.world import World, shipped_files

Visit = Callable[[str | None], Visitor]
SHIPPED = shipped_files()
CHANGED = {
    "action.bpmn": SHIPPED["action.bpmn"].replace(b'name="Requested"', b'name="Asked for"'),
    "action.scenarios.yaml": SHIPPED["action.scenarios.yaml"] + b"# a remark\n",
}


def test_two_releases_are_compared_file_by_file(world: World, visit: Visit) -> None:
    publish(world.handling.store, SHIPPED | CHANGED, by="Ada", reason="plainer")
    dora = visit("dora")

    listed = dora.get("/studio/compare/1/2")
    assert "Get one action done action.bpmn 1 difference" in words_of(listed)
    assert "/studio/compare/1/2" in dora.get("/studio/releases")
    assert "/studio/compare/1/2/action.bpmn" in dora.get("/studio/files/action.bpmn")

    page = dora.get("/studio/compare/1/2/action.bpmn")
    assert "It is called “Asked for” instead of “Requested”" in words_of(page)
    for place in ("old", "new"):
        (beside,) = html.fromstring(page).xpath(f"//*[@id='drawing-{place}-data']")
        assert json.loads(beside.text)["state"]["changed"] == ["requested"]
    lines = words_of(dora.get("/studio/compare/1/2/action.scenarios.yaml"))
    assert "+ # a remark" in lines
    assert "Nothing differs" in dora.get("/studio/compare/2/2")


def test_a_draft_is_compared_with_what_it_changes(world: World, visit: Visit) -> None:
    actor = world.actor("dora")
    draft = begin_draft(world.handling, "Names", actor=actor)
    for name, content in CHANGED.items():
        save_file(world.handling, draft, name, content, revision=0, actor=actor)
    dora = visit("dora")

    assert f"/studio/drafts/{draft}/changes" in dora.get(f"/studio/drafts/{draft}")
    listed = words_of(dora.get(f"/studio/drafts/{draft}/changes"))
    assert "From Release 1 to Names" in listed
    page = words_of(dora.get(f"/studio/drafts/{draft}/changes/action.bpmn"))
    assert "It is called “Asked for” instead of “Requested”" in page


@pytest.mark.parametrize("content", [b"<", b"\xff", b'<!DOCTYPE a [<!ENTITY b "c">]><a/>'])
def test_a_hostile_file_is_compared_as_lines(world: World, visit: Visit, content: bytes) -> None:
    actor = world.actor("dora")
    draft = begin_draft(world.handling, "Names", actor=actor)
    save_file(world.handling, draft, "action.bpmn", content, revision=0, actor=actor)
    page = visit("dora").get(f"/studio/drafts/{draft}/changes/action.bpmn")
    assert "notice bad" in page
    assert re.search("drawing-old", page)
    assert not re.search("drawing-new", page)


def test_the_versions_are_for_who_may_see_the_studio(visit: Visit) -> None:
    visit("ada").get("/studio/compare/1/1", 403)
    visit("egon").get("/studio/compare/1/1")
    visit("dora").get("/studio/compare/1/9", 404)
    visit("dora").get("/studio/compare/1/1/nothing.bpmn", 404)
