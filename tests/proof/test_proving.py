"""What a proof says beside its verdict: rules of the owner's, choices, paths, and its limits."""

import pytest

from engine.bpmn import Release, read_any, read_release
from engine.proof import After, Bound, Severity, Verdict, building, prove_release, prove_soundness
from engine.proof.reaching import waits_for
from tests.proof.drawing import draw
from tests.proof.test_release_gallery import DOMAINS, WHOLE

PAY = """
begin -> [ask] -> ?big
?big -(ask.big == True)-> [approve] -> pay
?big -(else)-> pay -> over
"""
WAYS = {"ask": {"big": (True, False), "way": ("left", "right")}, "approve": {}}


def release_of(text: str, **more: str) -> Release:
    return read_release({"p.bpmn": draw(text, **more)}).release


def proved(text, domains=WAYS, **kwargs):
    return prove_release(release_of(text), domains=domains, **kwargs)[0]


def findings(result, *severities):
    return [(one.rule, one.element) for one in result.findings if one.severity in severities]


def test_an_owners_rule_is_refuted_with_the_answers_that_break_it():
    result = proved(PAY, after=[After("pay", "approve")])
    (finding,) = result.findings

    assert result.properties["after"] is False
    assert (finding.rule, finding.element) == ("after", "pay")
    assert finding.path == ("begin", "ask", "big", "pay")
    assert dict(finding.answers[1]) == {"big": False}
    assert dict(finding.answers[2]) == {"flow": "big_pay"}
    assert finding.message == (
        "“Pay” can be completed before “Approve”. Lead every way to it through “Approve”."
    )


def test_an_owners_rule_that_holds_is_proved():
    text = PAY.replace("?big -(else)-> pay -> over", "?big -(else)-> out\npay -> over")

    assert proved(text, after=[After("pay", "approve")]).properties["after"] is True


def test_a_rule_about_what_is_not_there_is_unknown():
    result = proved(PAY, after=[After("nowhere", "approve")])

    assert result.verdict is Verdict.UNKNOWN
    assert findings(result, Severity.UNKNOWN) == [("after", "nowhere")]


def test_without_a_rule_nothing_is_claimed_of_it():
    assert proved(PAY).properties["after"] is None


def test_conditions_that_hold_at_once_are_reported():
    result = proved(
        """
        begin -> [ask] -> ?way
        ?way -(ask.big == True)-> a -> over
        ?way -(ask.way == "left")-> b -> over
        ?way -(else)-> over
        """
    )

    assert result.verdict is Verdict.SOUND
    assert findings(result, Severity.WARNING) == [("overlapping", "way_b")]


def test_a_condition_that_never_holds_is_reported():
    result = proved(
        """
        begin -> [ask] -> ?way
        ?way -(ask.way == "up")-> over
        ?way -(else)-> over2
        """
    )

    assert ("never_true", "way_over") in findings(result, Severity.WARNING)


def test_a_default_that_is_never_needed_is_a_hint_and_so_is_what_lies_behind_it():
    result = proved(
        """
        begin -> [ask] -> ?way
        ?way -(ask.way == "left")-> a -> over
        ?way -(ask.way == "right")-> b -> over
        ?way -(else)-> lost -> sorry
        """
    )

    assert result.verdict is Verdict.SOUND
    assert set(findings(result, Severity.HINT)) == {
        ("dead_default", "lost"),
        ("dead_default", "sorry"),
        ("dead_default", "way_lost"),
    }


def test_constants_that_scripts_set_are_known():
    result = proved(
        """
        begin -> set -> ?how -(level == "high")-> a -> over
        ?how -(else)-> b -> over
        set: script level = "high"
        """
    )

    assert ("dead_default", "b") in findings(result, Severity.HINT)


def test_what_may_be_left_out_is_none():
    text = """
    begin -> [ask] -> ?given -(ask.big is None)-> a -> over
    ?given -(else)-> b -> over
    """
    assert proved(text).verdict is Verdict.UNSOUND
    assert proved(text, {"ask": {"big": (True, None)}}).verdict is Verdict.SOUND


