"""Pages for people who are signed in; a newcomer would guard each page, and forget one."""

from flask import Blueprint

from api.identity import require_reader


def for_readers(name: str, module: str) -> Blueprint:
    """Return a blueprint whose every page asks first who is there."""
    blueprint = Blueprint(name, module)
    blueprint.before_request(require_reader)
    return blueprint
