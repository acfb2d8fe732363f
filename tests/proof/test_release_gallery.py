"""Small incidents, and what the release's proof makes of each: mostly of closing wrongly.

A case lists what is refuted, rule and element; nothing listed means proved, closure included.
"""

import pytest

from engine.bpmn import judge_release
from engine.proof import Severity, Verdict, prove_release
from tests.proof.drawing import draw

DOMAINS = {
    "agree": {},
    "verify": {"verdict": ("right", "not_right")},
    "confirm": {"answer": ("yes", "partly", "no")},
    "decide": {"decided": ("close", "keep_asking", "back_to_work")},
    "choose": {"way": ("left", "right"), "urgent": (True, False), "also": ("yes", None)},
}

# what most cases begin with: agreeing, work, and a check that it is right
WORK = """
begin -> [agree] -> <settled> -> [verify] -> ?right
?right -(verify.verdict == "right")-> [confirm]
?right -(else)-> [agree]
settled: message actions_settled; mark work
verify: mark verification
confirm: mark confirmation
"""
GATE = """
confirm -> ?may
?may -(gate == "confirmed")-> closed
?may -(gate == "escalated")-> decided
?may -(else)-> [agree]
closed: closes confirmed
"""
DECISION = """
late: timer on confirm
late -> [decide] -> ?may
decide: mark closing_decision
decided: closes escalated
"""
WHOLE = WORK + GATE + DECISION

