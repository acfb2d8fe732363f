"""Every setting of Putright: read from the environment in one place, once, and handed down.

A newcomer would read `os.environ` where a value is needed: then a typing error shows up at night.
Here every problem is reported at once, before anything starts.  `NAME_FILE` may stand for any
setting and names a file that holds the value, as secrets usually come.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from platformdirs import user_data_path

from api.calling import read_body
from api.languages import SOURCE, codes
from api.rules_file import RulesWrong, read_rules
from engine.domain.ladder import DEFAULT, Ladder
from engine.domain.message import Way
from engine.domain.publishing import BY_TWO, Publishing, SecondPerson
from engine.domain.rules import DEFAULT_RULES, Rules
from engine.errors import PutrightError

_LEAST_SECRET = 32
_POSTGRESQL = ("postgresql://", "postgres://")
_SMTP = ("smtp://", "smtps://", "smtp+starttls://")
_WEB = ("https://", "http://")
V = TypeVar("V")


class SettingsWrong(PutrightError):
    """Some settings cannot be used; `problems` has a sentence for each."""

    code = "settings_wrong"

    def __init__(self, problems: list[str]) -> None:
        super().__init__("Some settings are wrong:\n- " + "\n- ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Setting:
    """One row of the table in the README."""

    name: str
    meaning: str
    default: str


SETTINGS = (
    Setting(
        "DATABASE_URL",
        "PostgreSQL, as the role `putright_app`; without it an embedded one is started",
        "embedded",
    ),
    Setting(
        "PUTRIGHT_OWNER_URL",
        "the same database as the role that owns the tables; needed by `migrate` and `check`",
        "embedded",
    ),
    Setting(
        "PUTRIGHT_DATA", "folder of the embedded database and its secrets", "the platform's own"
    ),
    Setting("PUTRIGHT_PG_USER", "who the embedded PostgreSQL runs as when started as root", "-"),
    Setting("PUTRIGHT_SECRET_KEY", "signs sessions; at least 32 characters", "made once, embedded"),
    Setting(
        "PUTRIGHT_AUDIT_KEY", "keys the audit chain; at least 32 characters", "made once, embedded"
    ),
    Setting("PUTRIGHT_AUDIT_KEY_ID", "the name that entries give that key", "first"),
    Setting(
        "PUTRIGHT_AUDIT_KEYS_BEFORE",
        "earlier audit keys, as `id=key id=key`: what was written with them still holds",
        "-",
    ),
    Setting(
        "PUTRIGHT_SIGNING_KEY",
        "signs where all chains stand; 64 hex digits (`openssl rand -hex 32`)",
        "made once, embedded",
    ),
    Setting("PUTRIGHT_SIGNING_KEY_ID", "the name that signed heads give that key", "first"),
    Setting(
        "PUTRIGHT_SIGNED_BEFORE",
        "public keys of earlier signing keys, as `id=hex id=hex`: what they signed still holds",
        "-",
    ),
    Setting(
        "PUTRIGHT_ANCHOR_FILE",
        "where signed heads leave to: a folder (a file each), or a file (a line each)",
        "-",
    ),
    Setting(
        "PUTRIGHT_ANCHOR_MAIL", "addresses that signed heads are mailed to, a blank between", "-"
    ),
    Setting("PUTRIGHT_ANCHOR_WEBHOOK", "where signed heads are posted to, as JSON", "-"),
    Setting("PUTRIGHT_HOST", "address to listen on", "127.0.0.1"),
    Setting("PUTRIGHT_PORT", "port to listen on", "8420"),
    Setting("PUTRIGHT_WEB_THREADS", "requests answered at the same time", "8"),
    Setting("PUTRIGHT_WORKERS", "jobs done at the same time by one worker", "2"),
    Setting("PUTRIGHT_SECURE_COOKIES", "yes behind HTTPS: cookies travel only there", "no"),
    Setting("PUTRIGHT_TRUSTED_PROXIES", "how many proxies stand in front and are believed", "0"),
    Setting("PUTRIGHT_RULES", "a TOML file with numbers of the rules of handling; see below", "-"),
    Setting(
        "PUTRIGHT_SMTP",
        "the mail server, as `smtp+starttls://user:password@host`; also smtp://, smtps://; without"
        " it nothing is mailed",
        "-",
    ),
    Setting("PUTRIGHT_MAIL_FROM", "who mail is from, as `Putright <putright@example.org>`", "-"),
    Setting(
        "PUTRIGHT_WEBHOOK",
        "a gateway of chat or text messages: what is urgent, or about mail itself, is posted there"
        " as well",
        "-",
    ),
    Setting(
        "PUTRIGHT_WEBHOOK_BODY",
        "a file with the JSON that it takes, with $text, $name, $phone, $address, $incident, $url",
        "all of them",
    ),
    Setting("PUTRIGHT_WEBHOOK_SECRET", "signs what is posted; at least 32 characters", "-"),
    Setting(
        "PUTRIGHT_SECOND_PERSON",
        "when a second process owner agrees to a release: `closing` (it changes who closes"
        " incidents, and when), `always`, `never`",
        "closing",
    ),
    Setting(
        "PUTRIGHT_SECOND_PERSON_WAIVED",
        "who decided on `never`, and why; stands with each release that needed no second person",
        "-",
    ),
    Setting(
        "PUTRIGHT_LANGUAGE",
        "the language (`en`, `de`) of letters to people who chose none, and of pages to browsers"
        " that ask for no other",
        "en",
    ),
    Setting(
        "PUTRIGHT_KEEP_ADDRESS",
        "yes keeps the network address and the browser of who looked and who was refused",
        "no",
    ),
    Setting(
        "PUTRIGHT_FIGURES_NAME_PEOPLE",
        "yes: figures can be put together by who leads; else none names or ranks a person",
        "no",
    ),
    Setting(
        "PUTRIGHT_PUBLIC_URL", "the address at which people reach the pages; links in mail", "-"
    ),
)


@dataclass(frozen=True)
class Settings:
    """What Putright was told; secrets do not show in its text form."""

    data_dir: Path
    database_url: str | None = field(default=None, repr=False)
    owner_url: str | None = field(default=None, repr=False)
    pg_user: str | None = None
    secret_key: str | None = field(default=None, repr=False)
    audit_key: str | None = field(default=None, repr=False)
    audit_key_id: str = "first"
    # secrets by the id of their key
    audit_keys_before: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    signing_key: str | None = field(default=None, repr=False)
    signing_key_id: str = "first"
    # public keys by the id of their key
    signed_before: Mapping[str, frozenset[bytes]] = field(default_factory=dict)
    anchor_file: Path | None = None
    anchor_mail: tuple[str, ...] = ()
    anchor_webhook: str | None = field(default=None, repr=False)
    host: str = "127.0.0.1"
    port: int = 8420
    web_threads: int = 8
    workers: int = 2
    secure_cookies: bool = False
    trusted_proxies: int = 0
    rules: Rules = DEFAULT_RULES
    ladder: Ladder = DEFAULT
    smtp: str | None = field(default=None, repr=False)
    mail_from: str | None = None
    webhook: str | None = field(default=None, repr=False)
    webhook_body: Any = None
    webhook_secret: str | None = field(default=None, repr=False)
    public_url: str | None = None
    language: str = SOURCE
    keep_address: bool = False
    publishing: Publishing = BY_TWO
    figures_name_people: bool = False

    @property
    def ways(self) -> frozenset[Way]:
        """By which ways letters go out."""
        found = {Way.MAIL: self.smtp, Way.CALL: self.webhook}
        return frozenset(way for way, where in found.items() if where)

    @property
    def leaves_the_house(self) -> bool:
        """Whether signed heads leave to anywhere."""
        return bool(self.anchor_file or self.anchor_mail or self.anchor_webhook)

    @property
    def is_embedded(self) -> bool:
        """Whether Putright runs its own PostgreSQL."""
        return self.database_url is None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Read every setting.  Raises SettingsWrong with all that is wrong."""
        reading = _Reading(environ)
        rules, ladder = reading.rules("PUTRIGHT_RULES")
        settings = cls(
            data_dir=Path(reading.text("PUTRIGHT_DATA") or _usual_folder()),
            database_url=reading.url("DATABASE_URL", _POSTGRESQL),
            owner_url=reading.url("PUTRIGHT_OWNER_URL", _POSTGRESQL),
            pg_user=reading.text("PUTRIGHT_PG_USER"),
            secret_key=reading.secret("PUTRIGHT_SECRET_KEY"),
            audit_key=reading.secret("PUTRIGHT_AUDIT_KEY"),
            audit_key_id=reading.text("PUTRIGHT_AUDIT_KEY_ID") or "first",
            audit_keys_before=reading.secrets("PUTRIGHT_AUDIT_KEYS_BEFORE"),
            signing_key=reading.signing_key("PUTRIGHT_SIGNING_KEY"),
            signing_key_id=reading.text("PUTRIGHT_SIGNING_KEY_ID") or "first",
            signed_before=reading.public_keys("PUTRIGHT_SIGNED_BEFORE"),
            anchor_file=reading.path("PUTRIGHT_ANCHOR_FILE"),
            anchor_mail=reading.addresses("PUTRIGHT_ANCHOR_MAIL"),
            anchor_webhook=reading.url("PUTRIGHT_ANCHOR_WEBHOOK", _WEB),
            host=reading.text("PUTRIGHT_HOST") or "127.0.0.1",
            port=reading.number("PUTRIGHT_PORT", 8420, 0, 65_535),
            web_threads=reading.number("PUTRIGHT_WEB_THREADS", 8, 1, 256),
            workers=reading.number("PUTRIGHT_WORKERS", 2, 1, 64),
            secure_cookies=reading.yes("PUTRIGHT_SECURE_COOKIES"),
            trusted_proxies=reading.number("PUTRIGHT_TRUSTED_PROXIES", 0, 0, 10),
            rules=rules,
            ladder=ladder,
            smtp=reading.url("PUTRIGHT_SMTP", _SMTP),
            mail_from=reading.address("PUTRIGHT_MAIL_FROM"),
            webhook=reading.url("PUTRIGHT_WEBHOOK", _WEB),
            webhook_body=reading.webhook_body("PUTRIGHT_WEBHOOK_BODY"),
            webhook_secret=reading.secret("PUTRIGHT_WEBHOOK_SECRET"),
            public_url=(reading.url("PUTRIGHT_PUBLIC_URL", _WEB) or "").rstrip("/") or None,
            language=reading.language("PUTRIGHT_LANGUAGE"),
            keep_address=reading.yes("PUTRIGHT_KEEP_ADDRESS"),
            figures_name_people=reading.yes("PUTRIGHT_FIGURES_NAME_PEOPLE"),
            publishing=Publishing(
                reading.second_person("PUTRIGHT_SECOND_PERSON"),
                reading.text("PUTRIGHT_SECOND_PERSON_WAIVED"),
            ),
        )
        if settings.publishing.second_person is SecondPerson.NEVER:
            reading.whole(
                "PUTRIGHT_SECOND_PERSON=never",
                "never",
                "PUTRIGHT_SECOND_PERSON_WAIVED",
                settings.publishing.waived_by,
            )
        if settings.audit_key_id in settings.audit_keys_before:
            reading.problems.append(
                f"PUTRIGHT_AUDIT_KEYS_BEFORE has a key “{settings.audit_key_id}”, and so is the one"
                " in use called: give PUTRIGHT_AUDIT_KEY_ID another name"
            )
        reading.whole("PUTRIGHT_SMTP", settings.smtp, "PUTRIGHT_MAIL_FROM", settings.mail_from)
        reading.whole("PUTRIGHT_SMTP", settings.smtp, "PUTRIGHT_PUBLIC_URL", settings.public_url)
        reading.whole(
            "PUTRIGHT_WEBHOOK", settings.webhook, "PUTRIGHT_PUBLIC_URL", settings.public_url
        )
        reading.whole(
            "PUTRIGHT_ANCHOR_MAIL", settings.anchor_mail or None, "PUTRIGHT_SMTP", settings.smtp
        )
        if settings.database_url is not None:
            for name, value in (
                ("PUTRIGHT_SECRET_KEY", settings.secret_key),
                ("PUTRIGHT_AUDIT_KEY", settings.audit_key),
                ("PUTRIGHT_SIGNING_KEY", settings.signing_key),
            ):
                if value is None and name not in reading.spoilt:
                    reading.problems.append(
                        f"{name} is missing: with a DATABASE_URL of your own, secrets are yours"
                        " too (try: openssl rand -hex 32)"
                    )
        if reading.problems:
            raise SettingsWrong(reading.problems)
        return settings


