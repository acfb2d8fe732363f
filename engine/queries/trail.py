"""The audit trail in plain sentences, oldest first.

Content may have been erased by law: then the sentence stands and the content does not.  Readers
outside our organisation get sentences without content: it holds other people's words.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from engine.domain.permissions import Actor
from engine.domain.wording import VERBS, WORDS, sentence, word
from engine.language import in_words, is_kept, say, told_again
from engine.queries.paging import FIRST, Page, cursor, place_of

_LONGEST = 300
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True)
class TrailLine:
    """One record; `summary` are (what, words) pairs, empty once erased or for outside readers."""

    seq: int
    at: datetime
    actor: str
    is_machine: bool
    verb: str
    sentence: str
    summary: tuple[tuple[str, str], ...]
    is_erased: bool


@dataclass(frozen=True)
class Trail:
    """One page of records; `next` is the cursor of the page behind it, None on the last."""

    lines: tuple[TrailLine, ...]
    total: int
    next: str | None


_LINES = text("""
    SELECT seq, at, actor, person_id, verb, content, count(*) OVER () AS ahead,
      (SELECT count(*) FROM entry WHERE incident_id = :id) AS total
    FROM entry WHERE incident_id = :id AND seq > :after ORDER BY seq LIMIT :most
""")


def trail(conn: Connection, incident_id: UUID, actor: Actor, page: Page = FIRST) -> Trail:
    """Return a page of the incident's records, which `actor` has been found to may see.

    One statement.  Raises InvalidAnswers for a bad cursor.
    """
    (after,) = place_of(page.after, (int,)) if page.after else (0,)
    rows = conn.execute(
        _LINES, {"id": incident_id, "after": min(max(after, 0), 2**31 - 1), "most": page.size}
    ).all()
    lines = tuple(
        TrailLine(
            row.seq,
            row.at,
            row.actor,
            row.person_id is None,
            row.verb,
            sentence(row.verb, row.actor) if row.verb in VERBS else f"{row.actor}: {row.verb}",
            () if actor.is_outside else summary(row.content or {}),
            row.content is None,
        )
        for row in rows
    )
    more = bool(rows) and rows[0].ahead > len(rows)
    return Trail(lines, rows[0].total if rows else 0, cursor(lines[-1].seq) if more else None)


def summary(content: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Return an entry's content as (what, words) pairs, in the language of who reads it.

    Ids say nothing to people and are left.
    """
    pairs = ((_label(name), _words(value)) for name, value in content.items())
    return tuple((label, words) for label, words in pairs if words)


def _label(name: str) -> str:
    known = in_words(word(name)) if name in WORDS else name.replace("_", " ")
    return known[:1].upper() + known[1:]


def _words(value: object) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return in_words(say("yes") if value else say("no"))
    if isinstance(value, Mapping):
        if is_kept(value):
            return in_words(told_again(value))
        inside = (f"{_label(str(k))}: {_words(v)}" for k, v in value.items() if _words(v))
        return "; ".join(part for part in inside if not _ID.search(part.lower()))
    if isinstance(value, list):
        return " / ".join(filter(None, (_words(one) for one in value)))[:_LONGEST]
    plain = str(value)
    if _ID.fullmatch(plain):
        return ""
    if plain in WORDS:
        return in_words(word(plain))
    # what our rules wrote is translated, what people wrote is nobody's to translate
    plain = in_words(say(plain))
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"
