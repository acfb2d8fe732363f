"""The audit trail in plain sentences, oldest first: who, what, when, and on which form.

Content may have been erased by law: then the sentence stands and the content does not.  Readers
outside our organisation get sentences without content: it holds other people's words.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.permissions import Actor
from engine.domain.signer import BEARERS, Signer, signer_of
from engine.queries.answered import ANSWERING, is_answer
from engine.queries.entry_words import changes, ids_in, named, summary
from engine.queries.moments import said_of
from engine.queries.paging import FIRST, Page, cursor, place_of


@dataclass(frozen=True)
class AnsweredOn:
    """The step in which something was answered, in the version that it was answered on.

    `form` and `diagram` are names of files of the release `number`; the hashes are in hex.
    """

    title: str
    number: int
    form: str
    form_hash: str
    diagram: str | None
    diagram_hash: str | None


@dataclass(frozen=True)
class TrailLine:
    """One record; `summary` are (what, words) pairs, empty once erased or for outside readers.

    `changes` are (before, after) pairs of what it changed; `on` is there for what holds answers.
    """

    seq: int
    at: datetime
    actor: str
    signer: Signer
    verb: str
    sentence: str
    changes: tuple[tuple[str, str], ...]
    summary: tuple[tuple[str, str], ...]
    on: AnsweredOn | None
    is_erased: bool


@dataclass(frozen=True)
class Trail:
    """One page of records; `next` is the cursor of the page behind it, None on the last.

    `total` are those asked for, on all pages.
    """

    lines: tuple[TrailLine, ...]
    total: int
    next: str | None


@dataclass(frozen=True)
class Wanted:
    """Which records are asked for: None for all.

    `signer` and `actor` are about who signed them, `subject` is the first word of their verb; `at`
    is the number of the record to begin with.
    """

    signer: Signer | None = None
    actor: str | None = None
    subject: str | None = None
    at: int | None = None


ALL = Wanted()


@dataclass(frozen=True)
class Signed:
    """How many records somebody signed, or something did, about one subject."""

    actor: str | None
    signer: Signer
    subject: str
    count: int


# the same for every page: which records are asked for
_ASKED = """incident_id = :id
      AND (CAST(:actor AS text) IS NULL OR actor = :actor)
      AND (CAST(:subject AS text) IS NULL OR split_part(verb, ':', 1) = :subject)
      AND (CAST(:signer AS text) IS NULL OR :signer = CASE WHEN person_id IS NULL THEN 'machine'
        WHEN actor IS NULL THEN 'erased' WHEN actor LIKE ANY (:bearers) THEN 'link'
        ELSE 'person' END)"""
_LINES = text(f"""
    SELECT seq, at, actor, person_id, verb, content, count(*) OVER () AS ahead,
      (SELECT count(*) FROM entry WHERE {_ASKED}) AS total
    FROM entry WHERE {_ASKED} AND seq > :after ORDER BY seq LIMIT :most
""")  # noqa: S608 - a constant
_SIGNED = text("""
    SELECT actor, person_id, split_part(verb, ':', 1) AS subject, count(*) AS many
    FROM entry WHERE incident_id = :id GROUP BY actor, person_id, subject ORDER BY actor, subject
""")
_NAMES = text("""
    SELECT CAST(id AS text), name FROM person WHERE id = ANY (:ids)
    UNION ALL SELECT CAST(id AS text), name FROM team WHERE id = ANY (:ids)
    UNION ALL SELECT CAST(id AS text), measure FROM criterion
      WHERE incident_id = :id AND id = ANY (:ids)
    UNION ALL SELECT CAST(id AS text), label FROM target WHERE incident_id = :id AND id = ANY (:ids)
    UNION ALL SELECT DISTINCT step, title FROM work_item
      WHERE incident_id = :id AND step = ANY (:steps)
