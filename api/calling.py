"""The second way that urgent letters go: a gateway of chat or text messages, called over HTTP.

Its body is a JSON template, so that any gateway can be spoken to.  A newcomer would fill the
template as text: here the texts within the parsed JSON are filled, so that a title with a quotation
mark stays a text.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from string import Template
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from api.addresses import Addresses
from api.languages import SOURCE, language
from api.mail import sentence, subject
from engine.clock import now
from engine.language import say, speaking
from engine.usecases.posting import Letter, NotTaken

_TIMEOUT_SECONDS = 10
WORDS = ("text", "name", "phone", "address", "incident", "url")
DEFAULT_BODY = {f"{word}": f"${word}" for word in WORDS}
# these pass; every other refusal of the gateway's is for good
_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


@dataclass(frozen=True)
class Gateway:
    """Where calls go, in which form, and where their links lead.

    With a `secret` the body is signed: `X-Putright-Signature: t=SECONDS,sha256=HEX`, the HMAC of
    `SECONDS.BODY`.  `language` is spoken to those who have chosen none.
    """

    url: str = field(repr=False)
    addresses: Addresses
    body: Any = field(default_factory=lambda: dict(DEFAULT_BODY))
    secret: str | None = field(default=None, repr=False)
    language: str = SOURCE


def read_body(content: str) -> Any:
    """Return the template that a file holds.  Raises ValueError with a sentence."""
    try:
        body = json.loads(content)
    except ValueError as error:
        raise ValueError(f"is not JSON: {error}") from error
    try:
        _filled(body, dict.fromkeys(WORDS, ""))
    except (KeyError, ValueError) as error:
        known = ", ".join(f"${word}" for word in WORDS)
        raise ValueError(f"may hold {known} and no other word after $ ({error})") from error
    return body


def called_by(gateway: Gateway) -> Callable[[Letter], None]:
    """Return what sends a letter by this gateway.  That raises NotTaken."""
    opener = build_opener(_NoRedirect)

    def call(letter: Letter) -> None:
        with speaking(language(letter.language or gateway.language)):
            request = _request(letter, gateway)
        try:
            with opener.open(request, timeout=_TIMEOUT_SECONDS):
                pass
        except HTTPError as error:
            is_final = 300 <= error.code < 500 and error.code not in _PASSING
            raise NotTaken(
                say("The gateway says: %(code)s", code=error.code), is_final=is_final
            ) from error
        except (URLError, OSError) as error:
            raise NotTaken(
                say("The gateway cannot be reached: %(error)s", error=error), is_final=False
            ) from error

    return call


def _request(letter: Letter, gateway: Gateway) -> Request:
    body = json.dumps(_filled(gateway.body, _words(letter, gateway))).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Putright",
        # the same however often it is tried, so that a gateway can leave out what it has had
        "Idempotency-Key": f"letter.{letter.id}",
    }
    if gateway.secret is not None:
        at = str(int(now().timestamp()))
        signed = hmac.new(gateway.secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
        headers["X-Putright-Signature"] = f"t={at},sha256={signed.hexdigest()}"
    return Request(gateway.url, data=body, headers=headers, method="POST")  # noqa: S310 - from settings


def _words(letter: Letter, gateway: Gateway) -> Mapping[str, str]:
    said = ". ".join(sentence(line).rstrip(".") for line in letter.lines)
    return {
        "text": f"{subject(letter)}: {said}.",
        "name": letter.name,
        "phone": letter.phone or "",
        "address": letter.address or "",
        "incident": str(letter.about.number) if letter.about else "",
        "url": gateway.addresses.of(letter.lines[0]),
    }


def _filled(body: Any, words: Mapping[str, str]) -> Any:
    match body:
        case str():
            return Template(body).substitute(words)
        case list():
            return [_filled(one, words) for one in body]
        case dict():
            return {key: _filled(one, words) for key, one in body.items()}
        case _:
            return body


class _NoRedirect(HTTPRedirectHandler):
    """A gateway that has moved is told to the operators: a POST that is led on becomes a GET."""

    def redirect_request(self, *_: Any) -> None:
        """Follow nowhere."""
