"""What lies ahead of where a run stands, and the ways that led it there."""

from pathlib import Path
from uuid import uuid4

import pytest

from engine.bpmn.ahead import Ways, led_here
from engine.bpmn.document import parse_xml
from engine.bpmn.model import Process
from engine.bpmn.reader import read_processes
from engine.domain.signer import Signer, bearer_of_address, bearer_of_link, signer_of

FOLDER = Path(__file__).parents[2] / "workflows"


@pytest.fixture(scope="module")
def processes() -> dict[str, Process]:
    return {
        process.id: process
        for file in sorted(FOLDER.glob("*.bpmn"))
        for process in read_processes(file.name, parse_xml(file.name, file.read_bytes()))
    }


def ahead(processes: dict[str, Process], *standing: tuple[str, str]) -> set[str]:
    return {element for _, element in Ways(processes).ahead(frozenset(standing))}


def test_at_the_start_all_lies_ahead_called_diagrams_included(
    processes: dict[str, Process],
) -> None:
    [start] = [
        one.id for one in processes["incident"].elements.values() if one.type == "startEvent"
    ]

    found = ahead(processes, ("incident", start))

    assert set(processes["incident"].elements) | set(processes["confirmation"].elements) <= found
    assert not set(processes["action"].elements) & found


def test_a_called_diagram_is_left_for_what_follows_its_caller(
    processes: dict[str, Process],
) -> None:
    found = ahead(processes, ("confirmation", "confirm_outcome"))

    assert {"closed_confirmed", "agree_what_right_means", "decide_without_answer"} <= found


def test_what_is_over_has_nothing_ahead(processes: dict[str, Process]) -> None:
    assert ahead(processes, ("incident", "closed_confirmed")) == {"closed_confirmed"}


def test_the_way_to_where_it_waits_is_the_one_from_what_was_passed_last(
    processes: dict[str, Process],
) -> None:
    led = led_here(processes["incident"], ["reported", "set_priority"], {"agree_what_right_means"})

    assert list(led.values()) == ["agree_what_right_means"]
    flow = next(one for one in processes["incident"].flows if one.id in led)
    assert flow.source == "set_priority"


def test_a_machine_a_person_and_who_held_a_link_are_three_kinds() -> None:
    someone = uuid4()

    assert signer_of("Putright's timer", None) is Signer.MACHINE
    assert signer_of("Ada Adler", someone) is Signer.PERSON
    assert signer_of(bearer_of_link("Ada Adler"), someone) is Signer.LINK
    assert signer_of(bearer_of_address("Ada Adler"), someone) is Signer.LINK
    assert signer_of("Ada Adler", None) is Signer.MACHINE, "a name makes nobody a person"
