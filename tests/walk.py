"""Every address of the application, by its own map, and what is sent to what changes something.

A newcomer would write the addresses down: one that is added later would never be walked.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from typing import Any
from uuid import uuid4
from zipfile import ZipFile

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from itsdangerous.encoding import base64_decode
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.confidential import PERSON, PROCESS
from tests.visitor import SECRET
from tests.world import World

WHY = {"reason": "Because", "why": "Because", "words": "So"}
INSTANT = "2026-03-02T08:00:00+00:00"
LATER = "2027-01-01T00:00:00+00:00"
ACTION = {"title": "More", "party": "it"}
# What is sent to each address that changes something.
SENT: dict[str, dict[str, Any]] = {
    "actions.accept": {"kind": "puts_right"},
    "actions.accept_not_done": WHY | {"target": PERSON},
    "actions.accept_that_it_comes_back": WHY | {"until": "2027-01-01"},
    "actions.propose_it": ACTION,
    "actions.refuse": WHY,
    "api_actions.accept": {},
    "api_actions.accept_not_done": {"reason": "Because", "targets": [PERSON]},
    "api_actions.accept_that_it_comes_back": {"reason": "Because", "until": INSTANT},
    "api_actions.refuse": {"reason": "Because"},
    "api_disputes.decide": {"moves": True, "why": "Because"},
    "api_disputes.raise_it": {
        "since": INSTANT, "until": INSTANT, "should_be": "it", "why": "Because",
    },
    "api_disputes.withdraw": {},
    "api_incidents.add_evidence": {},
    "api_incidents.at_once": {
        "product": PROCESS, "caller": PERSON, "title": "So", "done": "So", "words": "So",
        "place": "So",
    },
    "api_incidents.lead": {},
    "api_incidents.propose": ACTION,
    "api_incidents.report": {},
    "api_incidents.told": {"told_at": INSTANT, "reason": "Because"},
    "api_drafts.begin": {"title": "So"},
    "api_drafts.check": {"content": "<definitions/>", "values": ["high", "low"]},
    "api_drafts.prove": {"files": {"a.bpmn": "<definitions/>"}},
    "api_drafts.save": {"content": "So", "revision": 0},
    "api_moves.begin": {"before": 1, "after": 2, "reason": "So"},
    "api_moves.dry_run": {"before": 1, "after": 2},
    "api_moves.go_on_with": {},
    "api_items.claim": {},
    "api_items.draft": {"answers": {}},
    "api_items.finish": {"answers": {"outcome": "done", "what_was_done": "Done"}},
    "api_items.hand_over": {"person": PERSON},
    "api_items.release": {},
    "api_items.later": {"until": LATER},
    "api_items.not_said": {"words": "So"},
    "api_items.write_down": {"answers": {}, "whom": PERSON, "place": "So", "words_used": "So"},
    "api_items.somebody_else": {"words": "So"},
    "api_items.tick": {"outcomes": [{"target": PERSON, "outcome": "done"}]},
    "api_me.make": {"name": "Export"},
    "api_me.revoke": {},
    "api_proofs.prove": {"files": {"a.bpmn": "<definitions/>"}},
    "api_restrictions.agree": {},
    "api_restrictions.ask_for_everybody": {"reason": "Because"},
    "api_restrictions.decline": {"reason": "Because"},
    "api_restrictions.limit": {"reason": "Because"},
    "api_restrictions.name": {"person": PERSON},
    "api_restrictions.take_somebody_off": {"person": PERSON, "reason": "Because"},
    "api_signals.alertmanager": {
        "version": "4",
        "alerts": [{"fingerprint": "a1", "startsAt": "2026-03-01T00:00:00Z"}],
    },
    "api_signals.alert": {"process": PROCESS, "alerts": [{"title": "Disk full"}]},
    "api_signals.join": {"incident": "3"},
    "api_signals.name": {"product": PROCESS},
    "api_silence.away": {"since": LATER, "until": "2027-01-02T00:00:00+00:00"},
    "api_silence.back": {},
    "api_silence.delegate": {"person": PERSON},
    "api_silence.deputy": {"person": None},
    "api_silence.log": {"whom": PERSON, "channel": "call", "words": "So"},
    "api_ways_out.answered_late": {"answer": "no", "words": "So"},
    "api_ways_out.belong": {"major": "1"},
    "api_ways_out.is_back": {"words": "So"},
    "api_ways_out.join": {"into": "1", "reason": "Because"},
    "api_ways_out.me_too": {},
    "api_ways_out.make_two": {"title": "A", "expected": "B", "actual": "C"},
    "api_ways_out.not_right_for_me": {"words": "So"},
    "api_ways_out.put_aside": {"reason": "Because"},
    "api_ways_out.separate": {"words": "So"},
    "api_ways_out.take_back": {"words": "So"},
    "api_ways_out.take_up_again": {"words": "So"},
    "closures.check": {},
    "deeds.do": WHY | {"into": "1", "title": "A", "expected": "B", "actual": "C", "answer": "no"},
    "disputes.decide": WHY | {"moves": "yes"},
    "disputes.raise_it": WHY | {"should_be": "it"},
    "disputes.withdraw": {},
    "inbox.again": {},
    "inbox.by_mail": {"kind": "told"},
    "inbox.read": {},
    "api_incidents.say": {"words": "So"},
    "api_incidents.watch_it": {"is_wanted": True},
    "api_erasing.agree": {},
    "api_erasing.ask": {"person": PERSON, "ground": "asked_for", "why": "Because of a letter"},
    "api_erasing.decline": {"words": "So"},
    "api_erasing.go_on": {},
    "api_erasing.hold": {"person": PERSON, "why": "Because of a court"},
    "api_erasing.let_go": {"reason": "Because it is over"},
    "erasing.agree": {},
    "erasing.ask_old": {"why": "Because of the rule"},
    "erasing.ask_person": {"person": PERSON, "ground": "asked_for", "why": "Because of a letter"},
    "erasing.decline": {"words": "So"},
    "erasing.go_on": {},
    "erasing.hold": {"person": PERSON, "why": "Because of a court"},
    "erasing.let_go": {"why": "Because it is over"},
    "files.add": {"for": "us"},
    "form_editor.begin": {"step": "ask_the_bank", "title": "So"},
    "form_editor.preview": {"do": "add", "label": "So", "type": "text"},
    "form_editor.save": {"do": "add", "label": "So", "type": "text", "revision": "0"},
    "links.add_file": {},
    "incident.not_right": {},
    "incident.watch_it": {},
    "incident.write": {"words": "So", "for": "us"},
    "incident.lead": {},
    "leaving_mail.leave": {},
    "links.answer": {"outcome": "done", "what_was_done": "Done"},
    "links.draft": {},
    "links.later": {"until": "2026-03-20"},
    "links.new": {},
    "links.speak": {"language": "en"},
    "links.not_said": {"words": "So"},
    "links.somebody_else": {"who": "So"},
    "many.do": {"deed": "take"},
    "purposes.end": {},
    "purposes.state": {"why": "Because I have to look", "of": "everything", "hours": "1"},
    "quick.send": {"title": "So"},
    "language.choose": {"language": "en"},
    "lists.make": {"process": PROCESS, "priority": "P3"},
    "lists.close": {"reason": "So"},
    "api_lists.make": {"process": PROCESS, "priority": "P3"},
    "api_lists.close": {"incidents": [PERSON], "reason": "So"},
    "finding.drop": {},
    "finding.keep": {"query": "state=open", "query_name": "So"},
    "made_files.make": {"query": "state=open", "format": "csv"},
    "made_files.take_away": {},
    "api_made_files.ask": {"format": "xes"},
    "api_made_files.drop": {},
    "mining.ask": {"format": "xes"},
    "packs.make": {"number": "1", "why": "A test of packs"},
    "moving.begin": {"from": "1", "to": "2", "reason": "So"},
    "moving.on": {},
    "named_people.agree": {},
    "named_people.ask_for_everybody": WHY,
    "named_people.decline": {"declined": "Because"},
    "named_people.limit": WHY,
    "named_people.name": {"person": PERSON},
    "named_people.take_somebody_off": WHY | {"person": PERSON},
    "phoning.write_down": {"whom": PERSON, "place": "So", "words_used": "So"},
    "reporting.send": {},
    "api_setting_up.change": {"answers": {}},
    "api_setting_up.enter": {"answers": {}},
    "api_setting_up.take_file": {"content": "name\nA\n"},
    "beginning.begin": {"name": "A", "login": "a", "email": "a@x", "password": "x"},
    "beginning.choose": {"new": "another one of 12"},
    "setting_up.change": {"name": "A"},
    "setting_up.enter": {"name": "A"},
    "setting_up.invitation": {},
    "setting_up.take_file": {"content": "name\nA\n", "_try": "1"},
    "signals.join": {"incident": "3"},
    "signals.name": {"product": PROCESS},
    "signing.sign_in_with": {"login": "ada", "password": "not this one"},
    "signing.sign_out": {},
    "silence.log": WHY | {"whom": PERSON, "channel": "call"},
    "silence.name": {"person": PERSON},
    "scenario_editor.save": {"text": "So", "revision": "0"},
    "studio.agree": {"seen": ""},
    "studio.begin": {"title": "So"},
    "studio.bring": {},
    "studio.decline": {},
    "studio.discard": {},
    "studio.publish": {"reason": "So"},
    "studio.remove": {},
    "studio.rename": {"title": "So"},
    "studio.undo": {},
    "studio.update": {},
    "trying.keep": {"name": "So"},
    "trying.move": {"deed": "back"},
    "todos.save": {"view_name": "So"},
    "todos.drop": {},
    "table_editor.begin": {"title": "So", "output": "so"},
    "telling.send": {"title": "So", "actual": "So", "name": "So"},
    "todo.answer": {"outcome": "done", "what_was_done": "Done"},
    "todo.give_back": {},
    "todo.not_said": {"words": "So"},
    "todo.draft": {},
    "todo.later": {"until": "2026-03-20"},
    "todo.somebody_else": {"who": "So"},
    "todo.hand_over": {"to": f"person:{PERSON}", "note": ""},
    "todo.reached": {"target": PERSON, "outcome": "done"},
    "todo.take": {},
    "you.away": {"since": "2027-01-01", "last": "2027-01-02"},
    "you.back": {},
    "you.deputy": {"deputy": ""},
    "you.password": {"current": "not this one", "new": "another one of 12"},
    "you.sign_out_everywhere": {},
    "you.time_zone": {"time_zone": "Europe/Berlin"},
    "your_tokens.end": {},
    "your_tokens.make": {"name": "Export", "days": "30"},
}  # fmt: skip
# They end the session, or hash a password each time: nothing of an incident is near.
ONCE = {"signing.sign_in_with", "you.sign_out_everywhere", "you.password"}
LIFTING = {"api_restrictions.agree", "named_people.agree"}
# What is sent to each change of an incident, the answers to its form.
_POINT = dict.fromkeys(("measure", "threshold", "evidence"), "So")
ANSWERS: dict[str, dict[str, Any]] = {
    "accept-uncovered": {"number": 9, "reason": "Because"},
    "caller-page": {"name": "Somebody"},
    "change-criteria": {"criteria": [_POINT], "reason": "Because"},
    "count-harmed": {"count": 9, "reason": "Because"},
    "decide-lowering": {"decided": "approve"},
    "look": {},
    "make-good": _POINT,
    "miss-criterion": {"why": "Because"},
    "move-due": {"due_at": LATER, "reason": "Because"},
    "name-checker": {"person": PERSON},
    "set-priority": {"priority": "P2", "reason": "Because"},
    "sign-make-good": {},
    "stand-for": {"whom": "Somebody", "count": 1},
}


CHANGING = {"api_changes.do", "changes.do"}


def sent_to(endpoint: str, path: str, values: Mapping[str, list[Any]]) -> dict[str, Any] | None:
    """Return what is sent to an address, None to one that changes nothing."""
    if endpoint not in CHANGING:
        return SENT.get(endpoint)
    name = next((part for part in path.split("/") if part in ANSWERS), "")
    answers = dict(ANSWERS.get(name, {}))
    if endpoint == "api_changes.do":
        return {"about": str(_about(name, values)), "answers": answers}
    for place, row in enumerate(answers.pop("criteria", [])):
        answers |= {f"criteria.{place}.{field}": said for field, said in row.items()}
    return answers


def _about(name: str, values: Mapping[str, list[Any]]) -> Any:
    return values.get(f"about.{name}", values["about"])[0]


def rules(web: Flask) -> Iterator[tuple[Rule, str]]:
    """Yield every address with each of its methods."""
    for rule in web.url_map.iter_rules():
        # the browser's files are the same for everybody
        if rule.endpoint == "static":
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method


# What points at an incident, and what stands there for one that is none.
POINTING: Mapping[str, Callable[[], Any]] = {
    "number": lambda: 987_654,
    "which": lambda: str(uuid4()),
    "action_id": uuid4,
    "item_id": uuid4,
    "dispute_id": uuid4,
}


# Where a number is not an incident's, or what is named by an id is something else.
_ELSEWHERE = {
    ("signals", "number"),
    ("studio", "number"),
    ("hurting", "number"),
    ("unchanged", "number"),
    ("api_proofs", "which"),
    ("api_releases", "which"),
}


def pointing(rule: Rule) -> set[str]:
    """Return those of a rule's arguments that point at an incident."""
    return {one for one in rule.arguments if one in POINTING and not _is_elsewhere(rule, one)}


