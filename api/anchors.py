"""Where signed heads leave to, and how: a folder, a file, mail, a webhook.

A newcomer would write over what is there: a place that has another head of the same number shows
that this database is not the one whose heads it keeps, and is left as it is.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, parseaddr
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from api.mail import hand_over
from api.settings import Settings
from engine.clock import now
from engine.domain.anchor import AnchorWay
from engine.domain.signed_head import SignedHead, as_line, read_line
from engine.language import say
from engine.usecases.anchoring import Place
from engine.usecases.posting import NotTaken

_TIMEOUT_SECONDS = 20
_PATTERN = "putright-head-*.json"


@dataclass(frozen=True)
class FilePlace:
    """A folder with a file for each head, or a file with a line for each."""

    path: Path
    way = AnchorWay.FILE

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    def send(self, head: SignedHead) -> None:
        """Add the head, unless it is there.  Raises NotTaken."""
        try:
            kept = {one.number: one for one in heads_at(self.path)}
            if head.number in kept:
                self._require_same(kept[head.number], head)
            elif self.path.is_dir():
                _write(self.path / f"putright-head-{head.number:08}.json", head, "x")
            else:
                _write(self.path, head, "a")
        except (OSError, ValueError) as error:
            sentence = say("It cannot be written: %(error)s", error=error)
            raise NotTaken(sentence, is_final=False) from error

    def _require_same(self, kept: SignedHead, head: SignedHead) -> None:
        if kept.digest != head.digest:
            sentence = say("There is another signed head %(number)s already.", number=head.number)
            raise NotTaken(sentence, is_final=True)


def _write(path: Path, head: SignedHead, mode: str) -> None:
    with path.open(mode, encoding="utf-8") as file:
        file.write(as_line(head) + "\n")
        file.flush()
        os.fsync(file.fileno())


def heads_at(path: Path) -> list[SignedHead]:
    """Return the signed heads that a file or a folder holds, none if it is not there.

    Raises OSError, and ValueError where something else stands there.
    """
    if path.is_dir():
        return [one for file in sorted(path.glob(_PATTERN)) for one in heads_at(file)]
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [read_line(line) for line in lines if line.strip()]


@dataclass(frozen=True)
class MailPlace:
    """An address; the head is attached, and stands in the text as well."""

    address: str
    server: str = field(repr=False)
    sender: str = ""
    way = AnchorWay.MAIL

    @property
    def name(self) -> str:
        """The address."""
        return self.address

    def send(self, head: SignedHead) -> None:
        """Mail the head.  Raises NotTaken."""
        message = EmailMessage(policy=SMTP)
        host = parseaddr(self.sender)[1].rpartition("@")[2] or "putright.invalid"
        message["Subject"] = f"Putright: signed head {head.number}"
        message["From"], message["To"] = self.sender, self.address
        message["Date"] = formatdate(now().timestamp())
        # the same however often it is sent
        message["Message-ID"] = f"<head.{head.number}.{head.digest.hex()[:16]}@{host}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(
            f"Please keep this. It shows that {head.entries} records in {head.chains} chains were"
            f" as they are on {head.at:%Y-%m-%d %H:%M} UTC.\n\n{as_line(head)}\n"
        )
        name = f"putright-head-{head.number:08}.json"
        message.add_attachment(
            as_line(head).encode() + b"\n", maintype="application", subtype="json", filename=name
        )
        hand_over(self.server, message)


@dataclass(frozen=True)
class WebhookPlace:
    """An address that heads are posted to; receipts name its host, for the rest may be secret."""

    url: str = field(repr=False)
    way = AnchorWay.WEBHOOK

    @property
    def name(self) -> str:
        """The host."""
        where = urlsplit(self.url)
        return f"{where.scheme}://{where.hostname or ''}"

    def send(self, head: SignedHead) -> None:
        """Post the head.  Raises NotTaken."""
        request = Request(  # noqa: S310 - from settings
            self.url,
            data=as_line(head).encode(),
            headers={
                "Content-Type": "application/json",
                "User-Agent": "Putright",
                "Idempotency-Key": f"head.{head.number}.{head.digest.hex()[:16]}",
            },
            method="POST",
        )
        try:
            with build_opener(_NoRedirect).open(request, timeout=_TIMEOUT_SECONDS):
                pass
        except HTTPError as error:
            sentence = say("It answers: %(code)s", code=error.code)
            raise NotTaken(sentence, is_final=False) from error
        except (URLError, OSError) as error:
            sentence = say("It cannot be reached: %(error)s", error=error)
            raise NotTaken(sentence, is_final=False) from error


class _NoRedirect(HTTPRedirectHandler):
    """A POST that is led on becomes a GET, and nothing would be kept."""

    def redirect_request(self, *_: object) -> None:
        """Follow nowhere."""


def places_of(settings: Settings) -> Sequence[Place]:
    """Return everywhere that signed heads leave to."""
    places: list[Place] = []
    if settings.anchor_file is not None:
        places.append(FilePlace(settings.anchor_file))
    if settings.smtp and settings.mail_from:
        places += [
            MailPlace(address, settings.smtp, settings.mail_from)
            for address in settings.anchor_mail
        ]
    if settings.anchor_webhook is not None:
        places.append(WebhookPlace(settings.anchor_webhook))
    return places


def heads_kept(places: Sequence[Place]) -> list[SignedHead]:
    """Return the heads that can be read back; of a place that cannot be read, none."""
    heads: list[SignedHead] = []
    for place in places:
        if isinstance(place, FilePlace):
            try:
                heads += heads_at(place.path)
            except (OSError, ValueError):
                continue  # sending the next head there says what is wrong
    return heads


def highest(heads: Iterable[SignedHead]) -> int:
    """Return the highest number among signed heads; 0 if there are none."""
    return max((head.number for head in heads), default=0)
