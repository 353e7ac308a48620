"""The headers that every answer carries, the health page, and errors that tell a person what to do."""

import json
import logging
from urllib.parse import urlsplit

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException

from app.db.models import ChainState
from app.db.queries import newest_height, reading
from app.services import services

log = logging.getLogger(__name__)

FRAMEABLE = ("/i/", "/invoice")
TEXTS = {404: "There is nothing at this address.", 405: "This address does not take that kind of request."}


def protect(app: Flask) -> None:
    """Attach headers, error pages and /health."""
    app.after_request(secured)
    app.register_error_handler(Exception, failure)
    app.add_url_rule("/health", view_func=health)


def secured(response: Response) -> Response:
    """Strict by default; only the checkout may be framed, since shops show it in theirs."""
    payer = services().settings.regtest_payer_url
    form_targets = "'self'" + (f" {_origin(payer)}" if payer else "")
    framed = "*" if request.path.startswith(FRAMEABLE) else "'none'"
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        f"base-uri 'none'; form-action {form_targets}; frame-ancestors {framed}"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    if not request.path.startswith("/static/"):
        response.headers["Cache-Control"] = "no-store"
    return response


def health() -> Response:
    """Is the database there, and what did the worker last know of the node?"""
    settings = services().settings
    state = reading().get(ChainState, settings.network)
    body = {
        "database": "ok",
        "network": settings.network,
        "node": state.node_state if state else "unknown",
        "message": state.node_message if state else "no worker has looked at the node yet",
        "height": newest_height(reading(), settings.network),
        "observedAt": state.observed_at.isoformat() if state and state.observed_at else None,
    }
    return Response(json.dumps(body), mimetype="application/json")


def failure(error: Exception) -> Response:
    """The one broad handler of the web process: a page or JSON, never a traceback."""
    code = error.code if isinstance(error, HTTPException) and error.code else 500
    if code >= 500:
        log.error("%s %s failed", request.method, request.path, exc_info=error)
    text = TEXTS.get(code, "Something went wrong on our side; nothing was changed. Try again in a moment.")
    if code not in TEXTS and isinstance(error, HTTPException) and code < 500:
        text = error.description or error.name
    if "text/html" in request.headers.get("Accept", ""):
        return Response(render_template("error.html", code=code, text=text), code)
    return Response(json.dumps({"error": text}), code, mimetype="application/json")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
