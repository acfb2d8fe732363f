"""Pages for people who are signed in; a newcomer would guard each page, and forget one."""

from flask import Blueprint

from api.identity import actor, require_reader
from engine.usecases.at_the_desk import require_auditor
from engine.usecases.drafting import require_reader_of_diagrams


def for_readers(name: str, module: str) -> Blueprint:
    """Return a blueprint whose every page asks first who is there."""
    blueprint = Blueprint(name, module)
    blueprint.before_request(require_reader)
    return blueprint


def for_studio(name: str, module: str) -> Blueprint:
    """Return a blueprint whose every page is for process owners, and for auditors to read."""
    blueprint = for_readers(name, module)
    blueprint.before_request(lambda: require_reader_of_diagrams(actor()))
    return blueprint


def for_auditors(name: str, module: str) -> Blueprint:
    """Return a blueprint whose every page is at the auditor's desk, for auditors alone."""
    blueprint = for_readers(name, module)
    blueprint.before_request(lambda: require_auditor(actor()))
    return blueprint
