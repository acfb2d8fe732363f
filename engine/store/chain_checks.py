"""What each look through all chains has found, kept for good."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from engine.domain.audited import Audited, Finding, Question, as_kept, said_again
from engine.language import Said
from engine.store import schema as t

# the page lists no more; the others are counted
_KEPT = 200


@dataclass(frozen=True)
class Check:
    """A look through all chains, as it was kept; `given` heads came from outside."""

    begun_at: datetime
    ended_at: datetime
    chains: int
    entries: int
    heads: int
    given: int
    wrong: dict[Question, int]
    findings: list[Finding]
    notes: list[Said]

    @property
    def is_sound(self) -> bool:
        """Whether nothing was wrong."""
        return not any(self.wrong.values())


def keep_check(conn: Connection, audited: Audited, ended_at: datetime) -> None:
    """Write down what was found."""
    conn.execute(
        insert(t.chain_check),
        {
            "begun_at": audited.begun_at,
            "ended_at": ended_at,
            "chains": audited.chains,
            "entries": audited.entries,
            "heads": audited.heads,
            "given": audited.given,
            "wrong": {one.value: audited.wrong[one] for one in Question},
            "findings": [_kept(one) for one in audited.findings[:_KEPT]],
            "notes": [as_kept(one) for one in audited.notes],
        },
    )


def last_check(conn: Connection) -> Check | None:
    """Return the newest check; None before the first one."""
    row = conn.execute(select(t.chain_check).order_by(t.chain_check.c.id.desc()).limit(1)).first()
    if row is None:
        return None
    return Check(
        row.begun_at,
        row.ended_at,
        row.chains,
        row.entries,
        row.heads,
        row.given,
        {one: row.wrong[one] for one in Question},
        [_found(one) for one in row.findings],
        [said_again(one) for one in row.notes],
    )


def _kept(finding: Finding) -> dict[str, Any]:
    return {
        "question": finding.question.value,
        "where": as_kept(finding.where),
        "seq": finding.seq,
        "what": finding.what,
        "sentence": as_kept(finding.sentence),
    }


def _found(kept: dict[str, Any]) -> Finding:
    return Finding(
        Question(kept["question"]),
        said_again(kept["where"]),
        kept["seq"],
        kept["what"],
        said_again(kept["sentence"]),
    )
