"""API tokens are made on a page, so that the first one needs no program."""

import re
from collections.abc import Callable

from flask import Flask

from tests.visitor import Visitor, words_of
from tests.world import World

Visit = Callable[[str | None], Visitor]
PAGE = "/you/tokens"


def made(page: str) -> str:
    (token,) = re.findall(r"putright_[\w-]+", page)
    return str(token)


def whoever_has(web: Flask, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return web.test_client().get("/api/v1/me", headers=headers).status_code


def test_a_token_is_made_shown_once_used_and_ended(web: Flask, visit: Visit) -> None:
    ada = visit("ada")
    assert PAGE in ada.get("/you")

    token = made(ada.send(PAGE, {"name": "The nightly export", "days": "30"}, 200))

    listed = ada.get(PAGE)
    assert "The nightly export" in listed
    assert "ends Wed 1 Apr" in words_of(listed)
    assert token not in listed
    assert whoever_has(web, token) == 200

    (end,) = re.findall(rf"{PAGE}/[\w-]+/end", listed)
    ada.send(end, {}, at=PAGE)
    assert "The nightly export" not in ada.get(PAGE)
    assert whoever_has(web, token) == 401


def test_a_token_without_a_name_is_refused_and_one_that_is_over_is_not_in_use(
    world: World, web: Flask, visit: Visit
) -> None:
    ada = visit("ada")
    refused = ada.send(PAGE, {"name": " ", "days": "7"}, 422)
    assert "what the token is for" in refused

    token = made(ada.send(PAGE, {"name": "Export", "days": "7"}, 200))
    world.clock.forward(days=8)

    assert "Export" not in ada.get(PAGE)
    assert whoever_has(web, token) == 401


def test_nobody_ends_somebody_else_s_token(web: Flask, visit: Visit) -> None:
    ada, bruno = visit("ada"), visit("bruno")
    token = made(ada.send(PAGE, {"name": "Export"}, 200))
    (end,) = re.findall(rf"{PAGE}/[\w-]+/end", ada.get(PAGE))

    bruno.send(end, {}, 404, at=PAGE)

    assert whoever_has(web, token) == 200