def _is_elsewhere(rule: Rule, argument: str) -> bool:
    return (rule.endpoint.partition(".")[0], argument) in _ELSEWHERE


def paths_of(web: Flask, rule: Rule, method: str, values: Mapping[str, list[Any]]) -> list[str]:
    """Return the addresses of a rule, one for each value of one of its arguments at a time.

    What a change is about goes by its name.  KeyError for an argument that nobody has said the
    values of.
    """
    said = {name: _values(rule, name, values) for name in sorted(rule.arguments)}
    first = {name: found[0] for name, found in said.items()}
    chosen = [first] + [first | {name: one} for name, found in said.items() for one in found[1:]]
    if "about" in said:
        chosen = [one | {"about": _about(one["name"], values)} for one in chosen]
    with web.test_request_context():
        adapter = web.url_map.bind("")
        return [adapter.build(rule.endpoint, one, method=method) for one in chosen]


def _values(rule: Rule, argument: str, values: Mapping[str, list[Any]]) -> list[Any]:
    own = f"{rule.endpoint.partition('.')[0]}.{argument}"
    return values[own] if own in values else values[argument]


class Caller:
    """Somebody with a session and the page's token, or nobody; each call is a fresh browser."""

    def __init__(self, world: World, web: Flask, login: str | None) -> None:
        self.web = web
        self.person = None if login is None else world.people[login]
        signer = URLSafeTimedSerializer(SECRET, salt="wtf-csrf-token")
        self.token = str(signer.dumps("drawn"))

    def call(self, method: str, path: str, sent: Any = None) -> tuple[TestResponse, FlaskClient]:
        """Return the answer, and the browser with what it keeps."""
        client = self.web.test_client()
        with client.session_transaction() as session:
            session["csrf_token"] = "drawn"
            if self.person is not None:
                session["_user_id"] = f"{self.person}:0"
        if path.startswith("/api/"):
            more = {} if method == "GET" else {"json": sent or {}}
            headers = {"X-CSRFToken": self.token}
            return client.open(path, method=method, headers=headers, **more), client
        form = {} if method == "GET" else {"csrf_token": self.token} | dict(sent or {})
        return client.open(path, method=method, data=form), client


def headers_of(answer: Any) -> str:
    """Return what an answer's headers say, and what its cookies hold, unpacked.

    Packed and signed, a cookie can have any word in it by chance.
    """
    said = [f"{name}: {value}" for name, value in answer.headers if name != "Set-Cookie"]
    for cookie in answer.headers.getlist("Set-Cookie"):
        name, _, value = cookie.partition("=")
        packed = value.partition(";")[0]
        if not name.endswith("putright"):
            said.append(packed)
            continue
        content = base64_decode(packed.lstrip(".").partition(".")[0])
        if packed.startswith("."):
            content = zlib.decompress(content)
        said.append(content.decode("utf-8", "replace"))
    return "\n".join(said)


def text_of(answer: Any) -> str:
    """Return all that an answer says, of what is packed in a file too."""
    content: bytes = answer.get_data()
    if content.startswith(b"PK"):
        with ZipFile(BytesIO(content)) as packed:
            content = b"".join(packed.read(name) for name in packed.namelist())
    return content.decode("utf-8", "replace")