def test_a_called_process_that_is_missing_leaves_closure_open():
    release = release_of("begin -> call -> over\ncall: calls q", q="s -> [ask] -> e")
    alone = Release({"p": release.processes["p"]}, {}, frozenset())
    result = prove_release(alone, domains={})[0]

    assert result.verdict is Verdict.UNKNOWN
    assert findings(result, Severity.UNKNOWN) == [("missing_call", "call")]


def test_a_search_that_ends_at_its_bound_is_unknown_and_says_why():
    branches = "\n".join(f"*some -> a{n} -> b{n} -> *met" for n in range(6))
    file = read_any("p.bpmn", draw(f"begin -> *some\n{branches}\n*met -> over"))
    (result,) = prove_soundness(file, bound=Bound(states=50))

    assert result.verdict is Verdict.UNKNOWN
    assert result.properties["safe"] is None
    assert "more than 50 states" in result.findings[0].message


def test_calls_that_multiply_are_unknown_before_they_take_the_memory(monkeypatch):
    monkeypatch.setattr(building, "MAX_PLACES", 500)
    last = 20
    called = {
        f"p{n}": f"s{n} -> x{n} -> y{n} -> e{n}\nx{n}: calls p{n + 1}\ny{n}: calls p{n + 1}"
        for n in range(last)
    }
    file = read_any("p.bpmn", draw(name="none", **called, **{f"p{last}": "s -> e"}))
    proved_all = {one.id: one for one in prove_soundness(file)}

    assert proved_all["p0"].verdict is Verdict.UNKNOWN
    assert "too large" in proved_all["p0"].findings[0].message
    assert proved_all[f"p{last - 3}"].verdict is Verdict.SOUND


def test_no_time_left_is_unknown_and_says_so():
    (result,) = prove_release(release_of(PAY), domains=WAYS, bound=Bound(seconds=-1))

    assert result.verdict is Verdict.UNKNOWN
    assert "seconds" in result.findings[0].message


def test_two_timers_that_are_due_at_once_both_go_on_in_the_engine():
    result = proved(
        """
        begin -> [ask] -> over
        soon: timer on ask
        soon -> [a] -> over
        late: timer on ask
        late -> [b] -> over
        """
    )

    assert findings(result, Severity.REFUTED) == [("proper_completion", "over")]
    assert result.findings[0].path[:3] == ("begin", "soon", "late")
    assert result.findings[0].answers[1:3] == ({"together": "late"}, {"together": "soon"})


def test_what_a_run_can_wait_for_is_listed():
    release = release_of(
        "begin -> [ask] -> %first -> <told> -> over\n%first -> <late> -> over\n"
        "told: message news\nlate: timer\nsoon: timer beside ask\nsoon -> note -> out"
    )

    assert waits_for(release, "p", domains={}) == {
        (),
        ("ask", "soon"),
        ("ask",),
        ("late", "told"),
    }


@pytest.mark.parametrize("count", [10, 20])
@pytest.mark.parametrize("shape", ["[{}]", "{}"], ids=["steps", "tasks"])
def test_many_branches_at_once_take_few_states(count, shape):
    branches = "\n".join(f"+fork -> {shape.format(f'a{n}')} -> +join" for n in range(count))
    text = f"begin -> +fork\n{branches}\n+join -> over"
    (any_order,) = prove_soundness(read_any("p.bpmn", draw(text)))
    result = proved(text)

    assert (any_order.verdict, result.verdict) == (Verdict.SOUND, Verdict.SOUND)
    assert any_order.states < 3 * count
    assert result.states < 4 * count