""")
# A run that was moved since was still on the release that the next move took it from.
_ANSWERED = text("""
    SELECT w.ended_at, w.ended_by, w.how, w.mark, w.action_id, w.title, release.number,
      form.name AS form, form.hash AS form_hash, drawn.name AS diagram, drawn.hash AS diagram_hash
    FROM work_item w JOIN run r ON r.id = w.run_id
    LEFT JOIN LATERAL (SELECT m.from_id FROM move_line l JOIN move m ON m.id = l.move_id
      WHERE l.run_id = r.id AND l.state = 'moved' AND l.done_at >= w.ended_at
      ORDER BY l.done_at LIMIT 1) was ON true
    JOIN release ON release.id = coalesce(was.from_id, r.release_id)
    JOIN release_part form ON form.release_id = release.id AND form.name = w.step || '.json'
    LEFT JOIN LATERAL (SELECT v.diagram FROM visit v WHERE v.run_id = r.id AND v.element = w.step
      LIMIT 1) passed ON true
    LEFT JOIN release_part drawn ON drawn.release_id = release.id
      AND drawn.name = coalesce(passed.diagram, r.diagram) || '.bpmn'
    WHERE w.incident_id = :id AND w.how = 'completed' AND w.ended_at = ANY (:instants)
    ORDER BY w.opened_at, w.id
""")


def trail(
    conn: Connection,
    incident_id: UUID,
    actor: Actor,
    page: Page = FIRST,
    wanted: Wanted = ALL,
) -> Trail:
    """Return a page of the incident's records, which `actor` has been found to may see.

    Three statements.  Raises InvalidAnswers for a bad cursor.
    """
    (after,) = place_of(page.after, (int,)) if page.after else ((wanted.at or 1) - 1,)
    asked = {
        "id": incident_id,
        "actor": wanted.actor,
        "subject": wanted.subject,
        "signer": wanted.signer,
        "bearers": [f"{bearer}%" for bearer in BEARERS],
        "after": min(max(after, 0), 2**31 - 1),
        "most": page.size,
    }
    rows = conn.execute(_LINES, asked).all()
    if actor.is_outside:
        lines = tuple(_line(row, {}, None) for row in rows)
    else:
        names, answered = _names(conn, incident_id, rows), answered_on(conn, incident_id, rows)
        lines = tuple(_line(row, row.content, answered.get(row.seq), names) for row in rows)
    more = bool(rows) and rows[0].ahead > len(rows)
    return Trail(lines, rows[0].total if rows else 0, cursor(lines[-1].seq) if more else None)


def signed_by(conn: Connection, incident_id: UUID) -> tuple[Signed, ...]:
    """Return who signed how many records about what, by name."""
    return tuple(
        Signed(row.actor, signer_of(row.actor, row.person_id), row.subject, row.many)
        for row in conn.execute(_SIGNED, {"id": incident_id})
    )


def _line(
    row: Any,
    content: Mapping[str, Any] | None,
    on: AnsweredOn | None,
    names: Mapping[str, str] | None = None,
) -> TrailLine:
    told: Any = named(content or {}, names or {})
    return TrailLine(
        row.seq,
        row.at,
        row.actor,
        signer_of(row.actor, row.person_id),
        row.verb,
        said_of(row.verb, row.actor),
        changes(row.verb, told),
        summary(row.verb, told),
        on,
        row.content is None,
    )


def _names(conn: Connection, incident_id: UUID, rows: Iterable[Any]) -> dict[str, str]:
    ids = {one for row in rows for one in ids_in(row.content)}
    steps = {row.content["step"] for row in rows if row.content and "step" in row.content}
    asked = {"id": incident_id, "ids": list(ids), "steps": [str(one) for one in steps]}
    return {row.id: row.name for row in conn.execute(_NAMES, asked)}


def answered_on(conn: Connection, incident_id: UUID, rows: Sequence[Any]) -> dict[int, AnsweredOn]:
    """Return by their numbers what these records were answered on, where they hold answers."""
    holding = [row for row in rows if row.verb in ANSWERING]
    instants = list({row.at for row in holding})
    items = conn.execute(_ANSWERED, {"id": incident_id, "instants": instants}).all()
    return {
        row.seq: AnsweredOn(
            item.title,
            item.number,
            item.form,
            bytes(item.form_hash).hex(),
            item.diagram,
            bytes(item.diagram_hash).hex() if item.diagram_hash else None,
        )
        for row in holding
        if (item := next((one for one in items if is_answer(row, one)), None)) is not None
    }
