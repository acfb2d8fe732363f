"""What the columns and states of an incident log mean: a small TOML file, or a preset.

```toml
name = "our-tool"                   # whose record it is; entries are signed “replay of our-tool”
delimiter = ";"                     # optional; a comma unless given
null = ["", "-"]                    # optional; texts that mean “nothing here”
dates = ["%d.%m.%Y %H:%M", "iso"]   # optional; tried in this order, “iso” is ISO 8601
time_zone = "Europe/Berlin"         # optional; of dates that name none; UTC unless given

[columns]                           # our word = the log's column; these three are needed
number = "Ticket"                   # which case a row is of
state = "Status"                    # the state after the row
at = "Changed"                      # when it was changed
# optional:
# order        whole number that orders the rows of one case; else they go by `at`
# opened_at    when the case was opened
# caller       who reported it: a person of the customer, who is asked to confirm
# group        the team that holds it
# person       who of that team holds it
# changed_by   who made the row
# resolved_by, resolved_at    read only on rows whose state means resolved or closed
# vendor       the supplier waited for
# problem      what else is waited for, by its reference
# impact, urgency             see [levels]
# title        one column, or a list of columns whose texts make the title

[states]                            # each state of the log = what it means
"Neu" = "reported"                  # nobody has begun
"In Arbeit" = "work"                # IT is at it
"Wartet auf Kunde" = "wait_customer"  # or wait_it, wait_business, wait_external
"Gelöst" = "resolved"               # the record says that it is right
"Fertig" = "closed"                 # the old tool closed it
"???" = "unknown"                   # says nothing: the state stays what it was

[levels]                            # optional; texts of impact and urgency = high, medium, low
"hoch" = "high"
```

A newcomer would guess at a state that is not listed: rows with one are unreadable, and named.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.domain.incident import Level
from engine.domain.party import Party
from engine.errors import LogRefused


class Phase(StrEnum):
    """What a state of a log can mean."""

    REPORTED = "reported"
    WORK = "work"
    WAIT_IT = "wait_it"
    WAIT_BUSINESS = "wait_business"
    WAIT_CUSTOMER = "wait_customer"
    WAIT_EXTERNAL = "wait_external"
    RESOLVED = "resolved"
    CLOSED = "closed"
    UNKNOWN = "unknown"


# Phases in which some party has something to do, and which.
BUSY: Mapping[Phase, Party] = {
    Phase.WORK: Party.IT,
    Phase.WAIT_IT: Party.IT,
    Phase.WAIT_BUSINESS: Party.BUSINESS,
    Phase.WAIT_CUSTOMER: Party.CUSTOMER,
    Phase.WAIT_EXTERNAL: Party.EXTERNAL,
}
# Phases in which the record takes it to be over.
OVER = frozenset({Phase.RESOLVED, Phase.CLOSED})

NEEDED = ("number", "state", "at")
OPTIONAL = (
    "order",
    "opened_at",
    "caller",
    "group",
    "person",
    "changed_by",
    "resolved_by",
    "resolved_at",
    "vendor",
    "problem",
    "impact",
    "urgency",
)
PRESETS = ("servicenow",)
_PARTS = frozenset(
    {"name", "delimiter", "null", "dates", "time_zone", "columns", "states", "levels"}
)


@dataclass(frozen=True)
class LogFormat:
    """A mapping, read and checked.  `columns` and `title` name columns of the log's header."""

    name: str
    columns: Mapping[str, str]
    title: tuple[str, ...]
    states: Mapping[str, Phase]
    levels: Mapping[str, Level]
    dates: tuple[str, ...] = ("iso",)
    null: frozenset[str] = frozenset({""})
    delimiter: str = ","
    zone: tzinfo = UTC

    @property
    def needed_columns(self) -> tuple[str, ...]:
        """Every column that the log's header must have."""
        return tuple(dict.fromkeys((*self.columns.values(), *self.title)))

    def instant(self, text: str) -> datetime:
        """Return a date of the log as an aware instant in UTC.  Raises ValueError."""
        for form in self.dates:
            try:
                read = (
                    datetime.fromisoformat(text) if form == "iso" else datetime.strptime(text, form)  # noqa: DTZ007 - the zone comes next
                )
                return (read if read.tzinfo else read.replace(tzinfo=self.zone)).astimezone(UTC)
            except (ValueError, OverflowError):
                continue
        raise ValueError(f"“{text}” is no date as the mapping has it")


