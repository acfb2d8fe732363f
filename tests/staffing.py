"""People who come and go: beside the fixed ones, for stories in which somebody is missing."""

from uuid import uuid4

from sqlalchemy import insert, select, update

from engine.store import schema as t
from tests.world import World


def hire(
    world: World,
    login: str,
    *,
    deputy_of: str | None = None,
    team: str | None = None,
    colleague_of: str | None = None,
) -> None:
    """Let somebody begin to work: of ours, or of the same customer as `colleague_of`.

    `deputy_of` is an office of the business process, `team` a team that they join.
    """
    made = uuid4()
    world.people[login] = made
    with world.handling.store.begin() as work:
        organisation = work.conn.scalar(
            select(t.person.c.organisation_id).where(t.person.c.login == colleague_of)
        )
        work.conn.execute(
            insert(t.person),
            {
                "id": made,
                "name": login.title(),
                "login": login,
                "email": f"{login}@example.org",
                "roles": [] if organisation else ["staff"],
                "organisation_id": organisation,
            },
        )
        if deputy_of:
            work.conn.execute(
                insert(t.deputy),
                {"process_id": world.process_id, "person_id": made, "of": deputy_of},
            )
        if team:
            work.conn.execute(
                insert(t.membership), {"team_id": world.teams[team], "person_id": made}
            )


def leave(world: World, *logins: str) -> None:
    """Let people be gone for good."""
    with world.handling.store.begin() as work:
        work.conn.execute(
            update(t.person).where(t.person.c.login.in_(logins)).values(is_active=False)
        )
