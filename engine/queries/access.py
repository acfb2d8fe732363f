"""Who looked at what and who was refused what, as auditors read it, the latest first.

Readings of what is for named people only stand in its incident's own record: they are listed among
the others, as they are not written down twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.access import NOBODY, REFUSED_OFTEN
from engine.domain.erasing import OF_ACCESS
from engine.domain.wording import VERBS, sentence
from engine.language import say
from engine.queries.entry_words import summary
from engine.queries.paging import FIRST, Page, cursor, place_of


@dataclass(frozen=True)
class Meant:
    """The incident that an address is about."""

    id: UUID
    number: int
    is_restricted: bool


_MEANT = text("""
    SELECT id, number, is_restricted FROM incident WHERE id = coalesce(
      CAST(:incident AS uuid),
      (SELECT incident_id FROM work_item WHERE id = CAST(:item AS uuid)),
      (SELECT incident_id FROM action WHERE id = CAST(:action AS uuid)),
      (SELECT incident_id FROM dispute WHERE id = CAST(:dispute AS uuid)),
      (SELECT id FROM incident WHERE number = CAST(:number AS bigint)))
""")


def incident_meant(
    conn: Connection,
    *,
    incident: UUID | None = None,
    number: int | None = None,
    item: UUID | None = None,
    action: UUID | None = None,
    dispute: UUID | None = None,
) -> Meant | None:
    """Return the incident that any of these names; None if there is none.  One statement."""
    asked = {"incident": incident, "item": item, "action": action, "dispute": dispute}
    row = conn.execute(_MEANT, asked | {"number": number}).first()
    return None if row is None else Meant(**row._mapping)


class AccessKind(StrEnum):
    """What kind of entry is looked for."""

    READ = "read"
    REFUSED = "refused"
    PURPOSE = "purpose"
    ERASED = "erased"


@dataclass(frozen=True)
class AccessFilter:
    """What is looked for; None: whatever it is.  `until` is the first instant not looked at."""

    person: UUID | None = None
    incident: int | None = None
    kind: AccessKind | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class AccessLine:
    """One entry in a plain sentence; `incident` is its number, if it was about one.

    `actor` is None once erased.

    `where` is the address, `why` the sentence or the purpose; `more` are pairs of what and words.
    """

    chain: UUID
    seq: int
    at: datetime
    actor: str | None
    person_id: UUID | None
    kind: AccessKind
    sentence: str
    incident: int | None
    where: str
    why: str
    more: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Access:
    """One page of entries; `next` is the cursor of the page behind it, None on the last."""

    lines: tuple[AccessLine, ...]
    next: str | None


_CHAINS = text("""
    SELECT c.id, p.name FROM access_chain c LEFT JOIN person p ON p.id = c.id
    WHERE p.id IS NOT NULL OR c.id = :nobody ORDER BY p.name NULLS LAST, c.id LIMIT 500
""")


def chains(conn: Connection) -> tuple[tuple[UUID, str | None], ...]:
    """Return who ever looked or was refused, by name; without a name who is not known.

    At most 500.  One statement.
    """
    rows = conn.execute(_CHAINS, {"nobody": NOBODY})
    return tuple((row.id, row.name) for row in rows)


# Both halves are read in the order of their indexes, and no further than the page is long.
_BEFORE = "(at, {chain}, seq) < (CAST(:at AS timestamptz), CAST(:chain AS uuid), :seq)"
_OWN = """
    SELECT chain_id AS chain, seq, at, actor, person_id, verb, content, incident_id
    FROM access_entry WHERE {where} ORDER BY at DESC, chain_id DESC, seq DESC LIMIT :most
"""
_OF_INCIDENTS = """
    SELECT incident_id AS chain, seq, at, actor, person_id, verb, content, incident_id
    FROM entry WHERE {where} ORDER BY at DESC, incident_id DESC, seq DESC LIMIT :most
