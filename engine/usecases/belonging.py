"""Whether somebody belongs to the party that an action, or a to-do of it, is asked of.

A newcomer would ask whether the person exists.  Whose time it is, and whether what was done counts
as work on the incident, goes by the party: nobody of ours may be asked as if they were a customer.
"""

from uuid import UUID

from sqlalchemy import text

from engine.domain.party import Party
from engine.domain.permissions import Actor
from engine.errors import InvalidAnswers
from engine.language import say
from engine.usecases.running import Mover

MAY_NOT_READ = say("This person may not read this: please name them first.")

_TEAM = text("SELECT party, organisation_id FROM team WHERE id = :team")
_PERSON = text("""
    SELECT p.organisation_id,
      p.id = i.reporter_id OR EXISTS (SELECT FROM confirmer c WHERE c.incident_id = i.id
        AND c.person_id = p.id AND c.withdrawn_at IS NULL) AS receives
    FROM person p, incident i WHERE p.id = :person AND p.is_active AND i.id = :incident
""")


def check_asked(
    mover: Mover,
    party: Party,
    team_id: UUID | None,
    person_id: UUID | None,
    *,
    fields: tuple[str, str] = ("team", "person"),
) -> None:
    """Raise InvalidAnswers unless the team and the person, where given, are the party's own.

    Ours are `it` and `business`; `external` is outside; a customer is outside too, or one of
    ours who receives the product: the reporter, or a confirmer.  Whoever is outside asks us or
    their own: no customer draws another one in.  Where only named people may read, no team is
    asked, and nobody who was taken off.  `fields` name the answers.
    """
    conn = mover.case.conn
    if mover.case.incident.is_restricted and team_id is not None:
        raise InvalidAnswers(
            {fields[0]: say("This is for named people only: please choose a person.")}
        )
    if person_id in mover.taken_off:
        raise InvalidAnswers({fields[1]: MAY_NOT_READ})
    if team_id is not None:
        team = conn.execute(_TEAM, {"team": team_id}).first()
        if team is None or not _may_know(mover, team.organisation_id):
            raise InvalidAnswers({fields[0]: say("Please choose from the teams listed.")})
        if team.party != party:
            raise InvalidAnswers({fields[0]: say("This team belongs to another party.")})
    if person_id is not None:
        asked = {"person": person_id, "incident": mover.case.incident.id}
        row = conn.execute(_PERSON, asked).first()
        if row is None or not _may_know(mover, row.organisation_id):
            raise InvalidAnswers({fields[1]: say("Please choose from the people listed.")})
        if not _belongs(party, is_outside=row.organisation_id is not None, receives=row.receives):
            raise InvalidAnswers({fields[1]: say("This person belongs to another party.")})


def _may_know(mover: Mover, organisation_id: UUID | None) -> bool:
    own = mover.by.organisation_id if isinstance(mover.by, Actor) else None
    return own is None or organisation_id in (None, own)


def _belongs(party: Party, *, is_outside: bool, receives: bool) -> bool:
    if party is Party.CUSTOMER:
        return is_outside or receives
    return is_outside == (party is Party.EXTERNAL)
