"""Mail, handed to a real mail server: what is asked of people reaches them, once."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import text

from api.bench.counting import counted
from api.mail import posted_by
from engine.domain.message import STALE_AFTER, TRY_AGAIN_AFTER, MessageKind
from engine.errors import InvalidAnswers
from engine.usecases.complete import complete
from engine.usecases.posting import Letter, choose, post_due
from engine.usecases.restricting import restrict
from engine.usecases.setting_aside import set_aside
from tests.post import SERVER, Server, body, send
from tests.visitor import Visitor, words_of
from tests.world import World

Visit = Callable[[str | None], Visitor]


@pytest.fixture
def world(world: World) -> World:
    """Everybody signs in."""
    with world.handling.store.engine.begin() as conn:
        conn.execute(text("UPDATE person SET password_hash = 'set'"))
    return world


def test_what_is_asked_of_somebody_reaches_them_once(world: World, mail: Server) -> None:
    incident = world.asked()
    send(world, mail)
    letters = mail.to("Carla Costa")

    assert len(letters) == 1
    [letter] = letters
    item = world.item(incident, "confirm_outcome", "carla")
    assert letter["Subject"] == "[#1] Wrong balances"
    assert f"https://right.example.org/todos/{item.id}" in body(letter)
    assert "Something is asked of you" in body(letter)
    assert send(world, mail) == 0, "each once"


def test_nobody_is_written_what_they_do_themselves(world: World, mail: Server) -> None:
    incident = world.report("carla")
    send(world, mail)
    before = len(mail.to("Hugo Hahn"))
    set_aside(world.handling, incident, reason="Spam", actor=world.actor("hugo"))
    send(world, mail)

    assert len(mail.to("Hugo Hahn")) == before
    assert len(mail.to("Carla Costa")) == 1


def test_one_incident_is_one_thread(world: World, mail: Server) -> None:
    incident = world.asked()
    send(world, mail)
    world.confirm(incident)
    send(world, mail)
    letters = mail.to("Hugo Hahn") + mail.to("Carla Costa")

    assert {letter["References"] for letter in letters} == {f"<incident.{incident}@example.org>"}
    assert {letter["In-Reply-To"] for letter in letters} == {f"<incident.{incident}@example.org>"}
    assert len({letter["Message-ID"] for letter in letters}) == len(letters) > 1
    assert {letter["Auto-Submitted"] for letter in letters} == {"auto-generated"}


def test_that_it_is_closed_is_written_to_who_told_us(world: World, mail: Server) -> None:
    incident = world.asked()
    world.confirm(incident)
    send(world, mail)

    assert any("This is closed." in body(letter) for letter in mail.to("Hugo Hahn"))
    assert world.row(incident).state == "closed"


def test_that_it_was_set_aside_is_written_to_who_told_us(world: World, mail: Server) -> None:
    incident = world.report("carla")
    world.lead(incident, "hugo")
    set_aside(world.handling, incident, reason="Spam", actor=world.actor("hugo"))
    send(world, mail)

    assert "This was set aside" in body(mail.to("Carla Costa")[-1])


def test_a_letter_that_is_not_taken_is_tried_again_and_later_given_up(
    world: World, mail: Server, visit: Visit
) -> None:
    world.asked()
    mail.refusal = "451 Greylisted"

    for wait in TRY_AGAIN_AFTER:
        assert send(world, mail) == 0
        assert dead(world) == 0
        world.clock.forward(seconds=wait.total_seconds() - 1)
        assert waiting(world) == 0, "not before its time"
        world.clock.forward(seconds=1)
    send(world, mail)

    assert dead(world) > 0
    with world.handling.store.engine.begin() as conn:
        conn.execute(text("UPDATE person SET roles = '{operator}' WHERE login = 'egon'"))
    page = visit("egon").get("/letters")
    assert "451 Greylisted" in words_of(page)
    mail.refusal = None
    letter = one_dead(world)
    visit("egon").send(f"/letters/{letter}/again", {}, at="/letters")
    assert send(world, mail) == 1
    visit("hugo").get("/letters", 403)


def test_what_will_never_be_taken_is_not_tried_again(world: World, mail: Server) -> None:
    world.asked()
    mail.refusal = "550 No such mailbox"
    send(world, mail)

    assert waiting(world) == 0
    assert dead(world) > 0


def test_a_mail_server_that_is_away_loses_nothing(world: World, mail: Server) -> None:
    world.asked()
    nowhere = posted_by(replace(SERVER, url="smtp://127.0.0.1:1"))

    assert post_due(world.handling, nowhere) == 0
    assert dead(world) == 0
    world.clock.forward(seconds=TRY_AGAIN_AFTER[0].total_seconds())
    assert send(world, mail) > 0


def test_who_is_killed_after_sending_sends_it_again_under_the_same_id(
    world: World, mail: Server
) -> None:
    world.asked()
    world.clock.forward(hours=5)

    class Killed(BaseException):
        pass

    def post(letter: Letter) -> None:
        mail.post(letter)
        raise Killed

    with pytest.raises(Killed):
        post_due(world.handling, post)
    first = mail.taken[0]["Message-ID"]
    send(world, mail)

    again = [one["Message-ID"] for one in mail.taken[1:]]
    assert again.count(first) == 1


def test_reminders_that_piled_up_come_as_one(world: World, mail: Server) -> None:
    world.asked()
    send(world, mail)
    incident = world.numbered(1)
    before = len(mail.to("Carla Costa"))
    for days in (3, 4):
        world.clock.forward(days=days)
        world.fire(incident)
    with world.handling.store.engine.begin() as conn:
        conn.execute(text("UPDATE message SET caused_at = :now"), {"now": world.clock.now})
    send(world, mail)

    [letter] = mail.to("Carla Costa")[before:]
    assert body(letter).count("This still waits for you") == 1


def test_what_was_done_meanwhile_and_what_is_old_is_not_mailed(world: World, mail: Server) -> None:
    incident = world.asked()
    world.confirm(incident)
    send(world, mail)
    assert not any("asked of you" in body(one) for one in mail.to("Carla Costa"))

    world.asked()
    world.clock.forward(seconds=STALE_AFTER.total_seconds())
    assert send(world, mail) == 0
    assert waiting(world) == 0


def test_a_restricted_incident_is_a_number_in_mail_and_inbox(
    world: World, mail: Server, visit: Visit
) -> None:
    incident = world.asked()
    restrict(world.handling, incident, reason="Somebody of ours", actor=world.actor("hugo"))
    send(world, mail)

    everything = "".join(one.as_string() for one in mail.taken)
    assert mail.taken
    assert "Wrong balances" not in everything
    assert "#1" in everything
    for login in world.people:
        assert "Wrong balances" not in words_of(visit(login).get("/inbox"))


def test_names_and_titles_cannot_break_out(world: World, mail: Server) -> None:
    title = "Wrong\r\nBcc: everybody@example.org\r\n\r\n<script>alert(1)</script>"
    with world.handling.store.engine.begin() as conn:
        conn.execute(text("UPDATE person SET name = :name WHERE login = 'carla'"),
                     {"name": "Carla\r\nBcc: more@example.org <b>"})  # fmt: skip
    incident = world.asked(title="A title")
    with world.handling.store.engine.begin() as conn:
        conn.execute(text("UPDATE incident SET title = :title"), {"title": title})
    send(world, mail)

    letters = [one for one in mail.taken if one["To"] and "carla@" in one["To"]]
    assert letters
    for letter in letters:
        assert letter["Bcc"] is None
        assert "<script>" not in body(letter, "html")
        assert "&lt;script&gt;" in body(letter, "html")
    assert incident


def test_a_replay_writes_to_nobody(world: World) -> None:
    world.handling = replace(world.handling, wakes_workers=False)
    world.asked()

    assert waiting(world) == 0


def test_a_choice_keeps_a_kind_to_the_inbox(world: World, mail: Server, visit: Visit) -> None:
    carla = world.actor("carla")
    choose(world.handling.store, carla.id, MessageKind.OVER, is_mailed=False)
    incident = world.report("carla")
    world.lead(incident, "hugo")
    set_aside(world.handling, incident, reason="Spam", actor=world.actor("hugo"))
    send(world, mail)

    assert mail.to("Carla Costa") == []
    assert "This is over" in words_of(visit("carla").get("/inbox"))
    with pytest.raises(InvalidAnswers):
        choose(world.handling.store, carla.id, MessageKind.ASKED, is_mailed=False)


def test_the_link_in_a_letter_ends_its_kind_and_opening_it_does_not(
    world: World, mail: Server, visit: Visit
) -> None:
    incident = world.report("carla")
    world.lead(incident, "hugo")
    set_aside(world.handling, incident, reason="Spam", actor=world.actor("hugo"))
    send(world, mail)
    [letter] = mail.to("Carla Costa")
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = letter["List-Unsubscribe"].strip("<>").removeprefix("https://right.example.org")

    nobody = visit(None)
    nobody.get(link)
    assert kept(world) == []
    nobody.send_as_it_is(link, {"List-Unsubscribe": "One-Click"}, 200)
    assert kept(world) == ["over"]
    nobody.get(link + "x", 404)


def test_an_asking_cannot_be_unsubscribed(world: World, mail: Server) -> None:
    world.asked()
    send(world, mail)

    assert mail.taken
    assert all(one["List-Unsubscribe"] is None for one in mail.taken if "asked of you" in body(one))


def test_the_inbox_counts_what_is_not_read(world: World, visit: Visit) -> None:
    world.asked()
    carla = visit("carla")

    assert "1 not read" in words_of(carla.get("/"))
    carla.send("/inbox/read", {}, at="/inbox")
    assert "not read" not in words_of(carla.get("/"))


def test_what_was_said_last_about_a_to_do_stands_for_all_of_it(world: World, visit: Visit) -> None:
    incident = world.asked()
    world.clock.forward(days=4)
    world.fire(incident)
    carla = visit("carla")
    page = words_of(carla.get("/inbox"))

    assert page.count("#1 Wrong balances") == 1
    assert "reminded" in page
    assert "1 not read" in page


def test_only_operators_send_again(visit: Visit) -> None:
    visit("hugo").send("/letters/1/again", {}, 403, at="/inbox")


def test_writing_to_people_costs_a_completion_nothing(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases", ends_cause=True))
    [item] = world.items(incident)
    answers, ada = {"outcome": "done", "what_was_done": "Done as asked"}, world.actor("ada")

    with counted(world.handling.store.engine) as sent:
        complete(world.handling, item.id, answers, actor=ada)

    assert len(sent.statements) <= 13
    assert not any(one.lstrip().startswith("INSERT INTO message") for one in sent.statements)
    assert any("INSERT INTO message" in one for one in sent.statements)


def waiting(world: World) -> int:
    return count(world, "next_try_at <= :now")


def dead(world: World) -> int:
    return count(world, "failed IS NOT NULL AND next_try_at IS NULL AND sent_at IS NULL")


def one_dead(world: World) -> int:
    with world.handling.store.read() as conn:
        found: int = conn.execute(
            text("SELECT min(id) FROM message WHERE failed IS NOT NULL AND next_try_at IS NULL")
        ).scalar_one()
        return found


def kept(world: World) -> list[str]:
    with world.handling.store.read() as conn:
        return list(conn.scalars(text("SELECT kind FROM unmailed ORDER BY kind")))


def count(world: World, where: str) -> int:
    with world.handling.store.read() as conn:
        found: int = conn.execute(
            text(f"SELECT count(*) FROM message WHERE {where}"),  # noqa: S608 - our own words
            {"now": world.clock.now},
        ).scalar_one()
        return found


def test_the_count_comes_anew_by_itself(world: World, visit: Visit) -> None:
    carla = visit("carla")
    assert 'hx-get="/inbox/count" hx-trigger="every 60s"' in carla.get("/")
    assert words_of(carla.get("/inbox/count")) == ""
    world.asked()
    assert words_of(carla.get("/inbox/count")) == "1 not read"
    answer = visit(None).client.get("/inbox/count", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.data) == (401, b""), "no sign-in page within a page"
