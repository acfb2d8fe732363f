"""Serving at an address that cannot be had is one clear sentence."""

import gc
import socket
import warnings
from pathlib import Path

from flask import Flask

from api.serving import serve_until_stopped
from api.settings import Settings, SettingsWrong
from api.wiring import Opened
from tests.world import World


def refusal(world: World, web: Flask, host: str, port: int) -> str:
    opened = Opened(Settings(data_dir=Path(), host=host, port=port), world.handling, "", "")
    try:
        serve_until_stopped(opened, web, with_worker=False)
    except SettingsWrong as wrong:
        return wrong.sentence
    return ""


def test_an_address_that_is_taken_is_said(world: World, web: Flask) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, warnings.catch_warnings():
        port = taken.getsockname()[1]
        said = refusal(world, web, "127.0.0.1", port)
        # waitress leaves the socket that it could not bind to the collector
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()

    assert f"nobody can listen at 127.0.0.1:{port} (Address already in use)" in said


def test_an_address_that_is_none_is_said(world: World, web: Flask) -> None:
    assert "nobody can listen at 300.1.1.1:8420" in refusal(world, web, "300.1.1.1", 8420)
