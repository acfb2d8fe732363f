"""A mail server, and what it was given."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from sqlalchemy import text

from api.addresses import Addresses
from api.mail import MailServer, posted_by
from engine.usecases.posting import Letter, post_due
from tests.visitor import SECRET
from tests.world import World

SERVER = MailServer(
    "smtp://127.0.0.1",
    "Putright <putright@example.org>",
    Addresses("https://right.example.org", SECRET),
)


class OnAnyPort(Controller):
    """Takes the port that the system gives it."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class Server:
    """A mail server that keeps what it is given, and refuses what it is told to refuse."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.refusal: str | None = None
        self.controller = OnAnyPort(self, hostname="127.0.0.1", port=0)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.refusal is not None:
            return self.refusal
        self.taken.append(message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        return "250 Taken"

    @property
    def post(self) -> Callable[[Letter], None]:
        url = f"smtp://127.0.0.1:{self.controller.port}"
        return posted_by(replace(SERVER, url=url))

    def to(self, name: str) -> list[EmailMessage]:
        return [one for one in self.taken if name in one["To"]]


def send(world: World, mail: Server) -> int:
    """Send what is due, and what is held back for one letter a day, which then has passed."""
    sent = post_due(world.handling, mail.post)
    if (at := held_back(world)) is not None:
        world.clock.now = at
        sent += post_due(world.handling, mail.post)
    return sent


def held_back(world: World) -> datetime | None:
    """Return until when letters are held back that were not tried yet."""
    with world.handling.store.read() as conn:
        at: datetime | None = conn.scalar(
            text("SELECT max(next_try_at) FROM message WHERE tries = 0 AND next_try_at > :now"),
            {"now": world.clock.now},
        )
    return at


def body(letter: EmailMessage, kind: str = "plain") -> str:
    part = letter.get_body((kind,))
    assert part is not None
    return str(part.get_content())
