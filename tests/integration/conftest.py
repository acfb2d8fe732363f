"""The pages over a world of fixed people."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import text

from tests.machine import Machine
from tests.post import Server
from tests.story import Teller
from tests.visitor import Visitor, web_of
from tests.world import World


@pytest.fixture(scope="session")
def applications() -> list[Flask]:
    """The one application that all tests share, once the first has made it."""
    return []


@pytest.fixture
def web(world: World, applications: list[Flask]) -> Flask:
    """The application as it is served; it keeps nothing, so that a test only lends it its world."""
    if not applications:
        applications.append(web_of(world))
    [app] = applications
    app.extensions["putright"] = world.handling
    return app


@pytest.fixture
def visit(world: World, web: Flask) -> Callable[[str | None], Visitor]:
    """Somebody at the pages: `visit("hugo")`, or nobody with None."""
    return lambda login: Visitor(world, web, login)


@pytest.fixture
def dora(visit: Callable[[str | None], Visitor]) -> Visitor:
    """The owner of the business process, who changes diagrams, at the pages."""
    return visit("dora")


@pytest.fixture
def machine(world: World, web: Flask) -> Callable[[str | None], Machine]:
    """A program with the token of somebody: `machine("hugo")`, or without one."""
    return lambda login: Machine(world, web, login)


@pytest.fixture
def teller(world: World, web: Flask) -> Teller:
    """Everybody with a token, to tell a story with."""
    return Teller(world, web)


@pytest.fixture
def mail(world: World) -> Iterator[Server]:
    """A mail server on a port of its own; everybody of the world has an address."""
    with world.handling.store.engine.begin() as conn:
        conn.execute(text("UPDATE person SET email = login || '@example.org' WHERE email IS NULL"))
    server = Server()
    server.controller.start()
    yield server
    server.controller.stop()
