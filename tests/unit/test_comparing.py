"""What differs between two versions is said in words, and what means the same is no difference."""

import pytest

from engine.bpmn.comparing import Change, Compared, compare, compare_file
from tests.world import shipped_files

SHIPPED = shipped_files()


def differing(name: str, *pairs: tuple[bytes, bytes], times: int = -1) -> Compared:
    """Compare a shipped file with itself as changed."""
    new = SHIPPED[name]
    for old, other in pairs:
        assert old in new
        new = new.replace(old, other, times)
    return compare_file(name, SHIPPED[name], new)


def said(found: Compared) -> list[tuple[str, str | None, str]]:
    return [(one.change.value, one.about, "; ".join(one.words)) for one in found.differences]


def test_equal_files_differ_in_nothing() -> None:
    assert compare(SHIPPED, dict(SHIPPED)) == ()


def test_files_that_come_and_go_are_named() -> None:
    new = {**SHIPPED, "ask_bank.json": b"{}"}
    del new["priority.dmn"]
    assert [(one.name, one.change) for one in compare(SHIPPED, new)] == [
        ("ask_bank.json", Change.ADDED),
        ("priority.dmn", Change.REMOVED),
    ]


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        (
            "incident.bpmn",
            b'name="Reported"',
            b'name="Told"',
            ("changed", "reported", "It is called “Told” instead of “Reported”"),
        ),
        (
            "incident.bpmn",
            b'gate == "confirmed"',
            b'gate != "shut"',
            (
                "changed",
                "confirmed",
                'It is taken when “gate != "shut"” instead of “gate == "confirmed"”',
            ),
        ),
        (
            "incident.bpmn",
            b'value="verification"',
            b'value="agreement"',
            ("changed", "verify_outcome", "Its “mark” is “agreement” instead of “verification”"),
        ),
        (
            "incident.bpmn",
            b'calledElement="confirmation"',
            b'calledElement="action"',
            ("changed", "obtain_confirmation", "It runs “action” instead of “confirmation”"),
        ),
        (
            "incident.bpmn",
            b"<spiffworkflow:calledDecisionId>priority<",
            b"<spiffworkflow:calledDecisionId>route_action<",
            ("changed", "set_priority", "It asks the table “route_action” instead of “priority”"),
        ),
        (
            "confirmation.bpmn",
            b">decide_at<",
            b'>"P3D"<',
            ("changed", "unanswered", 'Its time is “"P3D"” instead of “decide_at”'),
        ),
        (
            "confirmation.bpmn",
            b'<bpmn:messageEventDefinition id="tried_once_more_message" messageRef="tried" />',
            (
                b'<bpmn:timerEventDefinition id="t"><bpmn:timeDate>due_at</bpmn:timeDate>'
                b"</bpmn:timerEventDefinition>"
            ),
            (
                "changed",
                "tried_once_more",
                (
                    "It waits for “timer” instead of “message”; The news is no longer “tried”; "
                    "Its time is a “date”; Its time is “due_at”"
                ),
            ),
        ),
        (
            "confirmation.bpmn",
            b'default="not_tried_enough"',
            b'default="ask_the_authority"',
            (
                "changed",
                "ask_the_authority",
                "It is taken whenever no other is",
            ),
        ),
        (
            "action.bpmn",
            b'sourceRef="what_about_declined" targetRef="settled"',
            b'sourceRef="what_about_declined" targetRef="it_climbed"',
            None,
        ),
        (
            "priority.dmn",
            b'hitPolicy="UNIQUE"',
            b'hitPolicy="FIRST"',
            ("changed", "priority", "The first row that fits counts"),
        ),
    ],
)
def test_each_change_is_said_in_words(
    name: str, old: bytes, new: bytes, expected: tuple[str, str, str] | None
) -> None:
    found = differing(name, (old, new), times=1)
    if expected is not None:
        assert expected in said(found)
    assert found.problem is None
    assert found.differences


