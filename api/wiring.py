"""Where things are wired: settings become a database, a store and a handling.

The embedded PostgreSQL runs for as long as a command is in `opened`; a database of one's own is
only connected to.  Secrets that nobody gave are made once, beside the embedded database.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import click

from api.anchors import heads_kept, highest, places_of
from api.settings import Settings
from engine.clock import now
from engine.domain.ladder import DEFAULT, Ladder
from engine.domain.message import Way
from engine.domain.permissions import Machine
from engine.domain.rules import DEFAULT_RULES, Rules
from engine.domain.signed_head import SigningKey
from engine.errors import Unavailable
from engine.language import say
from engine.store.chaining import AuditKey
from engine.store.connect import application_engine
from engine.store.embedded import running
from engine.store.migrate import is_current, migrate
from engine.store.private_file import kept_once
from engine.store.work import Store
from engine.usecases.handling import Handling, Signing
from engine.usecases.ladder_in_force import LadderInForce
from engine.usecases.noting import refusals_noted


@dataclass(frozen=True)
class Opened:
    """Putright, wired: what commands and the web are given."""

    settings: Settings
    handling: Handling
    app_url: str = field(repr=False)
    owner_url: str = field(repr=False)


@contextmanager
def opened(settings: Settings) -> Iterator[Opened]:
    """Open the database that the settings name, or the embedded one, while the block lasts."""
    if settings.database_url is not None:
        with _wired(
            settings, settings.database_url, settings.owner_url or settings.database_url
        ) as wired:
            yield wired
        return
    with running(settings.data_dir, settings.pg_user) as server:
        complete = replace(
            settings,
            secret_key=settings.secret_key or kept_once(settings.data_dir / "secret_key", _made),
            audit_key=settings.audit_key or kept_once(settings.data_dir / "audit_key", _made),
            signing_key=settings.signing_key or kept_once(settings.data_dir / "signing_key", _made),
        )
        with _wired(complete, server.app_url, server.owner_url) as wired:
            yield wired


@contextmanager
def _wired(settings: Settings, app_url: str, owner_url: str) -> Iterator[Opened]:
    key = AuditKey(
        settings.audit_key_id, (settings.audit_key or "").encode(), settings.audit_keys_before
    )
    handling = plain_handling(
        app_url,
        key,
        settings.ladder,
        settings.rules,
        ways=settings.ways,
        pool_size=settings.web_threads + settings.workers,
    )
    followed = LadderInForce(given=settings.ladder, store=handling.store)
    try:
        handling = replace(
            handling, ladder=followed, publishing=settings.publishing, signing=signing_of(settings)
        )
        yield Opened(settings, handling, app_url, owner_url)
    finally:
        handling.store.engine.dispose()


def signing_of(settings: Settings) -> Signing | None:
    """Return with which key heads are signed, and what has left; None without a key."""
    if settings.signing_key is None:
        return None
    key = SigningKey(settings.signing_key_id, bytes.fromhex(settings.signing_key))
    places = places_of(settings)
    return Signing(key, settings.signed_before, lambda: highest(heads_kept(places)))


@contextmanager
def ready(*, require: bool = True) -> Iterator[Opened]:
    """Open what the environment's settings name; the embedded database is migrated first.

    Raises Unavailable if another database is not at this version's tables, unless `require` is
    False.
    """
    with opened(Settings.from_environment(os.environ)) as found:
        if found.settings.is_embedded:
            migrate(found.owner_url)
        if require:
            _require_current(found)
        context = click.get_current_context(silent=True)
        name = f"putright {context.info_name}" if context is not None else "putright"
        with refusals_noted(found.handling.store, name, Machine(name)):
            yield found


def _require_current(found: Opened) -> None:
    with found.handling.store.read() as conn:
        if not is_current(conn):
            raise Unavailable(
                say("The database is not at this version's tables: run putright migrate.")
            )


def plain_handling(
    app_url: str,
    key: AuditKey,
    ladder: Ladder = DEFAULT,
    rules: Rules = DEFAULT_RULES,
    *,
    ways: frozenset[Way] = frozenset(),
    pool_size: int = 2,
) -> Handling:
    """Return a handling of its own for a thread pool or a process, on plain values."""
    store = Store(application_engine(app_url, pool_size=pool_size), key, now)
    return Handling(store, ladder, rules=rules, ways=ways)


def _made() -> str:
    return secrets.token_hex(32)
