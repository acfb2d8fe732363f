"""Publishing a draft: proved, with a reason, and by two where it changes who closes incidents."""

from dataclasses import replace
from uuid import UUID

import pytest

from engine.bpmn.closing_changes import changes_who_closes
from engine.domain.permissions import Actor
from engine.domain.publishing import Publishing, SecondPerson
from engine.errors import Conflict, DiagramRefused, InvalidAnswers, NotAllowed
from engine.queries.drafts import draft_page
from engine.queries.library import ReleaseLine, releases
from engine.queries.register import register_trail
from engine.store import schema as t
from engine.usecases.drafting import begin_draft, save_file
from engine.usecases.publish import publish
from engine.usecases.publishing import agree_to_draft, publish_draft, take_back
from tests.world import World, shipped_files

SHIPPED = shipped_files()
# the name of a step that has no part in closing
HARMLESS = SHIPPED["action.bpmn"].replace(b'name="Requested"', b'name="Asked for"')
LADDER = SHIPPED["confirmation.bpmn"].replace(b">decide_at<", b'>"P3D"<')
BYPASS = SHIPPED["incident.bpmn"].replace(b'gate == "confirmed"', b"impact == impact")


@pytest.fixture
def owner(world: World) -> Actor:
    return world.actor("dora")


@pytest.fixture
def second(world: World) -> Actor:
    """Another process owner."""
    with world.handling.store.begin() as work:
        work.conn.execute(
            t.person.update()
            .where(t.person.c.id == world.people["gita"])
            .values(roles=["staff", "process_owner"])
        )
    return world.actor("gita")


def drafted(world: World, owner: Actor, name: str, content: bytes) -> UUID:
    draft = begin_draft(world.handling, "A change", actor=owner)
    save_file(world.handling, draft, name, content, revision=0, actor=owner)
    return draft


def newest(world: World) -> ReleaseLine:
    with world.handling.store.read() as conn:
        return releases(conn)[0]


def seen(world: World, draft: UUID) -> str:
    with world.handling.store.read() as conn:
        return draft_page(conn, draft).now_hash.hex()


def test_what_does_not_touch_closing_is_published_by_one(world: World, owner: Actor) -> None:
    draft = drafted(world, owner, "action.bpmn", HARMLESS)

    done = publish_draft(world.handling, draft, reason="A plainer name", actor=owner)

    assert done.number == newest(world).number == 2
    assert newest(world).by == "Dora Diaz"
    assert newest(world).reason == "A plainer name"
    with world.handling.store.read() as conn:
        assert draft_page(conn, draft).release == 2
        entry = register_trail(conn)[0]
    assert (entry.verb, entry.actor) == ("release:published", "Dora Diaz")
    assert entry.content is not None
    assert [*entry.content["files"]] == ["action.bpmn"]


def test_what_changes_the_ladder_is_published_by_two(
    world: World, owner: Actor, second: Actor
) -> None:
    draft = drafted(world, owner, "confirmation.bpmn", LADDER)

    assert publish_draft(world.handling, draft, reason="Sooner", actor=owner).number is None
    assert newest(world).number == 1
    number = agree_to_draft(world.handling, draft, seen=seen(world, draft), actor=second)

    assert newest(world).number == number == 2
    assert (newest(world).by, newest(world).agreed_by) == ("Dora Diaz", "Gita Gupta")
    assert newest(world).touches == ("“No answer yet” is a rung of the ladder",)


def test_nobody_is_their_own_second_person(world: World, owner: Actor) -> None:
    draft = drafted(world, owner, "confirmation.bpmn", LADDER)
    publish_draft(world.handling, draft, reason="Sooner", actor=owner)

    with pytest.raises(NotAllowed):
        agree_to_draft(world.handling, draft, seen=seen(world, draft), actor=owner)
    assert newest(world).number == 1


def test_what_was_changed_since_it_was_asked_for_is_asked_for_again(
    world: World, owner: Actor, second: Actor
) -> None:
    draft = drafted(world, owner, "confirmation.bpmn", LADDER)
    publish_draft(world.handling, draft, reason="Sooner", actor=owner)
    looked_at = seen(world, draft)
    save_file(world.handling, draft, "action.bpmn", HARMLESS, revision=0, actor=owner)

    for claimed in (looked_at, seen(world, draft)):
        with pytest.raises(Conflict):
            agree_to_draft(world.handling, draft, seen=claimed, actor=second)
    assert newest(world).number == 1


