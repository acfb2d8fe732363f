"""The JSON API below /api/v1, and its own description at /api/v1/openapi.json.

A newcomer would look for pages that show the description: they would load scripts from elsewhere.
"""

from typing import Any

from flask import Flask
from flask_smorest import Api

from api import operations, schemas
from api.resources import (
    access,
    actions,
    audit,
    changes,
    closures,
    disputes,
    drafts,
    erasing,
    finding,
    incidents,
    items,
    lists,
    made_files,
    me,
    moves,
    proofs,
    releases,
    restrictions,
    setting_up,
    signals,
    silence,
    ways_out,
)
from api.resources.resource import PREFIX


class _Api(Api):  # type: ignore[misc] # flask-smorest ships no types
    ERROR_SCHEMA = schemas.Problem

    def _register_error_handlers(self) -> None:
        """Leave errors to `api.errors`, the only table."""


def register(app: Flask) -> None:
    """Serve every resource, its description, and what operators watch."""
    app.config.update(
        API_TITLE="Putright",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=PREFIX,
        OPENAPI_JSON_PATH="openapi.json",
    )
    api: Any = _Api(
        app,
        spec_kwargs={
            "info": {"description": "Handles incidents until the business is right again."},
            "security": [{"token": []}],
        },
    )
    api.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    for module in (
        me,
        incidents,
        restrictions,
        ways_out,
        actions,
        changes,
        disputes,
        silence,
        lists,
        items,
        signals,
        audit,
        closures,
        access,
        made_files,
        proofs,
        releases,
        moves,
        drafts,
        erasing,
        finding,
        setting_up,
    ):
        api.register_blueprint(module.blueprint)
    operations.register(app)
