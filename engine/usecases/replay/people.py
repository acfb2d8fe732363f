"""The people, teams and organisations that a record names, as rows of our own tables.

Their ids are derived from the record's name and theirs, so that the same name is the same person
in every case, in every process and in a second run, without being looked up.  None can sign in:
they have no password, and their addresses end in `.invalid`, which no mail ever reaches.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Connection, Table
from sqlalchemy.dialects.postgresql import insert as upsert

from engine.domain.party import Party
from engine.domain.permissions import Actor, Machine
from engine.store import schema as t
from engine.usecases.replay.mapping import Phase
from engine.usecases.replay.reading import Row

_NAMESPACE = UUID("5b7c3f0e-64b1-5d0a-9a53-2f5f0c1f7a61")
_UNNAMED_CALLER = "Caller not named"
_UNNAMED_VENDOR = "Supplier not named"
# Ids that are known to be there are remembered, up to so many.
_MOST_KNOWN = 50_000

CRITERION: Mapping[str, str] = {
    "measure": "What was reported",
    "threshold": "It is right again for whoever reported it",
    "evidence": "The word of whoever reported it",
}


@dataclass(frozen=True)
class Source:
    """One record, such as `servicenow`: everything replayed from it is known by its name."""

    name: str

    @property
    def machine(self) -> Machine:
        """Who signs what is replayed."""
        return Machine(f"replay of {self.name}")

    def id(self, kind: str, name: str) -> UUID:
        """Return the id of what the record calls `name`."""
        return uuid5(_NAMESPACE, f"{self.name}\n{kind}\n{name}")

    @property
    def process_id(self) -> UUID:
        """The business process that its cases are reported in."""
        return self.id("process", "")

    def incident_id(self, number: str) -> UUID:
        """The incident of a case."""
        return self.id("incident", number)

    def team_id(self, group: str) -> UUID:
        """The team of a group."""
        return self.id("team", group)

    def vendor_id(self, vendor: str | None) -> UUID:
        """The team of a supplier, named or not."""
        return self.id("vendor", vendor or _UNNAMED_VENDOR)

    def caller(self, name: str | None) -> Actor:
        """The person of the customer who reported a case."""
        named = name or _UNNAMED_CALLER
        return Actor(
            self.id("caller", named), named, organisation_id=self.id("organisation", "customers")
        )

    def staff(self, name: str) -> Actor:
        """A person of ours."""
        return Actor(self.id("staff", name), name)

    @property
    def owner(self) -> Actor:
        """Who owns the business process: the record does not say, so nobody's name is used."""
        return self.staff(f"Owner ({self.name})")


@dataclass
class People:
    """Writes rows for those a record names, each once."""

    source: Source
    _known: set[UUID] = field(default_factory=set)
    _new: set[UUID] = field(default_factory=set)

    def write_of(self, conn: Connection, rows: Sequence[Row]) -> None:
        """Write everybody whom the rows of a case name, if they are not there yet.

        Always in the order of tables and ids, so that two who write the same never wait for
        each other in a circle.  To be followed by `keep` once the transaction stands.
        """
        source = self.source
        self._new = set()
        vendors = {
            row.vendor or _UNNAMED_VENDOR
            for row in rows
            if row.vendor or row.phase is Phase.WAIT_EXTERNAL
        }
        persons = [self._outside(row.caller) for row in rows[:1]]
        persons += [self._inside(name) for row in rows for name in _staff(row)]
        groups = {row.group for row in rows if row.group}
        members = {(row.group, row.person) for row in rows if row.group and row.person}
        self._write(conn, t.organisation, [self._supplier(name) for name in vendors])
        self._write(conn, t.person, persons)
        self._write(
            conn,
            t.team,
            [self._team(source.team_id(name), name, Party.IT) for name in groups]
            + [
                self._team(source.vendor_id(name), name, Party.EXTERNAL)
                | {"organisation_id": source.id("organisation", name)}
                for name in vendors
            ],
        )
        self._join(conn, members)

    def keep(self) -> None:
        """Remember those just written: the transaction that wrote them has been committed."""
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        self._known |= self._new

    def found(self, conn: Connection) -> None:
        """Write what every case needs: the customer, and the business process with its people."""
        source = self.source
        customers = {
            "id": source.id("organisation", "customers"),
            "name": f"Customers ({source.name})",
            "kind": "customer",
        }
        desk = source.id("team", "")
        owner, lead, authority = (
            self._inside(f"{role} ({source.name})") for role in ("Owner", "Duty lead", "Authority")
        )
        self._write(conn, t.organisation, [customers])
        self._write(conn, t.person, [owner, lead, authority])
        self._write(conn, t.team, [self._team(desk, "Service desk", Party.IT)])
        conn.execute(
            upsert(t.membership).on_conflict_do_nothing(),
            {"team_id": desk, "person_id": lead["id"]},
        )
        process = {
            "id": source.process_id,
            "name": f"Services ({source.name})",
            "owner_id": owner["id"],
            "duty_lead_id": lead["id"],
            "authority_id": authority["id"],
            "desk_id": desk,
        }
        product = {
            "id": source.process_id,
            "process_id": source.process_id,
            "name": "The services that the record is about",
            "default_criteria": [dict(CRITERION)],
        }
        self._write(conn, t.business_process, [process])
        conn.execute(upsert(t.product).on_conflict_do_nothing(), product)

    def _write(self, conn: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
        new = {row["id"]: row for row in rows if row["id"] not in self._known}
        if new:
            listed = [new[one] for one in sorted(new)]
            conn.execute(upsert(table).on_conflict_do_nothing(), listed)
            self._new |= new.keys()

    def _join(self, conn: Connection, members: set[tuple[str, str]]) -> None:
        pairs = {
            self.source.id("membership", f"{group}\n{person}"): {
                "team_id": self.source.team_id(group),
                "person_id": self.source.staff(person).id,
            }
            for group, person in members
        }
        new = sorted(pairs.keys() - self._known)
        if new:
            conn.execute(upsert(t.membership).on_conflict_do_nothing(), [pairs[one] for one in new])
            self._new |= set(new)

    def _outside(self, name: str | None) -> dict[str, Any]:
        return self._person(self.source.caller(name), "caller")

    def _inside(self, name: str) -> dict[str, Any]:
        return self._person(self.source.staff(name), "staff")

    def _person(self, actor: Actor, kind: str) -> dict[str, Any]:
        return {
            "id": actor.id,
            "name": actor.name,
            "login": f"{self.source.name}/{kind}/{actor.name}",
            "email": f"{actor.id}@replay.invalid",
            "organisation_id": actor.organisation_id,
        }

    def _team(self, team_id: UUID, name: str, party: Party) -> dict[str, Any]:
        # the names of teams are unique: a replayed one never takes that of one of ours
        return {
            "id": team_id,
            "name": f"{name} ({self.source.name})",
            "party": party,
            "organisation_id": None,
        }

    def _supplier(self, name: str) -> dict[str, Any]:
        return {"id": self.source.id("organisation", name), "name": name, "kind": "supplier"}


def doer(source: Source, row: Row) -> Actor:
    """Return who did what the row says: whoever held it, else who changed it."""
    name = row.person or row.changed_by
    return source.staff(name) if name else source.owner


def verifier(source: Source, row: Row) -> Actor:
    """Return on whose word it is right: never the one who did the work, if another is named."""
    worked = doer(source, row)
    for name in (row.resolved_by, row.changed_by):
        if name and (said := source.staff(name)).id != worked.id:
            return said
    return source.owner


def _staff(row: Row) -> list[str]:
    return [name for name in (row.person, row.changed_by, row.resolved_by) if name]
