"""The mapping file: what the columns and states of a log mean."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.domain.incident import Level
from engine.errors import LogRefused
from engine.usecases.replay.mapping import Phase, parse_mapping, preset, read_mapping

EXAMPLE = """
name = "our-tool"
delimiter = ";"
null = ["", "-"]
dates = ["%d.%m.%Y %H:%M", "iso"]
time_zone = "Europe/Berlin"

[columns]
number = "Ticket"
state = "Status"
at = "Changed"
title = "Subject"

[states]
"Neu" = "reported"
"In Arbeit" = "work"
"Wartet auf Kunde" = "wait_customer"
"Fertig" = "closed"

[levels]
"hoch" = "high"
"""


def test_a_mapping_says_what_columns_states_and_levels_mean() -> None:
    found = parse_mapping(EXAMPLE, "our.toml")

    assert found.states["Wartet auf Kunde"] is Phase.WAIT_CUSTOMER
    assert found.levels == {"hoch": Level.HIGH}
    assert found.needed_columns == ("Ticket", "Status", "Changed", "Subject")


def test_a_date_without_a_zone_is_of_the_logs_zone() -> None:
    found = parse_mapping(EXAMPLE, "our.toml")

    assert found.instant("1.7.2025 12:00") == datetime(2025, 7, 1, 10, 0, tzinfo=UTC)
    assert found.instant("2025-07-01T12:00:00Z") == datetime(2025, 7, 1, 12, 0, tzinfo=UTC)


def test_everything_that_is_wrong_with_a_mapping_is_said_at_once() -> None:
    wrong = """
    name = ""
    time_zone = "Mars/Olympus"
    colour = "blue"
    [columns]
    number = "Ticket"
    wherever = "x"
    [states]
    "Neu" = "asleep"
    """

    with pytest.raises(LogRefused) as refused:
        parse_mapping(wrong, "our.toml")

    for named in ("“name”", "Mars/Olympus", "colour", "wherever", "“state”", "“at”", "asleep"):
        assert named in refused.value.sentence


@pytest.mark.parametrize("text", ["name = ", "\x00", "name = 'a'\nname = 'b'"])
def test_what_is_not_toml_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(LogRefused, match=r"our.toml is not TOML"):
        parse_mapping(text, "our.toml")


def test_a_mapping_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "our.toml"
    file.write_bytes(b"\xff\xfe")

    with pytest.raises(LogRefused, match="cannot be read"):
        read_mapping(file)


def test_the_preset_is_itself_a_mapping() -> None:
    found = preset("servicenow")

    assert found.states["Awaiting Vendor"] is Phase.WAIT_EXTERNAL
    assert found.states["-100"] is Phase.UNKNOWN


def test_an_unknown_preset_is_refused() -> None:
    with pytest.raises(LogRefused, match="servicenow"):
        preset("remedy")
