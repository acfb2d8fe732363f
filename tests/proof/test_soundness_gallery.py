"""Small diagrams from anywhere, with what BPMN's own semantics makes of each.

A case lists what is refuted, rule and element; nothing listed means sound.
"""

import pytest

from engine.bpmn import read_any
from engine.proof import PROPERTIES, Severity, Verdict, prove_soundness
from tests.proof.drawing import draw, draw_pools

STRUCTURE = {
    "a straight line": (
        "begin -> a -> b -> over",
        "",
    ),
    "one of two ways": (
        """
        begin -> ?which -> a -> ?met -> over
        ?which -> b -> ?met
        """,
        "",
    ),
    "ways that meet in a task meet one by one": (
        """
        begin -> ?which -> a -> over
        ?which -> b -> a
        """,
        "",
    ),
    "two ways at once, brought together": (
        """
        begin -> +fork -> a -> +join -> over
        +fork -> b -> +join
        """,
        "",
    ),
    "two flows out of a task are two ways at once": (
        """
        begin -> a -> b -> +join -> over
        a -> c -> +join
        """,
        "",
    ),
    "ways parted by a choice never meet in a parallel gateway": (
        """
        begin -> ?which -> a -> +join -> over
        ?which -> b -> +join
        """,
        "dead_end join, dead_element join, dead_element over",
    ),
    "ways at once that meet one by one are done twice": (
        """
        begin -> +fork -> a -> ?met -> c -> over
        +fork -> b -> ?met
        """,
        "safe c, safe over, proper_completion over",
    ),
    "ways at once that end in the same end end twice": (
        """
        begin -> +fork -> a -> over
        +fork -> b -> over
        """,
        "proper_completion over",
    ),
    "ways at once that end in ends of their own are fine": (
        """
        begin -> +fork -> a -> over
        +fork -> b -> out
        """,
        "",
    ),
    "a task from which nothing leads on is an end": (
        """
        begin -> +fork -> a
        +fork -> b -> over
        """,
        "",
    ),
    "a task to which nothing leads is a start": (
        "a -> b -> over",
        "",
    ),
    "a loop with a way out": (
        """
        begin -> ?again -> a -> ?done -> over
        ?done -> ?again
        """,
        "",
    ),
    "a loop without a way out": (
        "begin -> ?again -> a -> b -> ?again",
        "no_way_out a",
    ),
    "a loop that one of two ways is caught in": (
        """
        begin -> ?which -> over
        ?which -> a -> b -> a
        """,
        "no_way_out b",
    ),
    "a loop that makes more and more": (
        """
        begin -> ?again -> a -> +fork -> ?again
        +fork -> over
        """,
        "safe over, proper_completion over",
    ),
    "a branch that waits for a choice that may not be taken": (
        """
        begin -> +fork -> a -> +join -> over
        +fork -> ?need -> b -> +join
        ?need -> out
        """,
        "dead_end join",
    ),
    "an island": (
        """
        begin -> a -> over
        b -> c -> b
        """,
        "dead_element b, dead_element c",
    ),
    "several starts are several ways to begin": (
        """
        one -> a -> over
        two -> b -> over
        """,
        "",
    ),
    "two starts that are both waited for": (
        """
        one -> a -> +join -> over
        two -> b -> +join
        """,
        "dead_end join, dead_element join, dead_element over",
    ),
    "a terminate end takes the other branch with it": (
        """
        begin -> +fork -> a -> over
        +fork -> b -> stop
        stop: terminate
        """,
        "",
    ),
    "a diagram of gateways only": (
        """
        begin -> ?a -> ?b -> over
        ?a -> ?b
        """,
        "",
    ),
    "a loop back into a branch beside another": (
        """
        begin -> +fork -> ?in -> a -> ?more -> +join -> over
        ?more -> ?in
        +fork -> b -> +join
        """,
        "",
    ),
    "a way back from one branch to before the split": (
        """
        begin -> ?in -> +fork -> a -> ?more -> +join -> over
        ?more -> ?in
        +fork -> b -> +join
        """,
        "dead_end join, safe join, safe b",
    ),
}

