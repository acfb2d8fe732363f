"""What stands between restored and closed, judged from facts and from nothing else (Closure, 2).

A newcomer would compare instants: *newer* is always by the entry's sequence number, because two
clocks can disagree and one can be set back.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from engine.domain.incident import Answer, Decided
from engine.language import Said, say, say_of


class Gate(StrEnum):
    """The only value that the closing gateway reads; `shut` leads back to work."""

    CONFIRMED = "confirmed"
    ESCALATED = "escalated"
    SHUT = "shut"


class Grade(StrEnum):
    """How good the evidence of an answer is (rules, Answers)."""

    SIGNED_IN = "signed_in"
    LINK = "link"
    PHONE = "phone"


@dataclass(frozen=True)
class CriterionFacts:
    """A criterion in force; `verified_seq` is the entry that found it right, 0 if none did.

    `must_hold` is at how many checks in a row it has to be right, `held` at how many it was so
    far (asked for only where it is more than one).
    """

    measure: str
    verified_seq: int
    must_hold: int = 1
    held: int = 0

    @property
    def holds(self) -> bool:
        """Whether it was right as often as it has to be."""
        return self.must_hold == 1 or self.held >= self.must_hold


@dataclass(frozen=True)
class ConfirmerFacts:
    """A confirmer who has not been withdrawn, with their latest answer if there is one.

    `is_barred`: led, worked on or verified the incident, so that their yes does not count.
    `withdraws`: their yes takes their own report back, which counts if they alone are harmed.
    """

    name: str
    answer: Answer | None = None
    entry_seq: int = 0
    grade: Grade = Grade.SIGNED_IN
    is_barred: bool = False
    withdraws: bool = False


@dataclass(frozen=True)
class DecisionFacts:
    """The latest closing decision.

    `has_authority`: the ladder let this person decide when they did; `is_barred`: led, worked
    on or (P1, P2) verified the incident.
    """

    name: str
    decided: Decided
    entry_seq: int
    reason: str
    has_authority: bool
    is_barred: bool = False


@dataclass(frozen=True)
class GateFacts:
    """Everything the gate depends on.

    `unsettled` counts actions that put right and are waiting or open, `unaccepted` targets
    not done that the owner has not accepted.  `work_seq` is the entry of the last work,
    `criteria_seq` that of the last change of any criterion: it ends earlier answers.
    `missed` are criteria that can no longer be met while nothing agreed makes them good;
    `uncovered` counts those harmed who are covered by nobody beyond what the owner accepted.
    `needs_signature`: P1, P2 or money, where an answer by phone is not enough.
    """

    unsettled: int
    work_seq: int
    criteria: tuple[CriterionFacts, ...]
    confirmers: tuple[ConfirmerFacts, ...]
    decision: DecisionFacts | None = None
    unaccepted: int = 0
    criteria_seq: int = 0
    missed: tuple[str, ...] = ()
    uncovered: int = 0
    needs_signature: bool = False

    @property
    def answers_since(self) -> int:
        """Answers and decisions count only if their entry is newer than this one."""
        return max(self.work_seq, self.criteria_seq)

    @property
    def is_withdrawn(self) -> bool:
        """Whether the only confirmer took the report back: then nothing has to be checked."""
        return [confirmer.withdraws for confirmer in self.confirmers] == [True]


def judge(facts: GateFacts) -> tuple[Gate, tuple[str, ...]]:
    """Return the gate and, when it is shut, plain sentences without full stop of what is missing.

    The sentences are empty if and only if the gate is open.  A full confirmation goes before a
    decision: the customer's word is the better evidence.
    """
    missing = tuple(_missing_work(facts))
    answers = tuple(_missing_answers(facts))
    if not missing and not answers:
        return Gate.CONFIRMED, ()
    decision = facts.decision
    if decision is None or decision.decided is not Decided.CLOSE:
        return Gate.SHUT, missing + answers
    objections = tuple(_against(decision, facts))
    if not missing and not objections:
        return Gate.ESCALATED, ()
    return Gate.SHUT, missing + (answers + objections if objections else ())


def decide_confirmation(
    confirmers: Collection[ConfirmerFacts],
    *,
    since_seq: int,
    asked_seq: int = 0,
    needs_signature: bool = False,
) -> Answer | None:
    """Return what the confirmers together have answered, or None while that is open.

    One *no* or *partly* decides at once (the *no* before the *partly*); *yes* needs every one
    of them, and with `needs_signature` none by phone: exactly what `judge` calls confirmed.
    Answers up to entry `since_seq` (`GateFacts.answers_since`) are over.  So is a *no* or a
    *partly* up to `asked_seq`, the entry that asked this time; a *yes* outlives being asked
    again.  No confirmers decide nothing.
    """
    asked = max(since_seq, asked_seq)
    # a barred confirmer's yes is worth nothing, their objection is still an objection
    objecting = {facts.answer for facts in confirmers if facts.entry_seq > asked}
    for objection in (Answer.NO, Answer.PARTLY):
        if objection in objecting:
            return objection
    is_complete = all(_is_yes(facts, since_seq, needs_signature) for facts in confirmers)
    return Answer.YES if confirmers and is_complete else None


def _is_yes(facts: ConfirmerFacts, since_seq: int, needs_signature: bool) -> bool:
    return (
        facts.answer is Answer.YES
        and facts.entry_seq > since_seq
        and not facts.is_barred
        and not (needs_signature and facts.grade is Grade.PHONE)
    )


def _missing_work(facts: GateFacts) -> Iterator[Said]:
    if facts.unsettled:
        yield say_of(
            facts.unsettled, "%(num)s action is not finished", "%(num)s actions are not finished"
        )
    if facts.unaccepted:
        yield say_of(
            facts.unaccepted,
            "%(num)s of those it reaches is not done, and the owner has not accepted that",
            "%(num)s of those it reaches are not done, and the owner has not accepted that",
        )
    if facts.is_withdrawn:
        return
    yield from not_to_be_asked(facts)
    if not facts.criteria and not facts.missed:
        yield say("Nobody has said how we know that it is right")
    for criterion in facts.criteria:
        if not criterion.verified_seq:
            yield say("“%(measure)s” has not been checked", measure=criterion.measure)
        elif criterion.verified_seq <= facts.work_seq:
            yield say(
                "“%(measure)s” has not been checked since the last work", measure=criterion.measure
            )


def not_to_be_asked(facts: GateFacts) -> Iterator[Said]:
    """Return why nobody is asked to confirm yet, in plain sentences without full stop."""
    if facts.uncovered:
        yield say_of(
            facts.uncovered,
            "%(num)s of those harmed is covered by nobody, and the owner has not accepted that",
            "%(num)s of those harmed are covered by nobody, and the owner has not accepted that",
        )
    for measure in facts.missed:
        yield say(
            "“%(measure)s” can no longer be met, and nothing is agreed in its place",
            measure=measure,
        )
    for criterion in facts.criteria:
        if not criterion.holds:
            yield say(
                "“%(measure)s” was right at %(held)s of %(must_hold)s checks in a row",
                measure=criterion.measure,
                held=criterion.held,
                must_hold=criterion.must_hold,
            )


def _missing_answers(facts: GateFacts) -> Iterator[Said]:
    if not facts.confirmers:
        yield say("Nobody is named to answer for those who were harmed")
    for confirmer in facts.confirmers:
        sentence = _missing_from(confirmer, facts)
        if sentence:
            yield sentence


def _missing_from(confirmer: ConfirmerFacts, facts: GateFacts) -> Said | None:
    name = confirmer.name
    if confirmer.withdraws and not facts.is_withdrawn:
        return say(
            "%(name)s has taken the report back, but is not the only one who is to answer",
            name=name,
        )
    if _is_yes(confirmer, facts.answers_since, facts.needs_signature):
        return None
    if confirmer.is_barred:
        return say("%(name)s led, worked on or checked it and cannot answer for it", name=name)
    if confirmer.answer is None:
        return say("%(name)s has not answered", name=name)
    if confirmer.entry_seq <= facts.answers_since:
        return say("%(name)s has not answered since the last change", name=name)
    if confirmer.answer is not Answer.YES:
        if confirmer.answer is Answer.NO:
            return say("%(name)s says that it is not right", name=name)
        return say("%(name)s says that it is only partly right", name=name)
    return say("%(name)s has answered by phone only", name=name)


def _against(decision: DecisionFacts, facts: GateFacts) -> Iterator[Said]:
    name = decision.name
    if decision.entry_seq <= facts.answers_since:
        yield say("%(name)s decided before the last change", name=name)
    if not decision.has_authority:
        yield say("%(name)s may not decide this", name=name)
    if decision.is_barred:
        yield say("%(name)s led, worked on or checked it and cannot decide to close it", name=name)
    if not decision.reason.strip():
        yield say("%(name)s has given no reason", name=name)
    # an objection that the decider could not have known is never decided over
    for confirmer in facts.confirmers:
        is_newer = confirmer.entry_seq > decision.entry_seq
        if is_newer and confirmer.answer in (Answer.NO, Answer.PARTLY):
            yield say(
                "%(name)s has objected since %(decider)s decided",
                name=confirmer.name,
                decider=name,
            )
