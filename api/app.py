"""Wires the web: one Flask application of pages for people and resources for machines.

A newcomer would import the application: there is none until `create_app` is called, so that
tests and servers each have their own.
"""

import json
from datetime import timedelta
from functools import cache
from pathlib import Path

from flask import Flask
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from api import (
    access,
    anchored,
    errors,
    evidence,
    filters,
    identity,
    languages,
    pages,
    protection,
    purposes,
    reading,
    resources,
    sight,
)
from api.settings import Settings
from engine.usecases.handling import Handling

# A form may hold a thousand lines with notes; nothing that is posted is larger.
LARGEST_POST = 4 * 1024 * 1024
MOST_FIELDS = 10_000
SESSION_LASTS = timedelta(hours=12)


def create_app(handling: Handling, settings: Settings) -> Flask:
    """Return the application that serves `handling`; nothing is read from elsewhere."""
    app = Flask("api", root_path=str(Path(__file__).parent))
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=LARGEST_POST,
        MAX_FORM_MEMORY_SIZE=LARGEST_POST,
        MAX_FORM_PARTS=MOST_FIELDS,
        PERMANENT_SESSION_LIFETIME=SESSION_LASTS,
        SESSION_COOKIE_NAME="__Host-putright" if settings.secure_cookies else "putright",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # bound to the session, not to the hour: who writes for long must not lose their words
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_CHECK_DEFAULT=False,
        FIGURES_NAME_PEOPLE=settings.figures_name_people,
    )
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=count, x_proto=count, x_host=count
        )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["asset_version"] = asset_version
    app.extensions["putright"] = handling
    sight.register(app)
    languages.register(app, settings.language)
    filters.register(app)
    anchored.register(app, goes_somewhere=settings.leaves_the_house)
    identity.register(app)
    evidence.register(app)
    protection.register(app, is_https=settings.secure_cookies)
    pages.register(app)
    resources.register(app)
    purposes.register(app)
    access.register(app, keeps_address=settings.keep_address)
    reading.register(app)
    errors.register(app)
    return app


@cache
def asset_version(name: str) -> str:
    """Return what stands for today's content of a built file, so that no browser keeps old ones."""
    manifest = Path(__file__).parent / "static" / "built" / "manifest.json"
    if not manifest.exists():
        return "unbuilt"
    known: dict[str, str] = json.loads(manifest.read_text(encoding="utf-8"))
    return known.get(name, "unbuilt")
