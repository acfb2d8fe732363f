"""Which entry holds the answers of which to-do, and who signed it.

A to-do names the person whose word it is.  A newcomer would show that name: what a replay took over
is signed by the machine, and what came by a link by its bearer.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from engine.domain.mark import Mark
from engine.domain.signer import Signer, signer_of

_OF_MARK = {
    "incident:agreed": Mark.AGREEMENT,
    "outcome:verified": Mark.VERIFICATION,
    "outcome:not_right": Mark.VERIFICATION,
    "outcome:watching": Mark.VERIFICATION,
    "confirmation:given": Mark.CONFIRMATION,
    "confirmation:recorded": Mark.CONFIRMATION,
    "confirmation:called_back": Mark.CONFIRMATION,
    "decision:made": Mark.CLOSING_DECISION,
}
_OF_ACTIONS = frozenset({"action:done", "action:declined", "action:dropped", "action:asked_again"})
ANSWERING = (*_OF_MARK, *_OF_ACTIONS, "item:completed")
"""The verbs of entries that hold what was answered in a step."""


def is_answer(entry: Any, item: Any) -> bool:
    """Whether this entry, of the instant at which the to-do was completed, holds its answers.

    `entry` has `at`, `person_id` and `verb`; `item` `ended_at`, `ended_by`, `mark` and `action_id`.
    """
    if entry.at != item.ended_at or item.how != "completed":
        return False
    # an answer by phone is signed by who took it down
    is_theirs: bool = (
        entry.person_id in (None, item.ended_by) or entry.verb == "confirmation:recorded"
    )
    if entry.verb in _OF_ACTIONS:
        return is_theirs and item.action_id is not None
    if entry.verb in _OF_MARK:
        return is_theirs and _OF_MARK[entry.verb] == item.mark
    return is_theirs and item.mark not in set(_OF_MARK.values())


def signatures(entries: Iterable[Any], items: Iterable[Any]) -> Mapping[Any, tuple[str, Signer]]:
    """Return who signed the answers of each completed to-do, by its id, where an entry tells."""
    at: dict[Any, list[Any]] = {}
    for entry in entries:
        at.setdefault(entry.at, []).append(entry)
    found = {}
    for item in items:
        for entry in at.get(item.ended_at, ()):
            if is_answer(entry, item):
                # whose name was erased is called as the register calls them now
                by = entry.actor or item.by
                found[item.id] = (by, signer_of(entry.actor, entry.person_id))
                break
    return found
