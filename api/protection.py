"""Keeps pages from being framed, forged or read by others: headers and CSRF tokens.

Under /api/ `tokens.py` asks instead: a Bearer token needs no CSRF token, a session does.
"""

from typing import Any

from flask import Flask, Response, g, render_template, request
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError, generate_csrf
from markupsafe import Markup

API = "/api/"
# a signed link is its own proof, and mail programs that post to it have seen no page
_SIGNED = "/mail/leave/"

_CONTENT_SECURITY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " font-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
# dmn-js writes its widths into style attributes; nobody else's page needs that
WITH_STYLE_ATTRIBUTES = f"{_CONTENT_SECURITY}; style-src-attr 'unsafe-inline'"
_HEADERS = {
    "Content-Security-Policy": _CONTENT_SECURITY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_A_YEAR = 31_536_000


def register(app: Flask, *, is_https: bool) -> None:
    """Ask every post of a page for its token, and send the headers with every answer."""
    csrf: Any = CSRFProtect(app)

    def check_token() -> None:
        if not request.path.startswith((API, _SIGNED)):
            csrf.protect()

    def add_headers(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if is_https:
            response.headers.setdefault("Strict-Transport-Security", f"max-age={_A_YEAR}")
        if request.endpoint == "static" and request.args.get("v"):
            # the address has the content's hash in it
            response.headers["Cache-Control"] = f"public, max-age={_A_YEAR}, immutable"
        elif request.endpoint != "static":
            # Not "no-store": the browser would forget what somebody typed when they go back.
            # Signing out clears the browser's cache instead.
            response.headers.setdefault("Cache-Control", "private, no-cache")
        return response

    def refuse(error: CSRFError) -> tuple[str, int]:
        del error
        g.is_forged = True
        return (
            render_template(
                "error.html",
                status=400,
                title="This page is too old",
                sentence="You signed in or out since you opened this page, so it was not sent.",
                next_step="Go back, copy what you wrote, load the page again, and send it.",
            ),
            400,
        )

    app.jinja_env.globals["token"] = token_field
    app.before_request(check_token)
    app.after_request(add_headers)
    app.register_error_handler(CSRFError, refuse)


def token_field() -> Markup:
    """Return the hidden field that every form of a page carries."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())
