"""The studio's pages: process owners change how incidents are handled, auditors look on."""

import re
from collections.abc import Callable
from io import BytesIO

import pytest

from engine.usecases.publish import publish
from tests.visitor import Visitor, words_of
from tests.world import World, shipped_files

Visit = Callable[[str | None], Visitor]
SHIPPED = shipped_files()
HARMLESS = SHIPPED["action.bpmn"].replace(b'name="Requested"', b'name="Asked for"')
LADDER = SHIPPED["confirmation.bpmn"].replace(b">decide_at<", b'>"P3D"<')


@pytest.fixture
def draft(dora: Visitor) -> str:
    """The address of a draft of Dora's."""
    dora.send("/studio/drafts", {"title": "Ask the bank first"}, at="/studio")
    found = re.search(r"/studio/drafts/[0-9a-f-]{36}", dora.get("/studio"))
    assert found is not None
    return found[0]


def bring(dora: Visitor, draft: str, name: str, content: bytes, status: int = 303) -> str:
    return dora.send(f"{draft}/files", {"file": (BytesIO(content), name)}, status, at=draft)


def test_the_library_says_what_there_is_and_what_needs_it(dora: Visitor) -> None:
    page = words_of(dora.get("/studio"))

    assert "In force: release 1" in page
    assert "Handle an incident until the business is right again for each incident" in page
    assert "Set the priority for “Set the priority” · priority.dmn since release 1" in page


def test_a_version_says_who_made_it_why_and_how_many_run_on_it(world: World, dora: Visitor) -> None:
    world.report()
    publish(world.handling.store, SHIPPED | {"action.bpmn": HARMLESS}, by="Ada", reason="plainer")
    world.report()
    world.report()

    incident = words_of(dora.get("/studio/files/incident.bpmn"))
    action = words_of(dora.get("/studio/files/action.bpmn"))

    assert "Releases 1, 2 what is shipped the suite" in incident
    assert "3 running, 3 in all" in incident
    assert "Release 2 plainer Ada" in action
    assert action.count("0 running, 0 in all") == 2


def test_a_file_is_downloaded_as_it_is_byte_for_byte(dora: Visitor) -> None:
    answer = dora.client.get("/studio/releases/1/files/incident.bpmn")
    assert answer.data == SHIPPED["incident.bpmn"]
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_a_file_from_a_folder_goes_into_a_draft_and_becomes_a_release(
    dora: Visitor, draft: str
) -> None:
    bring(dora, draft, "action.bpmn", HARMLESS)
    assert "✓ Proved" in words_of(dora.get(draft))

    dora.send(f"{draft}/publish", {"reason": "A plainer name"}, at=draft)

    assert "It became release 2." in words_of(dora.get(draft))
    assert "In force: release 2 Dora Diaz, just now : A plainer name" in words_of(
        dora.get("/studio")
    )


def test_a_way_past_the_gate_is_told_and_offered_to_nobody(dora: Visitor, draft: str) -> None:
    bypass = SHIPPED["incident.bpmn"].replace(b'gate == "confirmed"', b"impact == impact")
    bring(dora, draft, "incident.bpmn", bypass)

    page = words_of(dora.get(draft))

    assert "It cannot be published yet" in page
    assert "“Closed, confirmed” can be reached without an answer that still counts" in page
    assert f"{draft}/publish" not in dora.get(draft)
    dora.send(f"{draft}/publish", {"reason": "Quicker"}, 422, at=draft)


@pytest.mark.parametrize(
    "content", [b"", b"<x", b"\xff\xfe", b'<!DOCTYPE a [<!ENTITY b "c">]><a/>', b"<a>" * 5000]
)
def test_a_hostile_file_is_told_and_never_run(dora: Visitor, draft: str, content: bytes) -> None:
    bring(dora, draft, "incident.bpmn", content)

    assert "It cannot be published yet" in words_of(dora.get(draft))
    dora.send(f"{draft}/publish", {"reason": "Quicker"}, 422, at=draft)
    assert "In force: release 1" in words_of(dora.get("/studio"))
    dora.get(f"{draft}/diagrams/incident.bpmn")


def test_a_second_person_sees_what_is_touched_and_agrees(
    world: World, visit: Visit, dora: Visitor, draft: str
) -> None:
    with world.handling.store.engine.begin() as conn:
        conn.exec_driver_sql(
            "UPDATE person SET roles = '{staff,process_owner}' WHERE login = 'gita'"
        )
    bring(dora, draft, "confirmation.bpmn", LADDER)
    assert "Ask a second person" in dora.get(draft)
    dora.send(f"{draft}/publish", {"reason": "Sooner"}, at=draft)
    assert "Somebody else has to agree." in words_of(dora.get(draft))
    dora.send(f"{draft}/agree", {}, 403, at=draft)

    gita = visit("gita")
    page = words_of(gita.get(draft))
    gita.send(f"{draft}/agree", {}, at=draft)

    assert "“No answer yet” is a rung of the ladder" in page
    assert "Dora Diaz asks to publish it, just now : Sooner" in page
    assert "Release 2 in force Sooner Dora Diaz, agreed by Gita Gupta" in words_of(
        gita.get("/studio/releases")
    )


