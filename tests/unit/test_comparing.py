"""Two versions of a file side by side: each kind of change is told in words."""

import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from engine.bpmn.comparing import FileComparison, compare, compare_file
from engine.domain.difference import How, out_of_order
from tests.world import shipped_files

SHIPPED = shipped_files()


def changed(name: str, *swaps: tuple[str, str]) -> FileComparison:
    """Compare a shipped file with itself after each of `swaps` was put in place of the other."""
    text = SHIPPED[name].decode()
    for old, new in swaps:
        assert old in text, old
        text = text.replace(old, new, 1)
    return compare_file(name, SHIPPED[name], text.encode())


def told(comparison: FileComparison) -> list[tuple[str, str]]:
    return [(one.how.value, " ".join(one.says)) for one in comparison.differences]


def test_the_same_files_do_not_differ():
    assert {one.how for one in compare(SHIPPED, SHIPPED)} == {None}
    assert not any(one.differences or one.lines for one in compare(SHIPPED, SHIPPED))


def test_a_file_that_is_only_written_differently_says_the_same():
    (one,) = changed("incident.bpmn", ("  <bpmn:process", "\n\n  <bpmn:process")).differences

    assert one.says == ("Only how the file is written differs; it says the same.",)


def test_files_are_added_and_removed():
    before = {"a.bpmn": SHIPPED["action.bpmn"], "b.dmn": SHIPPED["priority.dmn"]}
    after = {"b.dmn": SHIPPED["priority.dmn"], "c.json": SHIPPED["set_priority.json"]}

    found = [(one.name, one.how) for one in compare(before, after)]

    assert found == [("a.bpmn", How.REMOVED), ("b.dmn", None), ("c.json", How.ADDED)]


@pytest.mark.parametrize(
    ("swap", "said"),
    [
        (
            ('name="Verify the outcome"', 'name="See for yourself"'),
            "It is called “See for yourself” instead of “Verify the outcome”.",
        ),
        (
            ('calledElement="confirmation"', 'calledElement="asking"'),
            "“Obtain confirmation” calls “asking” instead of “confirmation”.",
        ),
        (
            ('gate == "confirmed"', 'gate != "shut"'),
            ("The way from “May it close?” to “Closed, confirmed” is taken when"
            ' `gate != "shut"` instead of `gate == "confirmed"`.'),
        ),
        (
            ('name="not right"', 'name="no"'),
            ("The way from “What did the check say?” to “Agree what right means” is called “no”"
            " instead of “not right”."),
        ),
        (
            ('id="check" sourceRef="every_action_is_settled" targetRef="verify_outcome"',
             'id="check" sourceRef="every_action_is_settled" targetRef="what_did_the_check_say"'),
            ("The way from “Every action is settled” to “What did the check say?” led from"
            " “Every action is settled” to “Verify the outcome” before."),
        ),
        (
            ('value="verification"', 'value="work"'),
            "“Verify the outcome” counts as work instead of verification.",
        ),
        (
            ('name="closes" value="confirmed"', 'name="closes" value="escalated"'),
            (
                "What ends at “Closed, confirmed” is “closed: decided without the customer's"
                " answer” instead of “closed: the customer says it is right”."
            ),
        ),
        (
            ('name="mark" value="verification"', 'name="colour" value="red"'),
            ("“Verify the outcome” no longer counts as verification."
            " “Verify the outcome”: colour is “red”; it was not set."),
        ),
        (
            ('default="not_yet"', 'default="confirmed"'),
            "The way from “May it close?” to “Closed, confirmed” is taken when no other is.",
        ),
        (
            ('<bpmn:userTask id="verify_outcome" name="Verify the outcome">',
             ('<bpmn:userTask id="verify_outcome" name="Verify the outcome">'
             "<bpmn:documentation>Look twice</bpmn:documentation>")),
            "Now it is written about “Verify the outcome”: “Look twice”.",
        ),
    ],
)  # fmt: skip
def test_what_changes_in_a_diagram_is_told(swap: tuple[str, str], said: str):
    assert ("changed", said) in told(changed("incident.bpmn", swap))


