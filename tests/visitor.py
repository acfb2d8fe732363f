"""A person at the pages, without a browser: follows links, sends forms with what they carry."""

import atexit
import re
import shutil
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from werkzeug.test import TestResponse

from api.app import create_app
from api.settings import Settings
from tests.world import World

# where the pages keep what a worker would write
_FILES = Path(mkdtemp(prefix="putright-files-"))
atexit.register(shutil.rmtree, _FILES, ignore_errors=True)
SECRET = "the secret of a test, 32 bytes or more"


def web_of(world: World, *, secure_cookies: bool = False) -> Flask:
    """Return the application over a world, as it is served."""
    # what is asked for there as a file is written by nobody: no worker runs
    settings = Settings(
        data_dir=Path(mkdtemp("putright")), secret_key=SECRET, secure_cookies=secure_cookies
    )
    app = create_app(world.handling, settings)
    app.testing = False  # refusals become pages, as in life
    return app


class Visitor:
    """Somebody who is signed in, or nobody yet (`login` None)."""

    def __init__(self, world: World, app: Flask, login: str | None = None) -> None:
        self.world = world
        self.client: FlaskClient = app.test_client()
        if login is not None:
            with self.client.session_transaction() as session:
                session["_user_id"] = f"{world.people[login]}:0"

    def get(self, path: str, status: int = 200) -> str:
        """Return a page."""
        return self._page(self.client.get(path), status)

    def send(
        self, path: str, data: Mapping[str, Any], status: int = 303, at: str | None = None
    ) -> str:
        """Post a form with the tokens that its page (`at`, else `path`) carries."""
        page = self.client.get(at or path).get_data(as_text=True)
        return self._page(self.client.post(path, data=hidden_in(page) | dict(data)), status)

    def send_as_it_is(self, path: str, data: Mapping[str, Any], status: int) -> str:
        """Post just this."""
        return self._page(self.client.post(path, data=dict(data)), status)

    def _page(self, answer: TestResponse, status: int) -> str:
        text = answer.get_data(as_text=True)
        assert answer.status_code == status, words_of(text)[:600]
        return text


def hidden_in(page: str) -> dict[str, str]:
    """Return what the page sends unseen: its token, its key, the keys of its rows."""
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in fields}


def words_of(page: str) -> str:
    """Return the page as it is read, blanks run together."""
    return " ".join(" ".join(html.fromstring(page).itertext()).split()) if page.strip() else ""


def todo_path(item_id: UUID) -> str:
    """Return the address of a to-do."""
    return f"/todos/{item_id}"