def test_an_earlier_release_comes_back_as_a_new_one(world: World, dora: Visitor) -> None:
    publish(world.handling.store, SHIPPED | {"action.bpmn": HARMLESS}, by="Ada", reason="plainer")
    back = {"back_to": "1", "title": "Back to release 1"}
    dora.send("/studio/drafts", back, at="/studio/releases")
    found = re.search(r"/studio/drafts/[0-9a-f-]{36}", dora.get("/studio"))
    assert found is not None

    dora.send(f"{found[0]}/publish", {"reason": "It was better"}, at=found[0])

    answer = dora.client.get("/studio/releases/3/files/action.bpmn")
    assert answer.data == SHIPPED["action.bpmn"]


def test_both_are_shown_where_two_changed_a_file(world: World, dora: Visitor, draft: str) -> None:
    bring(dora, draft, "action.bpmn", HARMLESS)
    theirs = SHIPPED["action.bpmn"] + b"<!-- theirs -->"
    publish(world.handling.store, SHIPPED | {"action.bpmn": theirs}, by="Ada", reason="a test")

    assert "Another release was published meanwhile" in words_of(dora.get(draft))
    dora.send(f"{draft}/up-to-date", {}, 409, at=draft)
    dora.send(f"{draft}/up-to-date", {"of:action.bpmn": "mine"}, at=draft)

    assert dora.client.get(f"{draft}/files/action.bpmn").data == HARMLESS
    assert "to change release 2" in words_of(dora.get(draft))


def test_a_draft_is_renamed_undone_and_given_up(dora: Visitor, draft: str) -> None:
    bring(dora, draft, "action.bpmn", HARMLESS)
    dora.send(f"{draft}/title", {"title": "Names"}, at=draft)
    dora.send(f"{draft}/files/action.bpmn/undo", {}, at=draft)
    dora.send(f"{draft}/files/action.bpmn/remove", {}, at=draft)
    assert "Removed action.bpmn" in words_of(dora.get(draft))
    assert "It cannot be published yet" in words_of(dora.get(draft))

    dora.send(f"{draft}/end", {}, at=draft)

    assert "It was given up." in words_of(dora.get(draft))
    assert draft not in dora.get("/studio")


@pytest.mark.parametrize("login", ["ada", "carla", "fay", "hugo"])
def test_the_studio_is_nobody_elses(visit: Visit, draft: str, login: str) -> None:
    other = visit(login)
    for path in ("/studio", "/studio/releases", "/studio/files/incident.bpmn", draft):
        other.get(path, 403)
    other.get(f"{draft}/diagrams/incident.bpmn", 403)
    assert "/studio" not in other.get("/")


def test_auditors_look_and_change_nothing(visit: Visit, dora: Visitor, draft: str) -> None:
    bring(dora, draft, "action.bpmn", HARMLESS)
    egon = visit("egon")

    for path in ("/studio", draft):
        page = egon.get(path)
        assert "<textarea" not in page
        assert 'name="title"' not in page
    assert '"canChange": false' in egon.get(f"{draft}/diagrams/incident.bpmn")
    for path in ("publish", "agree", "decline", "end", "title", "files/action.bpmn/undo"):
        egon.send(f"{draft}/{path}", {"reason": "x", "title": "x"}, 403, at="/you")


def test_the_editor_says_in_a_table_what_is_drawn(dora: Visitor, draft: str) -> None:
    page = words_of(dora.get(f"{draft}/diagrams/incident.bpmn"))

    assert "Verify the outcome somebody answers a form The owner of the business process" in page
    assert "Closed, confirmed (confirmed)" in page


def test_a_name_that_is_no_file_shows_no_page(dora: Visitor, draft: str) -> None:
    dora.get("/studio/files/nothing.bpmn", 404)
    dora.get("/studio/releases/1/files/nothing.bpmn", 404)
    dora.get(f"{draft}/diagrams/nothing.bpmn", 404)
    dora.get(f"{draft}/diagrams/priority.dmn", 404)
    dora.get(f"{draft}/files/..%2fx", 404)


def test_a_file_in_another_encoding_is_told_before_it_is_published(
    dora: Visitor, draft: str
) -> None:
    called = 'name="Gewünscht"'.encode("latin-1")
    bring(dora, draft, "action.bpmn", SHIPPED["action.bpmn"].replace(b'name="Requested"', called))

    assert "action.bpmn: It is not UTF-8." in words_of(dora.get(draft))