def test_a_step_in_another_lane_is_for_others():
    swaps = (
        ("<bpmn:flowNodeRef>verify_outcome</bpmn:flowNodeRef>\n", ""),
        (
            "<bpmn:flowNodeRef>reported<",
            "<bpmn:flowNodeRef>verify_outcome</bpmn:flowNodeRef><bpmn:flowNodeRef>reported<",
        ),
    )

    said = (
        "“Verify the outcome” is for the service desk instead of the owner of the business process."
    )
    assert told(changed("incident.bpmn", *swaps)) == [("changed", said)]


@pytest.mark.parametrize(
    ("swap", "said"),
    [
        (
            ("decide_at</bpmn", '"P5D"</bpmn'),
            "“No answer yet” comes after 5 days instead of at `decide_at`.",
        ),
        (
            ('"R/" + remind_every', '"R/PT4H"'),
            ("“Time for a reminder” comes every 4 hours instead of again and again"
            ' (`"R/" + remind_every`).'),
        ),
        (
            ('attachedToRef="confirm_outcome" cancelActivity="false"',
             'attachedToRef="confirm_outcome" cancelActivity="true"'),
            "“No answer yet” now ends what it stands at.",
        ),
        (
            ('<bpmn:message id="tried" name="tried"', '<bpmn:message id="tried" name="phoned"'),
            "“Tried once more” is about “phoned” instead of “tried”.",
        ),
    ],
)  # fmt: skip
def test_what_changes_in_an_event_is_told(swap: tuple[str, str], said: str):
    assert any(said in words for _, words in told(changed("confirmation.bpmn", swap)))


def test_a_length_is_told_in_days_and_hours():
    three, five = (
        SHIPPED["confirmation.bpmn"].replace(
            b'timeDate xsi:type="bpmn:tFormalExpression">decide_at</bpmn:timeDate',
            f'timeDuration>"{length}"</bpmn:timeDuration'.encode(),
        )
        for length in ("P3D", "P5DT12H")
    )

    (one,) = compare_file("confirmation.bpmn", three, five).differences

    assert one.says == ("“No answer yet” comes after 5 days and 12 hours instead of after 3 days.",)


def test_what_is_added_and_removed_is_told_by_name():
    flow = '<bpmn:sequenceFlow id="watched" sourceRef="what_comes_first" targetRef="watch_until" />'
    added = '<bpmn:userTask id="ring" name="Ring them"/>'

    there = SHIPPED["incident.bpmn"].decode()
    with_it = there.replace(flow, added + flow.replace("watch_until", "ring"))
    with_it = with_it.replace(
        "<bpmn:flowNodeRef>verify_outcome<",
        "<bpmn:flowNodeRef>ring</bpmn:flowNodeRef><bpmn:flowNodeRef>verify_outcome<",
    )
    forth = told(compare_file("incident.bpmn", there.encode(), with_it.encode()))
    back = told(compare_file("incident.bpmn", with_it.encode(), there.encode()))

    assert (
        "added",
        "“Ring them” was added: a step for people, for the owner of the business process.",
    ) in forth
    assert ("removed", "“Ring them” was removed.") in back


def test_a_way_that_was_drawn_anew_between_the_same_two_is_the_same_way():
    swaps = (('sequenceFlow id="check"', 'sequenceFlow id="Flow_1"'),)

    found = changed("incident.bpmn", *swaps)

    assert found.differences[0].says[0].startswith("Only how the file is written")


def test_what_only_stands_elsewhere_is_moved():
    found = changed(
        "confirmation.bpmn", ('<dc:Bounds x="222" y="192"', '<dc:Bounds x="240" y="192"')
    )

    assert told(found) == [("moved", "“Asked” stands elsewhere in the drawing.")]
    assert [(one.before, one.after) for one in found.differences] == [("asked", "asked")]


def test_a_drawing_that_was_dragged_whole_has_not_moved():
    def dragged(found: Any) -> str:
        return f'x="{float(found[1]) + 30:g}"'

    text = SHIPPED["action.bpmn"].decode()
    after = re.sub(r'x="(-?[\d.]+)"', dragged, text)

    (one,) = compare_file("action.bpmn", text.encode(), after.encode()).differences

    assert one.says[0].startswith("Only how the file is written")


