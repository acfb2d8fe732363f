"""E-mail that comes in: what a message says, from whom, and whether any person wrote it.

Automatic answers and lists are recognised (RFC 3834), and what says that ours came back (RFC 3464).
A newcomer would take every message for somebody's word: an absence note would be a comment.
"""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import HeaderParseError
from email.message import EmailMessage, Message
from email.policy import default
from email.utils import parseaddr
from typing import Any
from uuid import UUID

from lxml import etree, html

from engine.errors import InvalidAnswers
from engine.language import say
from engine.usecases.mail_in import Attachment, Bounce, Incoming
from forms import plain_text

LARGEST = 25 * 1024 * 1024
_MOST_PARTS = 1_000
_LONGEST_TITLE = 200
_LONGEST = 4_000

_THREAD = re.compile(r"<incident\.([0-9a-f-]{36})@[^>\s]+>")
_NUMBER = re.compile(r"\[#(\d{1,9})\]")
_REPLIES = re.compile(r"^\s*((re|aw|fwd?|wg|antw)\s*:\s*)+", re.IGNORECASE)
# from such a line on it is what we had written
_QUOTED = re.compile(
    r"^\s*(>|(On|Am)\b.{5,200}\b(wrote|schrieb)\b.*:\s*$|-{3,}\s*(Original|Ursprüngliche)|_{10,}\s*$)"
)
# what the standard library raises for messages that are no messages
_BROKEN = (
    RecursionError, HeaderParseError, ValueError, LookupError, TypeError, AttributeError
)  # fmt: skip
_AUTOMATIC = ("x-autoreply", "x-autorespond", "x-auto-response-suppress", "list-id")


def read_message(raw: bytes) -> Incoming | Bounce | None:
    """Return what the message (RFC 5322) says; None for what no person wrote.

    Raises InvalidAnswers with a sentence for what cannot be read.
    """
    if len(raw) > LARGEST:
        raise InvalidAnswers({"message": say("This message is larger than 25 MB.")})
    try:
        message = message_from_bytes(raw, policy=default)
        bounce = _bounce(message)
        if bounce is not None:
            return bounce
        if _is_automatic(message):
            return None
        return _incoming(message)
    except _BROKEN as error:
        raise InvalidAnswers({"message": say("This message cannot be read.")}) from error


def _is_automatic(message: EmailMessage) -> bool:
    submitted = _header(message, "auto-submitted").partition(";")[0].strip().lower()
    precedence = _header(message, "precedence").strip().lower()
    return (
        submitted not in ("", "no")
        or precedence in ("bulk", "junk", "list", "auto_reply")
        or _header(message, "return-path").strip() == "<>"
        or any(name in message for name in _AUTOMATIC)
    )


def _bounce(message: EmailMessage) -> Bounce | None:
    if message.get_content_type() != "multipart/report":
        return None
    for part in _parts(message):
        if part.get_content_type() != "message/delivery-status":
            continue
        for block in _blocks(part):
            action = _header(block, "action").strip().lower()
            status = _header(block, "status").strip()
            address = _header(block, "final-recipient").partition(";")[2].strip()
            if action == "failed" and status.startswith("5") and address:
                said = _header(block, "diagnostic-code").partition(";")[2].strip() or status
                return Bounce(_clean(address, 320), _clean(said, 300))
    return None


def _blocks(part: Message) -> Iterator[Message]:
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (one for one in payload if isinstance(one, Message))


def _incoming(message: EmailMessage) -> Incoming:
    name, address = parseaddr(_header(message, "from"))
    if "@" not in address:
        raise InvalidAnswers({"message": say("This message does not say who it is from.")})
    subject = _clean(_header(message, "subject"), 1_000)
    threads = _header(message, "references") + " " + _header(message, "in-reply-to")
    thread, number = _THREAD.search(threads), _NUMBER.search(subject)
    return Incoming(
        message_id=_clean(_header(message, "message-id"), 500),
        name=_clean(name, 200) or address,
        address=_clean(address, 320),
        title=_REPLIES.sub("", subject)[:_LONGEST_TITLE].strip() or "(without a subject)",
        words=_words(message),
        incident_id=UUID(thread.group(1)) if thread else None,
        number=int(number.group(1)) if number else None,
        attachments=tuple(_attachments(message)),
    )


def _parts(message: EmailMessage) -> Iterator[Message]:
    for count, part in enumerate(message.walk()):
        if count >= _MOST_PARTS:
            raise InvalidAnswers({"message": say("This message has too many parts.")})
        yield part


def _words(message: EmailMessage) -> str:
    list(_parts(message))
    body: Any = message.get_body(("plain", "html"))
    if body is None:
        return ""
    said = body.get_content()
    if not isinstance(said, str):
        return ""
    if body.get_content_subtype() == "html":
        said = _text_of(said)
    kept: list[str] = []
    for line in plain_text(said).splitlines():
        if _QUOTED.match(line):
            break
        kept.append(line.rstrip())
    return "\n".join(kept).strip()[:_LONGEST]


def _text_of(markup: str) -> str:
    """Return HTML as it is read, without what is not shown."""
    try:
        tree = html.fromstring(markup, parser=html.HTMLParser(no_network=True, recover=True))
    except (etree.ParserError, ValueError):
        return ""
    etree.strip_elements(tree, "script", "style", "head", "title", with_tail=False)
    for line in tree.iter("br", "p", "div", "li", "tr"):
        line.tail = "\n" + (line.tail or "")
    return "".join(str(one) for one in tree.itertext())


def _attachments(message: EmailMessage) -> Iterator[Attachment]:
    for part in message.iter_attachments():
        content = part.get_payload(decode=True)
        yield Attachment(
            _clean(part.get_filename() or "without a name", 200),
            content if isinstance(content, bytes) else b"",
        )


def _header(message: Message, name: str) -> str:
    return str(message.get(name, "") or "")


def _clean(words: str, most: int) -> str:
    return " ".join(plain_text(words).split())[:most]