CLOSURE = {
    "the gate is asked": (WHOLE, ""),
    "the answer itself is asked": (
        WORK
        + """
        confirm -> ?yes
        ?yes -(confirm.answer == "yes")-> closed
        ?yes -(else)-> [agree]
        closed: closes confirmed
        """,
        "",
    ),
    "partly is no yes": (
        WORK
        + """
        confirm -> ?yes
        ?yes -(confirm.answer != "no")-> closed
        ?yes -(else)-> [agree]
        closed: closes confirmed
        """,
        "closes_stale closed",
    ),
    "nothing is asked": (
        WORK + "confirm -> closed\nclosed: closes confirmed",
        "closes_stale closed",
    ),
    "the stale confirmation: work after the answer": (
        WORK
        + """
        confirm -> ?yes
        ?yes -(confirm.answer == "yes")-> <again> -> closed
        ?yes -(else)-> [agree]
        again: message actions_settled; mark work
        closed: closes confirmed
        """,
        "closes_stale closed",
    ),
    "the gate is shut after more work": (
        WORK
        + """
        confirm -> <again> -> ?may
        ?may -(gate == "confirmed")-> closed
        ?may -(else)-> [agree]
        again: message actions_settled; mark work
        closed: closes confirmed
        """,
        "dead_element closed, no_way_out agree",
    ),
    "the timer that closes": (
        WORK
        + GATE.replace('?may -(gate == "escalated")-> decided\n', "")
        + "late: timer on confirm\nlate -> given_up\ngiven_up: closes escalated",
        "closes_stale given_up",
    ),
    "a timer between the answer and the end": (
        WORK
        + """
        confirm -> <rest> -> ?may
        ?may -(gate == "confirmed")-> closed
        ?may -(else)-> [agree]
        rest: timer
        closed: closes confirmed
        """,
        "waits_before_closing closed",
    ),
    "a step between the answer and the end": (
        WORK
        + """
        confirm -> ?yes
        ?yes -(confirm.answer == "yes")-> [file] -> closed
        ?yes -(else)-> [agree]
        closed: closes confirmed
        """,
        "closes_stale closed, waits_before_closing closed",
    ),
    "automatic tasks between the answer and the end": (
        WHOLE.replace("confirm -> ?may", "confirm -> note -> ?may"),
        "",
    ),
    "the wrong closing end": (
        WHOLE.replace("closed: closes confirmed", "closed: closes escalated"),
        "closes_otherwise closed",
    ),
    "the event beside that forks past the gate": (
        WHOLE + 'hurry: timer "PT10M" beside confirm\nhurry -> gone\ngone: closes escalated',
        "closes_stale gone, closes_beside_work gone",
    ),
    "an inclusive way past the confirmation": (
        """
        begin -> [agree] -> <settled> -> *ways
        *ways -(impact == "high")-> [confirm] -> *met -> closed
        *ways -(else)-> note -> *met
        settled: message actions_settled; mark work
        confirm: mark confirmation
        closed: closes confirmed
        """,
        "closes_stale closed",
    ),
    "the terminate in a subprocess": (
        """
        begin -> [agree] -> <settled> -> part -> closed
        part = {
          in -> [confirm] -> ?yes
          ?yes -(confirm.answer == "yes")-> out
          ?yes -(else)-> [confirm]
          late: timer beside confirm
          late -> stop
          stop: terminate
        }
        settled: message actions_settled; mark work
        confirm: mark confirmation
        closed: closes confirmed
        """,
        "closes_stale closed",
    ),
    "the error that is caught outside": (
        """
        begin -> [agree] -> <settled> -> part -> closed
        part = {
          in -> [confirm] -> ?yes
          ?yes -(confirm.answer == "yes")-> out
          ?yes -(else)-> boom
          boom: error refused
        }
        oops: error refused on part
        oops -> given_up
        settled: message actions_settled; mark work
        confirm: mark confirmation
        closed: closes confirmed
        given_up: closes escalated
        """,
        "closes_stale given_up",
    ),
    "the error that nobody catches is an end like any other": (
        """
        begin -> [agree] -> <settled> -> part -> closed
        part = {
          in -> [confirm] -> ?yes
          ?yes -(confirm.answer == "yes")-> out
          ?yes -(else)-> boom
          boom: error refused
        }
        settled: message actions_settled; mark work
        confirm: mark confirmation
        closed: closes confirmed
        """,
        "closes_stale closed",
    ),
    "the signal that skips": (
        """
        begin -> [agree] -> <settled> -> +fork
        +fork -> [confirm] -> ?yes
        ?yes -(confirm.answer == "yes")-> closed
        ?yes -(else)-> out
        +fork -> [look] -> cry -> seen
        cry: signal alarm; throws
        heard: signal alarm on confirm
        heard -> skipped
        skipped: closes escalated
        settled: message actions_settled; mark work
        confirm: mark confirmation
        closed: terminate; closes confirmed
        """,
        "closes_stale skipped, closes_beside_work skipped",
    ),
    "work beside the confirmation": (
        """
        begin -> [agree] -> +fork
        +fork -> [confirm] -> +join
        +fork -> <settled> -> +join
        +join -> ?yes
        ?yes -(confirm.answer == "yes")-> closed
        ?yes -(else)-> over
        settled: message actions_settled; mark work
        confirm: mark confirmation
        closed: closes confirmed
        """,
        "closes_stale closed",
    ),
    "something goes on beside the closing end": (
        """
        begin -> [agree] -> <settled> -> +fork
        +fork -> [confirm] -> ?yes
        ?yes -(confirm.answer == "yes")-> closed
        ?yes -(else)-> out
        +fork -> [look] -> seen
        settled: message actions_settled; mark work
        confirm: mark confirmation
        closed: closes confirmed
        """,
        "closes_beside_work closed",
    ),
    "a terminate end closes whatever goes on": (
        """
        begin -> [agree] -> <settled> -> +fork
        +fork -> [confirm] -> ?yes
        ?yes -(confirm.answer == "yes")-> closed
        ?yes -(else)-> out
        +fork -> [look] -> seen
        settled: message actions_settled; mark work
        confirm: mark confirmation
        closed: terminate; closes confirmed
        """,
        "",
    ),
    "no work is waited for": (WHOLE.replace("; mark work", ""), "no_work p"),
    "nobody is asked": (
        WHOLE.replace("confirm: mark confirmation", "").replace(
            "mark closing_decision", "as userTask"
        ),
        "no_answer p, dead_element closed, dead_element decided, no_way_out agree",
    ),
    "the closing end is inside": (
        """
        begin -> [agree] -> <settled> -> part -> over
        part = {
          in -> [confirm] -> ?yes
          ?yes -(confirm.answer == "yes")-> closed
          ?yes -(else)-> out
          closed: closes confirmed
        }
        settled: message actions_settled; mark work
        confirm: mark confirmation
        """,
        "closes_inside closed",
    ),
    "a script answers in the customer's place": (
        """
        begin -> [agree] -> <settled> -> forge -> ?yes
        ?yes -(confirm.answer == "yes")-> closed
        ?yes -(else)-> [confirm] -> [agree]
        forge: script confirm = {"answer": "yes"}
        settled: message actions_settled; mark work
        confirm: mark confirmation
        closed: closes confirmed
        """,
        "forges_answers forge, closes_stale closed",
    ),
    "a step that is entered again has not been answered": (
        WORK
        + """
        confirm -> ?may
        ?may -(gate == "confirmed")-> closed
        ?may -(else)-> [agree]
        late: timer on confirm
        late -> ?yes
        ?yes -(confirm.answer == "yes")-> closed
        ?yes -(else)-> [agree]
        closed: closes confirmed
        """,
        "",
    ),
    "a form that does not say what it asks may be answered in any way": (
        WORK
        + """
        confirm -> [other] -> ?may
        ?may -(other.word == "yes")-> closed
        ?may -(else)-> [agree]
        closed: closes confirmed
        """,
        "closes_stale closed, waits_before_closing closed",
    ),
    "a proposal that interrupts leads back to work": (
        WHOLE + "new: message action_proposed on confirm\nnew -> <settled>",
        "",
    ),
    "a proposal must not lead to the end": (
        WORK
        + """
        confirm -> ?yes
        ?yes -(confirm.answer == "yes")-> closed
        ?yes -(else)-> [agree]
        new: message action_proposed on confirm
        new -> closed
        closed: closes confirmed
        """,
        "closes_stale closed",
    ),
}

