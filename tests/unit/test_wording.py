"""Every machine word that reaches a screen has its plain word, every verb its sentence."""

import re
from enum import StrEnum

import pytest

from engine.domain.action import ActionKind, ActionState, TargetOutcome
from engine.domain.gate import Gate, Grade
from engine.domain.incident import Answer, ClosedBy, Decided, IncidentState, Level, Verdict
from engine.domain.ledger import Reason
from engine.domain.milestones import Milestone
from engine.domain.party import Lane, Party
from engine.domain.silence import Channel, Rung
from engine.domain.wording import VERBS, WORDS, sentence, word

SHOWN: list[type[StrEnum]] = [
    ActionKind, ActionState, Answer, Channel, ClosedBy, Decided, Gate, Grade, IncidentState, Lane,
    Level, Milestone, Party, Reason, Rung, TargetOutcome, Verdict,
]  # fmt: skip


@pytest.mark.parametrize("words", SHOWN)
def test_every_word_that_is_shown_has_a_plain_one(words: type[StrEnum]) -> None:
    assert [item.value for item in words if item.value not in WORDS] == []


@pytest.mark.parametrize(
    ("machine", "plain"),
    [
        ("run", "history"),
        ("work_item", "to-do"),
        ("lane", "team"),
        ("party", "whose turn"),
        ("gate", "what is still missing"),
        ("ledger", "whose time"),
        ("entry", "record"),
        ("target", "who it reaches"),
        ("criterion", "how we know it is right"),
        ("deviation", "what is wrong"),
        ("settled", "finished"),
        ("verify", "our check"),
        ("confirm", "your answer"),
        ("release", "version in force"),
        ("repaired", "cause fixed"),
        ("restored", "right again"),
        ("closing_decision", "decide without the customer's answer"),
    ],
)
def test_the_words_are_those_of_the_rules(machine: str, plain: str) -> None:
    assert word(machine) == plain


@pytest.mark.parametrize("text", [*WORDS.values(), *VERBS.values()])
def test_no_screen_speaks_of_escalating_or_of_machinery(text: str) -> None:
    assert not re.search(r"escalat|lane|gate|ledger|BPMN|workflow|ticket", text, re.IGNORECASE)


def test_every_verb_has_the_form_that_the_database_demands_and_names_who_did_it() -> None:
    for verb, text in VERBS.items():
        assert re.fullmatch(r"[a-z_]+:[a-z_]+", verb)
        assert text.startswith("%(actor)s ")
        assert not text.endswith(".")


def test_no_two_verbs_read_alike() -> None:
    assert len(set(VERBS.values())) == len(VERBS)


def test_a_sentence_names_the_actor_as_they_are_called() -> None:
    assert sentence("incident:reported", "Carla Costa") == "Carla Costa reported this"
    assert sentence("incident:reported", "{0.x} %(actor)s") == "{0.x} %(actor)s reported this"


def test_an_unknown_verb_or_word_is_a_programming_error() -> None:
    with pytest.raises(KeyError):
        sentence("incident:exploded", "Ada")
    with pytest.raises(KeyError):
        word("typename")
