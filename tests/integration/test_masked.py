"""Customers' personal data is masked for auditors who have stated no purpose."""

from sqlalchemy import text

from engine.store.sight import looking_as
from tests.world import World


def test_who_is_outside_has_a_name_that_says_nothing_and_stays_the_same(world: World) -> None:
    egon, carla = world.people["egon"], world.people["carla"]
    asked = text("SELECT name, login, email FROM person WHERE id = :id")
    with looking_as(egon), world.handling.store.read() as conn:
        first = conn.execute(asked, {"id": carla}).one()
        again = conn.execute(asked, {"id": carla}).one()
        hugo = conn.execute(asked, {"id": world.people["hugo"]}).one()

    assert first == again
    assert first.name.startswith("Customer ")
    assert "carla" not in first.login.lower()
    assert hugo.name == "Hugo Hahn"
    with world.handling.store.read() as conn:
        assert conn.execute(asked, {"id": carla}).one().name == "Carla Costa"


def test_names_addresses_and_numbers_in_what_people_wrote_are_masked(world: World) -> None:
    said = (
        "carla  COSTA (carla@costa.example) of 2026-03-02 rang from +49 30 123456-7, see"
        " 01234567-8901-1234-5678-9012345678ab, amount 0815, Hugo Hahn"
    )
    with looking_as(world.people["egon"]), world.handling.store.read() as conn:
        told = conn.scalar(text("SELECT masked.words(:said)"), {"said": said})
        record = conn.scalar(
            text("SELECT masked.answers(CAST(:said AS jsonb))"),
            {"said": '{"a": ["Carla", "Costa", "of \\"Carla Costa\\""], "place": ["x", 3]}'},
        )

    assert "Customer " in told
    for kept in ("2026-03-02", "01234567-8901-1234-5678-9012345678ab", "0815", "Hugo Hahn"):
        assert kept in told
    for gone in ("carla", "COSTA", "+49", "@"):
        assert gone not in told
    assert record["a"][0] == "Carla"
    assert "Carla" not in record["a"][2]
    assert record["place"] == ["•••", 3]