def test_what_is_declined_stays_a_draft(world: World, owner: Actor, second: Actor) -> None:
    draft = drafted(world, owner, "confirmation.bpmn", LADDER)
    publish_draft(world.handling, draft, reason="Sooner", actor=owner)
    looked_at = seen(world, draft)

    take_back(world.handling, draft, actor=second)

    with pytest.raises(Conflict):
        agree_to_draft(world.handling, draft, seen=looked_at, actor=second)


def test_a_way_past_the_gate_is_published_by_nobody(world: World, owner: Actor) -> None:
    draft = drafted(world, owner, "incident.bpmn", BYPASS)

    with pytest.raises(DiagramRefused, match="an answer that still counts"):
        publish_draft(world.handling, draft, reason="Quicker", actor=owner)
    assert newest(world).number == 1


@pytest.mark.parametrize("reason", ["", " \n", "x" * 1001])
def test_a_release_says_why(world: World, owner: Actor, reason: str) -> None:
    draft = drafted(world, owner, "action.bpmn", HARMLESS)
    with pytest.raises(InvalidAnswers):
        publish_draft(world.handling, draft, reason=reason, actor=owner)


def test_a_draft_that_is_behind_is_brought_up_to_date_first(world: World, owner: Actor) -> None:
    draft = drafted(world, owner, "action.bpmn", HARMLESS)
    newer = {**SHIPPED, "priority.dmn": SHIPPED["priority.dmn"] + b"<!-- newer -->"}
    publish(world.handling.store, newer, by="Egon", reason="a test")

    with pytest.raises(Conflict, match="up to date"):
        publish_draft(world.handling, draft, reason="A plainer name", actor=owner)


def test_a_draft_that_changes_nothing_is_not_published(world: World, owner: Actor) -> None:
    draft = begin_draft(world.handling, "Nothing", actor=owner)
    with pytest.raises(Conflict):
        publish_draft(world.handling, draft, reason="None", actor=owner)


def test_an_organisation_can_ask_two_for_everything(world: World, owner: Actor) -> None:
    always = replace(world.handling, publishing=Publishing(SecondPerson.ALWAYS))
    draft = drafted(world, owner, "action.bpmn", HARMLESS)

    assert publish_draft(always, draft, reason="A plainer name", actor=owner).number is None


def test_who_waived_the_second_person_stands_with_the_release(world: World, owner: Actor) -> None:
    waived = Publishing(SecondPerson.NEVER, "The board, as there is one process owner only")
    alone = replace(world.handling, publishing=waived)
    draft = drafted(world, owner, "confirmation.bpmn", LADDER)

    publish_draft(alone, draft, reason="Sooner", actor=owner)

    assert newest(world).waived == waived.waived_by
    assert newest(world).touches


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("incident.bpmn", b'value="verification"', b'value="agreement"'),
        ("incident.bpmn", b'value="escalated"', b'value="confirmed"'),
        ("incident.bpmn", b'gate == "confirmed"', b'gate != "shut"'),
        ("incident.bpmn", b'calledElement="confirmation"', b'calledElement="action"'),
        ("confirmation.bpmn", b'"R/" + remind_every', b'"R/P1D"'),
        ("confirmation.bpmn", b'value="remind"', b'value="climb"'),
        ("confirmation.bpmn", b'cancelActivity="false"', b'cancelActivity="true"'),
        ("confirmation.bpmn", b'name="authority"', b'name="business_owner"'),
        ("priority.dmn", b'"P1"', b'"P2"'),
        ("confirm_outcome.json", b'"title"', b'"description"'),
        ("verify_outcome.json", b'"title"', b'"description"'),
    ],
)
def test_a_change_of_closing_is_seen(name: str, before: bytes, after: bytes) -> None:
    assert before in SHIPPED[name]
    changed = {**SHIPPED, name: SHIPPED[name].replace(before, after)}
    assert changes_who_closes(SHIPPED, changed)


@pytest.mark.parametrize("name", ["incident.bpmn", "confirmation.bpmn", "priority.dmn"])
def test_what_cannot_be_read_changes_whatever_it_held(name: str) -> None:
    assert changes_who_closes(SHIPPED, {**SHIPPED, name: b"<"})


def test_nothing_changed_is_no_change_of_closing() -> None:
    assert changes_who_closes(SHIPPED, dict(SHIPPED)) == ()
    assert changes_who_closes(SHIPPED, {**SHIPPED, "action.bpmn": HARMLESS}) == ()
