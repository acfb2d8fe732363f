"""A program that uses the JSON API with somebody's Bearer token."""

from collections.abc import Mapping
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from engine.usecases.tokens import make_token
from tests.world import World


class Machine:
    """Asks with the token of `login`; None has no token."""

    def __init__(self, world: World, app: Flask, login: str | None) -> None:
        self.client = app.test_client()
        self.headers: dict[str, str] = {}
        if login is not None:
            _, token = make_token(world.handling.store, world.people[login], name="tests")
            self.headers["Authorization"] = f"Bearer {token}"

    def ask(
        self,
        method: str,
        path: str,
        json: object = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Any:
        """Return the answer's JSON (None for an empty one) and insist on its status."""
        answer = self.send(method, path, json, headers=headers, **more)
        assert answer.status_code == status, answer.get_data(as_text=True)[:800]
        return answer.get_json() if answer.is_json and answer.data else None

    def send(
        self,
        method: str,
        path: str,
        json: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> TestResponse:
        """Return the answer as it came."""
        if json is not None:
            more["json"] = json
        sent = self.headers | dict(headers or {})
        where = path if path in ("/health", "/metrics") else "/api/v1" + path
        return self.client.open(where, method=method, headers=sent, **more)

    def get(self, path: str, status: int = 200) -> Any:
        """Return what stands at an address."""
        return self.ask("GET", path, status=status)

    def post(self, path: str, json: object = None, status: int = 200, key: str = "") -> Any:
        """Return what a deed answered."""
        headers = {"Idempotency-Key": key} if key else {}
        return self.ask("POST", path, json, status=status, headers=headers)
