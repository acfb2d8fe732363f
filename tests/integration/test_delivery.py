"""Nobody counts as asked before it reached them; what is urgent goes by two ways."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from api.calling import Gateway, called_by
from engine.domain.incident import Level
from engine.domain.ledger import Reason
from engine.domain.message import TRY_AGAIN_AFTER, MessageKind, Way
from engine.domain.party import Party
from engine.queries.ledger import LedgerLine, incident_ledger
from engine.queries.silence import missing_answers
from engine.usecases.absences import name_deputy
from engine.usecases.delivering import bounced, delivered, undelivered
from engine.usecases.posting import post_due, send_again
from engine.usecases.restricting import restrict
from engine.usecases.signing_in import store_password
from engine.usecases.stepping_in import step_in
from tests.post import SERVER, Server, body, send
from tests.staffing import hire
from tests.world import World

URGENT: dict[str, Any] = {"impact": Level.HIGH, "urgency": Level.HIGH}


@pytest.fixture
def world(world: World) -> World:
    """Everybody signs in but Carla, whom nothing but mail reaches."""
    world.handling = replace(world.handling, ways=frozenset({Way.MAIL}))
    with world.handling.store.engine.begin() as conn:
        conn.execute(text("UPDATE person SET password_hash = 'set' WHERE login <> 'carla'"))
    return world


def work_off(world: World) -> None:
    """Do what a worker does about what was and was not delivered."""
    bodies = {
        "putright.delivered": lambda a: delivered(
            world.handling, UUID(a["item_id"]), world.clock.now
        ),
        "putright.undelivered": lambda a: undelivered(
            world.handling, UUID(a["item_id"]), UUID(a["person_id"])
        ),
        "putright.step_in": lambda a: step_in(world.handling, UUID(a["person_id"])),
    }
    with world.handling.store.begin() as work:
        jobs = work.conn.execute(
            text("DELETE FROM procrastinate_jobs WHERE task_name = ANY (:names)"
                 " RETURNING task_name, args"),
            {"names": list(bodies)},
        ).all()  # fmt: skip
    for name, args in jobs:
        bodies[name](args)


def said_to(world: World, login: str) -> list[str]:
    with world.handling.store.read() as conn:
        return list(
            conn.scalars(
                text("SELECT kind FROM message WHERE person_id = :who ORDER BY id"),
                {"who": world.people[login]},
            )
        )


def lines_of(world: World, incident: UUID) -> tuple[LedgerLine, ...]:
    with world.handling.store.read() as conn:
        return incident_ledger(conn, incident, world.clock.now).lines


def asked_of(world: World, incident: UUID) -> list[str]:
    """Whom the answer is asked of now."""
    with world.handling.store.read() as conn:
        [one] = missing_answers(conn, incident, world.actor("hugo"))
        return [who.name for who in one.people]


# --- asked is who was reached ------------------------------------------------------------------


def test_whom_only_mail_reaches_counts_as_asked_once_it_is_delivered(
    world: World, mail: Server
) -> None:
    incident = world.asked()
    asked_at = world.clock.now
    for _ in range(4):
        world.clock.forward(days=1)
        world.fire(incident)
    assert "confirmation:reminded" not in world.verbs(incident), "the mail server was down"

    delivered_at = world.clock.now
    assert send(world, mail) > 0
    work_off(world)
    assert "item:delivered" in world.verbs(incident)
    world.clock.forward(days=6)
    world.fire(incident)
    assert "confirmation:reminded" in world.verbs(incident)
    [*_, before, after] = lines_of(world, incident)
    assert (before.since, before.until) == (asked_at, delivered_at)
    assert before.party is Party.IT, "the lead's: until delivery it is the asker's"
    assert after.party is Party.CUSTOMER


def test_a_decision_without_their_answer_opens_later_by_as_much(world: World, mail: Server) -> None:
    incident = world.asked()
    world.clock.forward(days=2)
    send(world, mail)
    work_off(world)
    world.clock.forward(days=13)
    world.fire(incident)
    assert "decision:opened" not in world.verbs(incident), "ten working days since it arrived"

    world.clock.forward(days=2)
    world.fire(incident)
    assert "decision:opened" in world.verbs(incident)


def test_whoever_signs_in_counts_as_asked_at_once(world: World) -> None:
    with world.handling.store.engine.begin() as conn:
        conn.execute(text("UPDATE person SET password_hash = 'set'"))
    incident = world.asked()
    world.clock.forward(days=4)
    world.fire(incident)

    assert "confirmation:reminded" in world.verbs(incident)
    assert lines_of(world, incident)[-1].party is Party.CUSTOMER


def test_an_answer_by_another_way_ends_the_wait_and_the_time_was_never_theirs(
    world: World, mail: Server
) -> None:
    incident = world.asked()
    world.clock.forward(hours=1)
    world.confirm(incident)
    send(world, mail)
    work_off(world)

    last = lines_of(world, incident)[-1]
    assert (last.party, last.length) == (Party.IT, timedelta(hours=1))
    assert last.reason is Reason.ASKED


def test_delivered_twice_is_noted_once(world: World, mail: Server) -> None:
    incident = world.asked()
    item = world.item(incident, "confirm_outcome", "carla")
    send(world, mail)
    work_off(world)
    delivered(world.handling, item.id, world.clock.now)

    assert world.verbs(incident).count("item:delivered") == 1


# --- it comes back -----------------------------------------------------------------------------


def test_mail_that_comes_back_asks_the_deputy_at_once_and_tells_the_lead(
    world: World, mail: Server
) -> None:
    hire(world, "dina", colleague_of="carla")
    name_deputy(world.handling.store, world.people["dina"], actor=world.actor("carla"))
    work_off(world)
    incident = world.asked()
    mail.refusal = "550 No such mailbox"
    send(world, mail)
    work_off(world)

    assert "item:undelivered" in world.verbs(incident)
    assert world.people["dina"] in world.item(incident, "confirm_outcome", "carla").people
    assert said_to(world, "hugo")[-1] == MessageKind.UNDELIVERED


def test_without_a_deputy_the_owner_is_told(world: World, mail: Server) -> None:
    incident = world.asked()
    mail.refusal = "550 No such mailbox"
    send(world, mail)
    work_off(world)

    assert "confirmation:owner_told" in world.verbs(incident)


def test_a_mail_server_that_stays_down_tells_and_takes_nobody_for_gone(
    world: World, mail: Server
) -> None:
    incident = world.asked()
    mail.refusal = "451 Try later"
    send(world, mail)
    for wait in TRY_AGAIN_AFTER:
        world.clock.forward(seconds=wait.total_seconds())
        send(world, mail)
    work_off(world)

    assert "item:undelivered" in world.verbs(incident)
    assert "confirmation:owner_told" in world.verbs(incident)
    assert world.handling.store.engine.connect().scalar(
        text("SELECT count(*) FROM person WHERE unreachable_since IS NOT NULL")
    ) == 0  # fmt: skip


def test_a_bounce_moves_what_its_person_holds(world: World, mail: Server) -> None:
    incident = world.asked()
    send(world, mail)
    work_off(world)

    assert bounced(world.handling, "Carla@Example.org", "Mailbox full") == 1
    work_off(world)
    assert "confirmation:owner_told" in world.verbs(incident)
    before = len(mail.taken)
    world.clock.forward(days=4)
    world.fire(incident)
    send(world, mail)
    assert all("Carla" not in one["To"] for one in mail.taken[before:]), "no more mail to them"


def test_a_bounce_to_whoever_signs_in_moves_nothing(world: World) -> None:
    incident = world.asked()
    assert bounced(world.handling, "hugo@example.org", "Mailbox full") in (0, 1)
    work_off(world)

    assert "item:undelivered" not in world.verbs(incident)


def test_sending_again_takes_them_for_reachable(world: World, mail: Server) -> None:
    world.asked()
    mail.refusal = "550 No such mailbox"
    send(world, mail)
    with world.handling.store.engine.begin() as conn:
        conn.execute(text("UPDATE person SET roles = '{operator}' WHERE login = 'egon'"))
        letter = conn.scalar(
            text("SELECT id FROM message WHERE person_id = :who AND failed IS NOT NULL"),
            {"who": world.people["carla"]},
        )
    mail.refusal = None
    send_again(world.handling, letter, actor=world.actor("egon"))
    send(world, mail)

    assert len(mail.to("Carla Costa")) == 1


# --- together, by the day ----------------------------------------------------------------------


def test_answers_that_are_not_urgent_are_asked_for_together(world: World, mail: Server) -> None:
    first, second = world.asked(), world.asked(title="Wrong dates")
    send(world, mail)
    [letter] = mail.to("Carla Costa")

    assert letter["Subject"] == "2 answers are asked of you"
    assert letter["References"] is None
    for title in ("#1 Wrong balances", "#2 Wrong dates"):
        assert title in body(letter)
    assert body(letter).count("https://right.example.org/l/") == 2
    work_off(world)
    assert "item:delivered" in world.verbs(first)
    assert "item:delivered" in world.verbs(second)
    assert "one page" not in body(letter)


def test_who_signs_in_is_led_to_all_of_them_on_one_page(world: World, mail: Server) -> None:
    store_password(world.handling.store, world.people["carla"], "a hash")
    world.asked()
    world.asked()
    send(world, mail)
    [letter] = mail.to("Carla Costa")

    assert "https://right.example.org/answers" in body(letter)


def test_urgent_answers_are_asked_for_at_once_and_alone(world: World, mail: Server) -> None:
    world.asked()
    urgent = world.report(**URGENT)
    world.lead(urgent)
    world.agree(urgent, world.for_team("databases"))
    world.act(urgent, "ada")
    world.verify(urgent)
    post_due(world.handling, mail.post)
    [letter] = mail.to("Carla Costa")

    assert letter["Subject"] == "[#2] Wrong balances"


def test_a_restricted_one_is_a_number_among_others(world: World, mail: Server) -> None:
    restricted = world.asked(title="Theft in the IT team")
    world.asked(title="Wrong dates")
    restrict(world.handling, restricted, reason="Somebody of ours", actor=world.actor("hugo"))
    send(world, mail)
    [letter] = mail.to("Carla Costa")

    assert "#1" in body(letter)
    assert "Theft" not in letter.as_string()


# --- the second way ----------------------------------------------------------------------------


class Chat:
    """A gateway of chat that keeps what it is given."""

    def __init__(self) -> None:
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        chat = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                sent = self.rfile.read(int(self.headers["Content-Length"]))
                chat.taken.append((dict(self.headers), sent))
                self.send_response(chat.status)
                if chat.status == 302:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()

            def do_GET(self) -> None:
                chat.taken.append(({}, b"led astray"))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def gateway(self) -> Gateway:
        url = f"http://127.0.0.1:{self.server.server_port}/hook"
        return Gateway(url, SERVER.addresses, secret="x" * 32)


@pytest.fixture
def chat() -> Iterator[Chat]:
    """A gateway on a port of its own."""
    chat = Chat()
    thread = Thread(target=chat.server.serve_forever)
    thread.start()
    yield chat
    chat.server.shutdown()
    chat.server.server_close()
    thread.join()


def call(world: World, chat: Chat, gateway: Gateway | None = None) -> int:
    return post_due(world.handling, called_by(gateway or chat.gateway), way=Way.CALL)


@pytest.fixture
def called(world: World) -> World:
    """A world with both ways."""
    world.handling = replace(world.handling, ways=frozenset(Way))
    return world


def test_what_is_urgent_is_called_as_well_once_and_signed(called: World, chat: Chat) -> None:
    with called.handling.store.engine.begin() as conn:
        conn.execute(text("UPDATE person SET phone = '+49 1' WHERE login = 'hugo'"))
    called.report(**URGENT)
    assert call(called, chat) > 0
    assert call(called, chat) == 0

    said = [(headers, sent) for headers, sent in chat.taken if json.loads(sent)["phone"]]
    [(headers, sent)] = said[:1]
    words = json.loads(sent)
    assert words["text"].startswith("[#1] Wrong balances: Something is asked of you")
    assert words["url"].startswith("https://right.example.org/")
    at, _, signature = headers["X-Putright-Signature"].partition(",")
    expected = hmac.new(b"x" * 32, f"{at.removeprefix('t=')}.".encode() + sent, hashlib.sha256)
    assert signature == f"sha256={expected.hexdigest()}"


def test_what_is_not_urgent_is_not_called_unless_it_is_about_mail(
    called: World, chat: Chat
) -> None:
    called.report()
    assert call(called, chat) == 0

    with called.handling.store.engine.begin() as conn:
        conn.execute(text("UPDATE business_process SET carries_mail = true"))
    called.report()
    assert call(called, chat) > 0


def test_a_call_counts_as_delivered(called: World, chat: Chat) -> None:
    with called.handling.store.engine.begin() as conn:
        conn.execute(text("UPDATE business_process SET carries_mail = true"))
    incident = called.asked()
    call(called, chat)
    work_off(called)

    assert "item:delivered" in called.verbs(incident)


@pytest.mark.parametrize(("status", "is_tried_again"), [(503, True), (429, True), (404, False)])
def test_a_gateway_that_refuses_is_tried_again_or_given_up(
    called: World, chat: Chat, status: int, *, is_tried_again: bool
) -> None:
    chat.status = status
    called.report(**URGENT)
    assert call(called, chat) == 0
    chat.status = 204
    called.clock.forward(seconds=TRY_AGAIN_AFTER[0].total_seconds())

    assert (call(called, chat) > 0) is is_tried_again


def test_a_gateway_that_has_moved_is_not_followed(called: World, chat: Chat) -> None:
    chat.status = 302
    called.report(**URGENT)
    call(called, chat)

    assert b"led astray" not in [sent for _, sent in chat.taken]
    with called.handling.store.read() as conn:
        assert conn.scalar(text("SELECT call_failed FROM message LIMIT 1")) == (
            "The gateway says: 302"
        )


def test_a_title_stays_a_text_and_a_restricted_one_a_number(called: World, chat: Chat) -> None:
    hostile = '", "to": "everybody'
    called.report(title=hostile, **URGENT)
    body = {"blocks": [{"text": "$text"}], "to": "$phone"}
    call(called, chat, replace(chat.gateway, body=body))
    [sent, *_] = [json.loads(sent) for _, sent in chat.taken]
    assert hostile in sent["blocks"][0]["text"]
    assert set(sent) == {"blocks", "to"}

    incident = called.report(title="Theft", **URGENT)
    called.lead(incident)
    restrict(called.handling, incident, reason="One of ours", actor=called.actor("hugo"))
    before = len(chat.taken)
    call(called, chat)
    assert len(chat.taken) > before
    assert not any(b"Theft" in sent for _, sent in chat.taken)
