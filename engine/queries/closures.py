"""Every closure recomputed from rows: the auditor's own check, which trusts no other.

It asks neither the diagrams, nor what the use cases said, nor the database's guard: the gate is
judged again here, in Python, on what stood when the incident was closed, each answer is held
against its record, and the audit chain is verified.  Incidents come in batches, each read in a
constant number of statements.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from engine.domain.gate import judge
from engine.domain.incident import ClosedBy
from engine.queries.chains import tampered
from engine.queries.closed import BATCH, Closed, all_closed, answer_of, facts_of, in_force


class Unproven(NamedTuple):
    """A closed incident that cannot show its evidence, and why, in plain sentences."""

    number: int
    id: UUID
    why: str


def closures_without_evidence(
    conn: Connection, keys: Mapping[str, bytes], *, batch: int = BATCH
) -> tuple[int, list[Unproven]]:
    """Return how many incidents are closed, and those of them that lack their evidence.

    `keys` are the audit chain's secrets by key id.  A sound database gives an empty list.
    """
    count = 0
    unproven = []
    for closed in all_closed(conn, batch):
        count += 1
        why = findings(closed, keys)
        if why:
            unproven.append(unproven_of(closed.row, why))
    return count, unproven


def findings(closed: Closed, keys: Mapping[str, bytes]) -> list[str]:
    """Return what of a closure does not hold, a sentence without full stop each."""
    return [*_wrong(closed), *tampered(closed.row, closed.rows["entries"], keys)]


def unproven_of(incident: Any, why: Sequence[str]) -> Unproven:
    """Return what an auditor is told; of one for named people only, how much is wrong."""
    said = f"{len(why)} findings; it is for named people only" if incident.is_restricted else None
    return Unproven(incident.number, incident.id, said or "; ".join(why))


def _wrong(closed: Closed) -> Iterator[str]:
    ending = [one for one in closed.rows["entries"] if one.verb == "incident:closed"]
    if len(ending) != 1:
        yield f"{len(ending)} records say that it was closed"
        return
    closing = ending[0]
    if closing.content is not None and closing.content.get("closed_by") != closed.row.closed_by:
        yield "the record of its closing names another way"
    facts = facts_of(closed, closing.seq)
    gate, missing = judge(facts)
    if gate.value != closed.row.closed_by:
        yield f"the facts say “{gate.value}”, it was closed as “{closed.row.closed_by}”"
        yield from missing
    yield from _unrecorded_count(closed)
    if not facts.is_withdrawn:
        yield from _unrecorded_checks(closed)
    if closed.row.closed_by == ClosedBy.CONFIRMED:
        yield from _unrecorded_answers(closed, closing.seq)
    else:
        yield from _unrecorded_decision(closed, closing.seq)


def _unrecorded_count(closed: Closed) -> Iterator[str]:
    """Yield where it is another size, or harms more or fewer, than was last put on record."""
    told = [one for one in closed.rows["entries"] if one.verb == "incident:reported"][:1]
    counted = [one for one in closed.rows["entries"] if one.verb == "incident:harmed_counted"][-1:]
    for record, name, value in (
        *((one, "size", closed.row.size) for one in told),
        *((one, "harmed_count", closed.row.harmed_count) for one in told if not counted),
        *((one, "now", closed.row.harmed_count) for one in counted),
    ):
        if record.content is None:
            continue
        said = record.content.get(name)
        if (None if said is None else Decimal(said)) != value:
            yield "how many are harmed is not what its record says"


def _unrecorded_checks(closed: Closed) -> Iterator[str]:
    for criterion in in_force(closed):
        record = closed.entry(criterion.verified_seq)
        # a replay signs as the machine that it is, and never as the verifier
        if (
            record is None
            or record.verb != "outcome:verified"
            or record.person_id not in (criterion.verified_by, None)
        ):
            yield f"no record says who checked “{criterion.measure}”"


def _unrecorded_answers(closed: Closed, closing_seq: int) -> Iterator[str]:
    counted = set()
    for named in closed.rows["confirmers"]:
        said = answer_of(closed, named.person_id, closing_seq)
        if said is None:
            continue
        counted.add(said.id)
        record = closed.entry(said.entry_seq)
        verb, signer = _signed(said)
        if record is None or record.verb != verb or record.person_id != signer:
            yield f"no record holds the answer of {named.name}"
        elif record.content is not None and record.content.get("answer") != said.answer:
            yield f"the record holds another answer of {named.name}"
    if closed.row.confirmation_id not in counted:
        yield "the confirmation it was closed by is not one of its own"


def _signed(said: Any) -> tuple[str, UUID]:
    """Return the verb of the record that holds an answer, and who signed it."""
    if said.is_withdrawal:
        return "incident:withdrawn", said.person_id
    if said.recorded_by:
        return "confirmation:recorded", said.recorded_by
    return "confirmation:given", said.person_id


def _unrecorded_decision(closed: Closed, closing_seq: int) -> Iterator[str]:
    made = [one for one in closed.rows["decisions"] if one.entry_seq < closing_seq]
    if not made or made[-1].id != closed.row.decision_id:
        yield "the decision it was closed by is not its last one"
        return
    last = made[-1]
    record = closed.entry(last.entry_seq)
    if record is None or record.verb != "decision:made" or record.person_id != last.person_id:
        yield f"no record holds the decision of {last.name}"
    elif record.content is not None and (
        (record.content.get("decided"), record.content.get("reason")) != (last.decided, last.reason)
    ):
        yield f"the record holds another decision of {last.name}"
