"""What comes by mail: reports, comments, automatic answers, bounces, and hostile messages."""

from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from api.incoming import LARGEST, read_message
from engine.errors import Conflict, InvalidAnswers, NotAllowed
from engine.queries.comments import comments
from engine.queries.files import file_content, files
from engine.usecases.mail_in import Bounce, Incoming, Taken, take_mail
from engine.usecases.phoning import take_as_not_right
from engine.usecases.restricting import restrict
from tests.post import Server, body, send
from tests.visitor import Visitor, words_of
from tests.world import World

PROCESS = "Customer statements"


@pytest.fixture
def world(world: World) -> World:
    """Everybody has an address."""
    with world.handling.store.engine.begin() as conn:
        conn.execute(text("UPDATE person SET email = login || '@example.org'"))
        conn.execute(text("UPDATE business_process SET name = :name"), {"name": PROCESS})
    return world


def written(
    words: str = "It is wrong again", sender: str = "Carla <Carla@example.org>", **headers: str
) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = "statements@putright.example"
    message["Message-ID"] = f"<{uuid4()}@example.org>"
    for name, value in headers.items():
        name = name.replace("_", "-")
        del message[name]
        message[name] = value
    if "Subject" not in message:
        message["Subject"] = "The balance is wrong"
    message.set_content(words)
    return message


def read(message: EmailMessage | bytes) -> Incoming:
    raw = message if isinstance(message, bytes) else message.as_bytes()
    found = read_message(raw)
    assert isinstance(found, Incoming)
    return found


def take(world: World, message: EmailMessage, process: str | None = PROCESS) -> Taken:
    return take_mail(world.handling, read(message), process=process)


def said(world: World, incident: UUID, login: str = "hugo") -> list[Any]:
    with world.handling.store.read() as conn:
        return list(comments(conn, incident, world.actor(login)).lines)


def thread(incident: UUID) -> str:
    return f"<incident.{incident}@example.org>"


# --- a new message -----------------------------------------------------------------------------


def test_a_message_of_a_customer_is_their_report(world: World) -> None:
    assert take(world, written("Two are wrong\nLook at March")) == Taken(1, is_new=True)
    row = world.row(world.numbered(1))

    assert (row.title, row.reporter_id) == ("The balance is wrong", world.people["carla"])
    assert row.actual == "Two are wrong\nLook at March"
    assert world.verbs(world.numbered(1))[0] == "incident:reported"
    with world.handling.store.read() as conn:
        signed = conn.execute(text("SELECT actor, person_id FROM entry WHERE seq = 1")).one()
    assert signed == ("mail from Carla@example.org", None), "an address proves nothing"


def test_a_stranger_is_an_unknown_reporter(world: World) -> None:
    take(world, written(sender="Nobody Known <nobody@elsewhere.example>"))
    with world.handling.store.read() as conn:
        caller = conn.execute(text("SELECT name, contact FROM caller")).one()
    assert caller == ("Nobody Known", "nobody@elsewhere.example")


def test_the_same_message_again_changes_nothing(world: World) -> None:
    message = written()
    assert take(world, message).is_new is True
    assert take(world, message) == Taken(1, is_new=False)
    incident = world.numbered(1)
    reply = written(In_Reply_To=thread(incident))
    for _ in range(2):
        take(world, reply)
    assert world.verbs(incident).count("incident:mailed") == 1


def test_what_answers_nothing_and_names_no_process_is_refused(world: World) -> None:
    with pytest.raises(InvalidAnswers):
        take(world, written(), process=None)
    with pytest.raises(InvalidAnswers):
        take(world, written(), process="Nothing of ours")


# --- a reply -----------------------------------------------------------------------------------


