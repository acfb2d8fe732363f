"""Drafts: several change a release together, and nothing is overwritten."""

from collections.abc import Mapping
from uuid import UUID, uuid4

import pytest

from engine.domain.permissions import Actor, Role
from engine.errors import Conflict, InvalidAnswers, NotAllowed, NotFound, StaleFile
from engine.queries.drafts import (
    Change,
    DraftPage,
    draft_file,
    draft_files,
    draft_page,
    drafts,
)
from engine.usecases.drafting import (
    LARGEST,
    begin_draft,
    bring_up_to_date,
    discard_draft,
    rename_draft,
    require_process_owner,
    save_file,
    undo_file,
)
from engine.usecases.publish import publish
from tests.at_once import at_once
from tests.world import World, shipped_files

NAME = "action.bpmn"


@pytest.fixture
def owner(world: World) -> Actor:
    return world.actor("dora")


@pytest.fixture
def draft(world: World, owner: Actor) -> UUID:
    return begin_draft(world.handling, "Ask the bank first", actor=owner)


def page(world: World, draft: UUID) -> DraftPage:
    with world.handling.store.read() as conn:
        return draft_page(conn, draft)


def files(world: World, draft: UUID) -> Mapping[str, bytes]:
    with world.handling.store.read() as conn:
        return draft_files(conn, draft)


def changed(content: bytes, words: str = "redrawn") -> bytes:
    return content + f"<!-- {words} -->".encode()


def save(
    world: World, draft: UUID, actor: Actor, name: str, content: bytes | None, revision: int = 0
) -> int:
    return save_file(world.handling, draft, name, content, revision=revision, actor=actor)


def test_a_draft_begins_as_the_release_in_force(world: World, draft: UUID) -> None:
    assert files(world, draft) == shipped_files()
    assert page(world, draft).changes == ()


def test_what_is_saved_is_in_what_it_would_become(world: World, draft: UUID, owner: Actor) -> None:
    new = changed(shipped_files()[NAME])

    assert save(world, draft, owner, NAME, new) == 1
    assert save(world, draft, owner, "ask_bank.json", b"{}") == 1
    assert save(world, draft, owner, "priority.dmn", None) == 1

    after = dict(shipped_files()) | {NAME: new, "ask_bank.json": b"{}"}
    del after["priority.dmn"]
    assert files(world, draft) == after
    assert {one.name: one.change for one in page(world, draft).changes} == {
        NAME: Change.CHANGED,
        "ask_bank.json": Change.ADDED,
        "priority.dmn": Change.REMOVED,
    }


def test_a_stale_save_overwrites_nothing(world: World, draft: UUID, owner: Actor) -> None:
    first, second = changed(shipped_files()[NAME], "1"), changed(shipped_files()[NAME], "2")
    save(world, draft, owner, NAME, first)

    with pytest.raises(StaleFile, match="Dora") as refused:
        save(world, draft, owner, NAME, second)

    assert refused.value.context == {"revision": 1}
    assert files(world, draft)[NAME] == first


def test_saving_the_same_again_is_no_change(world: World, draft: UUID, owner: Actor) -> None:
    assert save(world, draft, owner, NAME, shipped_files()[NAME]) == 0
    assert page(world, draft).changes == ()


def test_a_file_goes_back_to_what_the_release_has(world: World, draft: UUID, owner: Actor) -> None:
    save(world, draft, owner, NAME, b"<x/>")

    undo_file(world.handling, draft, NAME, actor=owner)

    assert files(world, draft) == shipped_files()
    with world.handling.store.read() as conn:
        assert draft_file(conn, draft, NAME).revision == 0


@pytest.mark.parametrize(
    "name",
    [
        "",
        "x",
        "../x.bpmn",
        "a/b.bpmn",
        ".bpmn",
        "x.exe",
        "x.bpmn\n",
        "ü.bpmn",
        f"{'x' * 99}.bpmn",
        "x.b.c.bpmn",
    ],
)
def test_no_file_has_a_name_that_no_folder_could_take(
    world: World, draft: UUID, owner: Actor, name: str
) -> None:
    with pytest.raises(InvalidAnswers):
        save(world, draft, owner, name, b"")


def test_a_file_has_a_largest_size(world: World, draft: UUID, owner: Actor) -> None:
    save(world, draft, owner, NAME, b" " * LARGEST)
    with pytest.raises(InvalidAnswers):
        save(world, draft, owner, NAME, b" " * (LARGEST + 1), 1)


