"""English and German: by choice, else by browser; on pages, in letters and from the API."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from lxml import html
from sqlalchemy import select, text

from api import languages
from api.app import create_app
from api.demo import furnish
from api.mail import posted_by
from api.settings import Settings
from engine.domain.ladder import DEFAULT
from engine.domain.message import Way
from engine.store import schema as t
from engine.store.connect import application_engine
from engine.store.embedded import DatabaseUrls
from engine.store.work import Store
from engine.usecases.handling import Handling
from engine.usecases.posting import post_due
from engine.usecases.signing_in import set_language
from tests.machine import Machine
from tests.post import SERVER, Server, send
from tests.visitor import Visitor, web_of, words_of
from tests.world import KEY, World

NOW = datetime(2026, 4, 10, 9, 0, tzinfo=UTC)
GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}


@pytest.fixture
def web(world: World) -> Flask:
    return web_of(world)


def test_a_page_speaks_the_browser_s_language(web: Flask) -> None:
    client = web.test_client()

    german = client.get("/sign-in", headers=GERMAN).get_data(as_text=True)
    other = client.get("/sign-in", headers={"Accept-Language": "fi"}).get_data(as_text=True)

    assert '<html lang="de">' in german
    assert "Melden Sie, was falsch herauskam" in words_of(german)
    assert '<html lang="en">' in other


def test_the_house_says_what_is_spoken_to_those_who_ask_for_neither(world: World) -> None:
    settings = Settings(data_dir=Path(), secret_key="s" * 40, language="de")
    client = create_app(world.handling, settings).test_client()

    page = client.get("/sign-in", headers={"Accept-Language": "fi"}).get_data(as_text=True)

    assert '<html lang="de">' in page


def test_somebody_chooses_once_and_it_is_theirs_everywhere(world: World, web: Flask) -> None:
    carla = Visitor(world, web, "carla")

    carla.send("/language", {"language": "de"}, at="/incidents")

    assert "Vorfälle" in words_of(carla.get("/incidents"))
    elsewhere = Visitor(world, web, "carla")
    assert "Aufgaben" in words_of(elsewhere.get("/"))
    assert "To-dos" in words_of(Visitor(world, web, "bruno").get("/"))


def test_who_has_no_account_chooses_for_their_browser(world: World, web: Flask) -> None:
    stranger = Visitor(world, web)

    stranger.send("/language", {"language": "de"}, at="/sign-in")
    assert "Anmelden" in words_of(stranger.get("/sign-in"))
    stranger.send("/language", {"language": "xx"}, at="/sign-in")
    assert "Anmelden" in words_of(stranger.get("/sign-in"))


@pytest.mark.parametrize(
    ("came_from", "back"),
    [
        ("http://localhost/sign-in?next=/you", "/sign-in?next=/you"),
        ("https://evil.example//evil.example/", "/"),
        (None, "/"),
    ],
)
def test_one_is_back_where_one_was_and_led_nowhere_else(
    world: World, web: Flask, came_from: str | None, back: str
) -> None:
    stranger = Visitor(world, web)
    token = html.fromstring(stranger.get("/sign-in")).xpath("//input[@name='csrf_token']/@value")[0]

    answer = stranger.client.post(
        "/language",
        data={"csrf_token": token, "language": "de"},
        headers={"Referer": came_from} if came_from else {},
    )

    assert answer.status_code == 303
    assert answer.headers["Location"] == back


def test_letters_speak_the_language_of_who_they_are_to(world: World, mail: Server) -> None:
    set_language(world.handling.store, world.people["carla"], "de")
    world.asked()

    send(world, mail)

    letter = mail.to("Carla")[-1]
    plain, rich = (letter.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert rich is not None
    assert "Sie werden um etwas gebeten: Das Ergebnis bestätigen" in plain.get_content()
    assert "Guten Tag, Carla" in plain.get_content()
    assert '<html lang="de">' in rich.get_content()


def test_letters_to_those_who_chose_none_speak_the_language_of_the_house(
    world: World, mail: Server
) -> None:
    world.asked()

    world.clock.forward(days=1)
    url = f"smtp://127.0.0.1:{mail.controller.port}"
    post_due(world.handling, posted_by(replace(SERVER, url=url, language="de")))

    body = mail.to("Carla")[-1].get_body(("plain",))
    assert body is not None
    assert "Guten Tag, Carla" in body.get_content()


def test_whoever_holds_a_link_chooses_for_the_letters_too(
    world: World, web: Flask, mail: Server
) -> None:
    with world.handling.store.begin() as work:
        work.conn.execute(text("UPDATE person SET password_hash = NULL WHERE login = 'carla'"))
    world.handling = replace(world.handling, ways=frozenset({Way.MAIL}))
    web.extensions["putright"] = world.handling
    world.asked()
    send(world, mail)
    body = mail.to("Carla")[-1].get_body(("plain",))
    assert body is not None
    link = re.search(r"/l/[\w.-]+", body.get_content())
    assert link is not None
    stranger = Visitor(world, web)

    stranger.send(f"{link.group()}/language", {"language": "de"}, at=link.group())

    assert '<html lang="de">' in stranger.get(link.group())
    with world.handling.store.read() as conn:
        chosen = select(t.person.c.language).where(t.person.c.login == "carla")
        assert conn.scalar(chosen) == "de"


def test_the_api_answers_in_the_language_that_is_asked_for(world: World, web: Flask) -> None:
    world.report()
    carla = Visitor(world, web, "carla")
    set_language(world.handling.store, world.people["carla"], "de")

    english = carla.client.get("/api/v1/incidents/99").get_json()
    german = carla.client.get("/api/v1/incidents/99", headers=GERMAN).get_json()

    assert english["sentence"] == "There is no such incident."
    assert german["sentence"] == "Diesen Vorfall gibt es nicht."
    assert english["code"] == german["code"] == "not_found"


def test_the_api_names_each_field_in_the_language_that_is_asked_for(
    world: World, web: Flask
) -> None:
    program = Machine(world, web, "carla")
    program.headers["Accept-Language"] = "de"
    sent = {
        "product": str(world.process_id),
        "title": "Wrong",
        "actual": "Wrong",
        "expected": "Right",
        "harmed": "Me",
        "impact": "low",
        "urgency": "low",
        "currency": "E",
    }

    refused = program.post("/incidents", sent, 422)

    assert refused["context"]["fields"] == {"currency": "Bitte schreiben Sie mindestens 3 Zeichen."}


@pytest.mark.parametrize(
    ("path", "sent", "fields"),
    [
        ("/incidents", [], {"body": "Bitte geben Sie ein Objekt an."}),
        ("/incidents/at-once", {"product": "x"}, {"product": "Bitte geben Sie eine Kennung an."}),
        ("/incidents/at-once", {"title": ""}, {"title": "Das muss 1 bis 200 lang sein."}),
        ("/incidents/at-once", {"word": 1}, {"word": "Dieses Feld gibt es nicht."}),
        ("/incidents/at-once", {}, {"done": "Bitte geben Sie das an."}),
    ],
)
def test_the_api_says_what_has_the_wrong_shape_in_the_language_that_is_asked_for(
    world: World, web: Flask, path: str, sent: object, fields: dict[str, str]
) -> None:
    program = Machine(world, web, "hugo")
    program.headers["Accept-Language"] = "de"

    found = program.post(path, sent, 422)["context"]["fields"]  # type: ignore[arg-type]

    assert found | fields == found


def test_a_list_is_asked_for_within_its_bounds(world: World, web: Flask) -> None:
    program = Machine(world, web, "hugo")
    program.headers["Accept-Language"] = "de"

    found = program.get("/incidents?size=0", 422)["context"]["fields"]

    assert found == {"size": "Bitte geben Sie 1 bis 200 an."}


def test_what_is_wrong_with_an_answer_is_said_in_german(world: World, web: Flask) -> None:
    carla = Visitor(world, web, "carla")
    set_language(world.handling.store, world.people["carla"], "de")

    page = words_of(carla.send("/report", {}, 422))

    assert "Bitte wählen Sie, woher es kam." in page
    assert "Bitte sehen Sie sich diese" in page


def test_dates_and_numbers_are_written_as_the_reader_s_language_does(
    world: World, web: Flask
) -> None:
    world.report(money="1234.5", currency="EUR", size=1234)
    carla = Visitor(world, web, "carla")
    english = words_of(carla.get("/incidents/1"))
    set_language(world.handling.store, world.people["carla"], "de")

    german = words_of(carla.get("/incidents/1"))

    assert "€1,234.50" in english
    assert "1.234,50 €" in german
    assert re.search(r"(Mo|Di|Mi|Do|Fr|Sa|So)\. \d+\. ", german)


def test_a_drawing_has_its_names_in_the_reader_s_language(world: World, web: Flask) -> None:
    world.report()
    hugo = Visitor(world, web, "hugo")
    english = hugo.get("/incidents/1/drawings/incident.bpmn")
    set_language(world.handling.store, world.people["hugo"], "de")

    german = hugo.get("/incidents/1/drawings/incident.bpmn")

    assert 'name="Verify the outcome"' in english
    assert 'name="The service desk"' in english
    assert 'name="Das Ergebnis prüfen"' in german
    assert 'name="Der Service-Desk"' in german
    assert 'name="service_desk"' not in german


def test_countries_are_called_as_the_reader_s_language_does(world: World, web: Flask) -> None:
    with world.handling.store.begin() as work:
        work.conn.execute(text("UPDATE person SET roles = '{operator}' WHERE login = 'fay'"))
    set_language(world.handling.store, world.people["fay"], "de")

    page = Visitor(world, web, "fay").get("/setup/calendar/new")

    assert ">Österreich</option>" in page
    assert 'value="AT"' in page


# --- every sentence -----------------------------------------------------------------------------


class Marked(languages.Language):
    """A language in which everything that can be translated is marked."""

    def __init__(self) -> None:
        super().__init__("en")

    def gettext(self, message: str) -> str:
        # patterns of dates are no words
        return message if re.fullmatch(r"[EdMyHm, :]*", message) else f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


def test_no_page_says_anything_that_cannot_be_translated(
    database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    marked = Marked()
    monkeypatch.setattr(languages, "language", lambda _: marked)
    engine = application_engine(database.app_url)
    handling = Handling(Store(engine, KEY, lambda: NOW), DEFAULT)
    furnish(handling, lambda _: "a hash")
    app = create_app(handling, Settings(data_dir=Path(), secret_key="s" * 40))
    with handling.store.read() as conn:
        people = dict(conn.execute(select(t.person.c.login, t.person.c.id)).all())
        written = "\n".join(
            json.dumps(row, ensure_ascii=False)
            # what auditors are shown in place of those outside is no word of ours, either
            for table in (*(one.name for one in t.metadata.sorted_tables), *_MASKED)
            for row in conn.scalars(text(f"SELECT to_jsonb(x) FROM {table} x"))  # noqa: S608
        )

    found = {
        f"{path}: {words}"
        for login in (None, "bruno", "carla", "dora", "egon", "otto")
        for path, words in _bare(app, people.get(login or ""))
        if not _is_written(words, written)
    }

    assert found == set()
    engine.dispose()


_SHOWN = ("aria-label", "title", "placeholder", "alt", "data-label", "data-failed")
# what says nothing, or is cut off where it is long
_KEPT = "//script | //style | //svg | //select | //code | //kbd | //dd[string-length() > 290]"
# names of languages, of us, and of what is the same everywhere
_NAMES = {"Putright", "Put", "right", "English", "CSV", "SVG", "wd", "EUR", "kB"}
_MASKED = ("masked.person", "masked.target", "masked.caller", "masked.entry")
_DATE = re.compile(r"((Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?\d+ [A-Z][a-z]{2}( \d{4})?")


def _bare(app: Flask, who: object) -> Iterator[tuple[str, str]]:
    """Yield (path, words) of what stands outside of every mark, on each page that links lead to."""
    client = app.test_client()
    if who is not None:
        with client.session_transaction() as session:
            session["_user_id"] = f"{who}:0"
    ahead, seen = ["/", "/tell-us"], set()
    while ahead and len(seen) < 150:
        path = ahead.pop(0)
        if path in seen:
            continue
        seen.add(path)
        answer = client.get(path, follow_redirects=True)
        if answer.mimetype != "text/html":
            continue
        page = html.fromstring(answer.get_data(as_text=True))
        links = [one.split("#")[0] for one in page.xpath("//a/@href")]
        ahead += [one for one in links if one.startswith("/") and "/static/" not in one]
        for kept in page.xpath(_KEPT):
            kept.drop_tree()
        shown = [one for name in _SHOWN for one in page.xpath(f"//@{name}")]
        for words in ("\0".join(page.itertext()), *shown):
            yield from ((path, one) for one in _outside(words))


def _outside(words: str) -> Iterator[str]:
    """Yield what stands outside of the marks, a piece at a time."""
    depth, piece = 0, ""
    for sign in words + "\0":
        depth += (sign == "⟦") - (sign == "⟧")
        if depth or sign in "⟦⟧\0\n":
            if re.search("[A-Za-zÄ-ü]{2}", piece):
                yield " ".join(piece.split())
            piece = ""
        else:
            piece += sign
    assert depth <= 0, "a mark that is not closed hides what follows"


def _is_written(words: str, written: str) -> bool:
    """Whether somebody wrote it, or it says the same in every language."""
    return all(
        part in written or part in _NAMES or _DATE.fullmatch(part)
        for part in (one.strip(" .…“”0123456789") for one in re.split(r"[·›–:;,/|#]|\(|\)", words))
        if re.search("[A-Za-zÄ-ü]{2}", part)
    )
