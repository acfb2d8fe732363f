"""Setting up: records entered and changed, each change an entry of one chain."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from engine.domain.chain import Entry, Head, verify
from engine.domain.party import Party
from engine.domain.permissions import Actor, Role
from engine.domain.register import REGISTER, RecordKind, calendar_of
from engine.errors import Conflict, InvalidAnswers, NotAllowed, NotFound
from engine.queries.register import answers_of, names, records, register_trail
from engine.store.chaining import entry_of
from engine.store.registering import last_change
from engine.usecases.absences import name_deputy
from engine.usecases.setting_up import save
from forms import check, fixed
from tests.at_once import at_once
from tests.world import KEY, World

NEW_PERSON = {
    "name": "Nina Novak",
    "login": "nina",
    "email": "nina@putright.example",
    "time_zone": "Europe/Vienna",
}


@pytest.fixture
def operator(world: World) -> Actor:
    with world.handling.store.begin() as work:
        work.conn.execute(text("UPDATE person SET roles = '{operator}' WHERE login = 'fay'"))
    return world.actor("fay")


def put(world: World, actor: Actor, kind: RecordKind, answers: dict[str, Any], **more: Any) -> UUID:
    """Save answers as a page does: once they fit the form."""
    with world.handling.store.read() as conn:
        choices = names(conn).choices
    found = check(fixed(kind.value), answers, choices=choices, now=world.clock.now)
    assert found.ok, found.findings
    return save(world.handling.store, kind, found.answers, actor=actor, **more)


def said(world: World, kind: RecordKind, record_id: UUID) -> dict[str, Any]:
    with world.handling.store.read() as conn:
        return dict(answers_of(conn, kind, record_id) or {})


def refused(world: World, actor: Actor, kind: RecordKind, answers: Any, **more: Any) -> set[str]:
    with pytest.raises(InvalidAnswers) as refusal:
        put(world, actor, kind, answers, **more)
    return set(refusal.value.fields)


def process(world: World, **changes: Any) -> dict[str, Any]:
    return {
        "name": "Invoices",
        "product": "Correct invoices",
        "owner": str(world.people["dora"]),
        "duty_lead": str(world.people["hugo"]),
        "authority": str(world.people["gita"]),
        "desk": str(world.teams["desk"]),
    } | changes


@pytest.mark.parametrize("login", ["ada", "dora", "egon", "carla"])
def test_only_who_sets_up_putright_changes_the_register(world: World, login: str) -> None:
    with pytest.raises(NotAllowed):
        put(world, world.actor(login), RecordKind.PERSON, NEW_PERSON)


def test_a_role_counts_for_nobody_outside_and_for_no_auditor(world: World) -> None:
    with world.handling.store.begin() as work:
        work.conn.execute(
            text("UPDATE person SET roles = '{operator}' WHERE login IN ('carla', 'egon')")
        )
        work.conn.execute(
            text("UPDATE person SET roles = '{operator,auditor}' WHERE login = 'egon'")
        )
    for login in ("carla", "egon"):
        with pytest.raises(NotAllowed):
            put(world, world.actor(login), RecordKind.PERSON, NEW_PERSON)


def test_what_is_entered_is_read_back_as_it_was_said(world: World, operator: Actor) -> None:
    ada, bruno = str(world.people["ada"]), str(world.people["bruno"])
    sami, carla = str(world.people["sami"]), str(world.people["carla"])
    dora, gita, hugo = (str(world.people[who]) for who in ("dora", "gita", "hugo"))
    with world.handling.store.read() as conn:
        bakery = conn.scalar(text("SELECT id FROM organisation WHERE name = 'Costa Bakery'"))
        post = conn.scalar(text("SELECT id FROM organisation WHERE name = 'Paper & Post'"))
    answers: dict[RecordKind, list[dict[str, Any]]] = {
        RecordKind.ORGANISATION: [{"name": "Nut & Bolt", "kind": "supplier", "our_owner": bruno}],
        RecordKind.PERSON: [
            NEW_PERSON | {"phone": "+43 1 234", "roles": ["staff"], "deputy": ada},
            NEW_PERSON | {"login": "nino", "organisation": str(bakery), "deputy": carla},
        ],
        RecordKind.TEAM: [
            {"name": "Night shift", "party": "it", "members": [ada], "leader": ada, "head": dora},
            {
                "name": "Post room",
                "party": "external",
                "organisation": str(post),
                "members": [sami],
            },
        ],
        RecordKind.PROCESS: [
            process(
                world,
                owner_deputies=[gita],
                default_criteria=[{"measure": "Sum", "threshold": "0", "evidence": "Ledger"}],
                representatives=sorted(
                    ({"person": who, "stands_for": "All"} for who in (ada, bruno, hugo)),
                    key=lambda row: row["person"],
                ),
                carries_mail=True,
            )
        ],
        RecordKind.CALENDAR: [
            {
                "whose": "team",
                "team": str(world.teams["databases"]),
                "time_zone": "Europe/Vienna",
                "opens": "07:30",
                "closes": "16:00",
                "days": ["monday", "tuesday"],
                "country": "AT",
                "subdivision": "9",
                "free_days": ["2026-12-24"],
            }
        ],
    }
    for kind, all_of_it in answers.items():
        for one in all_of_it:
            made = put(world, operator, kind, one)
            assert said(world, kind, made) == one, kind


def test_each_change_is_an_entry_with_before_and_after(world: World, operator: Actor) -> None:
    made = put(world, operator, RecordKind.PERSON, NEW_PERSON)
    put(world, operator, RecordKind.PERSON, NEW_PERSON | {"phone": "1"}, record_id=made)

    with world.handling.store.read() as conn:
        changed, entered = register_trail(conn, subject=made)
    assert (entered.verb, entered.actor) == ("person:entered", "Fay Fox")
    assert entered.content is not None
    assert entered.content["changed"]["login"] == [None, "nina"]
    assert changed.content == {"name": "Nina Novak", "changed": {"phone": [None, "1"]}}
    assert changed.at == world.clock.now


def test_saving_what_is_there_already_is_no_change(world: World, operator: Actor) -> None:
    made = put(world, operator, RecordKind.PERSON, NEW_PERSON)
    put(world, operator, RecordKind.PERSON, NEW_PERSON, record_id=made)

    with world.handling.store.read() as conn:
        assert len(register_trail(conn, subject=made)) == 1


def test_the_register_is_one_chain_that_names_what_was_tampered_with(
    world: World, operator: Actor
) -> None:
    made = put(world, operator, RecordKind.PERSON, NEW_PERSON)
    put(world, operator, RecordKind.PERSON, NEW_PERSON | {"phone": "1"}, record_id=made)
    name_deputy(world.handling.store, world.people["bruno"], actor=world.actor("ada"))

    entries, head = chain(world)
    assert [one.seq for one in entries] == [1, 2, 3, 4]
    keys = {KEY.id: KEY.secret}
    assert verify(entries, keys, incident_id=REGISTER, head=head) == []
    assert verify(entries[:3], keys, incident_id=REGISTER, head=head)
    assert verify([*entries[:2], entries[3]], keys, incident_id=REGISTER, head=head)


def chain(world: World) -> tuple[list[Entry], Head]:
    with world.handling.store.read() as conn:
        rows = conn.execute(text("SELECT * FROM register_entry ORDER BY seq")).all()
        head = Head(*conn.execute(text("SELECT head_seq, head_hash FROM register")).one())
    return [entry_of(REGISTER, row) for row in rows], Head(head.seq, bytes(head.hash))


def test_two_at_once_get_two_numbers(world: World, operator: Actor) -> None:
    def enter(login: str) -> None:
        put(world, operator, RecordKind.PERSON, NEW_PERSON | {"login": login})

    at_once(*(partial(enter, f"nina{number}") for number in range(8)))

    entries, head = chain(world)
    assert len(entries) == head.seq == 9  # and what was published
    assert verify(entries, {KEY.id: KEY.secret}, incident_id=REGISTER, head=head) == []


def test_a_stale_page_changes_nothing(world: World, operator: Actor) -> None:
    made = put(world, operator, RecordKind.PERSON, NEW_PERSON)
    with world.handling.store.read() as conn:
        seen = last_change(conn, made)
    changed = NEW_PERSON | {"phone": "1"}
    put(world, operator, RecordKind.PERSON, changed, record_id=made, seen=seen)

    with pytest.raises(Conflict):
        put(world, operator, RecordKind.PERSON, NEW_PERSON, record_id=made, seen=seen)
    assert said(world, RecordKind.PERSON, made)["phone"] == "1"


def test_there_is_no_changing_what_is_not_there(world: World, operator: Actor) -> None:
    with pytest.raises(NotFound):
        put(world, operator, RecordKind.PERSON, NEW_PERSON, record_id=uuid4())


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"login": "ADA"}, "login"),
        ({"login": "ni na"}, "login"),
        ({"email": "nina"}, "email"),
        ({"email": "nina@x.example\nBcc: all@x.example"}, "email"),
        ({"email": "Nina <nina@x.example>"}, "email"),
    ],
)
def test_a_login_is_one_persons_and_an_address_an_address(
    world: World, operator: Actor, changes: dict[str, str], field: str
) -> None:
    assert refused(world, operator, RecordKind.PERSON, NEW_PERSON | changes) == {field}


def test_nobody_changes_sides(world: World, operator: Actor) -> None:
    carla = said(world, RecordKind.PERSON, world.people["carla"])
    ours = {name: one for name, one in carla.items() if name != "organisation"}

    found = refused(world, operator, RecordKind.PERSON, ours, record_id=world.people["carla"])
    assert found == {"organisation"}


def test_rights_everywhere_are_for_our_own_people(world: World, operator: Actor) -> None:
    carla = said(world, RecordKind.PERSON, world.people["carla"]) | {"roles": ["staff"]}

    found = refused(world, operator, RecordKind.PERSON, carla, record_id=world.people["carla"])
    assert found == {"roles"}


def test_nobody_takes_the_right_to_set_up_from_themselves(world: World, operator: Actor) -> None:
    mine = said(world, RecordKind.PERSON, operator.id)

    for changes, field in (({"roles": ["staff"]}, "roles"), ({"has_left": True}, "has_left")):
        found = refused(world, operator, RecordKind.PERSON, mine | changes, record_id=operator.id)
        assert field in found


def test_somebody_is_always_left_who_can_set_up(world: World, operator: Actor) -> None:
    ada = said(world, RecordKind.PERSON, world.people["ada"])
    put(
        world,
        operator,
        RecordKind.PERSON,
        ada | {"roles": ["operator"]},
        record_id=world.people["ada"],
    )
    mine = said(world, RecordKind.PERSON, operator.id)
    put(
        world,
        world.actor("ada"),
        RecordKind.PERSON,
        mine | {"has_left": True},
        record_id=operator.id,
    )

    found = refused(
        world,
        world.actor("ada"),
        RecordKind.PERSON,
        ada | {"has_left": True},
        record_id=world.people["ada"],
    )
    assert found == {"has_left"}


def test_who_has_left_signs_in_no_more_and_can_come_back(world: World, operator: Actor) -> None:
    ada = said(world, RecordKind.PERSON, world.people["ada"])
    put(world, operator, RecordKind.PERSON, ada | {"has_left": True}, record_id=world.people["ada"])
    with world.handling.store.read() as conn:
        jobs = conn.scalars(text("SELECT task_name FROM procrastinate_jobs")).all()
        lines, _ = records(conn, RecordKind.PERSON, words="ada")
    assert "putright.step_in" in jobs
    assert lines[0].has_left

    put(world, operator, RecordKind.PERSON, ada, record_id=world.people["ada"])
    assert world.actor("ada").has_role(Role.STAFF)


def test_a_new_address_is_tried_again(world: World, operator: Actor) -> None:
    with world.handling.store.begin() as work:
        work.conn.execute(text("UPDATE person SET unreachable_since = now() WHERE login = 'carla'"))
    carla = said(world, RecordKind.PERSON, world.people["carla"])
    put(
        world,
        operator,
        RecordKind.PERSON,
        carla | {"email": "new@costa.example"},
        record_id=world.people["carla"],
    )
    with world.handling.store.read() as conn:
        since = conn.scalar(text("SELECT unreachable_since FROM person WHERE login = 'carla'"))
    assert since is None


def test_contacts_are_theirs_and_the_owner_of_the_contract_is_ours(
    world: World, operator: Actor
) -> None:
    answers = {"name": "New", "kind": "customer", "contact": str(world.people["ada"])}

    assert refused(world, operator, RecordKind.ORGANISATION, answers) == {"contact"}
    answers = {"name": "New", "kind": "customer", "our_owner": str(world.people["carla"])}
    assert refused(world, operator, RecordKind.ORGANISATION, answers) == {"our_owner"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"members": ["ada", "carla"]}, "members"),
        ({"leader": "bruno"}, "leader"),
        ({"name": "DATABASES"}, "name"),
    ],
)
def test_a_team_of_our_own_has_our_people_and_one_of_them_leads(
    world: World, operator: Actor, changes: dict[str, Any], field: str
) -> None:
    answers: dict[str, Any] = {"name": "Nights", "party": "it", "members": ["ada"]} | changes
    answers["members"] = [str(world.people[who]) for who in answers["members"]]
    if "leader" in answers:
        answers["leader"] = str(world.people[answers["leader"]])

    assert refused(world, operator, RecordKind.TEAM, answers) == {field}


def test_whose_time_a_team_takes_does_not_change(world: World, operator: Actor) -> None:
    team = said(world, RecordKind.TEAM, world.teams["databases"]) | {"party": "business"}

    found = refused(world, operator, RecordKind.TEAM, team, record_id=world.teams["databases"])
    assert found == {"party"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"owner": "carla"}, "owner"),
        ({"authority_deputies": ["sami"]}, "authority_deputies"),
        ({"owner_deputies": ["dora"]}, "owner_deputies"),
        ({"desk": "post"}, "desk"),
        ({"representatives": ["ada", "bruno"]}, "representatives"),
    ],
)
def test_our_own_people_answer_for_a_business_process(
    world: World, operator: Actor, changes: dict[str, Any], field: str
) -> None:
    found: dict[str, Any] = {}
    for name, value in changes.items():
        if name == "representatives":
            found[name] = [{"person": str(world.people[one]), "stands_for": "All"} for one in value]
        elif isinstance(value, list):
            found[name] = [str(world.people[one]) for one in value]
        else:
            found[name] = str((world.people | world.teams)[value])

    assert refused(world, operator, RecordKind.PROCESS, process(world, **found)) == {field}


def test_a_new_process_takes_reports_at_once(world: World, operator: Actor) -> None:
    made = put(world, operator, RecordKind.PROCESS, process(world))

    incident = world.report(product_id=made)
    with world.handling.store.read() as conn:
        lead = text("SELECT lead_id FROM incident WHERE id = :id")
        assert conn.scalar(lead, {"id": incident}) == world.people["hugo"]


def test_a_changed_calendar_leaves_the_hours_of_before_as_they_were(
    world: World, operator: Actor
) -> None:
    answers = {
        "whose": "it",
        "time_zone": "UTC",
        "opens": "08:00",
        "closes": "18:00",
        "days": ["monday"],
    }
    made = put(world, operator, RecordKind.CALENDAR, answers)
    world.clock.forward(days=1)
    put(world, operator, RecordKind.CALENDAR, answers | {"opens": "09:00"}, record_id=made)

    assert made == calendar_of(Party.IT)
    with world.handling.store.read() as conn:
        rows = conn.execute(text("SELECT valid_from, opens FROM calendar ORDER BY valid_from"))
        versions = [(since, f"{opens:%H:%M}") for since, opens in rows]
    first = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    assert versions == [(first, "08:00"), (first + timedelta(days=1), "09:00")]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"opens": "8 Uhr"[:5]}, "opens"),
        ({"country": "DE", "subdivision": "XX"}, "country"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused(
    world: World, operator: Actor, changes: dict[str, str], field: str
) -> None:
    answers = {
        "whose": "business",
        "time_zone": "UTC",
        "opens": "08:00",
        "closes": "18:00",
        "days": ["monday"],
    }
    assert refused(world, operator, RecordKind.CALENDAR, answers | changes) == {field}
