"""Every address, as an auditor without a purpose is shown it: no customer is found anywhere.

The walk knows every address by the application's own map, as that of what is for named people only.
"""

from html import unescape
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from tests.confidential import Hidden
from tests.outsiders import furnish_open, values_with
from tests.walk import ONCE, Caller, paths_of, rules, sent_to, text_of
from tests.world import World

WHY = "A customer has complained about us"
# how those outside are known, in whatever case: names, a mail address, a number, and callers
KNOWN = ("carla", "sami sarr", "olga", "costa.example", "5550101", "quirin", "ludmila")


@pytest.fixture
def furnished(world: World) -> tuple[Hidden, UUID]:
    return furnish_open(world)


def shown(answer: Any) -> str:
    return unescape(text_of(answer)).lower()


def test_an_auditor_is_shown_no_customer_at_any_address(
    world: World, web: Flask, furnished: tuple[Hidden, UUID]
) -> None:
    hidden, incident = furnished
    egon, values, walked = Caller(world, web, "egon"), values_with(world, hidden, incident), 0
    for rule, method in rules(web):
        if rule.endpoint in ONCE or rule.endpoint == "purposes.state":
            continue
        for path in paths_of(web, rule, method, values):
            answer, _ = egon.call(method, path, sent_to(rule.endpoint, path, values))
            assert answer.status_code != 500, (method, path)
            found = [one for one in KNOWN if one in shown(answer)]
            assert not found, (method, path, found)
            walked += 1
    assert walked > 300


def test_with_a_purpose_the_auditor_is_shown_who_it_is_and_with_one_incident_of_that_alone(
    world: World, web: Flask, furnished: tuple[Hidden, UUID]
) -> None:
    _, incident = furnished
    other = world.report("olga", title="Of somebody else")
    pages = [f"/incidents/{world.row(one).number}" for one in (incident, other)]
    egon = Caller(world, web, "egon")
    sent = {"why": WHY, "of": "these", "incidents": pages[1].rpartition("/")[2], "hours": "1"}

    assert egon.call("POST", "/desk/purpose", sent)[0].status_code == 303
    first, second = (shown(egon.call("GET", page)[0]) for page in pages)
    assert ("carla" in first, "quirin" in first) == (False, False)
    assert "olga orlov" in second
    assert WHY.lower() in second

    egon.call("POST", "/desk/purpose", sent | {"of": "everything"})
    assert "carla costa" in shown(egon.call("GET", pages[0])[0])
    world.clock.forward(hours=2)
    assert "carla" not in shown(egon.call("GET", pages[0])[0])


def test_a_program_states_its_purpose_with_the_request(
    world: World, web: Flask, furnished: tuple[Hidden, UUID]
) -> None:
    _, incident = furnished
    path = f"/api/v1/incidents/{world.row(incident).number}/trail"
    egon = Caller(world, web, "egon")
    client = egon.call("GET", path)[1]

    clear = client.get(path, headers={"Purpose": quote("Beschwerde über eine Rechnung")})
    short = client.get(path, headers={"Purpose": "So"})

    assert "carla costa" in shown(clear)
    assert short.status_code == 422
    with world.handling.store.read() as conn:
        asked = text("SELECT content ->> 'purpose' FROM access_entry WHERE verb = 'access:read'")
        said = conn.execute(asked).scalars().all()
    assert said == [None, "Beschwerde über eine Rechnung"]


def test_nobody_else_is_shown_anything_masked(
    world: World, web: Flask, furnished: tuple[Hidden, UUID]
) -> None:
    _, incident = furnished
    page = f"/incidents/{world.row(incident).number}"

    assert "carla costa" in shown(Caller(world, web, "hugo").call("GET", page)[0])