def test_what_stops_for_ever_is_refuted_even_where_the_search_ends_early():
    branches = "\n".join(f"*some -> a{n} -> b{n} -> *met" for n in range(7))
    text = f"begin -> ?which -> *some\n{branches}\n*met -> over\n?which -> c -> +join -> out"
    file = read_any("p.bpmn", draw(f"{text}\n?which -> d -> +join"))
    (result,) = prove_soundness(file, bound=Bound(states=1_000))

    assert result.verdict is Verdict.UNSOUND
    assert findings(result, Severity.REFUTED) == [("dead_end", "join")]
    assert findings(result, Severity.UNKNOWN) == [("bound", None)]


def test_what_was_not_looked_at_in_every_order_is_not_claimed():
    branches = "\n".join(f"*some -> a{n} -> b{n} -> *met" for n in range(8))
    file = read_any("p.bpmn", draw(f"begin -> *some\n{branches}\n*met -> over"))
    (result,) = prove_soundness(file, bound=Bound(states=1_000))

    assert result.verdict is Verdict.UNKNOWN
    assert result.properties["safe"] is None


def test_an_inclusive_gateway_with_many_ways_is_unknown():
    branches = "\n".join(f"*some -> a{n} -> over{n}" for n in range(12))
    (result,) = prove_soundness(read_any("p.bpmn", draw(f"begin -> *some\n{branches}")))

    assert result.verdict is Verdict.UNKNOWN
    assert findings(result, *Severity) == [("undecided", "some")]
    assert set(result.properties.values()) == {None}


def test_an_inclusive_join_in_a_loop_is_not_claimed_of_the_engine():
    result = proved(
        """
        begin -> ?again -> *some
        *some -(ask.big == True)-> a -> *met
        *some -(else)-> b -> *met
        *met -> [ask] -> ?more
        ?more -(ask.way == "left")-> ?again
        ?more -(else)-> over
        """
    )

    assert result.verdict is Verdict.UNKNOWN
    assert findings(result, Severity.UNKNOWN) == [("undecided", "met")]


def test_an_inclusive_join_with_a_way_that_can_be_come_to_twice_is_not_claimed_of_the_engine():
    result = proved(
        """
        begin -> +both -> [ask] -> ?up
        ?up -(ask.way == "up")-> ?again
        ?up -(else)-> *met
        +both -> ?again
        ?again -> note -> *met
        *met -> over
        """
    )

    assert result.verdict is Verdict.UNKNOWN
    assert findings(result, Severity.UNKNOWN) == [("undecided", "met")]
    assert set(result.properties.values()) == {None}


def test_what_use_cases_set_from_outside_may_be_anything_at_any_time():
    result = proved(
        """
        begin -> set -> [ask] -> ?whose
        ?whose -(party == "it")-> over
        ?whose -(else)-> other
        set: script party = "it"
        """
    )

    assert (result.verdict, result.findings) == (Verdict.SOUND, ())


def test_a_repeating_timer_may_throw_again_and_again():
    result = proved(
        """
        begin -> +fork -> [a] -> +join
        +fork -> <hear> -> <again> -> +join
        +join -> over
        often: timer "R/PT1H" beside a
        often -> cry -> cried
        cry: signal alarm; throws
        hear: signal alarm
        again: signal alarm
        """
    )

    assert findings(result, Severity.REFUTED) == [("dead_end", "hear")]
    assert result.properties["no_dead_elements"] is True


@pytest.mark.parametrize("closed", ["gate", "anyhow"])
def test_an_incident_with_many_branches_is_judged_at_once(closed):
    branches = "\n".join(f"+fork -> [a{n}] -> +join" for n in range(24))
    text = WHOLE.replace("begin -> [agree]", f"begin -> +fork\n{branches}\n+join -> [agree]")
    if closed == "anyhow":
        text = text.replace('gate == "confirmed"', 'gate != "escalated"')
    result = proved(text, DOMAINS)

    assert result.properties["closure"] is (closed == "gate")
    assert result.verdict is (Verdict.SOUND if closed == "gate" else Verdict.UNSOUND)
    assert result.states < 200