def test_a_reply_is_a_comment_and_no_answer(world: World, mail: Server) -> None:
    incident = world.asked()
    send(world, mail)
    [letter] = mail.to("Carla Costa")
    reply = written(
        "It is still broken\n\nOn Monday Putright wrote:\n> Something is asked of you",
        References=str(letter["References"]),
        Subject=f"Re: {letter['Subject']}",
    )
    assert take(world, reply, process=None) == Taken(1, is_new=False)

    [line] = said(world, incident)
    assert (line.words, line.by, line.by_mail) == (
        "It is still broken",
        "mail from Carla@example.org",
        True,
    )
    assert world.row(incident).state == "open"
    assert "confirmation:given" not in world.verbs(incident)
    world.confirm(incident)
    assert world.row(incident).state == "closed", "it stops nothing silently"


def test_it_is_still_broken_is_taken_as_not_right_with_one_click(
    world: World, visit: Callable[[str | None], Visitor]
) -> None:
    incident = world.asked()
    take(world, written("It is still broken", In_Reply_To=thread(incident)))
    hugo, path = visit("hugo"), "/incidents/1"
    assert "Take it as “not right”" in words_of(hugo.get(path))
    assert "Take it as" not in words_of(visit("carla").get(path))
    seq = said(world, incident)[0].seq
    hugo.send(f"{path}/comments/{seq}/not-right", {}, at=path)

    with world.handling.store.read() as conn:
        answer = conn.execute(
            text("SELECT person_id, answer, grade, recorded_by FROM confirmation")
        ).one()
    assert answer == (world.people["carla"], "no", "phone", world.people["hugo"])
    assert world.row(incident).right_since is None, "it is back at work"
    with pytest.raises(Conflict):
        take_as_not_right(world.handling, incident, seq, actor=world.actor("hugo"))
    with pytest.raises(NotAllowed):
        take_as_not_right(world.handling, incident, seq, actor=world.actor("carla"))


def test_a_number_counts_only_from_who_may_read_that_incident(world: World) -> None:
    incident = world.report("carla")
    take(world, written("Any news?", Subject="Re: [#1] Wrong balances"))
    assert [one.words for one in said(world, incident, "carla")] == ["Any news?"]

    stranger = written("Let me in", sender="x@elsewhere.example", Subject="[#1] Wrong")
    assert take(world, stranger).is_new is True
    with pytest.raises(InvalidAnswers):
        take(world, stranger, process=None)


def test_a_stranger_in_a_thread_is_read_by_us_only(world: World) -> None:
    incident = world.report("carla")
    take(world, written("I am copied", sender="x@elsewhere.example", References=thread(incident)))

    assert [one.words for one in said(world, incident)] == ["I am copied"]
    assert said(world, incident, "carla") == []


def test_a_restricted_incident_takes_no_mail_but_from_named_people(world: World) -> None:
    incident = world.report("carla")
    world.lead(incident, "hugo")
    restrict(world.handling, incident, reason="One of ours", actor=world.actor("hugo"))
    take(world, written("From me", References=thread(incident)))
    for sender in ("ada@example.org", "x@elsewhere.example"):
        with pytest.raises(InvalidAnswers):
            take(world, written("Let me in", sender=sender, References=thread(incident)))
    assert len(said(world, incident)) == 1


def test_attachments_are_kept_and_on_record(world: World) -> None:
    incident = world.report("carla")
    message = written("See the list", References=thread(incident))
    message.add_attachment(
        b"a;b\n", maintype="text", subtype="csv", filename="../../etc/pass\u202ewd.csv"
    )
    take(world, message)
    with world.handling.store.read() as conn:
        content = conn.scalar(text("SELECT content FROM entry WHERE verb = 'incident:mailed'"))
    [attachment] = content["attachments"]
    assert attachment.endswith("wd.csv (4 bytes)")
    with world.handling.store.read() as conn:
        [kept] = files(conn, incident, world.actor("carla"))
        assert (kept.size, kept.added_by) == (4, "mail from Carla@example.org")
        assert file_content(conn, incident, kept.id, world.actor("carla"))[1] == b"a;b\n"
    assert "/" not in kept.name