def test_a_line_that_takes_another_turn_is_moved_and_one_that_follows_its_end_is_not():
    text = SHIPPED["confirmation.bpmn"].decode()
    at = text.index('bpmnElement="answer"')
    bent = text[:at] + text[at:].replace('<di:waypoint x="', '<di:waypoint x="9', 1)

    found = told(compare_file("confirmation.bpmn", text.encode(), bent.encode()))

    assert found == [
        ("moved", "The way from “Confirm the outcome” to “Answered” is drawn another way round.")
    ]


# --- tables --------------------------------------------------------------------------------------


def test_a_cell_of_a_table_is_told_with_its_rule():
    found = changed("priority.dmn", ('<text>"P1"</text>', '<text>"P2"</text>'))

    assert told(found) == [
        ("changed", "In rule 1, `priority` is “P2” instead of “P1”."),
    ]


def dmn(*rules: str, policy: str = "FIRST", tested: str = "amount") -> bytes:
    lines = "".join(
        f'<rule id="r{number}"><inputEntry id="i{number}"><text>{one.split(":")[0]}</text>'
        f'</inputEntry><outputEntry id="o{number}"><text>{one.split(":")[1]}</text></outputEntry>'
        "</rule>"
        for number, one in enumerate(rules)
    )
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d">'
        f'<decision id="size" name="Size"><decisionTable id="t" hitPolicy="{policy}">'
        f'<input id="i"><inputExpression id="e"><text>{tested}</text></inputExpression></input>'
        f'<output id="o" name="level"/>{lines}</decisionTable></decision></definitions>'
    ).encode()


def test_a_rule_that_is_added_first_changes_no_other():
    found = compare_file("a.dmn", dmn("1:1", "2:2"), dmn("0:0", "1:1", "2:2"))

    assert told(found) == [("added", "Rule 1 was added.")]


def test_rules_are_removed_and_moved():
    found = compare_file("a.dmn", dmn("1:1", "2:2", "3:3"), dmn("3:3", "1:1"))

    assert told(found) == [
        ("removed", "Rule 2 was removed."),
        ("moved", "Rule 1 was rule 3."),
    ]


def test_how_a_table_decides_and_what_it_looks_at_is_told():
    found = compare_file("a.dmn", dmn("1:1"), dmn("1:1", policy="UNIQUE", tested="size"))

    assert told(found) == [
        (
            "changed",
            (
                "In this table one rule may match; before, the first rule that matches decides."
                " It looks at `size`, too. `amount` is no longer looked at."
            ),
        )
    ]


# --- forms ---------------------------------------------------------------------------------------


def reformed(change: Callable[[dict[str, Any]], object]) -> list[tuple[str, str]]:
    before = SHIPPED["verify_outcome.json"]
    schema = json.loads(before)
    change(schema)
    found = compare_file("verify_outcome.json", before, json.dumps(schema).encode())
    assert not found.unreadable
    return told(found)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda form: form.update(title="Look"),
            "Its title is “Look” instead of “Check whether it is right again”.",
        ),
        (
            lambda form: form["properties"]["verdict"].update(title="So?"),
            "It asks “So?” instead of “What do you say?”.",
        ),
        (
            lambda form: form["properties"]["verdict"].update(description="Think."),
            "“What do you say?” has help now: “Think.”.",
        ),
        (
            lambda form: form["properties"]["verdict"]["oneOf"][0].update(title="Yes"),
            "The choice “It is right again” of “What do you say?” reads “Yes” now.",
        ),
        (
            lambda form: form["properties"]["verdict"]["oneOf"].append(
                {"const": "later", "title": "Later"}
            ),
            "“What do you say?” has the choice “Later”, too.",
        ),
        (
            lambda form: form["properties"]["verdict"]["oneOf"].reverse(),
            "The choices of “What do you say?” stand in another order.",
        ),
        (
            lambda form: form["properties"]["measured"]["items"]["properties"]["measured"].update(
                maxLength=5
            ),
            "“What does it show now?”: maxLength is `5` instead of `1000`.",
        ),
    ],
)
def test_what_changes_in_a_form_is_told(change: Callable[[dict[str, Any]], object], said: str):
    assert reformed(change) == [("changed", said)]


