"""Letters as e-mail: composed in plain words, plain and HTML, and handed to a mail server.

A newcomer would put headers together from texts: `EmailMessage` refuses what would become a second
header, and Jinja escapes what people wrote.
"""

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr, formatdate, parseaddr
from pathlib import Path
from urllib.parse import unquote, urlsplit

from itsdangerous import BadSignature, URLSafeSerializer
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from api.addresses import Addresses
from api.filters import spoken
from api.languages import SOURCE, language, teach
from engine.clock import now
from engine.domain.message import ALWAYS_MAILED, MessageKind
from engine.language import in_words, say, say_of, speaking
from engine.usecases.posting import Letter, LetterLine, NotTaken

_TIMEOUT_SECONDS = 20
_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
_OVER = {
    "closed": say("This is closed."),
    "set_aside": say("This was set aside. Whoever reported it can bring it back."),
    "merged": say("This was joined with another one."),
}
_WORDS = {
    MessageKind.ASKED: say("Something is asked of you"),
    MessageKind.REMINDED: say("This still waits for you"),
    MessageKind.TOLD: say("There is no answer yet"),
    MessageKind.FOUND_RIGHT: say("This was found right again. Not right for you? Tell us"),
    MessageKind.NOTED: say("Something was written about this"),
    MessageKind.RECORDED: say("Your answer was written down. Did you say that?"),
    MessageKind.UNDELIVERED: say("This did not reach who was asked: please phone"),
}
# the longest part of a title that a subject line carries
_LONGEST = 120


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed over, who it is from, and where its links lead.

    `url`: smtp://, smtps:// or smtp+starttls://, with user and password if it asks for them.
    `language` is spoken to those who have chosen none.
    """

    url: str = field(repr=False)
    sender: str
    addresses: Addresses
    language: str = SOURCE


def posted_by(server: MailServer) -> Callable[[Letter], None]:
    """Return what sends a letter by this server.  That raises NotTaken."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    teach(environment)

    def post(letter: Letter) -> None:
        with speaking(language(letter.language or server.language)):
            message = composed(letter, server, environment)
        hand_over(server.url, message)

    return post


def composed(letter: Letter, server: MailServer, environment: Environment) -> EmailMessage:
    """Return the letter as a message: one thread for each incident, a stable Message-ID."""
    message = EmailMessage(policy=SMTP)
    host = parseaddr(server.sender)[1].rpartition("@")[2] or "putright.invalid"
    message["Subject"] = subject(letter)
    message["From"] = server.sender
    message["To"] = formataddr((" ".join(letter.name.split()), letter.address))
    message["Date"] = formatdate(now().timestamp())
    message["Message-ID"] = f"<letter.{letter.id}@{host}>"
    if letter.about is not None:
        thread = f"<incident.{letter.about.id}@{host}>"
        message["In-Reply-To"] = message["References"] = thread
    # by RFC 3834, so that an automatic answer does not answer us
    message["Auto-Submitted"] = "auto-generated"
    if leave := _leave_url(letter, server):
        message["List-Unsubscribe"] = f"<{leave}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    said = {
        "letter": letter,
        "lines": [
            (line, sentence(line), server.addresses.of(line), _due(line, letter))
            for line in letter.lines
        ],
        "leave": leave,
        "all_url": server.addresses.of_all(letter.lines) if letter.about is None else None,
        "incident_url": server.addresses.of_incident(letter.lines[0]),
    }
    message.set_content(environment.get_template("mail.txt").render(said))
    message.add_alternative(environment.get_template("mail.html").render(said), subtype="html")
    return message


def subject(letter: Letter) -> str:
    """Return what a letter is about, in one line."""
    about = letter.about
    if about is None:
        return in_words(
            say_of(
                len(letter.lines),
                "%(num)s answer is asked of you",
                "%(num)s answers are asked of you",
            )
        )
    title = " ".join((about.title or "").split())[:_LONGEST]
    return f"[#{about.number}] {title}".strip()


def sentence(line: LetterLine) -> str:
    """Return one thing that a letter says, in plain words."""
    if line.kind is MessageKind.OVER:
        return in_words(_OVER.get(line.about.state, say("Something has changed here.")))
    words = in_words(_WORDS[line.kind])
    if line.kind is MessageKind.RECORDED:
        return words
    # a step's title, which is ours, or what somebody has called an action
    return f"{words}: {in_words(say(line.what))}" if line.what else f"{words}."


def _due(line: LetterLine, letter: Letter) -> str | None:
    return spoken(line.due_at, letter.zone, now()) if line.due_at else None


def _leave_url(letter: Letter, server: MailServer) -> str | None:
    """Return where mail of this kind is ended, if all that the letter says can be done without."""
    kinds = {line.kind for line in letter.lines}
    if kinds & ALWAYS_MAILED or len(kinds) != 1:
        return None
    signer = leaving(server.addresses.secret_key)
    token = signer.dumps([str(letter.person_id), kinds.pop().value])
    return f"{server.addresses.public_url}/mail/leave/{token}"


def leaving(secret_key: str) -> URLSafeSerializer:
    """Return what signs the links that end mail of one kind to one person, and nothing else."""
    return URLSafeSerializer(secret_key, salt="putright-leave-mail")


def left_by(secret_key: str, token: str) -> tuple[str, MessageKind] | None:
    """Return whose mail of which kind the link ends; None for a link that is not ours."""
    try:
        person, kind = leaving(secret_key).loads(token)
        return str(person), MessageKind(kind)
    except (BadSignature, ValueError, TypeError):
        return None


def hand_over(url: str, message: EmailMessage) -> None:
    """Hand a message to the mail server at `url`.  Raises NotTaken."""
    where = urlsplit(url)
    host, port = where.hostname or "localhost", where.port or _PORTS[where.scheme]
    context = ssl.create_default_context()
    try:
        with (
            smtplib.SMTP_SSL(host, port, timeout=_TIMEOUT_SECONDS, context=context)
            if where.scheme == "smtps"
            else smtplib.SMTP(host, port, timeout=_TIMEOUT_SECONDS)
        ) as smtp:
            if where.scheme == "smtp+starttls":
                smtp.starttls(context=context)
            if where.username:
                smtp.login(unquote(where.username), unquote(where.password or ""))
            smtp.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        raise _refused(code, said) from error
    except smtplib.SMTPAuthenticationError as error:
        raise NotTaken(
            say("The mail server does not know our password."), is_final=False
        ) from error
    except smtplib.SMTPResponseException as error:
        raise _refused(error.smtp_code, error.smtp_error) from error
    except (smtplib.SMTPException, OSError) as error:
        raise NotTaken(
            say("The mail server is not reached: %(error)s", error=error), is_final=False
        ) from error
    except ValueError as error:
        # an address that cannot be written into a header
        raise NotTaken(
            say("The letter cannot be written: %(error)s", error=error), is_final=True
        ) from error


def _refused(code: int, said: bytes | str) -> NotTaken:
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return NotTaken(
        say("The mail server says: %(code)s %(words)s", code=code, words=words[:300]),
        is_final=code >= 500,
    )