CONTROL = {
    "steps at once, brought together": (
        "begin -> +fork -> [a] -> +join -> over\n+fork -> [b] -> +join",
        "",
    ),
    "a loop of automatic tasks without a way out": (
        "begin -> ?again -> note -> ?more\n?more -(1 == 2)-> over\n?more -(else)-> ?again",
        "no_way_out note, dead_element over",
    ),
    "a choice that the answers decide": (
        """
        begin -> [choose] -> ?way
        ?way -(choose.way == "left")-> [a] -> over
        ?way -(else)-> [b] -> over
        """,
        "",
    ),
    "two choices by one answer agree": (
        """
        begin -> [choose] -> +fork -> ?one -(choose.way == "left")-> +join -> over
        ?one -(else)-> out
        +fork -> ?two -(choose.way == "right")-> +join
        ?two -(else)-> done
        """,
        "dead_end join, dead_element join, dead_element over",
    ),
    "a branch does not see what another is answered": (
        """
        begin -> +fork -> [choose] -> +join
        +fork -> [b] -> ?way
        ?way -(choose.way == "left")-> [c] -> ?met -> +join
        ?way -(else)-> ?met
        +join -> over
        """,
        "dead_element c",
    ),
    "after a join what was answered is seen": (
        """
        begin -> +fork -> [choose] -> +join
        +fork -> [b] -> +join -> ?way
        ?way -(choose.way == "left")-> [c] -> over
        ?way -(else)-> over
        """,
        "",
    ),
    "a condition that fails": (
        "begin -> [choose] -> ?big\n?big -(choose.way > 3)-> [a] -> over\n?big -(else)-> over",
        "fails big, dead_element a, dead_element over",
    ),
    "a signal that nobody here throws never comes": (
        "begin -> <hear> -> over\nhear: signal alarm",
        "dead_end hear, dead_element over",
    ),
    "a signal reaches who waits": (
        """
        begin -> +fork -> <hear> -> heard
        +fork -> [look] -> cry -> seen
        cry: signal alarm; throws
        hear: signal alarm
        """,
        "",
    ),
    "what interrupts goes first": (
        """
        begin -> part -> over
        part = {
          in -> [x] -> +fork -> cry
          +fork -> note -> out
          cry: escalation help; throws
        }
        called: escalation help on part
        called -> helped
        """,
        "dead_element over",
    ),
    "a repeating reminder beside a step": (
        'begin -> [a] -> over\nagain: timer "R/PT4H" beside a\nagain -> note -> out',
        "",
    ),
    "a step beside whose way is joined": (
        "begin -> [a] -> +join -> over\nlate: timer beside a\nlate -> [b] -> +join",
        "dead_end join",
    ),
    "a called process is inlined": ("begin -> ask -> over\nask: calls q", ""),
}

GALLERY = CLOSURE | CONTROL
OF_CLOSURE = {
    "closes_stale",
    "closes_beside_work",
    "closes_otherwise",
    "waits_before_closing",
    "forges_answers",
    "no_work",
    "no_answer",
}


def proved(text, **kwargs):
    more = {"q": "q_in -> [choose] -> q_out"} if "calls q" in text else {}
    release = judge_release({"p.bpmn": draw(text, **more)}).release
    return prove_release(release, domains=DOMAINS, **kwargs)[0]


@pytest.mark.parametrize(("text", "refuted"), GALLERY.values(), ids=GALLERY.keys())
def test_the_release_proof_of(text, refuted):
    result = proved(text)
    found = [one for one in result.findings if one.severity is Severity.REFUTED]

    assert {f"{one.rule} {one.element}" for one in found} == set(
        refuted.split(", ") if refuted else []
    )
    assert result.verdict is (Verdict.UNSOUND if refuted else Verdict.SOUND)
    assert result.semantics == "run_to_completion"
    if text in [said for said, _ in CLOSURE.values()] and "closes_inside" not in refuted:
        closes = [one for one in found if one.rule in OF_CLOSURE]
        assert result.properties["closure"] is (not closes)