INCLUSIVE = {
    "any of three ways, brought together": (
        """
        begin -> *some -> a -> *met -> over
        *some -> b -> *met
        *some -> c -> *met
        """,
        "",
    ),
    "any of two ways waited for by a parallel gateway": (
        """
        begin -> *some -> a -> +join -> over
        *some -> b -> +join
        """,
        "dead_end join",
    ),
    "any of two ways that meet one by one": (
        """
        begin -> *some -> a -> ?met -> over
        *some -> b -> ?met
        """,
        "safe over, proper_completion over",
    ),
    "an inclusive gateway waits for a longer way": (
        """
        begin -> *some -> a -> *met -> over
        *some -> b -> c -> d -> *met
        """,
        "",
    ),
    "an inclusive gateway brings a choice together": (
        """
        begin -> ?which -> a -> *met -> over
        ?which -> b -> *met
        """,
        "",
    ),
    "an inclusive gateway brings branches together": (
        """
        begin -> +fork -> a -> *met -> over
        +fork -> b -> *met
        """,
        "",
    ),
    "an inclusive gateway does not wait for who has left": (
        """
        begin -> +fork -> a -> *met -> over
        +fork -> ?need -> b -> *met
        ?need -> out
        """,
        "",
    ),
    "an inclusive pair in a loop": (
        """
        begin -> ?in -> *some -> a -> *met -> ?more -> over
        *some -> b -> *met
        ?more -> ?in
        """,
        "",
    ),
    "inclusive pairs within each other": (
        """
        begin -> *some -> a -> *met -> over
        *some -> *few -> b -> *close -> *met
        *few -> c -> *close
        """,
        "",
    ),
}

EVENTS = {
    "what comes first goes on": (
        """
        begin -> %first -> <told> -> over
        %first -> <late> -> over
        told: message news
        late: timer
        """,
        "",
    ),
    "an event-based gateway goes one way only": (
        """
        begin -> %first -> <told> -> +join -> over
        %first -> <late> -> +join
        told: message news
        late: timer
        """,
        "dead_end join, dead_element join, dead_element over",
    ),
    "a timer that interrupts": (
        """
        begin -> a -> over
        late: timer on a
        late -> b -> over
        """,
        "",
    ),
    "a timer beside, with an end of its own": (
        """
        begin -> a -> over
        late: timer beside a
        late -> b -> out
        """,
        "",
    ),
    "a timer beside that comes back to the main way": (
        """
        begin -> a -> c -> over
        late: timer beside a
        late -> b -> c
        """,
        "safe over, proper_completion over",
    ),
    "a timer beside a task in a loop may overtake its last round": (
        """
        begin -> ?in -> a -> ?more -> over
        ?more -> ?in
        late: timer beside a
        late -> out
        """,
        "safe out, proper_completion out",
    ),
    "an interrupting event whose way is waited for together with the main way": (
        """
        begin -> a -> +join -> over
        late: timer on a
        late -> b -> +join
        """,
        "dead_end join, dead_element join, dead_element over",
    ),
    "a signal that is thrown before anybody waits": (
        """
        begin -> a -> cry -> <hear> -> over
        cry: signal alarm; throws
        hear: signal alarm
        """,
        "dead_end hear, dead_element over",
    ),
    "a signal between branches may come too early": (
        """
        begin -> +fork -> <hear> -> +join -> over
        +fork -> cry -> +join
        cry: signal alarm; throws
        hear: signal alarm
        """,
        "dead_end hear",
    ),
    "a signal that nobody here throws comes from outside": (
        """
        begin -> <hear> -> over
        hear: signal alarm
        """,
        "",
    ),
    "a signal that interrupts a task in the other branch": (
        """
        begin -> +fork -> a -> over
        heard: signal alarm on a
        heard -> b -> over
        +fork -> cry -> out
        cry: signal alarm; throws
        """,
        "",
    ),
    "a link goes on where its name is": (
        """
        begin -> a -> away
        back -> b -> over
        away: link there; as intermediateThrowEvent
        back: link there; as intermediateCatchEvent
        """,
        "",
    ),
    "a condition may come to hold": (
        """
        begin -> <holds> -> over
        holds: conditional
        """,
        "",
    ),
    "a receive task hears, a send task tells": (
        """
        begin -> tell -> hear -> over
        tell: as sendTask; message ask
        hear: as receiveTask; message answer
        """,
        "",
    ),
    "events may have several parts": (
        """
        begin -> <either> -> over
        either: message news; timer
        """,
        "",
    ),
}

