"""What every use case works with: the store, the releases and the ladder, wired once.

A newcomer would parse diagrams where they are needed: specs are parsed once for each release and
shared by all threads; a release never changes, so what is cached never goes stale.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from sqlalchemy import Connection, select

from engine.domain.ladder import Ladder
from engine.domain.message import Way
from engine.domain.publishing import BY_TWO, Publishing
from engine.domain.rules import DEFAULT_RULES, Rules
from engine.domain.signed_head import SigningKey
from engine.errors import NotFound
from engine.language import say
from engine.queries.drafts import release_files
from engine.queries.library import in_force
from engine.runtime import Specs
from engine.store import schema as t
from engine.store.work import Store, Work
from forms import Form


@dataclass(frozen=True)
class Release:
    """One immutable set of diagrams and forms, parsed."""

    id: UUID
    number: int
    specs: Specs
    forms: Mapping[str, Form]
    files: Mapping[str, bytes]


@dataclass
class Releases:
    """The parsed releases, by id."""

    _parsed: dict[UUID, Release] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def in_force(self, conn: Connection) -> Release:
        """Return the release that new runs start with.  Raises NotFound before the first one."""
        newest = in_force(conn)
        if newest is None:
            raise NotFound(say("No diagrams are published yet: run “putright publish”."))
        return self.get(conn, newest)

    def get(self, conn: Connection, release_id: UUID) -> Release:
        """Return the release with this id, parsing it the first time."""
        known = self._parsed.get(release_id)
        if known is None:
            with self._lock:
                known = self._parsed.get(release_id) or _load(conn, release_id)
                self._parsed[release_id] = known
        return known


def _load(conn: Connection, release_id: UUID) -> Release:
    number = conn.scalar(select(t.release.c.number).where(t.release.c.id == release_id))
    if number is None:
        raise NotFound(say("There is no such release."), release=str(release_id))
    files = release_files(conn, release_id)
    forms = {
        name.removesuffix(".json"): Form.parse(name.removesuffix(".json"), content)
        for name, content in files.items()
        if name.endswith(".json")
    }
    return Release(release_id, number, Specs.load(files), forms, files)


@dataclass(frozen=True)
class Signing:
    """With which key heads are signed, and with which public keys they were, by the key's id."""

    key: SigningKey
    before: Mapping[str, frozenset[bytes]] = field(default_factory=dict)
    # the highest number of a head that is known to have left the house
    left: Callable[[], int] = int

    @property
    def known(self) -> Mapping[str, frozenset[bytes]]:
        """Every public key that is ours, by the id of the key."""
        mine = self.before.get(self.key.id, frozenset()) | {self.key.public_key}
        return {**self.before, self.key.id: mine}


@dataclass(frozen=True)
class Handling:
    """What a use case is given first."""

    store: Store
    ladder: Ladder
    releases: Releases = field(default_factory=Releases)
    rules: Rules = DEFAULT_RULES
    # False in a replay: it fires timers on its log's clock, and no worker may find its runs
    wakes_workers: bool = True
    # by which ways letters go out; without mail, who is reached by nothing else counts as asked
    ways: frozenset[Way] = frozenset()
    publishing: Publishing = BY_TWO
    # None where nothing is signed: in the processes of a replay
    signing: Signing | None = None

    def within(self, work: Work) -> "Handling":
        """Return the same, for use cases that are to be parts of one transaction."""
        return replace(self, store=self.store.within(work))
