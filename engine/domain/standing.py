"""What somebody is towards one incident: the words that permissions are written in.

A standing is not a role: a role (`permissions.Role`) goes with the person everywhere, a standing
holds for one incident and is worked out anew each time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Standing(StrEnum):
    """Each word that can be true of a person towards one incident; several can be."""

    REPORTER = "reporter"
    LEAD = "lead"
    HAS_LED = "has_led"
    DUTY_LEAD = "duty_lead"
    DEPUTY_DUTY_LEAD = "deputy_duty_lead"
    OWNER = "owner"
    DEPUTY_OWNER = "deputy_owner"
    AUTHORITY = "authority"
    DEPUTY_AUTHORITY = "deputy_authority"
    CONFIRMER = "confirmer"
    # asked by name for an action or a step of it, or has done one
    WORKER = "worker"
    VERIFIER = "verifier"
    # asked by name for something that is still open, told by the ladder that it is, or offered
    # the lead
    ASKED = "asked"
    # named on an incident that is for named people only, or taken off it by name
    NAMED = "named"
    TAKEN_OFF = "taken_off"
    # by way of a team or an organisation, never by name
    DESK = "desk"
    TEAM = "team"
    CUSTOMER = "customer"


# Restricted incidents are for named people, never for teams (rules, Restricted incidents).
NAMED = frozenset(Standing) - {
    Standing.TAKEN_OFF,
    Standing.DESK,
    Standing.TEAM,
    Standing.CUSTOMER,
}
# What lets somebody read one.  A deputy's office does not, nor that somebody led it, worked on it
# or checked it before: whoever that is true of is asked or named, or sees its number.
ADMITTING = frozenset(
    {
        Standing.REPORTER,
        Standing.LEAD,
        Standing.DUTY_LEAD,
        Standing.OWNER,
        Standing.AUTHORITY,
        Standing.CONFIRMER,
        Standing.ASKED,
        Standing.NAMED,
    }
)


def by_name(standing: frozenset[Standing]) -> frozenset[Standing]:
    """Return what of it counts where only named people may read.

    Empty for who is not let in, and for who was taken off by name, whatever else they are.
    """
    is_in = standing & ADMITTING and Standing.TAKEN_OFF not in standing
    return standing & NAMED if is_in else frozenset()


@dataclass(frozen=True)
class IncidentPeople:
    """Everybody who has a part in one incident; ids of persons unless the name says otherwise.

    `leads` holds all who ever led it, `workers` those named on its actions and those who did
    something in them, `asked` those whom an open to-do names, whom the ladder told of it and
    who are offered the lead, `team_ids` the teams its actions and work items were given to.
    `owner_id` and `authority_id` answer in these offices for this incident: where who holds one
    has left or was taken off, who comes next in the line (`store.offices`).
    `named` and `taken_off` are empty unless it is for named people only.
    """

    reporter_id: UUID
    lead_id: UUID
    owner_id: UUID
    duty_lead_id: UUID
    authority_id: UUID
    desk_id: UUID
    customer_id: UUID | None = None
    deputy_owners: frozenset[UUID] = frozenset()
    deputy_duty_leads: frozenset[UUID] = frozenset()
    deputy_authorities: frozenset[UUID] = frozenset()
    leads: frozenset[UUID] = frozenset()
    workers: frozenset[UUID] = frozenset()
    verifiers: frozenset[UUID] = frozenset()
    confirmers: frozenset[UUID] = frozenset()
    asked: frozenset[UUID] = frozenset()
    named: frozenset[UUID] = frozenset()
    taken_off: frozenset[UUID] = frozenset()
    team_ids: frozenset[UUID] = frozenset()

    @property
    def readers(self) -> frozenset[UUID]:
        """Who may read it where it is for named people only: those whom `by_name` lets in."""
        offices = {self.reporter_id, self.lead_id, self.duty_lead_id, self.owner_id}
        parts = self.confirmers | self.asked | self.named
        return (parts | offices | {self.authority_id}) - self.taken_off


def standing_of(
    person_id: UUID,
    people: IncidentPeople,
    *,
    team_ids: Iterable[UUID] = (),
    organisation_id: UUID | None = None,
) -> frozenset[Standing]:
    """Return every word that is true of the person, their teams and their organisation.

    Empty for a stranger.  Somebody of our own organisation (`organisation_id` None) is never
    the customer by organisation, even where the incident has no outside customer.
    """
    teams = frozenset(team_ids)
    true_of = {
        Standing.REPORTER: person_id == people.reporter_id,
        Standing.LEAD: person_id == people.lead_id,
        Standing.HAS_LED: person_id in people.leads,
        Standing.DUTY_LEAD: person_id == people.duty_lead_id,
        Standing.DEPUTY_DUTY_LEAD: person_id in people.deputy_duty_leads,
        Standing.OWNER: person_id == people.owner_id,
        Standing.DEPUTY_OWNER: person_id in people.deputy_owners,
        Standing.AUTHORITY: person_id == people.authority_id,
        Standing.DEPUTY_AUTHORITY: person_id in people.deputy_authorities,
        Standing.CONFIRMER: person_id in people.confirmers,
        Standing.WORKER: person_id in people.workers,
        Standing.VERIFIER: person_id in people.verifiers,
        Standing.ASKED: person_id in people.asked,
        Standing.NAMED: person_id in people.named,
        Standing.TAKEN_OFF: person_id in people.taken_off,
        Standing.DESK: people.desk_id in teams,
        Standing.TEAM: bool(people.team_ids & teams),
        Standing.CUSTOMER: organisation_id is not None and organisation_id == people.customer_id,
    }
    return frozenset(word for word, is_true in true_of.items() if is_true)
