"""Where people's words stand: each table, its columns, and the condition for one incident's rows.

What is found, replaced, emptied and let pass is made from these two lists.  A newcomer would look
for names in records only: they are in titles, reasons and answers, too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import JSONB

from engine.store import schema as t


@dataclass(frozen=True)
class Place:
    """A table with people's words, and the condition for the rows of one incident."""

    table: Table
    words: tuple[str, ...]
    of: str = "incident_id = the_incident"

    @property
    def texts(self) -> list[str]:
        """The columns that are texts."""
        return [one for one in self.words if not isinstance(self.table.c[one].type, JSONB)]

    @property
    def documents(self) -> list[str]:
        """The columns that are JSON."""
        return [one for one in self.words if isinstance(self.table.c[one].type, JSONB)]


def _through(column: str, table: str) -> str:
    return f"{column} IN (SELECT id FROM public.{table} WHERE incident_id = the_incident)"  # noqa: S608


# What is written of an incident, beside its record.
OF_INCIDENTS: Final = (
    Place(
        t.incident, ("title", "expected", "actual", "harmed", "source_reference"),
        "id = the_incident",
    ),
    Place(t.way_out, ("reason",)),
    Place(t.way_back, ("words",), _through("way_out_id", "way_out")),
    Place(t.acceptance, ("reason",)),
    Place(t.criterion, ("measure", "threshold", "evidence", "measured", "missed_because")),
    Place(t.confirmer, ("stands_for",)),
    Place(t.uncovered_accepted, ("reason",)),
    Place(t.priority_lowering, ("reason",)),
    Place(t.caller, ("name", "contact")),
    Place(
        t.action,
        (
            "title", "detail", "deadline_because", "reference", "contact", "outcome", "evidence",
            "declined_because",
        ),
    ),
    Place(t.target, ("label", "note", "accepted_because")),
    Place(t.confirmation, ("words",)),
    Place(t.confirmation_line, ("words",), _through("confirmation_id", "confirmation")),
    Place(t.verification, ("words",)),
    Place(t.decision, ("reason",)),
    Place(t.work_item, ("title", "draft", "left_over", "answers")),
    Place(t.tried, ("words",), _through("item_id", "work_item")),
    Place(t.restriction, ("reason", "lift_reason", "declined_because")),
    Place(t.dispute, ("why",)),
    Place(t.dispute_end, ("why",), _through("dispute_id", "dispute")),
    Place(t.run, ("fault",)),
    Place(t.move_line, ("sentence", "said"), _through("run_id", "run")),
    Place(t.message, ("failed", "call_failed")),
    Place(t.file, ("name", "added_by")),
    Place(t.closure_finding, ("why",)),
)  # fmt: skip

# What people wrote beside incidents, and may have named somebody in.
ELSEWHERE: Final = (
    Place(t.representative, ("stands_for",)),
    Place(t.release, ("published_by", "reason", "agreed_by", "waived", "touches")),
    Place(t.draft, ("title", "reason")),
    Place(t.move, ("reason",)),
    Place(t.purpose, ("why",)),
    Place(t.api_token, ("name",)),
    Place(t.saved_view, ("name", "query")),
    Place(t.saved_query, ("name", "query")),
    Place(t.person, ("unreachable_because",)),
    Place(t.alert, ("title",)),
    Place(t.legal_hold, ("why",)),
    Place(t.legal_hold_end, ("why",)),
    Place(t.erasure, ("why",)),
    Place(t.erasure_answer, ("words",)),
    Place(t.unanchored, ("why",)),
)
# Words that evidence compares, or counts.
OF_EVIDENCE: Final = frozenset({("target", "label"), ("way_out", "reason")})
# What changes beside words while something is erased.
BESIDE: Final[Mapping[str, tuple[str, ...]]] = {
    "incident": ("erased_by",),
    "erasure": ("names",),
    "entry": ("content", "salt", "actor", "actor_salt"),
    "register_entry": ("content", "salt", "actor", "actor_salt"),
    "access_entry": ("content", "salt", "actor", "actor_salt"),
}


def names(place: Place) -> str:
    """Return SQL for whether one of a row's words has the pattern: each by itself.

    As one text, the end of a title and the beginning of what comes next could be a name.
    """
    found = [f"{one} ~* pattern" for one in place.texts]
    found += [f"public.putright_names({one}, pattern)" for one in place.documents]
    return f"({' OR '.join(found)})"