def test_what_is_only_drawn_elsewhere_has_moved() -> None:
    drawn = SHIPPED["incident.bpmn"]
    at = drawn.index(b'bpmnElement="verify_outcome"')
    x = drawn.index(b' x="', at) + 4
    end = drawn.index(b'"', x)
    moved = drawn[:x] + b"17" + drawn[end:]

    found = compare_file("incident.bpmn", drawn, moved)

    assert said(found) == [("moved", "verify_outcome", "")]
    spelt = drawn[:x] + drawn[x:end] + b".0" + drawn[end:]
    assert compare_file("incident.bpmn", drawn, spelt).differences == ()


def test_how_it_is_written_is_no_difference() -> None:
    assert differing("incident.bpmn", (b"\n      ", b"\n")).differences == ()
    assert (
        differing("incident.bpmn", (b"<bpmn:incoming>plan</bpmn:incoming>", b"")).differences == ()
    )


def test_what_is_new_or_gone_is_named_by_its_name() -> None:
    start = SHIPPED["confirmation.bpmn"].index(b"<bpmn:startEvent")
    new = (
        SHIPPED["confirmation.bpmn"][:start]
        + b'<bpmn:userTask id="ask_bank" name="Ask the bank" />'
        + b'<bpmn:sequenceFlow id="to_bank" sourceRef="asked" targetRef="ask_bank" />'
        + SHIPPED["confirmation.bpmn"][start:]
    )
    there = compare_file("confirmation.bpmn", SHIPPED["confirmation.bpmn"], new)
    back = compare_file("confirmation.bpmn", new, SHIPPED["confirmation.bpmn"])
    assert {(one.change, one.about, one.name) for one in there.differences} == {
        (Change.ADDED, "ask_bank", "Ask the bank"),
        (Change.ADDED, "to_bank", "Asked → Ask the bank"),
    }
    assert {(one.change, one.about) for one in back.differences} == {
        (Change.REMOVED, "ask_bank"),
        (Change.REMOVED, "to_bank"),
    }


def test_what_other_tools_wrote_is_seen_to_differ() -> None:
    mark = b'<spiffworkflow:property name="mark" value="work" />'
    at = SHIPPED["incident.bpmn"].index(
        b"</bpmn:extensionElements>", SHIPPED["incident.bpmn"].index(mark)
    )
    more = b"<spiffworkflow:preScript>x = 1</spiffworkflow:preScript>"
    new = SHIPPED["incident.bpmn"][:at] + more + SHIPPED["incident.bpmn"][at:]
    found = compare_file("incident.bpmn", SHIPPED["incident.bpmn"], new)
    assert [one.words for one in found.differences] == [("What other tools wrote into it differs",)]


def test_a_table_is_compared_cell_by_cell() -> None:
    found = differing("priority.dmn", (b'"P1"', b'"P2"'), times=1)
    (one,) = found.differences
    assert one.change is Change.CHANGED
    assert one.words == ("priority: “P2” instead of “P1”",)
    assert one.name.startswith("Row 1: impact high, urgency high → P2")


def test_a_form_is_compared_field_by_field() -> None:
    found = differing("verify_outcome.json", (b"It is right again", b"All is well"))
    assert (
        "changed",
        "verdict",
        "A choice is called “All is well” instead of “It is right again”",
    ) in said(found)
    gone = differing("count_harmed.json", (b'"reason"', b'"cause"'))
    assert {("added", "cause", ""), ("removed", "reason", "")} <= set(said(gone))


def test_scenarios_are_compared_line_by_line() -> None:
    found = differing("action.scenarios.yaml", (b"ends: settled", b"ends: done"), times=1)
    assert [one.words for one in found.differences] == [("−   ends: settled", "+   ends: done")]


@pytest.mark.parametrize("name", ["incident.bpmn", "priority.dmn", "verify_outcome.json"])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<",
        b"\xff\xfe\x00",
        b"{",
        b"[" * 5000,
        b'<!DOCTYPE a [<!ENTITY b "c">]><a/>',
        b"x\n" * 9000,
    ],
)
def test_what_cannot_be_read_says_so_and_never_fails(name: str, content: bytes) -> None:
    for old, new in ((SHIPPED[name], content), (content, SHIPPED[name])):
        found = compare_file(name, old, new)
        assert found.problem
        assert found.differences