SCOPES = {
    "a subprocess": (
        """
        begin -> part -> over
        part = {
          in -> a -> out
        }
        """,
        "",
    ),
    "a subprocess is over when all of its branches are": (
        """
        begin -> part -> over
        part = {
          in -> +fork -> a -> out
          +fork -> b -> done
        }
        """,
        "",
    ),
    "a subprocess that cannot end": (
        """
        begin -> part -> over
        part = {
          in -> ?w -> a -> +join -> out
          ?w -> b -> +join
        }
        """,
        "dead_end join, dead_element join, dead_element out, dead_element over",
    ),
    "a terminate in a subprocess ends the subprocess only": (
        """
        begin -> part -> b -> over
        part = {
          in -> +fork -> a -> out
          +fork -> stop
        }
        stop: terminate
        """,
        "",
    ),
    "an error ends what it is thrown in and is caught on its border": (
        """
        begin -> part -> over
        part = {
          in -> ?ok -> out
          ?ok -> boom
        }
        boom: error broken
        oops: error broken on part
        oops -> handled
        """,
        "",
    ),
    "an error is caught further out": (
        """
        begin -> outer -> over
        outer = {
          begin2 -> inner -> over2
          inner = {
            in -> ?ok -> out
            ?ok -> boom
          }
        }
        boom: error broken
        oops: error broken on outer
        oops -> handled
        """,
        "",
    ),
    "an error nobody catches ends the process": (
        """
        begin -> part -> a -> over
        part = {
          in -> ?ok -> out
          ?ok -> boom
        }
        boom: error bad
        """,
        "",
    ),
    "an error of another name is not caught": (
        """
        begin -> part -> over
        part = {
          in -> boom
        }
        boom: error bad
        oops: error broken on part
        oops -> +join -> handled
        +join: as parallelGateway
        """,
        "dead_element over",
    ),
    "an escalation beside lets the subprocess go on": (
        """
        begin -> part -> over
        part = {
          in -> cry -> a -> out
        }
        cry: escalation help; throws
        called: escalation help beside part
        called -> b -> helped
        """,
        "",
    ),
    "an interrupting escalation does not": (
        """
        begin -> part -> over
        part = {
          in -> cry -> a -> out
        }
        cry: escalation help; throws
        called: escalation help on part
        called -> helped
        """,
        "dead_element a, dead_element out, dead_element over",
    ),
    "an event subprocess that interrupts": (
        """
        begin -> part -> over
        part = {
          in -> a -> out
          watch = {
            told -> b -> done
          }
        }
        watch: on event
        told: message news
        """,
        "",
    ),
    "an event subprocess beside": (
        """
        begin -> a -> over
        watch = {
          told -> b -> done
        }
        watch: on event
        told: message news; starts beside
        """,
        "",
    ),
    "an event subprocess that catches an error": (
        """
        begin -> ?ok -> over
        ?ok -> boom
        boom: error bad
        watch = {
          oops -> b -> done
        }
        watch: on event
        oops: error bad
        """,
        "",
    ),
    "a transaction that is cancelled": (
        """
        begin -> part -> over
        part = {
          in -> ?ok -> out
          ?ok -> undo
        }
        part: as transaction
        undo: cancel
        undone: cancel on part
        undone -> sorry
        """,
        "",
    ),
    "a compensation is passed on the way, its handler is nobody's next": (
        """
        begin -> book -> pay -> undo -> over
        undo: compensate; throws
        wrong: compensate on book
        unbook: as task; compensates
        """,
        "",
    ),
    "an activity that is repeated": (
        """
        begin -> part -> over
        part = {
          in -> a -> out
        }
        part: sequential
        """,
        "",
    ),
    "an ad-hoc subprocess does what it likes": (
        """
        begin -> part -> over
        part = {
          a -> b
          c: as task
        }
        part: as adHocSubProcess
        """,
        "",
    ),
    "a called process in the same file": (
        """
        begin -> ask -> over
        ask: calls q
        """,
        "",
    ),
    "a call of what is not there can complete": (
        """
        begin -> ask -> over
        ask: calls nowhere
        """,
        "",
    ),
    "a subprocess drawn closed can complete": (
        """
        begin -> part -> over
        part: as subProcess
        """,
        "",
    ),
    "a token left in a subprocess that is entered twice": (
        """
        begin -> +fork -> part -> over
        +fork -> part
        part = {
          in -> a -> out
        }
        """,
        (
            "safe part, safe a, safe out, safe in, safe over, "
            "proper_completion out, proper_completion over"
        ),
    ),
}