def preset(name: str) -> LogFormat:
    """Return the shipped mapping called `name`.  Raises LogRefused."""
    if name not in PRESETS:
        raise LogRefused(f"There is no preset “{name}”; there is {', '.join(PRESETS)}.")
    text = resources.files("engine.usecases.replay").joinpath(f"{name}.toml").read_text("utf-8")
    return parse_mapping(text, f"{name}.toml")


def read_mapping(path: Path) -> LogFormat:
    """Return the mapping in a file.  Raises LogRefused, naming what is wrong with it."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LogRefused(f"The mapping {path} cannot be read: {error}.") from error
    return parse_mapping(text, path.name)


def parse_mapping(text: str, where: str) -> LogFormat:
    """Return the mapping in `text`; `where` names it in a refusal.  Raises LogRefused."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LogRefused(f"{where} is not TOML: {error}.") from error
    reader = _Reader(where, found)
    log_format = reader.read()
    if reader.problems:
        raise LogRefused(f"{where} does not fit: {'; '.join(reader.problems)}.")
    return log_format


class _Reader:
    """Reads one mapping and gathers everything that is wrong with it."""

    def __init__(self, where: str, found: Mapping[str, Any]) -> None:
        self.where = where
        self.found = found
        self.problems: list[str] = []

    def read(self) -> LogFormat:
        """Return the mapping as far as it could be read; it counts only without problems."""
        self._unknown(self.found, _PARTS, "")
        columns, title = self._columns()
        states = self._words("states", Phase)
        if not states:
            self._say("[states] must say what the states mean")
        return LogFormat(
            name=self._name(),
            columns=columns,
            title=title,
            states=states,
            levels=self._words("levels", Level),
            dates=tuple(self._texts("dates", ["iso"])),
            null=frozenset(self._texts("null", [""])),
            delimiter=self._delimiter(),
            zone=self._zone(),
        )

    def _say(self, problem: str) -> None:
        self.problems.append(problem)

    def _unknown(self, part: Mapping[str, Any], known: frozenset[str], place: str) -> None:
        for name in part.keys() - known:
            self._say(f"“{place}{name}” is not known")

    def _name(self) -> str:
        name = self.found.get("name")
        if not isinstance(name, str) or not 0 < len(name.strip()) <= 60:
            self._say("“name” must say in 1 to 60 letters whose record it is")
            return ""
        return name.strip()

    def _part(self, name: str) -> Mapping[str, Any]:
        part = self.found.get(name, {})
        if not isinstance(part, dict):
            self._say(f"“{name}” must be a table")
            return {}
        return part

    def _columns(self) -> tuple[dict[str, str], tuple[str, ...]]:
        part = dict(self._part("columns"))
        title = part.pop("title", [])
        titles = [title] if isinstance(title, str) else title
        self._unknown(part, frozenset((*NEEDED, *OPTIONAL)), "columns.")
        for name in NEEDED:
            if name not in part:
                self._say(f"[columns] must have “{name}”")
        if not all(isinstance(column, str) for column in (*part.values(), *titles)):
            self._say("[columns] takes the names of columns, as texts")
            return {}, ()
        return part, tuple(titles)

    def _words(self, name: str, kind: type[Phase] | type[Level]) -> dict[str, Any]:
        words: dict[str, Any] = {}
        for text, word in self._part(name).items():
            try:
                words[text] = kind(word)
            except ValueError:
                listed = ", ".join(kind)
                self._say(f"“{word}” in [{name}] is none of {listed}")
        return words

    def _texts(self, name: str, default: list[str]) -> list[str]:
        texts = self.found.get(name, default)
        if not isinstance(texts, list) or not all(isinstance(one, str) for one in texts):
            self._say(f"“{name}” must be a list of texts")
            return default
        return texts

    def _delimiter(self) -> str:
        delimiter = self.found.get("delimiter", ",")
        if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n':
            self._say("“delimiter” must be one letter")
            return ","
        return delimiter

    def _zone(self) -> tzinfo:
        name = self.found.get("time_zone", "UTC")
        try:
            return UTC if name == "UTC" else ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
            self._say(f"“{name}” is no time zone")
            return UTC