def test_fields_are_added_removed_and_moved():
    def add(form: dict[str, Any]) -> None:
        form["properties"]["more"] = {"type": "boolean", "title": "More?"}
        form["properties"] = {
            "verdict": form["properties"].pop("verdict"), **form["properties"],
        }  # fmt: skip

    before = SHIPPED["verify_outcome.json"]
    schema = json.loads(before)
    add(schema)
    after = json.dumps(schema).encode()
    forth = told(compare_file("verify_outcome.json", before, after))
    back = told(compare_file("verify_outcome.json", after, before))

    assert ("added", "“More?” was added: yes or no.") in forth
    assert ("moved", "“What do you say?” is asked at another place.") in forth
    assert ("removed", "“More?” was removed.") in back


def test_when_a_field_is_asked_is_told():
    before = SHIPPED["verify_outcome.json"]
    schema = json.loads(before)
    parts = schema.get("allOf") or [schema]
    part = next(one for one in parts if "else" in one)
    wanted = part["if"]["properties"]["verdict"]
    wanted.clear()
    wanted["const"] = "not_right"

    said = " ".join(
        words
        for _, words in told(
            compare_file("verify_outcome.json", before, json.dumps(schema).encode())
        )
    )

    assert "is asked if “What do you say?” is: It is not right, no longer if" in said


# --- anything that is uploaded -------------------------------------------------------------------

HOSTILE = (
    b"",
    b"<x",
    b"\xff\xfe\x00",
    b'<!DOCTYPE a [<!ENTITY b "c">]><a/>',
    b"<a>" * 5_000,
    b"[" * 60_000,
    b"{}",
    b'{"properties": 3}',
    b"\n" * 500_000,
    bytes(range(256)) * 4_000,
)


@pytest.mark.parametrize("name", ["incident.bpmn", "priority.dmn", "set_priority.json", "a.yaml"])
@pytest.mark.parametrize("content", HOSTILE)
def test_what_cannot_be_read_is_told_and_breaks_nothing(name: str, content: bytes):
    known = SHIPPED.get(name, b"a: 1\n")
    began = time.monotonic()
    for before, after in ((known, content), (content, known), (content, None), (None, content)):
        found = compare_file(name, before, after)
        assert found.how is not None
        is_told = found.unreadable or found.kind == "text" or found.differences
        assert is_told or None in (before, after)
        assert len(found.lines) <= 501
    assert time.monotonic() - began < 10


def test_numbers_of_a_drawing_that_are_none_break_nothing():
    for number in ("NaN", "1e999", "x", "-1" * 500):
        found = changed("confirmation.bpmn", ('<dc:Bounds x="222"', f'<dc:Bounds x="{number}"'))
        assert found.differences


def test_of_very_much_the_last_files_say_only_that_they_differ():
    before = {f"{place}.yaml": b"a" * 900_000 + b"\n" for place in range(6)}
    after = {name: b"b" + content for name, content in before.items()}

    found = compare(before, after)

    assert [one.how for one in found] == [How.CHANGED] * 6
    assert [bool(one.lines) for one in found] == [True, True, True, False, False, False]
    assert "too much to compare at once" in found[-1].differences[0].says[0]


def test_other_texts_are_compared_line_by_line():
    found = compare_file("a.scenarios.yaml", b"a: 1\nb: 2\n", b"a: 1\nb: 3\n")

    assert [(line.how, line.words) for line in found.lines if line.how] == [
        (How.REMOVED, "b: 2"),
        (How.ADDED, "b: 3"),
    ]


def test_the_fewest_are_out_of_order():
    assert out_of_order([0, 1, 2]) == frozenset()
    assert out_of_order([3, 0, 1, 2]) == {3}
    assert out_of_order([]) == frozenset()