"""
_AUDITORS = "person_id IN (SELECT id FROM person WHERE 'auditor' = ANY (roles))"


def access(conn: Connection, wanted: AccessFilter, page: Page = FIRST) -> Access:
    """Return a page of what was looked at and refused.  Two statements.

    Raises InvalidAnswers for a bad cursor.
    """
    asked = _asked(conn, wanted) | {"most": page.size + 1}
    if page.after:
        at, chain, seq = place_of(page.after, (datetime.fromisoformat, UUID, int))
        asked |= {"at": at, "chain": chain, "seq": seq}
    halves = [_OWN.format(where=_where(wanted, asked, "chain_id"))]
    if wanted.kind in (None, AccessKind.READ):
        halves.append(_OF_INCIDENTS.format(where=_where(wanted, asked, "incident_id")))
    both = " UNION ALL ".join(f"({half})" for half in halves)
    sql = f"""SELECT x.*, i.number AS incident FROM ({both}) x
        LEFT JOIN incident i ON i.id = x.incident_id
        ORDER BY x.at DESC, x.chain DESC, x.seq DESC LIMIT :most"""  # noqa: S608 - constants
    rows = conn.execute(text(sql), asked).all()
    lines = tuple(_line(row) for row in rows[: page.size])
    last = lines[-1] if len(rows) > page.size else None
    return Access(lines, None if last is None else cursor(last.at, last.chain, last.seq))


def _asked(conn: Connection, wanted: AccessFilter) -> dict[str, Any]:
    asked: dict[str, Any] = {"who": wanted.person, "since": wanted.since, "until": wanted.until}
    asked = {name: one for name, one in asked.items() if one is not None}
    if wanted.incident is not None:
        found = incident_meant(conn, number=wanted.incident)
        asked["of"] = found.id if found is not None else UUID(int=0)
    return asked


def _where(wanted: AccessFilter, asked: dict[str, Any], chain: str) -> str:
    is_own = chain == "chain_id"
    said = {
        "who": "chain_id = :who" if is_own else "person_id = :who",
        "of": "incident_id = :of",
        "since": "at >= :since",
        "until": "at < :until",
        "at": _BEFORE.format(chain=chain),
    }
    found = [sql for name, sql in said.items() if name in asked]
    if not is_own:
        found += ["verb = 'incident:read'", _AUDITORS]
    elif wanted.kind is not None:
        found.append(_KINDS[wanted.kind])
    return " AND ".join(found) or "true"


_KINDS = {
    AccessKind.READ: "verb = 'access:read'",
    AccessKind.REFUSED: "verb LIKE 'refused:%'",
    AccessKind.PURPOSE: "verb LIKE 'purpose:%'",
    AccessKind.ERASED: f"verb = '{OF_ACCESS}'",
}
# what has no sentence of its own
_REFUSED = "refused:something"
_SAID_ELSEWHERE = frozenset(
    {"where", "what", "why", "sentence", "code", "incident", "purpose", "query", "number"}
)
# why it was refused, where that was told in no words
_WHY: Mapping[str, str] = {
    "hidden": say("It is not for them to see."),
    "forged": say("It did not come from a page of ours."),
    "unknown_token": say("The token is not known, or its time is over."),
    "sign_in_failed": say("The name or the password was not right, or it was tried too often."),
    "link_over": say("The link is over."),
    "not_allowed": say("It is for somebody else to do."),
    "gate_shut": say("Something is still missing."),
}


def _line(row: Any) -> AccessLine:
    subject, _, what = row.verb.partition(":")
    said = row.content or {}
    # of what was looked at it is the deed that counts, of all else what it is about
    kind = AccessKind(what if subject in ("access", "incident") else subject)
    where = str(said.get("where", ""))
    query = said.get("query")
    told = said.get("sentence") or said.get("purpose") or said.get("why")
    why = str(told) if told else _WHY.get(str(said.get("code")), "")
    # how many were only counted has no other place
    is_counted = row.verb == REFUSED_OFTEN
    left = {name: one for name, one in said.items() if is_counted or name not in _SAID_ELSEWHERE}
    return AccessLine(
        chain=row.chain,
        seq=row.seq,
        at=row.at,
        actor=row.actor,
        person_id=row.person_id,
        kind=kind,
        sentence=sentence(row.verb if row.verb in VERBS else _REFUSED, row.actor),
        incident=row.incident,
        where=f"{where}?{query}" if query else where,
        why=why,
        more=summary(row.verb, left),
    )