GALLERY = STRUCTURE | INCLUSIVE | EVENTS | SCOPES


@pytest.mark.parametrize(("text", "refuted"), GALLERY.values(), ids=GALLERY.keys())
def test_soundness_of(text, refuted):
    more = {"q": "start_q -> work -> end_q"} if "calls q" in text else {}
    file = read_any("p.bpmn", draw(text, **more))
    proved = prove_soundness(file)[0]
    found = [one for one in proved.findings if one.severity is Severity.REFUTED]

    assert {f"{one.rule} {one.element}" for one in found} == set(
        refuted.split(", ") if refuted else []
    )
    assert (proved.verdict is Verdict.SOUND) == (not refuted) or "nowhere" in text
    assert set(proved.properties) == set(PROPERTIES)
    assert proved.properties["closure"] is None
    assert proved.semantics == "interleaving"
    for one in found:
        assert len(one.path) == len(one.answers)
        assert one.message[0].isupper() or one.message[0] == "“"
        assert one.message.endswith(".")


ALONE = """begin -> tell -> <hear> -> over
tell: message ask; throws
hear: message answer"""
OTHER = """asked -> think -> reply
asked: message ask
reply: message answer"""


def test_pools_that_answer_each_other_are_sound_alone_and_together():
    file = read_any(
        "p.bpmn", draw_pools([("tell", "asked"), ("reply", "hear")], one=ALONE, two=OTHER)
    )
    proved = prove_soundness(file)

    assert [one.id for one in proved] == ["one", "two", "together"]
    assert [one.verdict for one in proved] == [Verdict.SOUND] * 3


def test_pools_that_both_wait_are_sound_alone_and_stuck_together():
    one = "begin -> <hear> -> tell -> over\nhear: message answer\ntell: message ask; throws"
    two = "start -> <asked> -> reply\nasked: message ask\nreply: message answer"
    file = read_any("p.bpmn", draw_pools([("tell", "asked"), ("reply", "hear")], one=one, two=two))
    proved = prove_soundness(file)

    assert [one.verdict for one in proved] == [Verdict.SOUND, Verdict.SOUND, Verdict.UNSOUND]
    assert proved[2].properties["option_to_complete"] is False


def test_a_pool_that_may_never_answer_leaves_the_other_waiting():
    two = "asked -> ?want -> reply\n?want -> out\nasked: message ask\nreply: message answer"
    file = read_any(
        "p.bpmn", draw_pools([("tell", "asked"), ("reply", "hear")], one=ALONE, two=two)
    )
    together = prove_soundness(file)[2]

    assert [(one.rule, one.element) for one in together.findings if one.path] == [
        ("dead_end", "hear")
    ]
