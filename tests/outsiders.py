"""A world with one incident for everybody beside those for named people, and customers in it."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from engine.domain.register import RecordKind
from engine.store.registering import register
from engine.usecases.callers import give_caller_page
from engine.usecases.commenting import comment
from engine.usecases.filing import NewFile, add_file
from tests.confidential import Hidden, furnish
from tests.world import World


def furnish_open(world: World) -> tuple[Hidden, UUID]:
    """Return what is hidden, and an open incident that customers and callers have a part in."""
    hidden = furnish(world)
    with world.handling.store.begin() as work:
        work.conn.execute(
            text("UPDATE person SET email = login || '@costa.example', phone = '+49 30 5550101'")
        )
    incident = world.report("carla", title="Not for everybody")
    world.lead(incident)
    world.agree(incident, world.for_team("databases"), confirmers=("carla", "olga"))
    handling, hugo, carla = world.handling, world.actor("hugo"), world.actor("carla")
    said = "Carla Costa <carla@costa.example> rang from +49 30 5550101"
    comment(handling, incident, said, actor=hugo, is_internal=True)
    comment(handling, incident, "It is still wrong", actor=carla, is_internal=False)
    give_caller_page(handling, incident, name="Quirin Quast", contact="+49 171 23", actor=hugo)
    world.propose(incident, "hugo", "post", targets=("Ludmila Lang",))
    changed = {"name": ["Olga Old", "Carla Costa"], "email": ["old@costa.example", None]}
    with handling.store.begin() as work:
        told = {"name": "Carla Costa", "changed": changed}
        register(work, "person:changed", RecordKind.PERSON, carla.id, told, hugo)
    add_file(handling, incident, NewFile("carla costa.txt", b"Carla"), actor=hugo, is_internal=True)
    return hidden, incident


def values_with(world: World, hidden: Hidden, incident: UUID) -> dict[str, list[Any]]:
    """Return what the walk of restricted incidents knows, and this one beside it."""
    number, items = world.row(incident).number, [one.id for one in world.items(incident)]
    with world.handling.store.read() as conn:
        file = conn.scalar(text("SELECT id FROM file WHERE incident_id = :id"), {"id": incident})
        asked = text("SELECT id FROM action WHERE incident_id = :id")
        actions = conn.execute(asked, {"id": incident}).scalars().all()
    values = dict(hidden.values)
    for name, more in (
        ("number", [number]),
        ("which", [str(number)]),
        ("item_id", items),
        ("action_id", actions),
        ("file_id", [file]),
        ("record_id", [world.people["carla"]]),
    ):
        values[name] = [*more, *values[name]]
    return values
