"""The purposes that whoever asks has stated, looked up once in a request."""

from flask import Flask, g
from flask_login import current_user

from api import identity
from engine.domain.permissions import Actor, may_audit
from engine.queries.purposes import PurposeInForce, purposes_in_force


def register(app: Flask) -> None:
    """Let every page say what its reader has stated."""
    app.jinja_env.globals["purposes"] = _of_the_reader


def stated(actor: Actor) -> tuple[PurposeInForce, ...]:
    """Return what the person has stated and not ended; nobody but auditors has."""
    if not may_audit(actor):
        return ()
    if "purposes" not in g:
        store = identity.handling().store
        with store.read() as conn:
            g.purposes = purposes_in_force(conn, actor, store.clock())
    found: tuple[PurposeInForce, ...] = g.purposes
    return found


def purpose(actor: Actor) -> str | None:
    """Return why the person reads what is shown now, in their words; None: it is masked."""
    if (said := g.get("purpose_said")) is not None:
        return str(said)
    return " / ".join(one.why for one in stated(actor)) or None


def _of_the_reader() -> tuple[PurposeInForce, ...]:
    return stated(identity.actor()) if current_user.is_authenticated else ()
