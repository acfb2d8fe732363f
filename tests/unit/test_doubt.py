"""Words that do not go with a yes (rules, Answers)."""

import pytest

from engine.domain.doubt import doubt_in


@pytest.mark.parametrize(
    "words",
    [
        "Yes, but two are wrong",
        "It STILL shows the old name",
        "ja, aber der Betrag stimmt nicht",
        "Zwei Auszüge fehlen",
        "It doesn’t work on my telephone",
        "Alles gut, bis auf den Namen",
    ],
)
def test_what_does_not_go_with_a_yes_is_found(words: str) -> None:
    assert doubt_in([None, "", words]) == words


@pytest.mark.parametrize(
    "words",
    ["Thank you!", "All is fine now", "The butter arrived", "Alles in Ordnung, danke", None],
)
def test_what_goes_with_a_yes_is_left_alone(words: str | None) -> None:
    assert doubt_in([words]) is None
