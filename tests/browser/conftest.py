"""A real browser at the application, served as it is in life: by threads, on a port of its own.

Without a browser these tests are skipped with one line, unless PUTRIGHT_BROWSER_REQUIRED=1.
"""

import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    sync_playwright,
)
from waitress import wasyncore
from waitress.server import create_server

from api.passwords import hash_password
from engine.usecases.signing_in import store_password
from tests.visitor import web_of
from tests.world import World

PASSWORD = "the password of a test"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
BUILT = Path(__file__).parents[2] / "api" / "static" / "built" / "pages.css"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser of the whole suite."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        try:
            launched = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        except Error as error:
            if os.environ.get("PUTRIGHT_BROWSER_REQUIRED") == "1":
                raise
            pytest.skip(f"no browser here: {str(error).splitlines()[0]}")
        yield launched
        launched.close()


@pytest.fixture
def served(world: World) -> Iterator[str]:
    """The address of the application over a world in which everybody has a password."""
    assert BUILT.exists(), "the browser's files are not built: run make assets"
    hashed = hash_password(PASSWORD)
    for person in world.people.values():
        store_password(world.handling.store, person, hashed)
    sockets: dict[int, wasyncore.dispatcher] = {}
    server = create_server(web_of(world), map=sockets, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, name="the served application")
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.task_dispatcher.shutdown()
    # closed by the thread that waits on them: closed under its hands, it waits on a dead number
    server.trigger.pull_trigger(lambda: wasyncore.close_all(sockets))
    thread.join()


Enter = Callable[..., Page]


@pytest.fixture
def enter(browser: Browser, served: str) -> Iterator[Enter]:
    """`enter("carla", javascript=False, width=360)`: a page at which somebody is signed in.

    Whatever the browser complains about fails the test.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def entered(
        login: str, *, javascript: bool = True, width: int = 1280, dark: bool = False
    ) -> Page:
        context = browser.new_context(
            base_url=served,
            viewport={"width": width, "height": 900},
            java_script_enabled=javascript,
            color_scheme="dark" if dark else "light",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda said: complaints.append(said.text) if said.type == "error" else None,
        )
        page.goto("/sign-in")
        page.get_by_label("Sign-in name").fill(login)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name=re.compile("Sign out|Abmelden")).wait_for()
        return page

    yield entered
    for context in contexts:
        context.close()
    # an answer of 4xx is what some tests are about
    assert [said for said in complaints if "status of 4" not in said] == []


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of its own profile; whatever the browser complains of fails the test."""
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    with browser.new_context() as context:
        page = context.new_page()
        page.on("console", hear)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
    assert complaints == []
