"""What nobody has said of data stays open, and is the same all along a path."""

import pytest

from engine.bpmn import read_release
from engine.proof import Severity, Verdict, prove_release, waking
from tests.proof.drawing import draw
from tests.proof.test_proving import findings, proved
from tests.proof.test_release_gallery import DOMAINS, WORK

ASKED = """
confirm -> ?yes
?yes -(confirm.answer == "yes")-> closed
?yes -(else)-> [agree]
closed: closes confirmed
"""
TABLE = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d">
<decision id="route"><decisionTable hitPolicy="{policy}">
<input><inputExpression><text>ask.way</text></inputExpression></input><output name="team"/>
<rule><inputEntry><text>"left"</text></inputEntry><outputEntry><text>"a"</text></outputEntry></rule>
<rule><inputEntry><text>-</text></inputEntry><outputEntry><text>"b"</text></outputEntry></rule>
</decisionTable></decision></definitions>
"""


@pytest.mark.parametrize("kind", ["kind", "ask.kind"])
def test_what_is_not_known_is_the_same_at_two_gateways(kind):
    result = proved(
        f"""
        begin -> [ask] -> ?gift
        ?gift -({kind} == "gift")-> ?still
        ?gift -(else)-> over
        ?still -({kind} in ["gift", "loan"])-> wrap
        ?still -(else)-> never
        """,
        domains={},
    )

    assert result.verdict is Verdict.SOUND
    assert findings(result, *Severity) == [
        ("dead_default", "never"),
        ("dead_default", "still_never"),
    ]


def test_a_path_says_what_process_data_was_at_the_start():
    result = proved(
        """
        begin -> +fork -> ?small
        ?small -(10 > amount)-> +join
        ?small -(else)-> out
        +fork -> [ask] -> +join -> over
        """
    )
    (finding,) = [one for one in result.findings if one.severity is Severity.REFUTED]

    assert (finding.rule, finding.path[0]) == ("dead_end", "begin")
    assert finding.answers[0] == {"amount": 10}


def test_numbers_are_told_apart_by_where_they_lie():
    result = proved(
        """
        begin -> ?small
        ?small -(amount < 10)-> over
        ?small -(else)-> ?large
        ?large -(amount >= 20)-> over
        ?large -(else)-> ?between
        ?between -(amount < 10 or amount > 19.5)-> kept
        ?between -(else)-> out
        """
    )

    assert result.verdict is Verdict.SOUND


@pytest.mark.parametrize(
    "looks", ["len(kind) > 3", "kind == other", '["gift"] in kind', "kind in [[1], 2]"]
)
def test_what_is_looked_at_in_another_way_may_be_anything_each_time(looks):
    result = proved(
        f"""
        begin -> ?first
        ?first -({looks})-> ?second
        ?first -(else)-> over
        ?second -({looks})-> wrap
        ?second -(else)-> out
        """
    )

    assert result.verdict is Verdict.SOUND
    assert findings(result, *Severity) == []


def test_what_a_script_copies_may_be_anything():
    result = proved(
        """
        begin -> copy -> ?left
        copy: script other = kind
        ?left -(kind == "left")-> ?right
        ?left -(else)-> over
        ?right -(kind == "right")-> out
        ?right -(else)-> over
        """
    )

    assert result.verdict is Verdict.SOUND
    assert findings(result, *Severity) == []


def test_a_confirmation_without_a_form_may_be_a_no():
    unasked = prove(WORK + "confirm -> closed\nclosed: closes confirmed", {})

    assert findings(unasked, Severity.REFUTED) == [("closes_stale", "closed")]
    assert prove(WORK + ASKED, {}).verdict is Verdict.SOUND


def test_an_answer_that_closes_is_told_apart_among_more_than_can_be():
    fields = {f"a{n}": (True, False) for n in range(12)}
    domains = DOMAINS | {"confirm": {**fields, "answer": ("yes", "no")}}
    reads = " or ".join(f"confirm.{field}" for field in fields)
    text = WORK + ASKED.replace("-> closed", f"-> ?more\n?more -({reads})-> closed")
    text += "?more -(else)-> note -> closed"

    assert prove(text, domains).properties["closure"] is True
    unasked = text.replace('confirm.answer == "yes"', "confirm.a0")
    assert ("closes_stale", "closed") in findings(prove(unasked, domains), Severity.REFUTED)


def test_an_answer_beside_the_question_whether_another_was_given_still_counts():
    result = proved(
        """
        begin -> [ask] -> [approve] -> ?both
        ?both -(ask.way == "left" and approve)-> done
        ?both -(else)-> over
        """
    )

    assert result.verdict is Verdict.SOUND


@pytest.mark.parametrize(("policy", "fails"), [("UNIQUE", True), ("FIRST", False)])
def test_a_table_of_which_two_rules_match_fails_where_one_may(policy, fails):
    text = "begin -> [ask] -> route -> over\nroute: decides route"
    files = {"p.bpmn": draw(text), "route.dmn": TABLE.format(policy=policy).encode()}
    (result,) = prove_release(read_release(files).release, domains={"ask": {"way": ("left", "no")}})

    assert findings(result, Severity.REFUTED) == ([("fails", "route")] if fails else [])


def test_ends_that_are_not_told_apart_leave_it_open(monkeypatch):
    text = """
    begin -> ?again -> [ask] -> ?more
    ?more -(ask.way == "left")-> ?again
    ?more -(else)-> over
    late: timer beside ask
    late -> out
    """
    assert proved(text).verdict is Verdict.SOUND
    monkeypatch.setattr(waking, "MOST_BESIDE", 0)
    result = proved(text)

    assert result.verdict is Verdict.UNKNOWN
    assert findings(result, Severity.UNKNOWN) == [("proper_completion", "out")]


def prove(text, domains):
    (result,) = prove_release(read_release({"p.bpmn": draw(text)}).release, domains=domains)
    return result
