"""What a link opens: whose it is, and the one thing that it is for."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from engine.domain.link import LinkRef, Purpose
from engine.domain.permissions import Actor
from engine.domain.signer import bearer_of_link
from engine.errors import LinkOver, NotFound
from engine.language import say
from engine.queries.actors import load_actor


@dataclass(frozen=True)
class Held:
    """A link that is good; `actor` is its bearer, who signs as such and holds no office."""

    ref: LinkRef
    actor: Actor
    name: str
    zone: ZoneInfo
    purpose: Purpose
    incident_id: UUID
    incident_number: int
    item_id: UUID | None


_LINK = text("""
    SELECT l.purpose, l.incident_id, l.item_id, l.person_id, p.time_zone, i.number,
      l.ended_at IS NOT NULL OR NOT p.is_active AS is_ended, l.expires_at <= :now AS has_expired
    FROM link l JOIN person p ON p.id = l.person_id JOIN incident i ON i.id = l.incident_id
    WHERE l.id = :id AND l.generation = :generation
""")


def held(conn: Connection, ref: LinkRef, now: datetime) -> Held:
    """Return what the link opens.  Raises NotFound, or LinkOver for one that was good once."""
    row: Any = conn.execute(_LINK, {"id": ref.id, "generation": ref.generation, "now": now}).first()
    if row is None:
        raise NotFound(say("This link is not one of ours."))
    actor = None if row.is_ended else load_actor(conn, row.person_id)
    if actor is None:
        raise LinkOver(say("This link was ended."), is_renewable=False)
    if row.has_expired:
        raise LinkOver(say("This link has run out."), is_renewable=True)
    bearer = replace(actor, name=bearer_of_link(actor.name), roles=frozenset(), by_link=True)
    return Held(
        ref,
        bearer,
        actor.name,
        ZoneInfo(row.time_zone),
        Purpose(row.purpose),
        row.incident_id,
        row.number,
        row.item_id,
    )
