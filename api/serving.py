"""Serving: the web in the main thread, a worker beside it, and one clean way to stop both."""

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from flask import Flask
from waitress.server import create_server

from api.addresses import Addresses
from api.calling import DEFAULT_BODY, Gateway, called_by
from api.mail import MailServer, posted_by
from api.mining.shelf import Shelf
from api.settings import Settings, SettingsWrong
from api.wiring import Opened
from api.worker import Post, WorkerThread
from engine.domain.message import Way

log = logging.getLogger(__name__)


def serve_until_stopped(opened: Opened, app: Flask, *, with_worker: bool = True) -> None:
    """Serve until SIGINT or SIGTERM; requests and the job in hand are finished first.

    Raises SettingsWrong where nobody can listen at the address.
    """
    settings = opened.settings
    try:
        server = create_server(
            app,
            host=settings.host,
            port=settings.port,
            threads=settings.web_threads,
            ident="putright",
            clear_untrusted_proxy_headers=True,
        )
    except (OSError, ValueError) as error:
        where = f"{settings.host}:{settings.port}"
        why = getattr(error, "strerror", None) or str(error)
        problem = f"PUTRIGHT_HOST and PUTRIGHT_PORT: nobody can listen at {where} ({why})"
        raise SettingsWrong([problem]) from error
    worker = _worker(opened)
    with stopped_by_signals():
        if with_worker:
            worker.start()
        try:
            server.run()
        finally:
            server.close()
            if with_worker:
                worker.stop()


def _worker(opened: Opened) -> WorkerThread:
    settings = opened.settings
    return WorkerThread(
        opened.handling,
        opened.app_url,
        concurrency=settings.workers,
        posts=_posts(settings),
        shelf=Shelf(settings.exports),
    )


def _posts(settings: Settings) -> dict[Way, Post]:
    posts: dict[Way, Post] = {}
    if settings.public_url is None:
        return posts
    addresses = Addresses(settings.public_url, settings.secret_key or "")
    if settings.smtp and settings.mail_from:
        server = MailServer(settings.smtp, settings.mail_from, addresses, settings.language)
        posts[Way.MAIL] = posted_by(server)
    if settings.webhook:
        posts[Way.CALL] = called_by(
            Gateway(
                settings.webhook,
                addresses,
                settings.webhook_body or DEFAULT_BODY,
                settings.webhook_secret,
                settings.language,
            )
        )
    return posts


def work_until_stopped(opened: Opened) -> None:
    """Do jobs until SIGINT or SIGTERM."""
    worker = _worker(opened)
    with stopped_by_signals():
        worker.start()
        try:
            worker.join()
        except SystemExit:
            log.info("stopping")
        finally:
            worker.stop()


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Make SIGINT and SIGTERM leave the block in order, as SystemExit."""

    def stop(number: int, frame: FrameType | None) -> None:
        del frame
        # once is enough: a second Ctrl-C must not break into the tidying up
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)
        raise SystemExit(0 if number == signal.SIGINT else 128 + number)

    before = {each: signal.signal(each, stop) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