def _usual_folder() -> Path:
    """Root's own home is closed to the user that PostgreSQL then runs as."""
    return Path("/var/lib/putright") if os.geteuid() == 0 else user_data_path("putright")


class _Reading:
    """Reads one value after the other and remembers what was wrong."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[str] = []
        self.spoilt: set[str] = set()

    def text(self, name: str) -> str | None:
        file_name = self._environ.get(f"{name}_FILE")
        value = self._environ.get(name)
        if file_name and value:
            self._wrong(name, f"{name} and {name}_FILE are both set: keep one")
        elif file_name:
            try:
                value = Path(file_name).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                self._wrong(name, f"{name}_FILE cannot be read: {error}")
        return value or None

    def url(self, name: str, schemes: tuple[str, ...]) -> str | None:
        value = self.text(name)
        if value and not value.startswith(schemes):
            self._wrong(name, f"{name} must start with {schemes[0]}")
        return value

    def address(self, name: str) -> str | None:
        value = self.text(name)
        if value and not re.fullmatch(r"[^@\r\n]+@[^@\s]+", value):
            self._wrong(name, f"{name} must be an address for mail")
        return value

    def addresses(self, name: str) -> tuple[str, ...]:
        found = tuple((self.text(name) or "").replace(",", " ").split())
        if not all(re.fullmatch(r"[^@\s]+@[^@\s]+", one) for one in found):
            self._wrong(name, f"{name} must be addresses for mail, with a blank between them")
            return ()
        return found

    def path(self, name: str) -> Path | None:
        value = self.text(name)
        return Path(value) if value else None

    def signing_key(self, name: str) -> str | None:
        value = self.text(name)
        if value is not None and not re.fullmatch(r"[0-9a-fA-F]{64}", value):
            self._wrong(name, f"{name} must be 64 hex digits (try: openssl rand -hex 32)")
            return None
        return value

    def public_keys(self, name: str) -> Mapping[str, frozenset[bytes]]:
        keys: dict[str, frozenset[bytes]] = {}
        for one in (self.text(name) or "").split():
            key_id, _, digits = one.rpartition("=")
            if not key_id or not re.fullmatch(r"[0-9a-fA-F]{64}", digits):
                self._wrong(name, f"{name} must be like id=64 hex digits, not “{one}”")
                continue
            keys[key_id] = keys.get(key_id, frozenset()) | {bytes.fromhex(digits)}
        return keys

    def whole(self, name: str, value: object | None, needed: str, its: str | None) -> None:
        """Note that one setting says nothing without another."""
        if value is not None and its is None and needed not in self.spoilt:
            self._wrong(needed, f"{needed} is missing: {name} needs it")

    def secret(self, name: str) -> str | None:
        value = self.text(name)
        if value is not None and len(value) < _LEAST_SECRET:
            self._wrong(name, f"{name} needs at least {_LEAST_SECRET} characters")
        return value

    def secrets(self, name: str) -> Mapping[str, bytes]:
        keys: dict[str, bytes] = {}
        # a key may hold blanks, as the one in use may; an id may not
        listed = re.split(r"\s+(?=[^\s=]+=)", (self.text(name) or "").strip())
        for place, one in enumerate(filter(None, listed), 1):
            key_id, _, secret = one.partition("=")
            # what is wrong may be most of a secret, and is not told
            if not key_id or len(secret) < _LEAST_SECRET:
                self._wrong(
                    name,
                    f"{name} must be like id=key, the key of at least {_LEAST_SECRET} characters:"
                    f" number {place} is not",
                )
            elif keys.setdefault(key_id, secret.encode()) != secret.encode():
                self._wrong(name, f"{name} has two keys called “{key_id}”")
        return keys

    def number(self, name: str, default: int, least: int, most: int) -> int:
        return self._parsed(
            name, default, _between(least, most), f"a whole number from {least} to {most}"
        )

    def rules(self, name: str) -> tuple[Rules, Ladder]:
        file = self.text(name)
        try:
            return read_rules(Path(file)) if file else (DEFAULT_RULES, DEFAULT)
        except RulesWrong as error:
            for problem in error.problems:
                self._wrong(name, f"{name}: {problem}")
            return DEFAULT_RULES, DEFAULT

    def webhook_body(self, name: str) -> Any:
        file = self.text(name)
        try:
            return read_body(Path(file).read_text(encoding="utf-8")) if file else None
        except (OSError, ValueError) as error:
            self._wrong(name, f"{name}: {file} {error}")
            return None

    def yes(self, name: str) -> bool:
        known = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
        return self._parsed(name, False, lambda value: known[value.lower()], "yes or no")

    def second_person(self, name: str) -> SecondPerson:
        listed = " or ".join(SecondPerson)
        return self._parsed(name, SecondPerson.CLOSING, SecondPerson, listed)

    def language(self, name: str) -> str:
        known = {code: code for code in codes()}
        listed = " or ".join(known)
        return self._parsed(name, SOURCE, lambda value: known[value.lower()], listed)

    def _parsed(self, name: str, default: V, parse: Callable[[str], V], what: str) -> V:
        value = self.text(name)
        if value is None:
            return default
        try:
            return parse(value)
        except (ValueError, KeyError):
            self._wrong(name, f"{name} must be {what}, not “{value}”")
            return default

    def _wrong(self, name: str, sentence: str) -> None:
        self.problems.append(sentence)
        self.spoilt.add(name)


def _between(least: int, most: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        number = int(value)
        if not least <= number <= most:
            raise ValueError
        return number

    return parse