# --- nobody wrote it ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; owner-email=x"},
        {"Precedence": "bulk"},
        {"X_Autoreply": "yes"},
        {"Return_Path": "<>"},
        {"List_Id": "<list.example.org>"},
    ],
)
def test_what_no_person_wrote_is_left_alone(header: dict[str, str]) -> None:
    assert read_message(written(**header).as_bytes()) is None


def test_what_a_person_wrote_is_not_taken_for_automatic() -> None:
    assert read(written(Auto_Submitted="no")).words == "It is wrong again"


def report_of(action: str, status: str) -> bytes:
    return (
        "From: MAILER-DAEMON@example.org\r\nReturn-Path: <>\r\nSubject: Undelivered\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example.org\r\n\r\n"
        "Final-Recipient: rfc822; carla@example.org\r\n"
        f"Action: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 No such user\r\n\r\n--b--\r\n"
    ).encode()


def test_mail_that_came_back_names_its_address_and_why() -> None:
    assert read_message(report_of("failed", "5.1.1")) == Bounce(
        "carla@example.org", "550 5.1.1 No such user"
    )


def test_mail_that_is_late_has_not_come_back() -> None:
    assert read_message(report_of("delayed", "4.4.1")) is None


# --- hostile -----------------------------------------------------------------------------------


def test_html_is_read_as_it_is_shown() -> None:
    message = written()
    message.clear_content()
    message.set_content(
        "<html><head><style>p {}</style><title>T</title></head><body><p>First</p>"
        "<script>alert(1)</script><p>Second &amp; last</p></body></html>",
        subtype="html",
    )
    assert read(message).words.split() == ["First", "Second", "&", "last"]


def deep(levels: int) -> bytes:
    head = b"From: carla@example.org\r\nSubject: Deep\r\nMIME-Version: 1.0\r\n"
    for level in range(levels):
        head += f'Content-Type: multipart/mixed; boundary="{level}"\r\n\r\n--{level}\r\n'.encode()
    return head + b"Content-Type: text/plain\r\n\r\nHere\r\n"


def many_parts(count: int) -> bytes:
    part = b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n"
    head = b'From: a@b.example\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    return head + part * count + b"--b--\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff\xfe",
        b"From: nobody\r\n\r\nNo address",
        many_parts(10_000),
        b"x" * (LARGEST + 1),
        deep(5_000),
    ],
    ids=["nothing", "noise", "no address", "parts", "large", "deep"],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(raw: bytes) -> None:
    with pytest.raises(InvalidAnswers) as refusal:
        read_message(raw)
    assert refusal.value.fields["message"].endswith(".")


@pytest.mark.parametrize("charset", ["no-such-charset", "utf-7", "idna"])
def test_an_odd_character_set_breaks_nothing(charset: str) -> None:
    raw = (
        "From: carla@example.org\r\nSubject: =?no-such?q?x?=\r\n"
        f"Content-Type: text/plain; charset={charset}\r\n\r\n".encode()
        + b"caf\xe9 \x00 \xff\r\n"
    )
    try:
        read_message(raw)
    except InvalidAnswers as refusal:
        assert refusal.fields["message"].endswith(".")  # noqa: PT017 - either is right


def test_headers_cannot_break_out(world: World, mail: Server) -> None:
    raw = (
        b"From: Carla <carla@example.org>\r\n"
        b"Subject: =?utf-8?q?Wrong=0D=0ABcc=3A_everybody=40example=2Eorg?=\r\n"
        b"Message-ID: <a@b.example>\r\n\r\nWords\r\n"
    )
    take_mail(world.handling, read(raw), process=PROCESS)
    world.lead(world.numbered(1), "hugo")
    send(world, mail)

    assert mail.taken
    for letter in mail.taken:
        assert letter["Bcc"] is None
        assert "\n" not in body(letter).splitlines()[0]