@pytest.mark.parametrize("title", ["", "  ", "x" * 121])
def test_a_draft_says_what_it_is_to_change(world: World, owner: Actor, title: str) -> None:
    with pytest.raises(InvalidAnswers):
        begin_draft(world.handling, title, actor=owner)


@pytest.mark.parametrize("login", ["ada", "bruno", "carla", "egon", "fay"])
def test_only_process_owners_draft(world: World, draft: UUID, login: str) -> None:
    with pytest.raises(NotAllowed):
        save(world, draft, world.actor(login), NAME, b"<x/>")
    assert files(world, draft) == shipped_files()


def test_who_also_audits_changes_nothing(owner: Actor) -> None:
    both = Actor(owner.id, owner.name, roles=frozenset({Role.PROCESS_OWNER, Role.AUDITOR}))
    with pytest.raises(NotAllowed):
        require_process_owner(both)


def test_what_is_given_up_is_changed_no_more(world: World, draft: UUID, owner: Actor) -> None:
    save(world, draft, owner, NAME, b"<x/>")
    discard_draft(world.handling, draft, actor=owner)

    with pytest.raises(Conflict):
        save(world, draft, owner, NAME, b"<y/>", 1)
    with pytest.raises(Conflict):
        rename_draft(world.handling, draft, "Another", actor=owner)
    with world.handling.store.read() as conn:
        assert [one.id for one in drafts(conn)] == []
        assert [one.id for one in drafts(conn, ended=True)] == [draft]
    assert files(world, draft)[NAME] == b"<x/>"


def test_there_is_no_draft_that_nobody_began(world: World, owner: Actor) -> None:
    with pytest.raises(NotFound):
        save(world, uuid4(), owner, NAME, b"<x/>")
    with pytest.raises(NotFound):
        page(world, uuid4())


def test_an_earlier_release_comes_back_as_a_draft(world: World, owner: Actor) -> None:
    with world.handling.store.read() as conn:
        first = world.handling.releases.in_force(conn).id
    later = dict(shipped_files()) | {NAME: changed(shipped_files()[NAME])}
    publish(world.handling.store, later, by="Dora", reason="a test")

    back = begin_draft(world.handling, "As it was", actor=owner, back_to=first)

    assert files(world, back) == shipped_files()
    assert [one.name for one in page(world, back).changes] == [NAME]


def test_a_draft_is_brought_up_to_date_file_by_file(
    world: World, draft: UUID, owner: Actor
) -> None:
    shipped = shipped_files()
    mine, theirs = changed(shipped[NAME], "mine"), changed(shipped[NAME], "theirs")
    other = changed(shipped["incident.bpmn"], "theirs")
    save(world, draft, owner, NAME, mine)
    newer = dict(shipped) | {NAME: theirs, "incident.bpmn": other}
    publish(world.handling.store, newer, by="Egon", reason="a test")

    assert page(world, draft).is_behind
    assert [one.name for one in page(world, draft).changes if one.moved_on] == [NAME]
    with pytest.raises(Conflict, match=NAME):
        bring_up_to_date(world.handling, draft, actor=owner, keep=[], take=[])
    bring_up_to_date(world.handling, draft, actor=owner, keep=[NAME], take=[])

    assert not page(world, draft).is_behind
    assert files(world, draft) == newer | {NAME: mine}


def test_two_who_save_at_once_do_not_overwrite_each_other(
    world: World, draft: UUID, owner: Actor
) -> None:
    refused = at_once(
        lambda: save(world, draft, owner, NAME, b"<one/>"),
        lambda: save(world, draft, owner, NAME, b"<other/>"),
    )

    assert sorted(refused, key=str) == sorted([None, StaleFile], key=str)
    assert files(world, draft)[NAME] == (b"<one/>" if refused[0] is None else b"<other/>")


def test_theirs_can_be_taken_instead(world: World, draft: UUID, owner: Actor) -> None:
    save(world, draft, owner, NAME, changed(shipped_files()[NAME], "mine"))
    newer = dict(shipped_files()) | {NAME: changed(shipped_files()[NAME], "theirs")}
    publish(world.handling.store, newer, by="Egon", reason="a test")

    bring_up_to_date(world.handling, draft, actor=owner, keep=[], take=[NAME])

    assert files(world, draft) == newer
    assert page(world, draft).changes == ()
